/**
 * Formats and check characters of the identifiers of persons, professionals and structures.
 *
 * Source: DOMAIN §2, whose examples the tests repeat. Nothing here throws, and no reason carries the value it judges:
 * a NIR must never reach a log or an error message.
 */
import { randomFillSync } from 'node:crypto';

export type NirFault = 'NIR_FORMAT' | 'NIR_KEY';

export interface NirOptions {
  /** Also accept a first digit 5 or 6: the provisional number of a person whose registration is not finished. */
  readonly provisional?: boolean;
}

// Month 20 and 30-99 stand for an incomplete civil status: a birth date is never derived from a NIR (§2.1).
const NIR = /^[1-478]\d\d(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d\d|2[AB])\d{8}$/;
const PROVISIONAL_NIR = /^[1-8]\d\d(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d\d|2[AB])\d{8}$/;
const RPPS = /^\d{11}$/;
const PSC_RPPS = /^8\d{11}$/;
const AM_NUMBER = /^[0-9A-Z]{8,9}$/;
const FINESS = /^\d[0-9AB]\d{7}$/;
const SIRET = /^\d{14}$/;
const INVITATION_CODE = /^[A-Z]{3}-[A-Z]{3}-[A-Z]{3}$/;

const HYPHEN = 45;
const DIGIT_0 = 48;
const LETTER_A = 65;

const LA_POSTE_SIREN = '356000000';
const LA_POSTE_HEAD_OFFICE = '35600000000048';

/**
 * Why a text is not a NIR (or NIA), or `undefined` when it is one (§2.1).
 *
 * @param text 15 characters `S AA MM LLLLL OOO KK` without spaces, Corsican letters in upper case
 */
export function nirFault(text: string, options?: NirOptions): NirFault | undefined {
  const format = options?.provisional === true ? PROVISIONAL_NIR : NIR;
  if (!format.test(text)) return 'NIR_FORMAT';
  const key = digit(text, 13) * 10 + digit(text, 14);
  return key === nirKey(text) ? undefined : 'NIR_KEY';
}

/** A NIR from its first 13 characters. */
export const withNirKey = (body: string): string => body + String(nirKey(body)).padStart(2, '0');

export function isNir(text: string, options?: NirOptions): boolean {
  return nirFault(text, options) === undefined;
}

/** An RPPS or a FINESS number from all its characters but the last. */
export const withLuhnKey = (body: string): string =>
  `${body}${(10 - (luhnSum(`${body}0`, body.length + 1) % 10)) % 10}`;

/** An RPPS number: 11 digits, the last one a Luhn key (§2.3). */
export function isRpps(text: string): boolean {
  return RPPS.test(text) && luhnSum(text, 11) % 10 === 0;
}

/**
 * The RPPS inside a Pro Santé Connect `SubjectNameID`, or `undefined` when the type prefix is not 8 or the key fails.
 * The prefix is not part of the number and would break the key (§2.3).
 */
export function rppsOfPscSubject(subjectNameId: string): string | undefined {
  if (!PSC_RPPS.test(subjectNameId)) return undefined;
  const rpps = subjectNameId.slice(1);
  return isRpps(rpps) ? rpps : undefined;
}

/** A n° AM: 8 characters, 9 with the key printed on paper, whose algorithm is not public (§2.3). */
export function isAmNumber(text: string): boolean {
  return AM_NUMBER.test(text);
}

/** The format of a FINESS number, key included; for the key itself see `finessWarning` (§2.4). */
export function isFiness(text: string): boolean {
  return FINESS.test(text);
}

/**
 * `'FINESS_KEY'` when a well-formed FINESS fails its Luhn key.
 * A warning and not a fault: the rule is not published, and national test data hold fictitious numbers (§2.4).
 */
export function finessWarning(text: string): 'FINESS_KEY' | undefined {
  return luhnSum(text, 9) % 10 === 0 ? undefined : 'FINESS_KEY';
}

/** A SIRET: Luhn over the 9 digits of the SIREN and over all 14, but for the branches of La Poste (§2.5). */
export function isSiret(text: string): boolean {
  if (!SIRET.test(text)) return false;
  if (text.startsWith(LA_POSTE_SIREN) && text !== LA_POSTE_HEAD_OFFICE) return digitSum(text) % 5 === 0;
  return luhnSum(text, 9) % 10 === 0 && luhnSum(text, 14) % 10 === 0;
}

/** The shape of an invitation code; the source foresees no check letter (§2.7). */
export function isInvitationCode(text: string): boolean {
  return INVITATION_CODE.test(text);
}

/**
 * A fresh invitation code `AAA-AAA-AAA`, uniform over the 26^9 codes and independent of any identity (§2.7).
 * Uniqueness is the caller's: among 67 million codes a collision is certain somewhere.
 */
export function newInvitationCode(): string {
  return String.fromCharCode(
    letter(),
    letter(),
    letter(),
    HYPHEN,
    letter(),
    letter(),
    letter(),
    HYPHEN,
    letter(),
    letter(),
    letter(),
  );
}

/**
 * A birth date as the health insurance writes it: `YYYY-MM-DD`, year 1880 to 2100, month 00 to 12, day 00 to 31.
 *
 * No calendar: a month or a day is 00 when the civil status does not know it (DOMAIN §3.2, partial `dob`), and a date
 * may be lunar (DOMAIN §4, field L2), so that 30 February is a birth date that people really carry on their card.
 */
export function isBirthDate(text: string): boolean {
  if (text.length !== 10 || text.charCodeAt(4) !== HYPHEN || text.charCodeAt(7) !== HYPHEN) return false;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  return year >= 1880 && year <= 2100 && twoDigits(text, 5) <= 12 && twoDigits(text, 8) <= 31;
}

// ---- chance ---------------------------------------------------------------------------------------------------------

// One system call per 16 kB instead of one per code: 0.1 µs a code where randomBytes(9) costs 3 µs.
const pool = Buffer.alloc(16_384);
let drawn = pool.length;

/**
 * A uniform integer in [0, limit) from the system's CSPRNG.
 * Bytes above the last multiple of `limit` are thrown away: keeping them would favour the first values.
 *
 * @param limit 1 to 256
 */
export function randomBelow(limit: number): number {
  const fair = 256 - (256 % limit);
  for (;;) {
    const byte = randomByte();
    if (byte < fair) return byte % limit;
  }
}

function randomByte(): number {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  return pool[drawn++]!;
}

function letter(): number {
  return LETTER_A + randomBelow(26);
}

// ---- digits ---------------------------------------------------------------------------------------------------------

/**
 * 97 − (N13 mod 97). Corsica: `2A` counts as 19 and `2B` as 18 (§2.1).
 * Two halves of 32-bit integers, because the remainder of a 13-digit number is a slow floating-point one.
 */
function nirKey(nir: string): number {
  const head = digits(nir, 0, 5);
  const tail = digits(nir, 7, 13);
  const corsica = nir.charCodeAt(6);
  const department = corsica === LETTER_A ? 19 : corsica === LETTER_A + 1 ? 18 : twoDigits(nir, 5);
  return 97 - ((((head * 100 + department) % 97) * 1_000_000 + tail) % 97);
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + digit(text, at);
  return value;
}

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - DIGIT_0;
}

/** The number written by two digits, or 999 (above every limit) when one of them is none. */
function twoDigits(text: string, at: number): number {
  const tens = digit(text, at);
  const units = digit(text, at + 1);
  return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 ? tens * 10 + units : 999;
}

/** Luhn sum of the first `length` characters; a valid number has a multiple of 10. Letters A, B count as 1, 2 (§2.4). */
function luhnSum(text: string, length: number): number {
  let sum = 0;
  for (let at = length - 1, double = false; at >= 0; at--, double = !double) {
    const value = luhnValue(text.charCodeAt(at));
    sum += double ? (value > 4 ? 2 * value - 9 : 2 * value) : value;
  }
  return sum;
}

function luhnValue(code: number): number {
  return code >= LETTER_A ? code - LETTER_A + 1 : code - DIGIT_0;
}

function digitSum(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum += digit(text, at);
  return sum;
}

/**
 * A criterion of targeting: one to four capital letters, then one to six digits. No word has that form, so that no label
 * can be loaded in the place of a code (AIPD, minimisation: codes « sans signification directe », labels kept elsewhere).
 */
const CRITERION_CODE = '[A-Z]{1,4}[0-9]{1,6}';
const CRITERION = /^[A-Z]{1,4}[0-9]{1,6}$/;

const CRITERIA = /^[A-Z]{1,4}[0-9]{1,6}(?:,[A-Z]{1,4}[0-9]{1,6}){0,63}$/;

export const isCriterionCode = (text: string): boolean => CRITERION.test(text);
/** At most 64 codes, by commas. */
export const isCriteriaList = (text: string): boolean => CRITERIA.test(text);

/** The same as PostgreSQL checks it, on a column that holds a list of codes. */
export const criteriaCheck = (column: string): string =>
  `array_to_string(${column}, ',') ~ '^(${CRITERION_CODE}(,${CRITERION_CODE})*)?$'`;
