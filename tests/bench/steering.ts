import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type Principal, perimeterStep } from '../../src/access/principal.js';
import { standingStep } from '../../src/access/standing.js';
import { INJECTION } from '../../src/areas/injection/injection.service.js';
import { boundsOf } from '../../src/areas/injection/schedule.js';
import type { Database } from '../../src/db/database.js';
import { pipeline, stepOf } from '../../src/db/pipeline.js';
import { dayOf } from '../../src/kernel/days.js';
import { createSteeringCopy } from '../../src/services.js';
import { onFreshDatabase } from './planning.js';
import { PATIENTS, TWO_DOSES, UNVACCINATED } from './population.js';
import type { Line } from './report.js';
import { type Effort, median } from './suite.js';
import { connect, type World, type WorldFacts } from './world.js';

/** What the copy may cost a recording, and how much longer a reading may take of a register ten times as large. */
const [COST, GROWTH] = [0.05, 1.2];
const CALLERS = 4;
/** The register has persons enough for so many rounds of two turns, of so many doses each. */
const MOST_ROUNDS = 15;
const [WARMING, MEASURED] = [100, 500];
const HEAVIEST = 'doses-by-department-and-age';
/** Departments, days and doses of the registers that are counted: the days are few enough that both fill the same cells. */
const [DEPARTMENTS, DAYS, DOSES] = [101, 150, 5];
const READINGS = 100;

export async function measureSteering(world: World, effort: Effort, full: boolean): Promise<Line[]> {
  const upkeep = await measureUpkeep(world, effort);
  for (const { what, rates, ratio } of upkeep) process.stderr.write(`bench: ${what}: ${rates} ${ratio}\n`);
  const sizes: Sized[] = [];
  for (const injections of full ? [1_000_000, 10_000_000] : [200_000, 1_000_000])
    sizes.push(await onFreshDatabase(world, (facts) => measureSize(facts, injections)));
  return [...upkeep, ...sizeLines(sizes)];
}

// — What a recording pays —

/**
 * The statement of `recordInjection` in its transaction, with perimeter and standing, durable: with the trigger of the copy
 * and without it, by turns. Second and first doses, since a first one also marks its person as vaccinated.
 */
async function measureUpkeep(world: World, { rounds }: Effort): Promise<Line[]> {
  const database = await connect(world);
  try {
    const first = await recording(database, `p.key > ${PATIENTS - UNVACCINATED}`, 1);
    const second = await recording(database, `p.key > ${TWO_DOSES} and p.key <= ${PATIENTS - UNVACCINATED}`, 2);
    await atLeisure(
      database,
      `insert into eligibility_step (patient_key, performed_at, professional_key, not_recommended_vaccines)
      select key, '2021-03-01T09:00:00Z', 1, '{}' from patient where key > ${PATIENTS - UNVACCINATED} on conflict do nothing`,
    );
    const lines: Line[] = [];
    for (const { what, burst } of [
      { what: 'second dose', burst: second },
      { what: 'first dose', burst: first },
    ]) {
      const found: [on: number, off: number][] = [];
      for (let round = 0; round < Math.min(3 * rounds, MOST_ROUNDS); round += 1) {
        const rates: [number, number] = [0, 0];
        for (const at of round % 2 ? [0, 1] : [1, 0]) {
          await atLeisure(
            database,
            `alter table injection_step ${at === 0 ? 'enable always' : 'disable'} trigger steering_injection_step_enters`,
          );
          await burst(WARMING);
          rates[at] = await burst(MEASURED);
        }
        if (round > 0) found.push(rates);
      }
      lines.push(upkeepLine(what, found));
    }
    await atLeisure(database, 'alter table injection_step enable always trigger steering_injection_step_enters');
    return [...lines, ...(await measureFold(database))];
  } finally {
    await database.close();
  }
}

function upkeepLine(what: string, found: readonly [number, number][]): Line {
  const costs = found.map(([on, off]) => off / on - 1);
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return {
    what: `statement of recordInjection, ${what}, feeding the steering copy ÷ not feeding it`,
    rates: `${whole(median(found.map(([on]) => on)))} ÷ ${whole(median(found.map(([, off]) => off)))} recordings`,
    ratio: `+${percent(median(costs))} (${percent(Math.min(...costs))}–${percent(Math.max(...costs))})`,
    goal: `≤ +${percent(COST)}`,
    met: median(costs) <= COST ? 'yes' : 'no',
  };
}

const PRINCIPAL: Principal = {
  recipient: 'PS',
  subject: '10000000002',
  professional: { rpps: '10000000002', familyName: 'PRATICIEN2', firstName: 'CAMILLE', category: 'MEDECIN' },
};
const RECORDED_AT = '2022-01-10T10:30:00Z';

/** @returns records so many doses, each person once, and answers how many a second */
async function recording(database: Database, where: string, rank: number): Promise<(doses: number) => Promise<number>> {
  const pool = database.pool('lancette_ps');
  const rows = await atLeisure<{ code: string; birthDate: string }>(
    database,
    `select c.code, p.birth_date as "birthDate" from patient p join invitation_code c on c.patient_key = p.key where ${where}
       and not exists (select from injection_step i where i.patient_key = p.key and i.rank >= ${rank}) order by md5(p.key::text)`,
  );
  const one = async (): Promise<void> => {
    const person = rows.pop();
    if (!person) throw new Error('steering: nobody is left to record a dose for');
    const bounds = boundsOf(person.birthDate, rank, dayOf(RECORDED_AT));
    const values = [
      ...[randomUUID(), PRINCIPAL.subject, randomUUID(), 'digest', 'PS', 'art. 3, I, 1°', '{5°}', '1'],
      ...['{5°}', String(rank)],
      ...['EU/1/20/1528', 'LOT1000', 'INJECTABLE', 'LEFT_ARM', RECORDED_AT, '11', '750100125', null],
      ...[JSON.stringify(bounds.doses), JSON.stringify(bounds.notAfter)],
    ];
    const perimeter = perimeterStep(PRINCIPAL, { ...person, nirIndex: null });
    if (!perimeter) throw new Error('steering: no perimeter');
    const [, answer] = await pipeline(pool, [
      stepOf(perimeter),
      { statement: INJECTION.statement, values },
      stepOf(standingStep(PRINCIPAL)),
    ]);
    if (answer?.[0]?.[1] !== 't') throw new Error('steering: a dose was not recorded');
  };
  return async (doses) => {
    const began = performance.now();
    let left = doses;
    const caller = async () => {
      for (; left > 0; ) {
        left -= 1;
        await one();
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    return (1000 * doses) / (performance.now() - began);
  };
}

/** Changes of single recordings, as they lie in the log after a busy hour. */
async function measureFold(database: Database): Promise<Line[]> {
  const copy = createSteeringCopy(database, {});
  await copy.drain();
  const idle = process.memoryUsage().rss;
  const rates: string[] = [];
  let most = 0;
  for (const changes of [20_000, 200_000]) {
    await atLeisure(database, CHANGES, [changes]);
    const watching = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    const began = performance.now();
    const taken = await copy.drain();
    clearInterval(watching);
    if (taken < changes) throw new Error(`steering: ${taken} changes of ${changes} were folded`);
    rates.push(whole((1000 * taken) / (performance.now() - began)));
  }
  const megabytes = Math.max(0, most - idle) / 2 ** 20;
  return [
    { what: 'fold of 20,000, of 200,000 changes', rates: `${rates.join(', ')} changes`, ratio: '', goal: '', met: '' },
    {
      what: 'most memory of the process that folds them, above idle',
      rates: '',
      ratio: `${whole(megabytes)} MB`,
      goal: '≤ 20 MB',
      met: megabytes <= 20 ? 'yes' : 'no',
    },
  ];
}

const CHANGES = `insert into steering.change (measure, day, department, age_class, sex, product, rank, stage, place_category, site, delta)
  select 'INJECTED', date '2021-05-01' + n % 7, lpad((1 + n * 7 % 95)::text, 2, '0'), lpad((40 + n % 40)::text, 2, '0'), case when n % 2 = 0 then 'F' else 'M' end,
         'EU/1/20/1528', 1 + n % 3, 'INITIAL', 4 + n % 8, lpad((750000000 + n % 500)::text, 9, '0'), 1 from generate_series(1, $1::int) n`;

// — What a reading costs, by the size of the register —

interface Sized {
  readonly injections: number;
  readonly cells: number;
  readonly p99: number;
  readonly raw: number;
  readonly rebuild: number;
  readonly publish: number;
}

const RAW = `select p.department, steering.age_class(p.birth_date, (i.performed_at at time zone 'Europe/Paris')::date),
    (i.performed_at at time zone 'Europe/Paris')::date::text, count(*)
  from injection_step i join patient p on p.key = i.patient_key group by 1, 2, 3`;
const PUBLISHED = `select k1, k2, day::text, value from steering.published_figure where table_id = '${HEAVIEST}'`;

async function measureSize(facts: WorldFacts, injections: number): Promise<Sized> {
  process.stderr.write(`bench: steering copy of ${whole(injections)} injections\n`);
  await fill(facts, injections);
  const database = await connect(facts);
  try {
    const copy = createSteeringCopy(database, {});
    const [rebuild] = await timed(() => copy.rebuild());
    const [publish] = await timed(() => copy.publish());
    await atLeisure(database, 'vacuum analyze steering.published_figure');
    const pool = database.pool('lancette_indicators');
    const read = () => pool.query({ text: PUBLISHED, rowMode: 'array' });
    const { rows } = await read();
    const counted = await atLeisure<{ n: string }>(
      database,
      'select sum(value) as n from steering.published_figure where table_id = $1',
      [HEAVIEST],
    );
    if (Number(counted[0]?.n) !== injections)
      throw new Error(`steering: ${counted[0]?.n} doses are published of ${injections}`);
    const times: number[] = [];
    for (let n = 0; n < READINGS; n += 1) times.push((await timed(read))[0]);
    const raws: number[] = [];
    const owner = await database.ownerPool().connect();
    await owner.query(`set statement_timeout = 0; set work_mem = '256MB'`);
    for (let n = 0; n < 3; n += 1) raws.push((await timed(() => owner.query({ text: RAW, rowMode: 'array' })))[0]);
    owner.release(true);
    const p99 = times.sort((a, b) => a - b)[Math.ceil(0.99 * times.length) - 1] ?? Number.NaN;
    return { injections, cells: rows.length, p99, raw: median(raws), rebuild, publish };
  } finally {
    await database.close();
  }
}

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
    for (const statement of FILL) await client.query(statement, [injections / DOSES]);
    await client.query('alter table patient enable trigger user; alter table injection_step enable trigger user');
    await client.query('vacuum analyze patient, injection_step');
  } finally {
    await client.end();
  }
}

const FILL = [
  `insert into patient (key, id, birth_name, first_names, sex, birth_date, birth_name_prefix, first_name_prefix, birth_year, age_class,
     scheme_code, body_code, body_key, department, region_code, non_medical_criteria_codes, targeting_type, pseudonym_covid, pseudonym_ars, pseudonym_snds)
   select n, gen_random_uuid(), 'NOM', array['PRENOM'], case when n % 2 = 0 then 'F' else 'M' end, (date '1930-01-01' + (n * 7919 % 31000)::int)::text,
     'NOM', 'PRE', 1950, '70-74', '01', '751', '01751', lpad((1 + n * 31 % ${DEPARTMENTS})::text, 3, '0'), '11', '{}', 'AUTOMATIC', n::text, n::text, n::text
   from generate_series(1, $1::bigint) n`,
  `insert into injection_step (patient_key, rank, vaccine, lot_number, administration_route, injection_site, performed_at, place_category, place_finess, professional_key)
   select n, rank, (array['EU/1/20/1528','EU/1/20/1507','EU/1/20/1525'])[1 + n % 3], 'LOT' || n % 5000, 'INJECTABLE', 'LEFT_ARM',
     '2021-01-01T10:30:00Z'::timestamptz + interval '1 day' * ((n * 104729 + rank * 37) % ${DAYS}), 4 + n % 8, '750100125', 1
   from generate_series(1, $1::bigint) n, generate_series(1, ${DOSES}) rank`,
];

function sizeLines(sizes: readonly Sized[]): Line[] {
  const [least, most] = [sizes[0], sizes.at(-1)] as [Sized, Sized];
  const growth = most.p99 / least.p99;
  const named = ({ injections }: Sized) => `${whole(injections)} injections`;
  return [
    {
      what: `p99 of ${HEAVIEST} (${whole(most.cells)} cells) of ${named(most)} ÷ of ${named(least)} (${whole(least.cells)} cells)`,
      rates: `${most.p99.toFixed(0)} ÷ ${least.p99.toFixed(0)} ms`,
      ratio: growth.toFixed(2),
      goal: `≤ ${GROWTH}`,
      met: growth <= GROWTH ? 'yes' : 'no',
    },
    ...sizes.map((size) => ({
      what: `the same GROUP BY on the raw steps ÷ p99 of the published table, ${named(size)}`,
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

/** As the owner, without the two seconds that a statement of the register is given. */
async function atLeisure<T extends object>(database: Database, text: string, values: unknown[] = []): Promise<T[]> {
  const client = await database.ownerPool().connect();
  try {
    await client.query('set statement_timeout = 0');
    return (await client.query<T>(text, values)).rows;
  } finally {
    client.release(true);
  }
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
