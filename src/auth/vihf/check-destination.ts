import type { Claims } from './claims.js';
import { refuseUnless } from './refusal.js';

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
