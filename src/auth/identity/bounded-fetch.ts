import { isSafeAddress } from '../../config.js';

export interface BoundedAnswer {
  readonly status: number;
  /** Media type without parameters, lower case. */
  readonly type: string;
  readonly text: string;
}

const TIMEOUT_MS = 5_000;
const LARGEST = 64 * 1024;

/**
 * One request to an identity provider: https or loopback, no redirect followed, five seconds, 64 kB.
 * @throws on anything else; no message holds a value
 */
export async function boundedFetch(url: string, init: RequestInit = {}): Promise<BoundedAnswer> {
  if (!isSafeAddress(url)) throw new Error('identity provider: unsafe address');
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { ...init, redirect: 'error', signal });
  const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return { status: response.status, type, text: await bodyOf(response) };
}

async function bodyOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  // Read piece by piece: a length announced is a length believed. Leaving the loop cancels the rest.
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > LARGEST) throw new Error('identity provider: answer too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** @throws unless the answer is a success with a JSON object */
export function jsonOf({ status, type, text }: BoundedAnswer): Record<string, unknown> {
  if (status !== 200 || !/^application\/(.+\+)?json$/.test(type)) throw new Error('identity provider: no JSON answer');
  const json: unknown = JSON.parse(text);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('identity provider: no object');
  return json as Record<string, unknown>;
}
