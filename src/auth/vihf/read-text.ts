import { refuseUnless } from './refusal.js';

/** An assertion weighs some 6 kB; more is an attack on the parser. */
const MOST_BYTES = 100_000;
const MOST_CHARACTERS = Math.ceil((MOST_BYTES * 4) / 3);

/**
 * The XML text of the parameter `assertion` (RFC 7522 §2.1: base64url, without padding or line breaks).
 * One text has one encoding only: what decodes loosely is refused.
 */
export function readText(parameter: string): string {
  refuseUnless(parameter.length > 0 && parameter.length <= MOST_CHARACTERS, 'size');
  refuseUnless(/^[A-Za-z0-9_-]+$/.test(parameter), 'base64url');
  const bytes = Buffer.from(parameter, 'base64url');
  refuseUnless(bytes.toString('base64url') === parameter, 'base64url');
  refuseUnless(bytes.length <= MOST_BYTES, 'size');
  const text = bytes.toString('utf8');
  refuseUnless(Buffer.from(text, 'utf8').equals(bytes), 'utf-8');
  return text;
}
