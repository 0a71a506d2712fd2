import type { ClientBase } from 'pg';
import type { StageStatements } from './stage.js';

type MetRow = [
  line: number,
  key: string,
  givenSex: string,
  knownSex: string,
  givenBirthName: string,
  knownBirthName: string,
  givenFirstName: string,
  knownFirstName: string,
  givenMedical: string | null,
  knownMedical: string | null,
  givenNonMedical: string | null,
  knownNonMedical: string | null,
];

export interface Enrichment {
  readonly enriched: number;
  readonly unchanged: number;
  /** Lines whose NIR and birth date lead to somebody else. */
  readonly mismatches: ReadonlySet<number>;
}

/** What one person gains: codes that were not there, in the order in which the lines bring them. */
interface Gain {
  readonly medical: Codes;
  readonly nonMedical: Codes;
}

/**
 * A person targeted again is registered once only: its list of criteria alone is brought up to date (AIPD, ciblage, c).
 * Nobody whose criteria are all known is written to, or even locked.
 */
export async function enrichMet(
  client: ClientBase,
  { readMet, enrichPatient, enrichHealth }: StageStatements,
): Promise<Enrichment> {
  const { rows } = await client.query<MetRow>({ text: readMet, rowMode: 'array' });
  const gains = new Map<string, Gain>();
  const mismatches = new Set<number>();
  let enriched = 0;
  for (const row of rows) {
    if (!isSamePerson(row)) mismatches.add(row[0]);
    else if (gain(gains, row)) enriched += 1;
  }
  await write(client, enrichPatient, gains, 'nonMedical');
  await write(client, enrichHealth, gains, 'medical');
  return { enriched, unchanged: rows.length - enriched - mismatches.size, mismatches };
}

/**
 * Sex, three letters of the birth name and three of the first name: enough to tell twins, or two children under the NIR
 * of one parent (DOMAIN §2.1), and no more of a known person's identity than the agencies see.
 */
const isSamePerson = ([, , sex, knownSex, birthName, knownBirthName, firstName, knownFirstName]: MetRow): boolean =>
  sex === knownSex && folded(birthName) === folded(knownBirthName) && folded(firstName) === folded(knownFirstName);

/** Files disagree on case and accents about one and the same person. */
const folded = (prefix: string): string => prefix.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase();

/** @returns whether this line brings a code that neither the register nor an earlier line has */
function gain(gains: Map<string, Gain>, row: MetRow): boolean {
  const [, key, , , , , , , givenMedical, knownMedical, givenNonMedical, knownNonMedical] = row;
  const known = gains.get(key) ?? { medical: new Codes(knownMedical), nonMedical: new Codes(knownNonMedical) };
  gains.set(key, known);
  const medical = known.medical.add(givenMedical);
  return known.nonMedical.add(givenNonMedical) || medical;
}

class Codes {
  private readonly known: Set<string>;
  readonly added: string[] = [];

  constructor(known: string | null) {
    this.known = new Set(split(known));
  }

  add(given: string | null): boolean {
    const fresh = split(given).filter((code) => !this.known.has(code));
    for (const code of fresh) this.known.add(code);
    this.added.push(...fresh);
    return fresh.length > 0;
  }
}

const split = (list: string | null): string[] => (list ? list.split(',') : []);

async function write(client: ClientBase, statement: string, gains: Map<string, Gain>, list: keyof Gain): Promise<void> {
  const gaining = [...gains].filter(([, gain]) => gain[list].added.length > 0);
  if (gaining.length === 0) return;
  const keys = gaining.map(([key]) => key);
  await client.query(statement, [keys, gaining.map(([, gain]) => gain[list].added.join(','))]);
}
