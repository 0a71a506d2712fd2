import { X509Certificate } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { LancetteError } from '../../kernel/errors.js';
import { isFiness } from '../../kernel/identifiers.js';
import { AUTHENTICATION_MEANS } from '../../law/authentication-means.js';
import { algorithmOf } from './algorithms.js';
import { isInForce, thumbprintOf } from './certificates.js';
import type { CertificateUsage } from './establishment-certificate.js';

export interface Declaration {
  /** Geographic FINESS. */
  readonly finess: string;
  readonly name: string;
  /** Every primary authentication of the establishment: what is not named is withdrawn. */
  readonly means: readonly number[];
  readonly certificate: { readonly pem: string; readonly usage: CertificateUsage };
}

/**
 * Declares an establishment, or declares it anew with one more certificate.
 * @param pool of the owner: no role that serves anybody writes these tables
 * @returns the thumbprint of the certificate
 * @throws INVALID_INPUT, CERTIFICATE_UNUSABLE, DECLARATION_LIMIT
 */
export async function declareEstablishment(pool: Pool, declaration: Declaration, now: Date): Promise<string> {
  checkDeclaration(declaration);
  const thumbprint = usableThumbprint(declaration.certificate.pem, now);
  const client = await pool.connect();
  try {
    await client.query('begin');
    await write(client, declaration, thumbprint);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw (error as { code?: string }).code === 'LC005' ? new LancetteError('DECLARATION_LIMIT') : error;
  } finally {
    client.release();
  }
  return thumbprint;
}

/**
 * Revokes a certificate for every establishment that declared it; what is revoked stays so.
 * @returns how many declarations that changed
 */
export async function revokeCertificate(pool: Pool, thumbprint: string, now: Date): Promise<number> {
  const { rowCount } = await pool.query(
    'update establishment_certificate set revoked_at = $2 where thumbprint = $1 and revoked_at is null',
    [thumbprint, now],
  );
  return rowCount ?? 0;
}

function checkDeclaration({ finess, name, means }: Declaration): void {
  const numbers: readonly number[] = AUTHENTICATION_MEANS.map(({ number }) => number);
  const fine = isFiness(finess) && name.trim() !== '' && name.length <= 200 && means.length > 0;
  if (!fine || !means.every((number) => numbers.includes(number))) throw new LancetteError('INVALID_INPUT');
}

function usableThumbprint(pem: string, now: Date): string {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw new LancetteError('CERTIFICATE_UNUSABLE');
  }
  if (!isInForce(certificate, now) || !algorithmOf(certificate.publicKey))
    throw new LancetteError('CERTIFICATE_UNUSABLE');
  return thumbprintOf(certificate);
}

async function write(
  client: PoolClient,
  { finess, name, means, certificate }: Declaration,
  thumbprint: string,
): Promise<void> {
  const pem = new X509Certificate(certificate.pem).toString();
  await client.query(
    `insert into establishment (finess, name, means) values ($1, $2, $3)
     on conflict (finess) do update set name = excluded.name, means = excluded.means`,
    [finess, name, [...new Set(means)].sort()],
  );
  await client.query(
    `insert into establishment_certificate (thumbprint, finess, pem, usage) values ($1, $2, $3, $4)
     on conflict (thumbprint, finess) do nothing`,
    [thumbprint, finess, pem, certificate.usage],
  );
}
