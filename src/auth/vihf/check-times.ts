import type { Claims } from './claims.js';
import { Refusal, refuseUnless } from './refusal.js';

/** Clocks of establishments may be off by this much, in milliseconds. */
export const TOLERANCE = 5_000;
/** An assertion opens a token and is not a session: five minutes (DOMAIN §5.1). */
const LONGEST = 300_000;
/** A primary authentication is not older than the session it could have opened: one hour (AIPD M1.14). */
const OLDEST_AUTHENTICATION = 3_600_000;

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

/** @returns until when the assertion must be remembered, so that it is not accepted twice */
export function checkTimes(claims: Claims, now: Date): Date {
  const { issueInstant, notBefore, notOnOrAfter, confirmedUntil, authnInstant } = claims;
  const [issued, from, until, confirmed, authenticated] = [
    instant(issueInstant),
    instant(notBefore),
    instant(notOnOrAfter),
    instant(confirmedUntil),
    instant(authnInstant),
  ] as const;
  const at = now.getTime();
  refuseUnless(from < until && until - from <= LONGEST, 'validity');
  refuseUnless(from <= at + TOLERANCE && at < until + TOLERANCE, 'time');
  refuseUnless(from < confirmed && confirmed <= until && at < confirmed + TOLERANCE, 'confirmation time');
  refuseUnless(issued <= at + TOLERANCE && issued >= from - LONGEST && issued <= until, 'issue instant');
  refuseUnless(authenticated <= issued + TOLERANCE && authenticated <= at + TOLERANCE, 'authentication in the future');
  refuseUnless(authenticated >= at - OLDEST_AUTHENTICATION - TOLERANCE, 'authentication too old');
  return new Date(until + TOLERANCE);
}

/** An instant in UTC that exists: 30 February and 24:00 do not (SAML core §1.3.3). */
function instant(text: string): number {
  const time = UTC.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== text.slice(0, 19)) {
    throw new Refusal('instant');
  }
  return time;
}
