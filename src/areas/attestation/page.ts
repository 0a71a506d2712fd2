import { verifyCertificate } from '../../formats/dcc/verify.js';
import { certificatePage } from '../../formats/pdf/certificate-page.js';
import type { TaggedPdf } from '../../formats/pdf/document.js';
import { dccKeysOf, type Keys } from '../../signing/keyring.js';
import type { Attestation } from './attestation.js';

/**
 * The printed page of a certificate, from its codes alone: what is printed was signed, and verifies.
 * @throws Error when it does not, and nothing is printed then
 */
export function pageOf({ content, dataMatrix, issuedAt }: Attestation, keys: Keys): TaggedPdf {
  const read = verifyCertificate(content, dccKeysOf(keys), new Date(issuedAt));
  if (!read.valid) throw new Error(`a certificate that does not verify is not printed: ${read.reason}`);
  const { payload, expiresAt } = read;
  const twoDDoc = dataMatrix ?? undefined;
  return certificatePage({ payload, issuedAt: read.issuedAt, expiresAt, dcc: content, ...(twoDDoc && { twoDDoc }) });
}
