import type { ClientBase } from 'pg';
import { type Criteria, Gain, isSamePerson } from './criteria.js';
import type { StageStatements } from './stage.js';

/** A line about a person who is already there, as the stage and the register have them. */
export type MetRow = [
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

/**
 * A person targeted again is registered once only: its list of criteria alone is brought up to date (AIPD, ciblage, c).
 * Nobody whose criteria are all known is written to, or even locked.
 * @param block under which what each person gains is remembered
 */
export async function enrichMet(
  client: ClientBase,
  statements: StageStatements,
  rows: readonly MetRow[],
  block: string,
): Promise<Enrichment> {
  const mismatches = new Set(rows.filter((row) => !isSamePerson(given(row), known(row))).map(([line]) => line));
  const same = rows.filter(([line]) => !mismatches.has(line));
  const hopeful = gainsOf(same, new Map());
  if (hopeful.enriched === 0) return { enriched: 0, unchanged: same.length, mismatches };
  // What another importer added in the meantime is known only once these persons are locked.
  const keys = [...hopeful.gains.keys()];
  const { rows: locked } = await client.query<[string, string | null, string | null]>({
    text: statements.lockMet,
    values: [keys],
    rowMode: 'array',
  });
  const { gains, enriched } = gainsOf(
    same,
    new Map(locked.map(([key, medical, nonMedical]) => [key, { medical, nonMedical }])),
  );
  await write(client, statements, gains, block);
  return { enriched, unchanged: same.length - enriched, mismatches };
}

const given = ([, , sex, , birthName, , firstName]: MetRow) => ({ sex, birthName, firstName });
const known = ([, , , sex, , birthName, , firstName]: MetRow) => ({ sex, birthName, firstName });

/** What each person gains, and how many lines bring something. */
function gainsOf(rows: readonly MetRow[], locked: ReadonlyMap<string, Criteria>) {
  const gains = new Map<string, Gain>();
  const gaining = new Set<string>();
  let enriched = 0;
  for (const [, key, , , , , , , medical, knownMedical, nonMedical, knownNonMedical] of rows) {
    const before = locked.get(key) ?? { medical: knownMedical, nonMedical: knownNonMedical };
    const gain = gains.get(key) ?? new Gain(before);
    gains.set(key, gain);
    if (!gain.take({ medical, nonMedical })) continue;
    gaining.add(key);
    enriched += 1;
  }
  return { gains: new Map([...gains].filter(([key]) => gaining.has(key))), enriched };
}

async function write(
  client: ClientBase,
  { enrichPatient, enrichHealth, insertGains }: StageStatements,
  gains: ReadonlyMap<string, Gain>,
  block: string,
): Promise<void> {
  if (gains.size === 0) return;
  const added = [...gains].map(([key, gain]) => ({ key, ...gain.added }));
  for (const [statement, list] of [
    [enrichPatient, 'nonMedical'],
    [enrichHealth, 'medical'],
  ] as const) {
    const some = added.filter((one) => one[list] !== '');
    if (some.length > 0) await client.query(statement, [some.map(({ key }) => key), some.map((one) => one[list])]);
  }
  await client.query(insertGains, [
    block,
    added.map(({ key }) => key),
    added.map(({ medical }) => medical),
    added.map(({ nonMedical }) => nonMedical),
  ]);
}
