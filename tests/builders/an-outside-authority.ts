import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { valuesIn } from '../../src/signing/der.js';
import { localKey, newPrivateKey } from '../../src/signing/local-key.js';
import { type Authority, type CertificateOrder, certify } from '../../src/signing/x509.js';

const DAY = 86_400_000;

/** An authority that is not the register's: it answers requests, well or badly. */
export interface OutsideAuthority {
  readonly pem: string;
  /** A certificate for the key of a request, as the test wants it. @param by another than this authority @returns PEM */
  certificateFor(request: string, order?: Partial<CertificateOrder>, by?: Authority): Promise<string>;
}

export async function anOutsideAuthority(validDays = 3650): Promise<OutsideAuthority> {
  const handle = localKey(newPrivateKey('ES256'));
  const subject = { country: 'FR', organisation: 'Autorité', commonName: 'Autorité d’essai' };
  const period = { notBefore: daysFromNow(-1), notAfter: daysFromNow(validDays) };
  const pem = await certify({ subject, publicKey: handle.publicKey, ...period }, handle);
  const signer: Authority = { ...handle, certificate: new X509Certificate(pem) };
  return {
    pem,
    certificateFor: (request, order = {}, by = signer) =>
      certify(
        {
          subject: { country: 'FR', organisation: 'Essai', commonName: 'Signataire' },
          publicKey: keyOfRequest(request),
          notBefore: daysFromNow(-1),
          notAfter: daysFromNow(365),
          usages: ['v'],
          ...order,
        },
        by,
      ),
  };
}

/** To the second, as a certificate writes it. */
export const daysFromNow = (days: number): Date => new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY);

/** The public key that a request states (RFC 2986 §4.1). */
export function keyOfRequest(request: string): KeyObject {
  const der = Buffer.from(request.replace(/-----[^-]+-----/g, ''), 'base64');
  const [info] = valuesIn(valuesIn(der)[0]!.content);
  return createPublicKey({ key: valuesIn(info!.content)[2]!.whole, format: 'der', type: 'spki' });
}
