import type { RequestContext } from './context.js';

/** A request at an address beside GraphQL, as an area needs it. */
export interface DoorRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly requestId: string;
  /** Network from which it comes. */
  readonly network: string;
  /** The bytes of a JSON body, for whoever verifies a signature over them. @throws like `json` */
  body(): Promise<Buffer>;
  /** The body, read now. @throws UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, INVALID_REQUEST */
  json(): Promise<unknown>;
  /**
   * Who sends it, within the budgets of the operation; never asked at a door that is open to all.
   * @throws UNAUTHENTICATED, RATE_LIMITED, SUSPENDED
   */
  caller(operation: string): Promise<RequestContext>;
}

export interface DoorAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an area serves beside GraphQL. It says itself who may come in: no view stands before it. */
export interface Door {
  /** @returns undefined for every address that is not its own */
  answer(asked: DoorRequest): Promise<DoorAnswer | undefined>;
}
