import { type CryptoKey, createLocalJWKSet, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { z } from 'zod';
import { isSafeAddress } from '../config.js';
import type { Clock } from '../kernel/clock.js';
import { parseStrictly } from './strict-json.js';

const key = (form: object) => z.object({ kid: z.string().min(1).max(128), use: z.literal('sig').optional(), ...form });
const absent = z.undefined().optional();

/** Public keys for signatures only (RFC 7517), each with its name; a private or a shared key is refused. */
export const ClientJwks = z.object({
  keys: z
    .array(
      z.union([
        key({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string(), d: absent }),
        key({ kty: z.literal('RSA'), n: z.string().min(342), e: z.string(), d: absent }),
      ]),
    )
    .min(1)
    .max(20)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'each kid once'),
});

/** Where keys may be read: https, or this machine; no credentials in it. */
export function isKeysAddress(text: string): boolean {
  const url = URL.parse(text);
  return Boolean(url && !url.username && !url.password) && isSafeAddress(text);
}

/** Keys are read anew after this time, and sooner when a signature names a key that is not known. */
const FRESH_MS = 10 * 60_000;
/** Two readings of one address lie at least this far apart, whatever callers send and whatever the address answers. */
const PAUSE_MS = 5000;
const TIMEOUT_MS = 3000;
const LONGEST_BYTES = 64_000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

interface Remote {
  keys?: KeySet;
  readAt: number;
  triedAt: number;
  pending?: Promise<void>;
}

/** The keys of clients that publish them at an address (`jwks_uri`), kept for some minutes. */
export class RemoteKeys {
  private readonly remotes = new Map<string, Remote>();

  constructor(private readonly clock: Clock) {}

  /** The key that a header names. An unknown one is looked for again at the address, which makes rotation work. */
  async keyAt(uri: string, header: JWSHeaderParameters): Promise<CryptoKey> {
    const remote = this.remotes.get(uri) ?? { readAt: Number.NEGATIVE_INFINITY, triedAt: Number.NEGATIVE_INFINITY };
    this.remotes.set(uri, remote);
    if (this.now() - remote.readAt > FRESH_MS) await this.refresh(uri, remote);
    const found = await keyIn(remote.keys, header);
    if (found) return found;
    await this.refresh(uri, remote);
    const second = await keyIn(remote.keys, header);
    if (!second) throw new Error('no such key');
    return second;
  }

  private refresh(uri: string, remote: Remote): Promise<void> {
    if (remote.pending) return remote.pending;
    if (this.now() - remote.triedAt < PAUSE_MS) return Promise.resolve();
    remote.triedAt = this.now();
    remote.pending = this.read(uri, remote).finally(() => {
      remote.pending = undefined;
    });
    return remote.pending;
  }

  /** What was read last stays good when the address fails: for as long as it lasts, and no key of it is trusted more. */
  private async read(uri: string, remote: Remote): Promise<void> {
    try {
      remote.keys = createLocalJWKSet(await fetchJwks(uri));
      remote.readAt = this.now();
    } catch {
      if (this.now() - remote.readAt > 2 * FRESH_MS) remote.keys = undefined;
    }
  }

  private readonly now = (): number => this.clock.now().getTime();
}

const keyIn = (keys: KeySet | undefined, header: JWSHeaderParameters): Promise<CryptoKey | undefined> =>
  keys ? keys(header).catch(() => undefined) : Promise.resolve(undefined);

/** Only the declared address is read: no redirection leads elsewhere, nothing long or slow is waited for. */
async function fetchJwks(uri: string): Promise<JSONWebKeySet> {
  if (!isKeysAddress(uri)) throw new Error('not an address for keys');
  const response = await fetch(uri, {
    redirect: 'error',
    headers: { accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200 || !response.body) throw new Error('no keys');
  return ClientJwks.parse(parseStrictly(await bounded(response.body))) as JSONWebKeySet;
}

async function bounded(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LONGEST_BYTES) throw new Error('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
