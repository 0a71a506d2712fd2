/**
 * Issues the EU digital COVID certificate of a vaccination, as text of its QR code (DOMAIN §3; hcert-spec 1.0.8):
 * claims → CBOR → CWT → COSE_Sign1 → zlib → base45 → `HC1:`.
 *
 * Strict where reading is tolerant. No error carries a value of the certificate.
 */
import type { KeyObject } from 'node:crypto';
import { isDay } from '../../kernel/days.js';
import { isBirthDate } from '../../kernel/identifiers.js';
import { encodeBase45 } from './base45.js';
import { type Cbor, encodeCbor } from './cbor.js';
import { compress } from './compression.js';
import {
  CLAIM,
  type CoseAlgorithm,
  type DccPayload,
  type Draft,
  draftSign1,
  fits,
  HCERT_V1,
  PREFIX,
  signLocally,
  type VaccinationEntry,
} from './cose.js';
import { soundName } from './names.js';
import { CertificateRefusal } from './refusal.js';
import { schemaFault } from './schema.js';
import { type TransliterationOptions, transliterate } from './transliteration.js';
import { isConformingUvci } from './uvci.js';
import { findProduct, TARGET_DISEASE } from './value-sets.js';

const SCHEMA_VERSION = '1.3.0';
const MAX_TEXT = 80;

export interface CertificateName {
  readonly familyName: string;
  readonly givenNames?: string;
}

export interface CertifiedVaccination {
  /** `mp` of a product of `value-sets.ts`; holder and vaccine type follow from it. */
  readonly product: string;
  readonly doseNumber: number;
  readonly seriesDoses: number;
  /** `YYYY-MM-DD`, a day of the calendar. */
  readonly date: string;
  /** Country of the injection, ISO 3166 alpha-2; FR when absent. */
  readonly country?: string;
  /** Who issues, at most 80 characters. */
  readonly issuer: string;
  readonly uvci: string;
}

/** What a certificate states of its signer, and what bounds it. */
export interface SignerStatement {
  /** First 8 bytes of the SHA-256 of the signing certificate: `kidOf`. */
  readonly kid: Buffer;
  /** ES256 when absent (§3.1: primary). */
  readonly algorithm?: CoseAlgorithm;
  readonly notBefore?: Date;
  /** End of the signing certificate; no certificate outlives it (§3.1). */
  readonly notAfter: Date;
}

/** A signer whose key is in this process. */
export interface Signer extends SignerStatement {
  /** EC P-256, or RSA of 2048 bits or more under PS256. */
  readonly privateKey: KeyObject;
}

export interface CertificateRequest<S extends SignerStatement = Signer> {
  readonly name: CertificateName;
  /** `YYYY-MM-DD`, month or day 00 when unknown. */
  readonly birthDate: string;
  readonly vaccination: CertifiedVaccination;
  readonly signer: S;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly transliteration?: TransliterationOptions;
}

/**
 * A vaccination certificate to be signed; what the signature completes is its `HC1:` text.
 *
 * @throws CertificateRefusal when the request breaks a rule of the specification
 */
export function draftCertificate(request: CertificateRequest<SignerStatement>): Draft<string> {
  checkSigner(request);
  const { kid, algorithm = 'ES256' } = request.signer;
  const { message, finish } = draftSign1(encodeClaims(request), { kid, algorithm });
  return { message, finish: (signature) => PREFIX + encodeBase45(compress(finish(signature))) };
}

/**
 * The `HC1:` text of a vaccination certificate, signed by a key of this process.
 *
 * @throws CertificateRefusal when the request breaks a rule of the specification
 */
export function encodeCertificate(request: CertificateRequest): string {
  const { privateKey, algorithm = 'ES256' } = request.signer;
  if (privateKey.type !== 'private' || !fits(algorithm, privateKey)) throw new CertificateRefusal('SIGNER_KEY');
  const { message, finish } = draftCertificate(request);
  return finish(signLocally(algorithm, privateKey, message));
}

/**
 * `dn`/`sd` in force since February 2022 (§3.4): 1/2, 2/2 and 1/1 for the primary doses, then 3/3, 4/4 after a
 * primary series of two, 2/1, 3/1 after a primary series of one (Janssen, or one dose after recovery).
 *
 * @param rank rank of this dose among all the person received, from 1
 * @param primaryDoses doses of the person's primary series, from 1
 * @throws RangeError outside 1 to 9, the schema's limit
 */
export function doseNumbers(rank: number, primaryDoses: number): { doseNumber: number; seriesDoses: number } {
  if (!isDose(rank) || !isDose(primaryDoses)) throw new RangeError('dose numbers: 1 to 9');
  if (rank <= primaryDoses) return { doseNumber: rank, seriesDoses: primaryDoses };
  return { doseNumber: rank, seriesDoses: primaryDoses === 1 ? 1 : rank };
}

/** `dob`: unknown month and day are cut off; empty before 1900, which the schema cannot write (§3.2). */
export function certifiedBirthDate(birthDate: string): string {
  if (!isBirthDate(birthDate)) throw new CertificateRefusal('BIRTH_DATE');
  if (birthDate < '1900') return '';
  if (birthDate.slice(5, 7) === '00') return birthDate.slice(0, 4);
  return birthDate.endsWith('-00') ? birthDate.slice(0, 7) : birthDate;
}

function encodeClaims(request: CertificateRequest<SignerStatement>): Uint8Array {
  const payload = {
    ver: SCHEMA_VERSION,
    nam: certifiedName(request.name, request.transliteration),
    dob: certifiedBirthDate(request.birthDate),
    v: [vaccinationEntry(request.vaccination)],
  };
  // The last look before the signature: what the schema refuses, a border would.
  if (schemaFault(payload) !== undefined) throw new CertificateRefusal('SCHEMA');
  return encodeCbor(
    new Map<number, Cbor>([
      [CLAIM.iss, 'FR'],
      [CLAIM.exp, seconds(request.expiresAt)],
      [CLAIM.iat, seconds(request.issuedAt)],
      [CLAIM.hcert, new Map([[HCERT_V1, payload]])],
    ]),
  );
}

function certifiedName(name: CertificateName, options?: TransliterationOptions): DccPayload['nam'] {
  const fn = printable(name.familyName);
  const gn = printable(name.givenNames ?? '');
  const fnt = transliterate(fn, options).slice(0, MAX_TEXT);
  const gnt = transliterate(gn, options).slice(0, MAX_TEXT);
  if (fnt === '' && gnt === '') throw new CertificateRefusal('NAME');
  // An empty part is left out: the schema wants none rather than an empty one.
  const nam: { fn?: string; fnt?: string; gn?: string; gnt?: string } = {};
  if (fn !== '') nam.fn = fn;
  if (fnt !== '') nam.fnt = fnt;
  if (gn !== '') nam.gn = gn;
  if (gnt !== '') nam.gnt = gnt;
  return nam;
}

/** At most 80 characters, counted as the JSON schema does. */
function printable(text: string): string {
  const sound = soundName(text);
  return sound.length <= MAX_TEXT ? sound : [...sound].slice(0, MAX_TEXT).join('');
}

function vaccinationEntry(vaccination: CertifiedVaccination): VaccinationEntry {
  const product = findProduct(vaccination.product);
  if (product === undefined) throw new CertificateRefusal('PRODUCT');
  const { doseNumber, seriesDoses, date, country = 'FR', issuer, uvci } = vaccination;
  if (!isDose(doseNumber) || !isDose(seriesDoses)) throw new CertificateRefusal('DOSES');
  // Unlike a birth, an injection has no lunar date.
  if (!isDay(date)) throw new CertificateRefusal('DATE');
  if (!/^[A-Z]{2}$/.test(country)) throw new CertificateRefusal('COUNTRY');
  if (issuer === '' || issuer.length > MAX_TEXT) throw new CertificateRefusal('ISSUER');
  if (!isConformingUvci(uvci)) throw new CertificateRefusal('UVCI');
  return {
    tg: TARGET_DISEASE,
    vp: product.vp,
    mp: product.mp,
    ma: product.ma,
    dn: doseNumber,
    sd: seriesDoses,
    dt: date,
    co: country,
    is: issuer.normalize('NFC'),
    ci: uvci,
  };
}

export function isDose(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 9;
}

// Written so that an invalid Date (NaN) is refused by every comparison.
function checkSigner({ signer, issuedAt, expiresAt }: CertificateRequest<SignerStatement>): void {
  if (!(issuedAt < expiresAt)) throw new CertificateRefusal('VALIDITY');
  if (!(expiresAt <= signer.notAfter)) throw new CertificateRefusal('SIGNER_PERIOD');
  if (signer.notBefore !== undefined && !(issuedAt >= signer.notBefore)) throw new CertificateRefusal('SIGNER_PERIOD');
  if (signer.kid.length !== 8) throw new CertificateRefusal('SIGNER_KEY');
}

function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}
