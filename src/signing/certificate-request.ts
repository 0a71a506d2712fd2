/** A request for a document signer's certificate (PKCS#10, RFC 2986), for an authority that is not this register's. */

import { bits, der, integer, sequence } from './der.js';
import type { KeyHandle } from './signing-key.js';
import { derSignature, nameOf, type Subject, signatureAlgorithm, spkiOf } from './x509.js';

/** @returns PEM */
export async function certificateRequest(subject: Subject, key: KeyHandle): Promise<string> {
  const info = sequence(integer(Buffer.of(0)), nameOf(subject), spkiOf(key.publicKey), der(0xa0));
  const signature = derSignature(key.publicKey, await key.sign(info));
  const request = sequence(info, signatureAlgorithm(key.publicKey), bits(signature));
  const lines = request.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}
