import { isBirthDate, isCriteriaList, nirFault } from '../../kernel/identifiers.js';
import { regionOf } from '../../law/regions.js';

/** Why a line is set aside: a stable code, never a value (SECURITY F23), and what it means for whoever made the file. */
export const REJECT_REASONS = {
  LINE_TOO_LONG: 'ligne de plus de 8 192 caractères',
  ENCODING: 'octets qui ne sont pas de l’UTF-8',
  CONTROL_CHARACTER: 'caractère de commande ou invisible (tabulation, retour chariot isolé, marque de sens…)',
  QUOTING: 'guillemet non fermé, ou au milieu d’un champ',
  COLUMN_COUNT: 'nombre de colonnes différent de celui de l’en-tête',
  MISSING: 'champ obligatoire vide',
  NIR_FORMAT: 'NIR mal formé',
  NIR_KEY: 'clé du NIR fausse',
  BIRTH_DATE: 'date de naissance mal formée',
  NAME_FORMAT: 'nom qui contient autre chose que des lettres, espaces, apostrophes et tirets',
  SEX: 'ni `F` ni `M`',
  SCHEME_CODE: 'régime inconnu',
  BODY_CODE: 'organisme mal formé',
  DEPARTMENT: 'département inconnu',
  TOO_LONG: 'texte trop long',
  FORMULA: 'texte qu’un tableur exécuterait (`=`, `+`, `-`, `@` en tête)',
  PHONE: 'téléphone mal formé',
  EMAIL: 'courriel mal formé',
  CRITERIA_CODES: 'critère qui n’a pas la forme d’un code : aucun libellé n’entre',
  MILITARY_CONTACT: 'coordonnée donnée pour le régime `08`',
  IDENTITY_MISMATCH: 'personne déjà connue sous un autre sexe ou un autre nom',
} as const;

export type RejectCode = keyof typeof REJECT_REASONS;

/** Schemes of compulsory health insurance (DOMAIN §2.8): 91 to 99 are mutual sections, of which 95 and 96 stand for AME. */
export const SCHEME_CODES = '01 02 03 04 05 06 07 08 10 12 16 90 91 92 93 94 95 96 97 98 99'.split(' ');
const SCHEMES = new Set(SCHEME_CODES);
const BODY = /^[0-9A-Z]{3}$/;
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

/** What makes a spreadsheet run a cell, in both widths, and behind spaces that some of them drop (OWASP, CSV injection). */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;

/** Free text that no spreadsheet will run. */
export const checkText =
  (length: number): Check =>
  (value) => {
    if (value.length > length) return 'TOO_LONG';
    return FORMULA.test(value) ? 'FORMULA' : undefined;
  };

export const checkPhone: Check = (value) => (PHONE.test(value) ? undefined : 'PHONE');

export const checkEmail: Check = (value) => (value.length <= 254 && EMAIL.test(value) ? undefined : 'EMAIL');

/** Codes without meaning here: a label, whatever it says, has not their form (AIPD, minimisation; M2.41). */
export const checkCriteria: Check = (value) => (isCriteriaList(value) ? undefined : 'CRITERIA_CODES');

/** An empty cell of an optional column is right. */
export const optional =
  (check: Check): Check =>
  (value) =>
    value === '' ? undefined : check(value);

const missingOr = (value: string, code: RejectCode): RejectCode => (value === '' ? 'MISSING' : code);
