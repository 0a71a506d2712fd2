import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DemoIssuer } from '../../src/auth/tokens.js';
import { systemClock } from '../../src/kernel/clock.js';
import { PATIENTS, TWO_DOSES, UNVACCINATED } from './population.js';
import { LoadGenerator, startServer } from './processes.js';
import { Processor } from './processor.js';
import { type Line, lineOf } from './report.js';
import { compared, type Effort, type Sample, sample } from './suite.js';
import { configOf, type World } from './world.js';

/** The pace at which `recordInjection` must go, of that of a bare insert transaction. */
const GOAL = 0.5;
/** V8 needs some ten thousand recordings until the server runs at its speed; the bare one needs fewer of its simpler work. */
const WARMING_SECONDS = { ours: 24, bare: 6 };
const DOCUMENT = `mutation ($input: InjectionInput!) { recordInjection(input: $input) {
  warnings { code source } nextStep { kind rank earliestOn } } }`;
const RECORDED_AT = '2022-01-10T10:30:00Z';

const PROFESSIONAL = { rpps: '10000000002', familyName: 'PRATICIEN2', firstName: 'CAMILLE', category: 'MEDECIN' };

/**
 * Second doses recorded over HTTP with every wall, every rule and the durable trace, beside bare inserts (of the injection
 * alone, and of the same rows); each body is sent once, because a dose is recorded once.
 * @throws when a body was sent twice or answered by anything but a recording
 */
export async function measureRecording(world: World, { rounds, seconds }: Effort): Promise<Line[]> {
  const generator = new LoadGenerator();
  const processor = new Processor(world.folder);
  const before = await recorded(world);
  const ours = { ...(await recordingServer(world)), bodies: await recordings(world, 2) };
  const against = [await bareOf(world, 'alone'), await bareOf(world, 'same')] as const;
  const variants = [ours, ...against];
  const loads: number[] = [];
  for (const { port, headers, bodies } of variants) loads.push(await generator.prepare({ port, headers, bodies }));
  let answered = 0;
  const burst = async (at: number, length: number): Promise<Sample> => {
    const one = await sample(generator, processor, variants[at]?.pid ?? 0, { load: loads[at] ?? 0, seconds: length });
    if (at === 0) answered += one.answered;
    return one;
  };
  for (const at of loads.keys()) await burst(at, WARMING_SECONDS[at === 0 ? 'ours' : 'bare']);
  const samples: Sample[][] = variants.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < loads.length; turn += 1) {
      const at = (turn + round) % loads.length;
      samples[at]?.push(await burst(at, seconds));
    }
  }
  const lines = against.map(({ what }, index) =>
    lineOf(
      `recordInjection, every check and its trace ÷ bare ${what}`,
      'recordings',
      compared(samples[0] ?? [], samples[index + 1] ?? []),
      GOAL,
    ),
  );
  await requireRecorded(world, before, answered);
  return lines;
}

/** The server of Lancette with everything on, and the professional who records there. */
export async function recordingServer(world: World) {
  const token = await new DemoIssuer(configOf(world), systemClock).tokenFor({
    recipient: 'PS',
    subject: PROFESSIONAL.rpps,
    professional: PROFESSIONAL,
  });
  const { port, pid } = await startServer<{ port: number }>(world, 'servers/lancette.js', ['traced']);
  return { port, pid, headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` } };
}

/** One body for each person who may have a dose of this rank and has none yet. */
export async function recordings(world: World, rank: 1 | 2): Promise<string[]> {
  const among =
    rank === 1 ? `p.key > ${PATIENTS - UNVACCINATED}` : `p.key > ${TWO_DOSES} and p.key <= ${PATIENTS - UNVACCINATED}`;
  const patients = await rowsOf<{ code: string; birth_date: string }>(
    world,
    `select c.code, p.birth_date from patient p join invitation_code c on c.patient_key = p.key
      where ${among} and not exists (select from injection_step i where i.patient_key = p.key and i.rank = ${rank})
      order by md5(p.key::text)`,
  );
  return patients.map(({ code, birth_date: birthDate }, n) =>
    JSON.stringify({ query: DOCUMENT, variables: { input: { ...anInput(code, birthDate, n), rank } } }),
  );
}

const anInput = (code: string, birthDate: string, n: number) => ({
  ...{ code, birthDate, idempotencyKey: randomUUID(), personAgrees: true, personInformed: true },
  ...{ vaccine: 'EU/1/20/1528', lotNumber: `LOT${n}`, injectionSite: 'LEFT_ARM' },
  ...{ performedAt: RECORDED_AT, placeCategory: 11, placeFiness: '750100125' },
});

const BARE = { alone: 'insert transaction', same: 'transaction of the same four rows' } as const;

/** The two manners of the bare server have patients of their own. */
async function bareOf(world: World, manner: keyof typeof BARE) {
  const patients = await rowsOf<{ key: string }>(
    world,
    `select key::text from patient where key <= ${TWO_DOSES} and key % 2 = ${manner === 'alone' ? 0 : 1} order by md5(key::text)`,
  );
  const bodies = patients.map(({ key }, n) =>
    JSON.stringify({ values: [key, 'EU/1/20/1528', `LOT${n}`, RECORDED_AT] }),
  );
  const { port, pid } = await startServer<{ port: number }>(world, 'servers/bare-recording.js', [manner]);
  return { what: BARE[manner], port, pid, bodies, headers: { 'Content-Type': 'application/json' } };
}

/**
 * How many doses have been recorded through the front door.
 * @throws when not every one of them has its step and its trace
 */
export async function recorded(world: World): Promise<number> {
  const [row] = await rowsOf<{ steps: string; traces: string }>(
    world,
    `select (select count(*) from injection_step where rank <= 2 and performed_at = '${RECORDED_AT}') as steps,
            (select count(*) from trace where operation = 'recordInjection' and outcome = 'RECORDED') as traces`,
  );
  if (row?.steps !== row?.traces) throw new Error(`recording: ${row?.steps} steps and ${row?.traces} traces`);
  return Number(row?.steps);
}

/** @throws when a body was answered by anything but a recording: for one, because it was sent twice */
export async function requireRecorded(world: World, before: number, answered: number): Promise<void> {
  const since = (await recorded(world)) - before;
  if (since !== answered) throw new Error(`recording: ${since} doses recorded of ${answered} answers`);
}

async function rowsOf<T extends object>({ databaseUrl }: World, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}
