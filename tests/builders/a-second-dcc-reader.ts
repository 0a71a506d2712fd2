/**
 * Another implementation of the EU certificate's chain, of packages that share no code with ours: `base45`, Node's zlib,
 * `cose-js` (COSE and its signatures, by `elliptic` and `node-rsa`) and the `cbor` it brings. The two whole DCC packages of
 * the registry are GPL and AGPL and bring hundreds of packages, a mobile framework among them; these are MIT and Apache-2.0.
 */
import type { KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const base45 = require('base45') as { decode(text: string): Uint8Array };
const cose = require('cose-js') as {
  sign: { verify(cose: Buffer, verifier: { key: object }): Promise<Buffer> };
};
const cbor = createRequire(require.resolve('cose-js'))('cbor') as { decodeFirstSync(bytes: Buffer): unknown };

/** The payload, once the signature is verified. @throws when it is not valid */
export async function readBySecondImplementation(text: string, key: KeyObject): Promise<unknown> {
  const bytes = inflateSync(Buffer.from(base45.decode(text.slice('HC1:'.length))));
  const claims = cbor.decodeFirstSync(await cose.sign.verify(bytes, { key: materialOf(key) }));
  return plain((claims as Map<number, Map<number, unknown>>).get(-260)?.get(1));
}

function materialOf(key: KeyObject): object {
  const part = (text: string | undefined) => Buffer.from(text ?? '', 'base64url');
  const jwk = key.export({ format: 'jwk' });
  if (key.asymmetricKeyType === 'rsa') return { n: part(jwk.n), e: part(jwk.e) };
  return { x: part(jwk.x), y: part(jwk.y) };
}

function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, held]) => [String(name), plain(held)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
