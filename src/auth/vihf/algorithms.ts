import { createVerify, type KeyLike, type KeyObject } from 'node:crypto';

export const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
export const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
export const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
export const ECDSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';

/** RGS B1: RSA of 2048 bits at least, elliptic curves of 256. One key answers to one algorithm, never to a choice. */
export function algorithmOf(key: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= 2048 ? RSA_SHA256 : undefined;
  if (key.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1' ? ECDSA_SHA256 : undefined;
  return undefined;
}

/** ECDSA over P-256 as XMLDSig writes it: r and s joined, 64 bytes (RFC 4050 §3.3); xml-crypto has none of its own. */
export class EcdsaSha256 {
  getAlgorithmName = () => ECDSA_SHA256;

  getSignature(): never {
    throw new Error('assertions are verified here, never made');
  }

  verifySignature(material: string, key: KeyLike, value: string): boolean {
    const signature = Buffer.from(value, 'base64');
    return (
      signature.length === 64 &&
      createVerify('sha256')
        .update(material)
        .verify({ key, dsaEncoding: 'ieee-p1363' } as never, signature)
    );
  }
}
