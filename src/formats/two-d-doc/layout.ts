/**
 * The vaccination attestation of the 2D-DOC standard: document type L1, header version 04 (DOMAIN §4). Data only, shared by
 * writing and reading.
 */
export const GROUP_SEPARATOR = '\x1d';
export const RECORD_SEPARATOR = '\x1e';
export const UNIT_SEPARATOR = '\x1f';

export const HEADER_LENGTH = 26;
export const MARKER = 'DC04';
/** Document type, perimeter (ANTS) and country. */
export const DOCUMENT = 'L101FR';
/** Characters of a P-256 signature in base32. */
export const SIGNATURE_LENGTH = 103;

export interface FieldRule {
  readonly meaning: string;
  readonly min: number;
  readonly max: number;
}

// biome-ignore format: a table
export const FIELDS = {
  L0: { meaning: 'family name',                     min: 0, max: 80 },
  L1: { meaning: 'first names, separated by /',     min: 0, max: 80 },
  L2: { meaning: 'birth date, may be lunar',        min: 8, max: 8 },
  L3: { meaning: 'disease',                         min: 0, max: 30 },
  L4: { meaning: 'prophylactic agent',              min: 5, max: 15 },
  L5: { meaning: 'vaccine',                         min: 5, max: 30 },
  L6: { meaning: 'manufacturer',                    min: 5, max: 30 },
  L7: { meaning: 'rank of the last state',          min: 1, max: 1 },
  L8: { meaning: 'doses expected',                  min: 1, max: 1 },
  L9: { meaning: 'date of the last state',          min: 8, max: 8 },
  LA: { meaning: 'CO in course, TE finished',       min: 2, max: 2 },
} as const satisfies Record<string, FieldRule>;

export type FieldCode = keyof typeof FIELDS;
export const FIELD_CODES = Object.keys(FIELDS) as FieldCode[];
export const isFieldCode = (text: string): text is FieldCode => Object.hasOwn(FIELDS, text);

const EPOCH = Date.UTC(2000, 0, 1);
const DAY = 86_400_000;

/** A day as four hexadecimal digits: days since 1 January 2000. @throws RangeError before it, or after 2179 */
export function hexDay(day: Date): string {
  const days = Math.floor((day.getTime() - EPOCH) / DAY);
  if (!(days >= 0 && days < 0xffff)) throw new RangeError('2d-doc: day outside the header');
  return days.toString(16).toUpperCase().padStart(4, '0');
}

/** `FFFF`: none. */
export function dayOfHex(hex: string): Date | undefined {
  return hex === 'FFFF' ? undefined : new Date(EPOCH + Number.parseInt(hex, 16) * DAY);
}
