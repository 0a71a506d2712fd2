import net from 'node:net';
import type { Endpoint } from './a-register.js';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawOptions {
  /** Ends the sending side after the bytes. */
  readonly end?: boolean;
  /** Milliseconds without a byte after which what was answered so far is taken. */
  readonly patience?: number;
}

/** Sends bytes on a connection of their own, whatever they are, and reads every answer until the server closes or falls silent. */
export function exchange(
  endpoint: Endpoint,
  bytes: string | Buffer,
  { end = false, patience = 3000 }: RawOptions = {},
): Promise<RawAnswer[]> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(endpoint.url);
    const socket = net.connect(Number(port), hostname);
    let received = Buffer.alloc(0);
    const done = () => {
      socket.destroy();
      resolve(answersIn(received));
    };
    socket.setTimeout(patience, done);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
    });
    socket.on('error', () => undefined);
    socket.on('close', done);
    socket.write(bytes);
    if (end) socket.end();
  });
}

/** The HTTP answers that stand one behind another in these bytes. */
export function answersIn(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.split(':')[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: */, '')]),
    );
    const status = Number(first.split(' ')[1]);
    const length = Number(headers.get('content-length') ?? 0);
    const body = rest.subarray(end + 4, end + 4 + length).toString('utf8');
    if (status >= 200) answers.push({ status, headers, body });
    rest = rest.subarray(end + 4 + length);
  }
  return answers;
}

export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Header lines in the order in which they are sent; `null` leaves the usual ones out. */
  readonly headers?: readonly string[];
  readonly without?: readonly string[];
  readonly body?: string;
}

/** A request written out, good in everything that is not said otherwise. */
export function written(
  token: string,
  { method = 'POST', target = '/graphql', version = '1.1', ...rest }: RawRequest,
): string {
  const { headers = [], without = [], body = '{"query":"{ __typename }"}' } = rest;
  const usual = [
    'Host: register.test',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ].filter((line) => !without.some((name) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)));
  return `${method} ${target} HTTP/${version}\r\n${[...usual, ...headers].join('\r\n')}\r\n\r\n${body}`;
}
