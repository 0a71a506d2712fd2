import { LancetteError } from '../kernel/errors.js';

const FORM = /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MOST_PARAMETERS = 30;

/** @throws UNSUPPORTED_MEDIA_TYPE for whatever is no form in UTF-8 */
export function requireForm(headers: NodeJS.Dict<string | string[]>): void {
  if (!FORM.test(String(headers['content-type'] ?? '')) || headers['content-encoding'])
    throw new LancetteError('UNSUPPORTED_MEDIA_TYPE');
}

/**
 * The parameters of a token request. One without value counts as absent, one given twice is refused (RFC 6749 §3.2).
 * @throws INVALID_TOKEN_REQUEST
 */
export function parseForm(body: Buffer): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const pairs = textOf(body).split('&').filter(Boolean);
  if (pairs.length > MOST_PARAMETERS) throw new LancetteError('INVALID_TOKEN_REQUEST');
  for (const pair of pairs) {
    const [name = '', ...rest] = pair.split('=');
    const known = decoded(name);
    if (parameters.has(known)) throw new LancetteError('INVALID_TOKEN_REQUEST');
    parameters.set(known, decoded(rest.join('=')));
  }
  return new Map([...parameters].filter(([, value]) => value !== ''));
}

function textOf(body: Buffer): string {
  try {
    return UTF8.decode(body);
  } catch {
    throw new LancetteError('INVALID_TOKEN_REQUEST');
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new LancetteError('INVALID_TOKEN_REQUEST');
  }
}
