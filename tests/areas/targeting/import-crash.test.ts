import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { TargetingImporter } from '../../../src/areas/targeting/import.service.js';
import type { Database } from '../../../src/db/database.js';
import { aTargetedPerson, lineOf } from '../../builders/a-targeting-file.js';
import { aTargetingWorld, runCommand, stateOf, type TargetingWorld } from '../../builders/a-targeting-world.js';

/** Enough that no run gets to the end before it was killed as often as it must be. */
const PERSONS = process.env.LANCETTE_SOAK ? 16_000 : 2000;
const KILLS = process.env.LANCETTE_SOAK ? 60 : 2;
/** Each statement of a run in turn, or every ninth one. */
const [CUTS, STRIDE] = process.env.LANCETTE_SOAK ? [55, 1] : [45, 9];
const BATCH = ['--batch', '16'];

let worlds: TargetingWorld[];
beforeEach(async () => {
  worlds = [await aTargetingWorld(), await aTargetingWorld()];
});
afterEach(async () => {
  for (const world of worlds) await world.close();
});

/** New persons, known ones, repeated ones, and poison. */
function* mixedLines(): Generator<string> {
  for (let at = 0; at < PERSONS; at++) {
    yield lineOf(aTargetedPerson(at));
    if (at % 7 === 0) yield lineOf(aTargetedPerson(at >> 1, { nonMedicalCriteriaCodes: `R${at % 5}` }));
    if (at % 50 === 0) yield lineOf(aTargetedPerson(at, { sex: 'Z' }));
    if (at % 90 === 0) yield lineOf(aTargetedPerson(at, { birthName: 'XXXX' }));
  }
}

/** Kills a run some time after its nth transaction, at a moment that differs each time. */
function killedRun(world: TargetingWorld, file: string, transactions: number, delay: number) {
  let due = false;
  const until = (stderr: string): boolean => {
    if (due || stderr.split('\n').length <= transactions) return due;
    const from = performance.now();
    while (performance.now() - from < delay); // between two lines of output, wherever the child then is
    due = true;
    return true;
  };
  return runCommand(world, ['import-targeting', file, ...BATCH], { until });
}

/**
 * An importer whose connections are cut when they are about to send their nth statement of a run: at each n once, this
 * is each point between two statements, before and after each COPY and each commit.
 */
function importerCutAt(world: TargetingWorld, nth: number): TargetingImporter {
  const { database } = world.parts;
  let statements = 0;
  const cut = (client: PoolClient): PoolClient => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const cutting = (...args: unknown[]): unknown => {
      statements += 1;
      if (statements === nth) (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
      return query(...args);
    };
    return Object.assign(client, { query: cutting });
  };
  const pool = (role: string) => ({ connect: async () => cut(await database.pool(role).connect()) });
  return new TargetingImporter({
    ...world.parts,
    database: { mapping: database.mapping, pool } as unknown as Database,
  });
}

it('a connection lost at any statement leaves an import that ends alike', async () => {
  const [calm, stormy] = worlds as [TargetingWorld, TargetingWorld];
  const blockBytes = 16_384;
  const lines = [...mixedLines()].slice(0, 700);
  await calm.importer.importTargeting({ ...calm.file('some.csv', lines), blockBytes });
  const expected = await stateOf(calm);
  const file = stormy.file('some.csv', lines);
  for (let nth = 1; nth <= CUTS; nth += STRIDE) {
    await stormy.empty();
    const cutShort = importerCutAt(stormy, nth).importTargeting({ ...file, blockBytes });
    await expect(cutShort).rejects.toThrow();
    await stormy.importer.importTargeting({ ...file, blockBytes });
    expect({ nth, ...(await stateOf(stormy)) }).toEqual({ nth, ...expected });
  }
});

it('an import killed at any point and run again ends like one that was never interrupted (SECURITY F1)', async () => {
  const [calm, stormy] = worlds as [TargetingWorld, TargetingWorld];
  const known = Array.from({ length: 300 }, (_, at) => lineOf(aTargetedPerson(at * 9)));
  for (const world of worlds) await world.importer.importTargeting(world.file('known.csv', known));

  const uninterrupted = await runCommand(calm, [
    'import-targeting',
    calm.file('all.csv', mixedLines()).file,
    '--json',
    ...BATCH,
  ]);
  expect(uninterrupted.exitCode).toBe(0);

  const { file } = stormy.file('all.csv', mixedLines());
  let killed = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const { signal } = await killedRun(stormy, file, 1 + (kill % 3), (kill * 7) % 40);
    if (signal === 'SIGKILL') killed += 1;
    await sleep(kill % 2 === 0 ? 0 : 50);
  }
  expect(killed).toBeGreaterThanOrEqual(KILLS > 50 ? 50 : 1);
  const last = await runCommand(stormy, ['import-targeting', file, '--json', ...BATCH]);
  expect(last.exitCode).toBe(0);
  expect(JSON.parse(last.stdout).totals).toEqual(JSON.parse(uninterrupted.stdout).totals);
  expect(await stateOf(stormy)).toEqual(await stateOf(calm));
});
