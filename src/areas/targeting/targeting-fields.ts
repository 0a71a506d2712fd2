import { CRITERION_CODE, isBirthDate, nirFault } from '../../kernel/identifiers.js';
import { regionOf } from '../../law/regions.js';

/** Why a line is set aside: a stable code, never a value (SECURITY F23). */
export type RejectCode =
  | 'LINE_TOO_LONG'
  | 'ENCODING'
  | 'CONTROL_CHARACTER'
  | 'QUOTING'
  | 'COLUMN_COUNT'
  | 'MISSING'
  | 'NIR_FORMAT'
  | 'NIR_KEY'
  | 'BIRTH_DATE'
  | 'NAME_FORMAT'
  | 'SEX'
  | 'SCHEME_CODE'
  | 'BODY_CODE'
  | 'DEPARTMENT'
  | 'TOO_LONG'
  | 'FORMULA'
  | 'PHONE'
  | 'EMAIL'
  | 'CRITERIA_CODES'
  | 'MILITARY_CONTACT'
  | 'IDENTITY_MISMATCH';

/** Schemes of compulsory health insurance (DOMAIN §2.8): 91 to 99 are mutual sections, of which 95 and 96 stand for AME. */
const SCHEMES = new Set('01 02 03 04 05 06 07 08 10 12 16 90 91 92 93 94 95 96 97 98 99'.split(' '));
const BODY = /^[0-9A-Z]{3}$/;
const CRITERIA = new RegExp(`^${CRITERION_CODE}(?:,${CRITERION_CODE}){0,63}$`);
const PLAIN_NAME = /^[A-Za-z'][A-Za-z' -]*$/;
const NAME = /^[\p{L}'’][\p{L}\p{M}'’ -]*$/u;
/** A name without one Latin letter has no pseudonym (DOMAIN §6.3), whatever marks it bears. */
const LATIN = /[A-ZŒÆẞ]/i;
const PHONE = /^(?:0\d{9}|\+[1-9]\d{6,14})$/;
const EMAIL = /^[^\s@;<>"(),:\\[\]=+-][^\s@;<>"(),:\\[\]]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+$/;
const NAME_LENGTH = 80;
const MOST_FIRST_NAMES = 12;

type Check = (value: string) => RejectCode | undefined;

export const checkNir: Check = (value) => (value === '' ? 'MISSING' : nirFault(value));

export const checkBirthDate: Check = (value) => (isBirthDate(value) ? undefined : missingOr(value, 'BIRTH_DATE'));

export const checkSex: Check = (value) => (value === 'F' || value === 'M' ? undefined : missingOr(value, 'SEX'));

export const checkScheme: Check = (value) => (SCHEMES.has(value) ? undefined : missingOr(value, 'SCHEME_CODE'));

export const checkBody: Check = (value) => (BODY.test(value) ? undefined : missingOr(value, 'BODY_CODE'));

export const checkDepartment: Check = (value) =>
  regionOf(value) === undefined ? missingOr(value, 'DEPARTMENT') : undefined;

export const checkName: Check = (value) => {
  if (value.length > NAME_LENGTH) return 'TOO_LONG';
  if (PLAIN_NAME.test(value) ? LATIN.test(value) : NAME.test(value) && LATIN.test(value.normalize('NFKD'))) return;
  return missingOr(value, 'NAME_FORMAT');
};

/** First names between slashes, as 2D-DOC writes them (DOMAIN §4, field L1). */
export const checkFirstNames: Check = (value) => {
  if (!value.includes('/')) return checkName(value);
  const names = value.split('/');
  if (names.length > MOST_FIRST_NAMES) return 'TOO_LONG';
  for (const name of names) {
    const code = checkName(name);
    if (code) return code === 'MISSING' ? 'NAME_FORMAT' : code;
  }
  return undefined;
};

/** Free text that no spreadsheet will run: a first `=`, `+`, `-` or `@` is refused (OWASP, CSV injection). */
export const checkText =
  (length: number): Check =>
  (value) => {
    if (value.length > length) return 'TOO_LONG';
    const first = value.charCodeAt(0);
    return first === 0x3d || first === 0x2b || first === 0x2d || first === 0x40 ? 'FORMULA' : undefined;
  };

export const checkPhone: Check = (value) => (PHONE.test(value) ? undefined : 'PHONE');

export const checkEmail: Check = (value) => (value.length <= 254 && EMAIL.test(value) ? undefined : 'EMAIL');

/** Codes without meaning here: a label, whatever it says, has not their form (AIPD, minimisation; M2.41). */
export const checkCriteria: Check = (value) => (CRITERIA.test(value) ? undefined : 'CRITERIA_CODES');

/** An empty cell of an optional column is right. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === '' ? undefined : check(value);

const missingOr = (value: string, code: RejectCode): RejectCode => (value === '' ? 'MISSING' : code);
