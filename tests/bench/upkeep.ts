import { randomUUID } from 'node:crypto';
import { type Principal, perimeterStep } from '../../src/access/principal.js';
import { standingStep } from '../../src/access/standing.js';
import { INJECTION } from '../../src/areas/injection/injection.service.js';
import { boundsOf } from '../../src/areas/injection/schedule.js';
import { INDICATORS } from '../../src/config.js';
import type { Database } from '../../src/db/database.js';
import { pipeline, stepOf } from '../../src/db/pipeline.js';
import { dayOf } from '../../src/kernel/days.js';
import { createSteeringCopy } from '../../src/services.js';
import { PATIENTS, TWO_DOSES, UNVACCINATED } from './population.js';
import { Processor } from './processor.js';
import type { Line } from './report.js';
import { compared, type Effort, type Sample } from './suite.js';
import { connect, type World } from './world.js';

/** What the copy may cost a recording. */
const COST = 0.05;
const CALLERS = 4;
/** The register has persons enough for so many rounds of two turns, of so many doses each. */
const MOST_ROUNDS = 15;
const [WARMING, MEASURED] = [100, 500];
const TRIGGER = 'steering_injection_step_enters';

/**
 * The statement of `recordInjection` in its transaction, with perimeter and standing, durable: with the trigger of the copy
 * and without it, by turns. Second and first doses, since a first one also marks its person as vaccinated.
 */
export async function measureUpkeep(world: World, { rounds }: Effort): Promise<Line[]> {
  const database = await connect(world);
  const processor = new Processor(world.folder);
  const turns = Math.min(3 * rounds, MOST_ROUNDS);
  const switched = (how: string) => atLeisure(database, `alter table injection_step ${how} trigger ${TRIGGER}`);
  try {
    await atLeisure(
      database,
      `insert into eligibility_step (patient_key, performed_at, professional_key, not_recommended_vaccines)
      select key, '2021-03-01T09:00:00Z', 1, '{}' from patient where key > ${PATIENTS - UNVACCINATED} on conflict do nothing`,
    );
    const lines: Line[] = [];
    for (const { what, rank, whose } of [
      { what: 'second dose', rank: 2, whose: `p.key > ${TWO_DOSES} and p.key <= ${PATIENTS - UNVACCINATED}` },
      { what: 'first dose', rank: 1, whose: `p.key > ${PATIENTS - UNVACCINATED}` },
    ]) {
      const burst = await recording(database, whose, rank);
      const samples: Readonly<Record<'feeding' | 'not', Sample[]>> = { feeding: [], not: [] };
      for (let round = 0; round < turns; round += 1) {
        for (const turn of round % 2 ? (['feeding', 'not'] as const) : (['not', 'feeding'] as const)) {
          await switched(turn === 'feeding' ? 'enable always' : 'disable');
          await burst(WARMING);
          const before = processor.used(process.pid) ?? Number.NaN;
          const rate = await burst(MEASURED);
          const work = ((processor.used(process.pid) ?? Number.NaN) - before) / MEASURED;
          if (round > 0) samples[turn].push({ rate, work });
        }
      }
      lines.push(upkeepLine(what, samples));
    }
    return [...lines, ...(await measureFold(database))];
  } finally {
    await switched('enable always');
    await database.close();
  }
}

function upkeepLine(what: string, { feeding, not }: Readonly<Record<'feeding' | 'not', readonly Sample[]>>): Line {
  const { rate, otherRate, ratio, work } = compared(feeding, not);
  const more = (of: number) => `+${(100 * (1 / of - 1)).toFixed(1)} %`;
  return {
    what: `statement of recordInjection, ${what}, feeding the steering copy ÷ not feeding it`,
    rates: `${whole(rate)} ÷ ${whole(otherRate)} recordings`,
    ratio: `${more(ratio.median)} (${more(ratio.most)} – ${more(ratio.least)})`,
    work: work === undefined ? '' : more(work),
    goal: `≤ +${100 * COST} %`,
    met: 1 / ratio.median - 1 <= COST ? 'yes' : 'no',
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
  const copy = createSteeringCopy(database, { indicators: INDICATORS });
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

/** As the owner, without the two seconds that a statement of the register is given. */
export async function atLeisure<T extends object>(
  database: Database,
  text: string,
  values: unknown[] = [],
): Promise<T[]> {
  const client = await database.ownerPool().connect();
  try {
    await client.query('set statement_timeout = 0');
    return (await client.query<T>(text, values)).rows;
  } finally {
    client.release(true);
  }
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
