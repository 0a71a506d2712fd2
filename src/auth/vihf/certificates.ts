import { X509Certificate } from 'node:crypto';
import { algorithmOf } from './algorithms.js';
import type { DeclaredCertificate } from './establishments.js';

/** A declared certificate whose key may verify an assertion now. */
export interface SealCertificate {
  readonly pem: string;
  /** The only signature method that its key answers to. */
  readonly algorithm: string;
}

/** SHA-256 of the DER form, base64url (RFC 8705 §3.1). */
export const thumbprintOf = (certificate: X509Certificate): string =>
  Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');

/** Within its dates, both included (RFC 5280 §4.1.2.5). */
export const isInForce = ({ validFrom, validTo }: X509Certificate, now: Date): boolean =>
  Date.parse(validFrom) <= now.getTime() && now.getTime() <= Date.parse(validTo);

/** The declared seals that stand today under this name: a renewal makes two of the same name for a while. */
export function sealsInForce(
  certificates: readonly DeclaredCertificate[],
  subject: string,
  now: Date,
): SealCertificate[] {
  return certificates
    .filter(({ usage, revoked }) => usage === 'SEAL' && !revoked)
    .map(({ pem, thumbprint }) => ({ pem, thumbprint, parsed: new X509Certificate(pem) }))
    .filter(({ thumbprint, parsed }) => thumbprintOf(parsed) === thumbprint)
    .filter(({ parsed }) => isInForce(parsed, now) && sameName(subject, parsed.subject))
    .flatMap(({ pem, parsed }) => {
      const algorithm = algorithmOf(parsed.publicKey);
      return algorithm ? [{ pem, algorithm }] : [];
    });
}

/** Whether the connection's certificate is one that this establishment declared for connections. */
export const isOwnConnection = (certificates: readonly DeclaredCertificate[], thumbprint: string, now: Date): boolean =>
  certificates.some(
    (declared) =>
      declared.usage === 'TLS' &&
      !declared.revoked &&
      declared.thumbprint === thumbprint &&
      isInForce(new X509Certificate(declared.pem), now),
  );

/** Types that one writer names and another numbers. */
const ALIASES: Readonly<Record<string, string>> = {
  '2.5.4.97': 'ORGANIZATIONIDENTIFIER',
  'OID.2.5.4.97': 'ORGANIZATIONIDENTIFIER',
  E: 'EMAILADDRESS',
  S: 'ST',
};

/**
 * Whether a name written as RFC 4514 does (`CN=…,OU=…,C=FR`, the last part first) is the subject that node gives, one
 * part a line in the certificate's order. Values are compared exactly, escapes included.
 */
export function sameName(written: string, subject: string): boolean {
  const ours = subject.split('\n').map(part).reverse();
  const theirs = written.split(/(?<!\\),/).map(part);
  return ours.length > 0 && ours.length === theirs.length && ours.every((value, index) => value === theirs[index]);
}

function part(text: string): string {
  const equals = text.indexOf('=');
  const type = text.slice(0, equals).trim().toUpperCase();
  return `${ALIASES[type] ?? type}=${text.slice(equals + 1).trim()}`;
}
