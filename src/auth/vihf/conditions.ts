import { AIR_PURPOSE, AUTHENTICATION_MEANS, CONTEXT_CLASS } from '../../law/authentication-means.js';
import { type Claims, theValue } from './claims.js';
import { Refusal, refuseUnless } from './refusal.js';

const X509_SUBJECT_NAME = 'urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName';

/** @param claimed the issuer by which the certificate was chosen, before anything was verified */
export function checkIssuer({ issuer, issuerFormat, version }: Claims, claimed: string): void {
  refuseUnless(version === '2.0', 'version');
  refuseUnless(issuerFormat === X509_SUBJECT_NAME && issuer === claimed, 'issuer');
}

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

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

export interface Destination {
  /** The audience of this API's tokens. */
  readonly audience: string;
  /** The URL of the token endpoint, as the outside sees it. */
  readonly tokenEndpoint: string;
}

/** Made for this API and for this endpoint (RFC 7522 §3, 2 and 5). */
export function checkDestination(claims: Claims, { audience, tokenEndpoint }: Destination): void {
  refuseUnless(audience !== '' && claims.audience === audience, 'audience');
  refuseUnless(claims.confirmationMethod === BEARER, 'confirmation method');
  refuseUnless(tokenEndpoint !== '' && claims.recipient === tokenEndpoint, 'recipient');
}

const PURPOSE_OF_USE = 'urn:oasis:names:tc:xspa:1.0:subject:purposeofuse';
export const STRUCTURE = 'Identifiant_Structure';

/** A VIHF 3.0 of this establishment, for the normal purpose. */
export function checkHabilitation(claims: Claims, finess: string): void {
  refuseUnless(theValue(claims, 'VIHF_Version').text === '3.0', 'vihf version');
  refuseUnless(theValue(claims, STRUCTURE).text === finess, 'structure');
  const purpose = theValue(claims, PURPOSE_OF_USE);
  const coded = purpose.code === AIR_PURPOSE.code && purpose.codeSystem === AIR_PURPOSE.codeSystem;
  refuseUnless(coded || purpose.text === AIR_PURPOSE.code, 'purpose of use');
}

/** The pair of class and declaration is one of the convention's six, and one that this establishment declared. */
export function checkMeans({ contextClass, contextDeclaration }: Claims, declared: readonly number[]): void {
  const means = AUTHENTICATION_MEANS.find(
    (one) => contextClass === `${CONTEXT_CLASS}${one.contextClass}` && contextDeclaration === one.declaration,
  );
  refuseUnless(means && declared.includes(means.number), 'means');
}
