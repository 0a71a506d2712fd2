import pg from 'pg';
import { prepareDatabase } from '../../src/application.js';
import { startServer } from './processes.js';
import type { Line } from './report.js';
import { connect, type WorldFacts } from './world.js';

/** 94 départements of the mainland, as the targeting file of the bench has them, Corsica left out. */
const DEPARTMENTS = Array.from({ length: 95 }, (_, at) => String(at + 1).padStart(2, '0')).filter(
  (code) => code !== '20',
);

/** Persons by the ten thousand: three phases, a third each by e-mail, SMS and letter, all of them due. */
const FILL = `insert into patient (id, birth_name, first_names, sex, birth_date, nir, birth_name_prefix, first_name_prefix, birth_year, age_class,
    scheme_code, body_code, body_key, department, region_code, postal_address, phone, email, non_medical_criteria_codes, targeting_type,
    pseudonym_covid, pseudonym_ars, pseudonym_snds)
  select gen_random_uuid(), 'NOM' || n, array['PRENOM'], 'F', '1950-01-01', repeat('x', 90), 'NOM', 'PRE', 1950, '70-74', '01', '751', '01751',
    ($2::text[])[1 + n % cardinality($2::text[])], '11', '1 rue des Lilas, 75001 Paris', case when n % 3 = 1 then '0612345678' end,
    case when n % 3 = 2 then 'personne@exemple.test' end, array['CP' || 1 + n % 3], 'AUTOMATIC', md5(n::text), md5(n::text), md5(n::text)
  from generate_series(1, $1::int) n`;

export interface PlanningMeasured {
  readonly persons: number;
  readonly seconds: number;
  readonly megabytes: number;
}

/** A planning run, its jobs included, over so many due persons: how long it takes, and the most its process ever holds. */
export async function measurePlanning(facts: WorldFacts, sizes: readonly number[]): Promise<PlanningMeasured[]> {
  const measured: PlanningMeasured[] = [];
  for (const persons of sizes) measured.push(await onFreshDatabase(facts, (fresh) => measureOne(fresh, persons)));
  return measured;
}

async function measureOne(facts: WorldFacts, persons: number): Promise<PlanningMeasured> {
  const client = new pg.Client({ connectionString: facts.databaseUrl });
  await client.connect();
  await client.query(FILL, [persons, DEPARTMENTS]);
  await client.query(`insert into invitation (patient_key, code) select key, 'AAA-AAA-AAA' from patient`);
  await client.query('vacuum analyze');
  await client.end();
  const run = await startServer<{ seconds: number; planned: number; megabytes: number }>(
    facts,
    'servers/planning-run.js',
    [String(persons), DEPARTMENTS.join()],
  );
  if (run.planned !== persons) throw new Error(`the plan has ${run.planned} persons of ${persons}`);
  return { persons, seconds: run.seconds, megabytes: run.megabytes };
}

/** Databases within each other have a name each. */
let within = 0;

export async function onFreshDatabase<T>(facts: WorldFacts, work: (facts: WorldFacts) => Promise<T>): Promise<T> {
  const owner = async (text: string): Promise<void> => {
    const client = new pg.Client({ connectionString: facts.databaseUrl });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  const name = `bench_fresh_${within}`;
  await owner(`drop database if exists ${name} with (force)`);
  await owner(`create database ${name}`);
  const url = new URL(facts.databaseUrl);
  url.pathname = `/${name}`;
  const fresh = { ...facts, databaseUrl: url.toString() };
  const database = await connect(fresh);
  await prepareDatabase(database);
  await database.close();
  within += 1;
  try {
    return await work(fresh);
  } finally {
    within -= 1;
    await owner(`drop database ${name} with (force)`);
  }
}

/** Thirty seconds for a million; memory is flat when a million needs at most a quarter more than the smallest run. */
export function planningLines(measured: readonly PlanningMeasured[]): Line[] {
  const [least, most] = [measured[0], measured.at(-1)] as [PlanningMeasured, PlanningMeasured];
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  const goal = (30 * most.persons) / 1_000_000;
  const ratio = most.megabytes / least.megabytes;
  return [
    {
      what: `planning of ${whole(most.persons)} due persons`,
      rates: `${whole(most.persons / most.seconds)} persons`,
      ratio: `${most.seconds.toFixed(1)} s`,
      goal: `≤ ${goal} s`,
      met: most.seconds <= goal ? 'yes' : 'no',
    },
    {
      what: `most memory of a planning: ${whole(most.persons)} persons ÷ ${whole(least.persons)} persons`,
      rates: `${whole(most.megabytes)} ÷ ${whole(least.megabytes)} MB`,
      ratio: ratio.toFixed(2),
      goal: '≤ 1.25',
      met: ratio <= 1.25 ? 'yes' : 'no',
    },
  ];
}
