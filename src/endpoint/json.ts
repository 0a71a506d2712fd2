import { isUtf8 } from 'node:buffer';
import { LancetteError } from '../kernel/errors.js';
import { endOfString } from '../kernel/json-bytes.js';

/** Limits of a body before it is parsed: an input object is two levels deep, so is everything the schema takes. */
export const JSON_LIMITS = { depth: 12, members: 2000 } as const;

const [QUOTE, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'",[]{}'].map((sign) =>
  sign.charCodeAt(0),
);

/**
 * Reads a JSON text whose depth and number of members are known to be small: neither the parser nor anything behind it
 * ever recurses deeply. `__proto__` becomes an ordinary member, of two equal names the last one stands.
 * @throws INVALID_REQUEST when it is not JSON in UTF-8, or too deep or too wide
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new LancetteError('INVALID_REQUEST');
  requireShallow(bytes);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new LancetteError('INVALID_REQUEST');
  }
}

function requireShallow(bytes: Buffer): void {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === COMMA) members += 1;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > JSON_LIMITS.depth || members > JSON_LIMITS.members) throw new LancetteError('INVALID_REQUEST');
  }
}
