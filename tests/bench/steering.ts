import pg from 'pg';
import { type Answer, answerTo } from '../../src/areas/indicators/answer.js';
import { PublishedFigures } from '../../src/areas/indicators/published.js';
import { questionOf } from '../../src/areas/indicators/question.js';
import { INDICATORS } from '../../src/config.js';
import type { Database } from '../../src/db/database.js';
import { addDays } from '../../src/kernel/days.js';
import { MOST_NUMBERS } from '../../src/law/indicator-rights.js';
import { AGE_CLASSES } from '../../src/law/indicators.js';
import { REGIONS } from '../../src/law/regions.js';
import { createSteeringCopy } from '../../src/services.js';
import { onFreshDatabase } from './planning.js';
import type { Line } from './report.js';
import { median } from './suite.js';
import { atLeisure, whole } from './upkeep.js';
import { connect, type World, type WorldFacts } from './world.js';

/** How much longer a reading may take of a register ten times as large. */
const GROWTH = 1.2;
const HEAVIEST = 'doses-by-department-and-age';
const DEPARTMENTS = Object.values(REGIONS).flat();
/** The longest answer that may be asked for, in whole days. */
const DAYS = Math.floor(MOST_NUMBERS / (DEPARTMENTS.length * AGE_CLASSES.length));
/** Of each person, on these days: they are few enough that both registers fill the same cells. */
const DOSES = 5;
const FIRST_DAY = '2021-01-01';
const READINGS = 100;

/** One answer from the copy of a small register and of one several times as large. */
export async function measureReadings(world: World, full: boolean): Promise<Line[]> {
  const [few, many] = full ? [1_000_000, 10_000_000] : [200_000, 1_000_000];
  const sizes = await onFreshDatabase(world, (small) =>
    onFreshDatabase(world, (large) =>
      measureSizes([
        { facts: small, injections: few },
        { facts: large, injections: many },
      ]),
    ),
  );
  return sizeLines(sizes);
}

/** A register and its published copy. */
interface Counted {
  readonly injections: number;
  readonly database: Database;
  /** Milliseconds of the count from zero, and of the first publication. */
  readonly rebuild: number;
  readonly publish: number;
}

interface Sized extends Omit<Counted, 'database'> {
  readonly cells: number;
  readonly p99: number;
  readonly raw: number;
}

const RAW = `select p.department, steering.age_class(p.birth_date, (i.performed_at at time zone 'Europe/Paris')::date),
    (i.performed_at at time zone 'Europe/Paris')::date::text, count(*)
  from injection_step i join patient p on p.key = i.patient_key group by 1, 2, 3`;
const QUESTION = questionOf({ table: HEAVIEST, from: FIRST_DAY, to: addDays(FIRST_DAY, DAYS - 1) });

/** Whatever else the machine does meanwhile slows both: they are read by turns. */
async function measureSizes(registers: readonly { facts: WorldFacts; injections: number }[]): Promise<Sized[]> {
  const all: Counted[] = [];
  try {
    for (const { facts, injections } of registers) all.push(await counted(facts, injections));
    const cells: number[] = [];
    for (const one of all) cells.push(await cellsOf(one));
    const times: number[][] = all.map(() => []);
    for (let n = 0; n < READINGS; n += 1)
      for (const [at, { database }] of all.entries()) times[at]?.push((await timed(() => answered(database)))[0]);
    const raws: number[][] = all.map(() => []);
    for (let n = 0; n < 3; n += 1)
      for (const [at, { database }] of all.entries()) raws[at]?.push((await timed(() => atLeisure(database, RAW)))[0]);
    return all.map(({ database, ...one }, at) => ({
      ...one,
      cells: cells[at] ?? 0,
      p99: times[at]?.sort((a, b) => a - b)[Math.ceil(0.99 * READINGS) - 1] ?? Number.NaN,
      raw: median(raws[at] ?? []),
    }));
  } finally {
    for (const { database } of all) await database.close();
  }
}

async function counted(facts: WorldFacts, injections: number): Promise<Counted> {
  say(`steering copy of ${whole(injections)} injections`);
  await fill(facts, injections);
  const database = await connect(facts);
  const copy = createSteeringCopy(database, { indicators: INDICATORS });
  const [rebuild] = await timed(() => copy.rebuild());
  const [publish] = await timed(() => copy.publish());
  await atLeisure(database, 'vacuum analyze steering.published_figure, steering.move');
  return { injections, database, rebuild, publish };
}

/** @throws when not every dose is in a cell of the table */
async function cellsOf({ database, injections }: Counted): Promise<number> {
  const [found] = await atLeisure<{ cells: number; doses: number }>(
    database,
    'select count(*)::int as cells, sum(value)::int as doses from steering.published_figure where table_id = $1',
    [HEAVIEST],
  );
  if (found?.doses !== injections) throw new Error(`steering: ${found?.doses} doses are published of ${injections}`);
  return found.cells;
}

/** What whoever asks first after a publication waits for: nothing of the table is in memory yet. */
const answered = async (database: Database): Promise<Answer> =>
  answerTo(QUESTION, await new PublishedFigures(database.pool('lancette_indicators')).table(HEAVIEST));

async function timed<T>(work: () => Promise<T>): Promise<[milliseconds: number, result: T]> {
  const began = performance.now();
  const result = await work();
  return [performance.now() - began, result];
}

/** Set by set, without keys between tables and without triggers: the copy is then counted from zero. */
async function fill({ databaseUrl }: WorldFacts, injections: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`set session_replication_role = replica; set work_mem = '256MB'`);
    await client.query('alter table patient disable trigger user; alter table injection_step disable trigger user');
    await client.query(PERSONS, [injections / DOSES, DEPARTMENTS]);
    await client.query(INJECTIONS, [injections / DOSES]);
    await client.query('alter table patient enable trigger user; alter table injection_step enable trigger user');
    await client.query('vacuum analyze patient, injection_step');
  } finally {
    await client.end();
  }
}

const PERSONS = `insert into patient (key, id, birth_name, first_names, sex, birth_date, birth_name_prefix, first_name_prefix, birth_year, age_class,
     scheme_code, body_code, body_key, department, region_code, non_medical_criteria_codes, targeting_type, pseudonym_covid, pseudonym_ars, pseudonym_snds)
   select n, gen_random_uuid(), 'NOM', array['PRENOM'], case when n % 2 = 0 then 'F' else 'M' end, (date '1930-01-01' + (n * 7919 % 31000)::int)::text,
     'NOM', 'PRE', 1950, '70-74', '01', '751', '01751', ($2::text[])[1 + n * 31 % cardinality($2::text[])], '11', '{}', 'AUTOMATIC', n::text, n::text, n::text
   from generate_series(1, $1::bigint) n`;
const INJECTIONS = `insert into injection_step (patient_key, rank, vaccine, lot_number, administration_route, injection_site, performed_at, place_category, place_finess, professional_key)
   select n, rank, (array['EU/1/20/1528','EU/1/20/1507','EU/1/20/1525'])[1 + n % 3], 'LOT' || n % 5000, 'INJECTABLE', 'LEFT_ARM',
     '${FIRST_DAY}T10:30:00Z'::timestamptz + interval '1 day' * ((n * 104729 + rank * 37) % ${DAYS}), 4 + n % 8, '750100125', 1
   from generate_series(1, $1::bigint) n, generate_series(1, ${DOSES}) rank`;

function sizeLines(sizes: readonly Sized[]): Line[] {
  const [least, most] = [sizes[0], sizes.at(-1)] as [Sized, Sized];
  const growth = most.p99 / least.p99;
  const named = ({ injections }: Sized) => `${whole(injections)} injections`;
  return [
    {
      what: `p99 of the first answer of ${HEAVIEST}, ${DAYS} days (${whole(most.cells)} cells) of ${named(most)} ÷ of ${named(least)} (${whole(least.cells)} cells)`,
      rates: `${most.p99.toFixed(0)} ÷ ${least.p99.toFixed(0)} ms`,
      ratio: growth.toFixed(2),
      goal: `≤ ${GROWTH}`,
      met: growth <= GROWTH ? 'yes' : 'no',
    },
    ...sizes.map((size) => ({
      what: `GROUP BY of the same on the raw steps ÷ p99 of the whole answer, ${named(size)}`,
      rates: `${size.raw.toFixed(0)} ÷ ${size.p99.toFixed(0)} ms`,
      ratio: (size.raw / size.p99).toFixed(1),
      goal: '',
      met: '',
    })),
    ...sizes.map((size) => ({
      what: `count from zero, first publication, ${named(size)}`,
      rates: `${whole((1000 * size.injections) / size.rebuild)} injections`,
      ratio: `${(size.rebuild / 1000).toFixed(1)} s, ${(size.publish / 1000).toFixed(1)} s`,
      goal: '',
      met: '',
    })),
  ];
}

const say = (text: string): boolean => process.stderr.write(`bench: ${text}\n`);
