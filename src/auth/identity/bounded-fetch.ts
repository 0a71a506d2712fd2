import { isSafeAddress } from '../../config.js';
import { LancetteError } from '../../kernel/errors.js';

export interface BoundedAnswer {
  readonly status: number;
  /** Media type without parameters, lower case. */
  readonly type: string;
  readonly text: string;
}

const TIMEOUT_MS = 5_000;
const LARGEST = 64 * 1024;

/** The provider gave no answer, or said that it cannot: nothing is known of the proof, which is therefore not refused. */
export class ProviderUnreachable extends LancetteError {
  /** @param provider host of the provider, for the log */
  constructor(readonly provider: string) {
    super('UNAVAILABLE');
    this.name = 'ProviderUnreachable';
  }
}

/**
 * One request to an identity provider: https or loopback, no redirect followed, five seconds, 64 kB.
 * @throws ProviderUnreachable when nobody answers in time, or a server error; on anything else, without a value
 */
export async function boundedFetch(url: string, init: RequestInit = {}): Promise<BoundedAnswer> {
  if (!isSafeAddress(url)) throw new Error('identity provider: unsafe address');
  const { host } = new URL(url);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    if (response.status >= 500) throw new ProviderUnreachable(host);
    if (response.status >= 300 && response.status < 400) throw new Refused('identity provider: redirect');
    const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    return { status: response.status, type, text: await bodyOf(response) };
  } catch (error) {
    throw error instanceof Refused || error instanceof LancetteError ? error : new ProviderUnreachable(host);
  }
}

/** An answer that is there, and is not accepted. */
class Refused extends Error {}

async function bodyOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  // Read piece by piece: a length announced is a length believed. Leaving the loop cancels the rest.
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > LARGEST) throw new Refused('identity provider: answer too large');
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
