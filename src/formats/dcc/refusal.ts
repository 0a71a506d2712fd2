export type RefusalCode =
  | 'NAME'
  | 'BIRTH_DATE'
  | 'PRODUCT'
  | 'DOSES'
  | 'DATE'
  | 'COUNTRY'
  | 'ISSUER'
  | 'UVCI'
  | 'SCHEMA'
  | 'VALIDITY'
  | 'SIGNER_KEY'
  | 'SIGNER_PERIOD';

/** Why a certificate is not issued. */
export class CertificateRefusal extends Error {
  constructor(readonly code: RefusalCode) {
    super(`certificate refused: ${code}`);
    this.name = 'CertificateRefusal';
  }
}
