/** What must be true of the certificates of a signer, whoever issued them, before anything is signed under them. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { type CoseAlgorithm, fits } from '../formats/dcc/cose.js';
import { usagesOf } from '../formats/dcc/usages.js';
import type { Purpose } from './signing-key.js';
import { maySign } from './x509.js';

/** Each with what an operator reads in the log. */
export const CERTIFICATE_FAULTS = {
  UNREADABLE: 'a key without a certificate',
  KEY: 'the certificate is of another key',
  ALGORITHM: 'P-256, or RSA of 2048 bits or more',
  CHAIN: 'the chain of the certificate is broken',
  USAGE: 'the certificate is not for this purpose',
  PERIOD: 'the certificate, or one above it, is not valid then',
  NAMES: 'a 2D-DOC key has names in the header, which no other key has; no other key has any',
} as const;
export type CertificateFault = keyof typeof CERTIFICATE_FAULTS;

/** @param chain leaf first, up to an authority that signed itself */
export function faultOf(
  chain: readonly X509Certificate[],
  { purpose, publicKey }: { readonly purpose: Purpose; readonly publicKey: KeyObject },
): CertificateFault | undefined {
  const [leaf] = chain;
  if (!leaf) return 'UNREADABLE';
  if (!leaf.publicKey.equals(publicKey)) return 'KEY';
  if (!fits(algorithmOf(publicKey), publicKey)) return 'ALGORITHM';
  if (!isChained(chain)) return 'CHAIN';
  return isFor(leaf, purpose) ? undefined : 'USAGE';
}

/** Whether each of these certificates is valid from `start` on, and none ends after the one that signed it. */
export function isInPeriod(chain: readonly X509Certificate[], start: Date, now: Date): boolean {
  const ends = chain.map(({ validTo }) => Date.parse(validTo));
  const isNested = ends.every((end, n) => end <= (ends[n + 1] ?? end));
  const isValid = chain.every(({ validFrom }, n) => Date.parse(validFrom) <= +start && +start < ends[n]!);
  return isNested && isValid && ends.every((end) => +now < end);
}

/** @returns the certificates of a text in PEM, in its order; none when one of them is unreadable */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return [];
  }
}

export const algorithmOf = ({ asymmetricKeyType }: KeyObject): CoseAlgorithm =>
  asymmetricKeyType === 'ec' ? 'ES256' : 'PS256';

function isChained(chain: readonly X509Certificate[]): boolean {
  return chain.every((one, n) => {
    const above = chain[n + 1] ?? one;
    return above.ca && one.checkIssued(above) && one.verify(above.publicKey);
  });
}

/** Named usages must name this one, and a signer of certificates signs nothing else (DOMAIN §3.1). */
function isFor(leaf: X509Certificate, purpose: Purpose): boolean {
  if (purpose === 'authority') return leaf.ca;
  const usages = usagesOf(leaf.keyUsage ?? []);
  return !leaf.ca && maySign(leaf) && (!usages || (purpose === 'dcc' && usages.has('v')));
}
