/** A request for a document signer's certificate (PKCS#10, RFC 2986), for an authority that is not this register's. */

import type { Usage } from '../formats/dcc/usages.js';
import { bits, der, integer, oid, sequence, set } from './der.js';
import type { KeyHandle } from './signing-key.js';
import { derSignature, nameOf, type Subject, signatureAlgorithm, spkiOf, usagesExtension } from './x509.js';

/**
 * @param usages what the signer is to attest, asked for as an extension (RFC 2985 §5.4.2); absent, nothing is asked
 * @returns PEM
 */
export async function certificateRequest(subject: Subject, key: KeyHandle, usages?: readonly Usage[]): Promise<string> {
  const asked = usages ? [sequence(oid('1.2.840.113549.1.9.14'), set(sequence(usagesExtension(usages))))] : [];
  const info = sequence(integer(Buffer.of(0)), nameOf(subject), spkiOf(key.publicKey), der(0xa0, ...asked));
  const signature = derSignature(key.publicKey, await key.sign(info));
  const request = sequence(info, signatureAlgorithm(key.publicKey), bits(signature));
  const lines = request.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}
