import { withLuhnKey } from '../../kernel/identifiers.js';
import { drawn } from './fictitious-persons.js';

/** Places of vaccination, of categories of DOMAIN §8.1: invented shares, of ten. */
const CATEGORIES = [11, 11, 11, 11, 11, 11, 7, 7, 7, 6] as const;
const SITES = 5;

export interface Place {
  readonly category: number;
  readonly finess: string;
}

/** 0B, of which the national test data make their fictitious numbers, the département, the place, and the key (DOMAIN §2.4). */
export function placeOf(seed: number, department: number, person: number, rank: number): Place {
  const draw = drawn(seed, person, 100 + rank);
  const category = CATEGORIES[draw % CATEGORIES.length] ?? 11;
  const site = Math.floor(draw / CATEGORIES.length) % SITES;
  const body = `0B${String(department).padStart(3, '0')}${String(category).padStart(2, '0')}${site}`;
  return { category, finess: withLuhnKey(body) };
}

/** A professional of the replay for each département: the test range of the directory begins with 99 (DOMAIN §2.3). */
export function rppsOf(department: number): string {
  return withLuhnKey(`9980000${String(department).padStart(3, '0')}`);
}

const OPENS = 9 * 60 + 30;
const MINUTES_OPEN = 8 * 60;
const CONSULTATION = 15;
const offsets = new Map<string, string>();
const zone = new Intl.DateTimeFormat('en-US', { timeZone: 'Europe/Paris', timeZoneName: 'longOffset' });

/** An instant of a day within opening hours of Paris, and the consultation before it. */
export function instantsOf(seed: number, person: number, rank: number, day: string): { at: string; consulted: string } {
  const minutes = OPENS + (drawn(seed, person, 200 + rank) % MINUTES_OPEN);
  const offset = offsets.get(day) ?? offsetOf(day);
  return { at: `${day}T${clock(minutes)}${offset}`, consulted: `${day}T${clock(minutes - CONSULTATION)}${offset}` };
}

function offsetOf(day: string): string {
  const name =
    zone.formatToParts(new Date(`${day}T12:00:00Z`)).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const offset = name.replace('GMT', '') || '+00:00';
  offsets.set(day, offset);
  return offset;
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:00`;
