/**
 * The JSON schema of the payload (ehn-dcc-schema 1.3.3; DOMAIN §3.2), as far as DOMAIN states it: names, birth date, one
 * group of one entry, and every field of a vaccination. Of a test and of a recovery, what all three entries share.
 */
import { isRecord } from './record.js';

type Check = (value: unknown) => boolean;

/** At most 80 characters, counted as JSON schema does: two halves of a pair are one. */
const isShort = (value: string): boolean => value.length <= 80 || [...value].length <= 80;
const text: Check = (value) => typeof value === 'string' && isShort(value);
const matching =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && isShort(value) && pattern.test(value);
const dose: Check = (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 9;

const DAY = /^\d{4}-\d\d-\d\d$/;
const VERSION = matching(/^\d+\.\d+\.\d+$/);
const BIRTH_DATE = matching(/^((19|20)\d\d(-\d\d){0,2})?$/);
const MACHINE_READABLE = matching(/^[A-Z<]*$/);
const SHARED: Readonly<Record<string, Check>> = { tg: text, co: matching(/^[A-Z]{1,10}$/), is: text, ci: text };
const ENTRIES: Readonly<Record<'v' | 't' | 'r', Readonly<Record<string, Check>>>> = {
  v: { ...SHARED, vp: text, mp: text, ma: text, dn: dose, sd: dose, dt: matching(DAY) },
  t: SHARED,
  r: SHARED,
};
const NAMES: Readonly<Record<string, Check>> = { fn: text, gn: text, fnt: MACHINE_READABLE, gnt: MACHINE_READABLE };

/**
 * The path of the first thing that breaks the schema, such as `nam.fnt` or `v.0.dn`; never a value.
 * @returns undefined when nothing does
 */
export function schemaFault(payload: unknown): string | undefined {
  if (!isRecord(payload)) return 'payload';
  if (!VERSION(payload.ver)) return 'ver';
  if (!BIRTH_DATE(payload.dob)) return 'dob';
  return nameFault(payload.nam) ?? entryFault(payload);
}

function nameFault(nam: unknown): string | undefined {
  if (!isRecord(nam)) return 'nam';
  if (nam.fnt === undefined && nam.gnt === undefined) return 'nam';
  for (const [field, check] of Object.entries(NAMES)) {
    if (nam[field] !== undefined && !check(nam[field])) return `nam.${field}`;
  }
  return undefined;
}

function entryFault(payload: Record<string, unknown>): string | undefined {
  const groups = (['v', 't', 'r'] as const).filter((group) => payload[group] !== undefined && payload[group] !== null);
  const [group] = groups;
  if (!group || groups.length !== 1) return 'v';
  const entries = payload[group];
  if (!Array.isArray(entries) || entries.length !== 1 || !isRecord(entries[0])) return group;
  for (const [field, check] of Object.entries(ENTRIES[group])) {
    if (!check((entries[0] as Record<string, unknown>)[field])) return `${group}.0.${field}`;
  }
  return undefined;
}
