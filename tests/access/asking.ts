import type { Principal } from '../../src/access/principal.js';
import type { Answer, Endpoint } from '../builders/a-register.js';

/** What an answer says of one refusal. */
export interface RefusalSeen {
  readonly code: string;
  readonly field?: string;
  readonly article?: string;
}

/** Runs a task for each item, so many at once; errors end it. */
export async function inParallel<T>(
  width: number,
  items: readonly T[],
  task: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next] as T;
      next += 1;
      await task(item);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** Sends a whole body, whatever it holds. */
export const send = async (endpoint: Endpoint, principal: Principal, body: unknown): Promise<Answer> =>
  endpoint.post({
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await endpoint.tokenFor(principal)}` },
    body: JSON.stringify(body),
  });

export const refusalsIn = ({ body }: Answer): RefusalSeen[] =>
  (body?.errors ?? []).map((error: { extensions: RefusalSeen }) => error.extensions);

/** Every byte that left: body and headers, the date excepted. */
export const bytesOf = ({ text, headers }: Answer): string =>
  `${text}\n${[...headers]
    .filter(([name]) => name !== 'date')
    .flat()
    .join('\n')}`;
