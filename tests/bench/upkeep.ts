import { INDICATORS } from '../../src/config.js';
import type { Database } from '../../src/db/database.js';
import { createSteeringCopy } from '../../src/services.js';
import { PATIENTS, UNVACCINATED } from './population.js';
import { LoadGenerator } from './processes.js';
import { Processor } from './processor.js';
import { recorded, recordingServer, recordings, requireRecorded } from './recording.js';
import type { Line } from './report.js';
import { compared, type Effort, type Sample, sample } from './suite.js';
import { connect, type World } from './world.js';

/** What the copy may cost a recording. */
const COST = 0.05;
/** The register has persons enough for so many rounds of two turns. */
const MOST_ROUNDS = 12;
/** Until the server runs at its speed; and until its connections have the plans of the table as it is. */
const [WARMING_SECONDS, PLANNING_SECONDS] = [10, 0.15];
const TRIGGER = 'steering_injection_step_enters';

/**
 * `recordInjection` over HTTP, every wall, rule and trace on: with the trigger of the copy and without it, by turns. Second
 * and first doses, since a first one also marks its person as vaccinated.
 */
export async function measureUpkeep(world: World, { rounds, seconds }: Effort): Promise<Line[]> {
  const database = await connect(world);
  const switched = (how: string) => atLeisure(database, `alter table injection_step ${how} trigger ${TRIGGER}`);
  try {
    await atLeisure(
      database,
      `insert into eligibility_step (patient_key, performed_at, professional_key, not_recommended_vaccines)
      select key, '2021-03-01T09:00:00Z', 1, '{}' from patient where key > ${PATIENTS - UNVACCINATED} on conflict do nothing`,
    );
    const before = await recorded(world);
    const { burst, answered } = await bursts(world);
    const lines: Line[] = [];
    for (const rank of [2, 1] as const) {
      const one = await burst(rank);
      const samples: Readonly<Record<'feeding' | 'not', Sample[]>> = { feeding: [], not: [] };
      for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round += 1) {
        for (const turn of round % 2 ? (['feeding', 'not'] as const) : (['not', 'feeding'] as const)) {
          await switched(turn === 'feeding' ? 'enable always' : 'disable');
          await one(PLANNING_SECONDS);
          samples[turn].push(await one(seconds));
        }
      }
      lines.push(upkeepLine(rank === 1 ? 'first dose' : 'second dose', samples));
    }
    await requireRecorded(world, before, answered());
    return [...lines, ...(await measureFold(database))];
  } finally {
    await switched('enable always');
    await database.close();
  }
}

/** Bursts of recordings of one rank, on a server that has run for a while; and how many were answered in all. */
async function bursts(world: World) {
  const generator = new LoadGenerator();
  const processor = new Processor(world.folder);
  const server = await recordingServer(world);
  let answered = 0;
  const burst = async (rank: 1 | 2) => {
    const load = await generator.prepare({ ...server, bodies: await recordings(world, rank) });
    const one = async (seconds: number): Promise<Sample> => {
      const burnt = await sample(generator, processor, server.pid, { load, seconds });
      answered += burnt.answered;
      return burnt;
    };
    if (answered === 0) await one(WARMING_SECONDS);
    return one;
  };
  return { burst, answered: () => answered };
}

function upkeepLine(what: string, { feeding, not }: Readonly<Record<'feeding' | 'not', readonly Sample[]>>): Line {
  const { rate, otherRate, ratio, work } = compared(feeding, not);
  const more = (of: number) => `+${(100 * (1 / of - 1)).toFixed(1)} %`;
  return {
    what: `recordInjection, ${what}, feeding the steering copy ÷ not feeding it`,
    rates: `${whole(rate)} ÷ ${whole(otherRate)} recordings`,
    ratio: `${more(ratio.median)} (${more(ratio.most)} – ${more(ratio.least)})`,
    work: work === undefined ? '' : more(work),
    goal: `≤ +${100 * COST} %`,
    met: 1 / ratio.median - 1 <= COST ? 'yes' : 'no',
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
