/**
 * Writes a 2D-DOC vaccination attestation (type L1, version 04; DOMAIN §4): header, fields, a separator, and the ECDSA
 * signature of what stands before it, in base32. The text goes into a Data Matrix in C40, so it is upper case ASCII.
 *
 * Names are printed as on travel documents, so that no separator and no letter of another alphabet can be in them.
 */
import { isDay } from '../../kernel/days.js';
import { isBirthDate } from '../../kernel/identifiers.js';
import { encodeBase32 } from '../base32.js';
import type { Draft } from '../dcc/cose.js';
import { isDose } from '../dcc/issue.js';
import { soundName } from '../dcc/names.js';
import { CertificateRefusal } from '../dcc/refusal.js';
import { transliterate } from '../dcc/transliteration.js';
import { findProduct } from '../dcc/value-sets.js';
import {
  DOCUMENT,
  FIELD_CODES,
  FIELDS,
  type FieldCode,
  GROUP_SEPARATOR,
  hexDay,
  MARKER,
  RECORD_SEPARATOR,
  UNIT_SEPARATOR,
} from './layout.js';

/** The signer as the header names it; its key is P-256 (DOMAIN §4). */
export interface TwoDDocSigner {
  /** Four characters: country and number of the authority. */
  readonly authority: string;
  /** Four characters: which of its certificates. */
  readonly certificate: string;
  readonly notBefore?: Date;
  readonly notAfter: Date;
}

export interface TwoDDocRequest {
  readonly familyName: string;
  readonly firstNames: readonly string[];
  /** `YYYY-MM-DD`, month or day 00 when unknown. */
  readonly birthDate: string;
  /** `mp` of a product of `dcc/value-sets.ts`. */
  readonly product: string;
  readonly doseNumber: number;
  readonly seriesDoses: number;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly signer: TwoDDocSigner;
  readonly issuedAt: Date;
}

const DISEASE = 'COVID-19';
/** Code of the ATC class, the one that official attestations carry (DOMAIN §4). */
const AGENT = 'J07BX03';
/** Name on the official sample, for both fields; the others by the name and the holder of the value sets (DOMAIN §3.3). */
const PRINTED_NAMES: Readonly<Record<string, string>> = { 'EU/1/20/1528': 'COMIRNATY PFIZER/BIONTECH' };

/**
 * An attestation to be signed with ECDSA on P-256 over SHA-256.
 *
 * @throws CertificateRefusal when the request breaks a rule of the standard
 */
export function draftTwoDDoc(request: TwoDDocRequest): Draft<string> {
  const text = headerOf(request) + messageOf(fieldsOf(request));
  return {
    message: Buffer.from(text, 'latin1'),
    finish: (signature) => text + UNIT_SEPARATOR + encodeBase32(signature),
  };
}

function headerOf({ signer, issuedAt }: TwoDDocRequest): string {
  const identifiers = signer.authority + signer.certificate;
  if (!/^[A-Z]{2}[A-Z0-9]{6}$/.test(identifiers)) throw new CertificateRefusal('SIGNER_KEY');
  if (!(issuedAt < signer.notAfter)) throw new CertificateRefusal('SIGNER_PERIOD');
  if (signer.notBefore && !(issuedAt >= signer.notBefore)) throw new CertificateRefusal('SIGNER_PERIOD');
  const day = hexDay(issuedAt);
  return MARKER + identifiers + day + day + DOCUMENT;
}

function fieldsOf(request: TwoDDocRequest): Record<FieldCode, string> {
  const product = findProduct(request.product);
  if (!product) throw new CertificateRefusal('PRODUCT');
  const { doseNumber, seriesDoses, date, birthDate } = request;
  if (!isDose(doseNumber) || !isDose(seriesDoses)) throw new CertificateRefusal('DOSES');
  if (!isDay(date)) throw new CertificateRefusal('DATE');
  if (!isBirthDate(birthDate)) throw new CertificateRefusal('BIRTH_DATE');
  const familyName = printed(request.familyName);
  const firstNames = request.firstNames.map(printed).filter(Boolean).join('/');
  if (familyName === '' && firstNames === '') throw new CertificateRefusal('NAME');
  return {
    L0: familyName,
    L1: firstNames,
    L2: dayMonthYear(birthDate),
    L3: DISEASE,
    L4: AGENT,
    L5: PRINTED_NAMES[product.mp] ?? product.name.toUpperCase(),
    L6: PRINTED_NAMES[product.mp] ?? product.ma,
    L7: String(doseNumber),
    L8: String(seriesDoses),
    L9: dayMonthYear(date),
    LA: doseNumber < seriesDoses ? 'CO' : 'TE',
  };
}

function messageOf(fields: Record<FieldCode, string>): string {
  return FIELD_CODES.map((code, index) => {
    const { min, max } = FIELDS[code];
    const value = fields[code];
    const isLast = index === FIELD_CODES.length - 1;
    if (value.length > max) return `${code}${value.slice(0, max - 1)}${RECORD_SEPARATOR}`;
    return `${code}${value}${min === max || value.length === max || isLast ? '' : GROUP_SEPARATOR}`;
  }).join('');
}

/** One letter for a diaeresis, as the authority prints it (DOMAIN §3.6). */
const printed = (name: string): string => transliterate(soundName(name), { singleLetters: true }).replaceAll('<', ' ');

const dayMonthYear = (day: string): string => day.slice(8) + day.slice(5, 7) + day.slice(0, 4);
