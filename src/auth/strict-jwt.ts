import { parseStrictly } from './strict-json.js';

export interface ReadJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

const COMPACT = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}$/;

/**
 * Reads a signed token in compact form, before its signature is verified: canonical base64url, objects without a name
 * twice, and no header parameter beyond those listed. That ends `crit`, `b64`, `jku`, `jwk`, `x5u` and what may come
 * (RFC 8725 §3.10).
 * @throws whatever is wrong, without a value
 */
export function readJwt(token: string, headers: readonly string[], longest: number): ReadJwt {
  if (token.length > longest || !COMPACT.test(token)) throw new Error('no token in compact form');
  const [header, claims] = token.split('.').map(bytesOf);
  const read = { header: objectIn(header), claims: objectIn(claims) };
  if (Object.keys(read.header).some((name) => !headers.includes(name))) throw new Error('a header that is not listed');
  return read;
}

/** Spare bits that are not zero would give one token several texts. */
function bytesOf(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw new Error('base64url that is not canonical');
  return bytes;
}

function objectIn(bytes: Buffer = Buffer.alloc(0)): Record<string, unknown> {
  const value = parseStrictly(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no JSON object');
  return value as Record<string, unknown>;
}
