/** Makes the two codes of a certificate out of its data set, and signs them. */
import { randomUUID } from 'node:crypto';
import { doseNumbers, draftCertificate } from '../../formats/dcc/issue.js';
import { newUvci } from '../../formats/dcc/uvci.js';
import { draftTwoDDoc } from '../../formats/two-d-doc/issue.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Keys } from '../../signing/keyring.js';
import { findVaccine } from '../injection/schedule.js';
import type { Attestation } from './attestation.js';
import type { Dataset } from './dataset.js';

export const CERTIFICATE_KIND = 'EU_DCC_VACCINATION';

/** Where no schedule was read (`law/vaccines.ts`). */
const PRIMARY_DOSES = 2;

/** How long a certificate is valid from its issue, in days; never longer than its signer. */
const VALIDITY_DAYS = 365;

/**
 * The EU certificate and, where a signer of that kind is in office, the 2D-DOC of the same dose.
 * @throws UNAVAILABLE without a signer, CertificateRefusal when the register holds what cannot be signed
 */
export async function certify(dataset: Dataset, keys: Keys, now: Date): Promise<Attestation> {
  const issuedAt = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const signer = keys.current('dcc', now);
  const wanted = new Date(issuedAt.getTime() + VALIDITY_DAYS * 86_400_000);
  const expiresAt = wanted < signer.notAfter ? wanted : signer.notAfter;
  const uvci = newUvci();
  const doses = doseNumbers(dataset.rank, findVaccine(dataset.firstVaccine)?.primaryDoses ?? PRIMARY_DOSES);
  const { message, finish } = draftCertificate({
    name: { familyName: dataset.birthName, givenNames: dataset.firstNames.join(' ') },
    birthDate: dataset.birthDate,
    vaccination: {
      product: dataset.vaccine,
      ...doses,
      date: dataset.performedOn,
      country: 'FR',
      issuer: 'CNAM',
      uvci,
    },
    signer,
    issuedAt,
    expiresAt,
  });
  const content = finish(await signer.sign(message));
  const dataMatrix = keys.has('two-d-doc', now) ? await twoDDoc(dataset, doses, keys, now) : null;
  return {
    patientKey: dataset.patientKey,
    id: randomUUID(),
    issuedAt: instant(issuedAt),
    kind: CERTIFICATE_KIND,
    content,
    dataMatrix,
    expiresAt: instant(expiresAt),
    revokedAt: null,
    rank: dataset.rank,
    uvci,
  };
}

async function twoDDoc(
  { birthName, firstNames, birthDate, vaccine, performedOn }: Dataset,
  doses: { doseNumber: number; seriesDoses: number },
  keys: Keys,
  now: Date,
): Promise<string | null> {
  const signer = keys.current('two-d-doc', now);
  if (!signer.twoDDoc) throw new LancetteError('UNAVAILABLE');
  const { message, finish } = draftTwoDDoc({
    familyName: birthName,
    firstNames,
    birthDate,
    product: vaccine,
    ...doses,
    date: performedOn,
    signer: { ...signer.twoDDoc, notBefore: signer.notBefore, notAfter: signer.notAfter },
    issuedAt: now,
  });
  return finish(await signer.sign(message));
}

/** The one form of instants, as PostgreSQL writes them. */
const instant = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, '+00:00');
