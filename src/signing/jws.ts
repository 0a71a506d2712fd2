import type { Keys } from './keyring.js';
import { isSignedBy } from './local-key.js';
import type { SigningKey } from './signing-key.js';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A compact JWS (RFC 7515) under the key's own algorithm; `typ` says what it is, so that one list is not taken for another. */
export async function signJws(key: SigningKey, typ: string, payload: object): Promise<string> {
  const kid = key.kid.toString('base64url');
  const signed = `${part({ alg: key.algorithm, kid, typ })}.${part(payload)}`;
  return `${signed}.${Buffer.from(await key.sign(Buffer.from(signed))).toString('base64url')}`;
}

/** What a list says, or undefined when no trusted key of lists signed it, or it is of another type. */
export function verifyJws(keys: Keys, typ: string, jws: string): unknown {
  const [head = '', payload = '', signature = ''] = jws.split('.');
  const header = parsed(head) as { alg?: unknown; kid?: unknown; typ?: unknown } | undefined;
  const key = keys.trusted.find(({ purpose, kid }) => purpose === 'lists' && kid.toString('base64url') === header?.kid);
  if (!key || header?.alg !== key.algorithm || header.typ !== typ) return undefined;
  const isSigned = isSignedBy(key.publicKey, Buffer.from(`${head}.${payload}`), Buffer.from(signature, 'base64url'));
  return isSigned ? parsed(payload) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
