/**
 * The unique vaccination certificate identifier (DOMAIN §3.5; decree 2023-99 adds it to the data).
 * `URN:UVCI:01:FR:<opaque>#<check>`, 30 characters.
 */
import { randomBelow } from '../../kernel/identifiers.js';

const PREFIX = 'URN:UVCI:01:FR:';
const OPAQUE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
// 36^13 = 2^67: one chance in 10^4 of a single collision among 200 million; the register's unique index decides.
const OPAQUE_LENGTH = 13;
const CHECKED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:';
// The specification asks for 80 characters at most; older French identifiers have 12 opaque ones.
const CONFORMING = /^URN:UVCI:01:[A-Z]{2}:[A-Z0-9/:]{1,60}#[A-Z0-9/:]$/;

/** A fresh identifier. The opaque part is drawn from a CSPRNG: it must say nothing of the person, nor of how many. */
export function newUvci(): string {
  let body = PREFIX;
  for (let drawn = 0; drawn < OPAQUE_LENGTH; drawn++) body += OPAQUE[randomBelow(36)];
  return `${body}#${uvciCheck(body)}`;
}

/**
 * Whether a text is an identifier as the specification wants them on issue, checksum included.
 * Never ask this of a certificate that is being verified: 18 official French ones fail it (DOMAIN §3.5).
 */
export function isConformingUvci(uvci: string): boolean {
  return CONFORMING.test(uvci) && uvciCheck(uvci.slice(0, -2)) === uvci.slice(-1);
}

/**
 * Check character: Luhn mod N over 38 characters, factors 2, 1, 2… from the right, prefix included.
 *
 * @param body everything before the `#`
 * @throws RangeError on a character outside `A–Z 0–9 / :`
 */
export function uvciCheck(body: string): string {
  const n = CHECKED.length;
  let sum = 0;
  for (let at = body.length - 1, factor = 2; at >= 0; at--, factor = 3 - factor) {
    const value = CHECKED.indexOf(body.charAt(at));
    if (value < 0) throw new RangeError('uvci: character outside the alphabet');
    const addend = factor * value;
    sum += Math.trunc(addend / n) + (addend % n);
  }
  return CHECKED.charAt((n - (sum % n)) % n);
}
