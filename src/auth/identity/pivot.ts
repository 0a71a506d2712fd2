import { z } from 'zod';
import { canonicalSidep } from '../../formats/pseudonym.js';
import { isBirthDate } from '../../kernel/identifiers.js';

/** The identity pivot of FranceConnect (DOMAIN §5.3). */
export const Pivot = z.object({
  given_name: z.string().min(1).max(200),
  family_name: z.string().min(1).max(200),
  birthdate: z.string().refine(isBirthDate),
  gender: z.enum(['male', 'female']),
  birthplace: z.string().regex(/^((([0-8][0-9AB])|(9[0-8AB]))[0-9]{3})?$/),
  birthcountry: z.string().regex(/^99[0-9]{3}$/),
});
export type Pivot = z.infer<typeof Pivot>;

/** The columns of a person of the register that are compared. */
export interface Registered {
  readonly birthName: string;
  readonly firstNames: readonly string[];
  readonly sex: string;
  readonly birthDate: string;
  readonly birthPlace: string | null;
}

const FRANCE = '99100';

/**
 * The dates that the register may hold for a pivot's: FranceConnect writes a day or a month that the civil status does
 * not know as 01, the register as 00. Always four, so that each costs the same.
 */
export function datesOf({ birthdate }: Pivot): readonly [string, string, string, string] {
  const [year, month, day] = birthdate.split('-');
  const dayUnknown = day === '01' ? `${year}-${month}-00` : birthdate;
  const bothUnknown = day === '01' && month === '01' ? `${year}-00-00` : dayUnknown;
  return [birthdate, dayUnknown, bothUnknown, day === '01' && month === '01' ? `${year}-00-01` : birthdate];
}

/** Whether a person of the register is the one of the pivot: name, first name, date, sex, and place where it is known. */
export function agrees(pivot: Pivot, person: Registered): boolean {
  return [
    sameName(pivot, person),
    datesOf(pivot).includes(person.birthDate),
    person.sex === (pivot.gender === 'male' ? 'M' : 'F'),
    samePlace(pivot, person.birthPlace),
  ].every(Boolean);
}

/** By the canon of pseudonyms: case, accents, hyphens and the first names after the first one do not count. */
function sameName(pivot: Pivot, person: Registered): boolean {
  const { birthDate } = person;
  const given = canonOf({ birthName: pivot.family_name, firstNames: pivot.given_name, birthDate });
  const known = canonOf({ birthName: person.birthName, firstNames: person.firstNames[0] ?? '', birthDate });
  return given !== undefined && given === known;
}

function canonOf(identity: Parameters<typeof canonicalSidep>[0]): string | undefined {
  try {
    return canonicalSidep(identity);
  } catch {
    return undefined;
  }
}

const CODE = /^\d[0-9AB]\d{3}$/;

/**
 * Compared where the register holds a code, of a commune or of a country: files also bring names of towns, which no
 * code agrees or disagrees with. Born abroad, a person has no commune in the pivot, and his country in its place.
 */
function samePlace({ birthplace, birthcountry }: Pivot, known: string | null): boolean {
  if (known === null || !CODE.test(known)) return true;
  return known === (birthcountry === FRANCE ? birthplace : birthcountry);
}
