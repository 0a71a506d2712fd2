/**
 * The targeting file: UTF-8, `;` between columns, one header, one person a line; LF or CRLF, byte order mark allowed.
 *
 * A field may stand in quotes (RFC 4180: `""` for a quote inside), which are needed only around `;` and `"`. A line break
 * is never part of a field, quoted or not: a line with an unbalanced quote is one reject and swallows no other line
 * (SECURITY F23). First names are separated by `/`, criteria codes by `,`; the order of both is kept.
 */
import { MILITARY_SCHEME, type PersonIdentity } from '../patients/registration.js';
import type { RejectCode } from './targeting-fields.js';
import * as field from './targeting-fields.js';

/** The columns, in the file's order, each with its check. */
const CHECKS = {
  nir: field.checkNir,
  birthDate: field.checkBirthDate,
  birthName: field.checkName,
  usageName: field.optional(field.checkName),
  firstNames: field.checkFirstNames,
  sex: field.checkSex,
  birthPlace: field.optional(field.checkText(80)),
  schemeCode: field.checkScheme,
  bodyCode: field.checkBody,
  department: field.checkDepartment,
  postalAddress: field.optional(field.checkText(240)),
  phone: field.optional(field.checkPhone),
  email: field.optional(field.checkEmail),
  legalRepresentative: field.optional(field.checkText(160)),
  medicalCriteriaCodes: field.optional(field.checkCriteria),
  nonMedicalCriteriaCodes: field.optional(field.checkCriteria),
} as const;

export type TargetingColumn = keyof typeof CHECKS;
export const COLUMNS = Object.keys(CHECKS) as TargetingColumn[];
export const HEADER = COLUMNS.join(';');
const RULES = Object.values(CHECKS);
const CONTACT_COLUMNS = ['postalAddress', 'phone', 'email', 'legalRepresentative'] as const;
const [FIRST_CONTACT, LAST_CONTACT] = [COLUMNS.indexOf('postalAddress'), COLUMNS.indexOf('legalRepresentative')];
const SCHEME = COLUMNS.indexOf('schemeCode');

/** Longer lines are rejects: all columns at their longest make less than half of it. */
export const LINE_LIMIT = 8192;

/** Where and why: `line` as the column means the line as a whole. */
export interface Fault {
  readonly column: TargetingColumn | 'line';
  readonly code: RejectCode;
}

/** A line that passed: the person, and the coded criteria of article 2, 6°a. */
export interface TargetedPerson extends PersonIdentity {
  readonly medicalCriteriaCodes: readonly string[];
}

/** U+FFFD is what the decoder puts in the place of invalid UTF-8. */
const REPLACEMENT = '\ufffd';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused, with the invisible and bidirectional ones (SECURITY A67)
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/;

export const isFault = (result: TargetedPerson | Fault): result is Fault => 'code' in result;

/** Whether a first line, decoded and without its line break, is this format's header. */
export const isHeader = (line: string): boolean => line.replace(/^\ufeff/, '').replaceAll('"', '') === HEADER;

/** One line, decoded and without its line break: the person, or the first fault from the left. */
export function parseLine(line: string): TargetedPerson | Fault {
  if (line.length > LINE_LIMIT) return fault('line', 'LINE_TOO_LONG');
  if (FORBIDDEN.test(line)) return fault('line', line.includes(REPLACEMENT) ? 'ENCODING' : 'CONTROL_CHARACTER');
  const cells = line.includes('"') ? quotedCells(line) : line.split(';');
  if (cells === undefined) return fault('line', 'QUOTING');
  if (cells.length !== RULES.length) return fault('line', 'COLUMN_COUNT');
  return firstFault(cells) ?? personOf(cells);
}

function firstFault(cells: readonly string[]): Fault | undefined {
  for (let at = 0; at < RULES.length; at++) {
    const code = RULES[at]!(cells[at]!);
    if (code) return fault(COLUMNS[at]!, code);
  }
  return cells[SCHEME] === MILITARY_SCHEME ? militaryContact(cells) : undefined;
}

/** No contact of a person insured by the military fund enters the register (AIPD M1.32). */
function militaryContact(cells: readonly string[]): Fault | undefined {
  const given = cells.slice(FIRST_CONTACT, LAST_CONTACT + 1).findIndex((cell) => cell !== '');
  const column = CONTACT_COLUMNS[given];
  return column && fault(column, 'MILITARY_CONTACT');
}

function personOf(cells: readonly string[]): TargetedPerson {
  return {
    nir: cells[0]!,
    birthDate: cells[1]!,
    birthName: composed(cells[2]!),
    usageName: cells[3] === '' ? null : composed(cells[3]!),
    firstNames: composed(cells[4]!).split('/'),
    sex: cells[5] as 'F' | 'M',
    birthPlace: cells[6] || null,
    schemeCode: cells[7]!,
    bodyCode: cells[8]!,
    department: cells[9]!,
    postalAddress: cells[10] || null,
    phone: cells[11] || null,
    email: cells[12] || null,
    legalRepresentative: cells[13] || null,
    medicalCriteriaCodes: codesOf(cells[14]!),
    nonMedicalCriteriaCodes: codesOf(cells[15]!),
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a range, from the first character to the last one of Latin Extended-B
const BEYOND_COMPOSED = /[^\u0000-\u024f]/;

/** One spelling of each name, so that its prefix and its pseudonym do not depend on who typed it (NFC). */
const composed = (name: string): string => (BEYOND_COMPOSED.test(name) ? name.normalize('NFC') : name);

const NO_CODES: readonly string[] = [];

function codesOf(cell: string): readonly string[] {
  if (cell === '') return NO_CODES;
  return cell.includes(',') ? [...new Set(cell.split(','))] : [cell];
}

const QUOTED_CELL = /(?:"((?:[^"]|"")*)"|([^";]*))(?:;|$)/y;

/** RFC 4180 §2.5 to §2.7; undefined when a quote is left open or stands inside an unquoted cell. */
function quotedCells(line: string): string[] | undefined {
  const cells: string[] = [];
  QUOTED_CELL.lastIndex = 0;
  for (;;) {
    const match = QUOTED_CELL.exec(line);
    if (!match) return undefined;
    cells.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (!match[0].endsWith(';') || QUOTED_CELL.lastIndex === 0) return cells;
    if (QUOTED_CELL.lastIndex === line.length) return [...cells, ''];
  }
}

/** One object for each fault that exists, so that a bad file costs no memory. */
const faults = new Map<string, Fault>();

export function fault(column: Fault['column'], code: RejectCode): Fault {
  const known = faults.get(`${column} ${code}`) ?? Object.freeze({ column, code });
  faults.set(`${column} ${code}`, known);
  return known;
}
