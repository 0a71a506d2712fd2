import type { Claims } from './claims.js';
import { refuseUnless } from './refusal.js';

const X509_SUBJECT_NAME = 'urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName';

/** @param claimed the issuer by which the certificate was chosen, before anything was verified */
export function checkIssuer({ issuer, issuerFormat, version }: Claims, claimed: string): void {
  refuseUnless(version === '2.0', 'version');
  refuseUnless(issuerFormat === X509_SUBJECT_NAME && issuer === claimed, 'issuer');
}
