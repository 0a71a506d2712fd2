import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { measureImport } from './import-suite.js';
import { measurePlanning, planningLines } from './planning.js';
import { LoadGenerator, stopProcesses } from './processes.js';
import { Processor } from './processor.js';
import { measureRecording } from './recording.js';
import { importLine, keepResults, type Line, measuredLine, memoryLines, tableOf } from './report.js';
import { measureReadings } from './steering.js';
import { type Effort, measured, requireSameAnswers, type Samples, type Suite, sampled } from './suite.js';
import { Servers, SUITES } from './suites.js';
import { measureUpkeep } from './upkeep.js';
import { openWorld, type World } from './world.js';

const IMPORT = 'E';
const PLANNING = 'P';
const RECORDING = 'R';
const STEERING = 'I';
const EVERYTHING = [...Object.keys(SUITES), IMPORT, PLANNING, RECORDING, STEERING];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '24' },
    seconds: { type: 'string', default: '0.4' },
    only: { type: 'string', default: EVERYTHING.join() },
    full: { type: 'boolean', default: false },
    world: { type: 'string' },
  },
});
const SETS = 3;
const effort: Effort = { rounds: Number(options.rounds), seconds: Number(options.seconds) };

/**
 * npm run bench -- --rounds 24 --seconds 0.4 --only A,B,C,D,E,P,R,I --full --world <folder to keep and find again>
 * Ends with 1 when an answer differs, and never because of a time.
 */
async function main(): Promise<void> {
  const wanted = options.only.split(',');
  say('filling a register with 300,000 patients …');
  const world = await openWorld(options.world);
  try {
    const run = { lines: [] as Line[], answers: 0 };
    const keep = (lines: readonly Line[]): void => {
      run.lines.push(...lines);
      for (const { what, rates, ratio, work } of lines)
        say(`${what}: ${[rates, ratio, work && `in processor time ${work}`].filter(Boolean).join(', ')}`);
    };
    run.answers = await measureServers(world, wanted, keep);
    if (wanted.includes(IMPORT)) keep(await importLines(world));
    if (wanted.includes(PLANNING)) {
      say('planning of invitations');
      keep(planningLines(await measurePlanning(world, [10_000, options.full ? 1_000_000 : 200_000])));
    }
    if (wanted.includes(RECORDING)) keep(await measureRecording(world, effort));
    await stopProcesses();
    if (wanted.includes(STEERING)) {
      keep(await measureUpkeep(world, effort));
      await stopProcesses();
      keep(await measureReadings(world, options.full));
    }
    process.stdout.write(`${tableOf(run.lines)}\n`);
    const described = `${SETS} × ${Math.ceil(effort.rounds / SETS)} rounds of ${effort.seconds} s`;
    if (EVERYTHING.every((id) => wanted.includes(id)))
      keepResults({ ...run, postgresVersion: world.postgresVersion, effort: described });
  } finally {
    await stopProcesses();
    await world.close();
  }
}

/**
 * A process can run at two thirds of its speed for a whole suite, and the next one like it does not (what V8 makes of it is
 * partly luck), so each suite is measured on several sets of servers.
 * @returns how many answers were compared
 */
async function measureServers(
  world: World,
  wanted: readonly string[],
  keep: (lines: readonly Line[]) => void,
): Promise<number> {
  let answers = 0;
  const processor = new Processor(world.folder);
  const ofOneSet = { ...effort, rounds: Math.ceil(effort.rounds / SETS) };
  for (const suites of wanted.flatMap((id) => SUITES[id] ?? [])) {
    const taken = new Map<string, { suite: Suite; sets: Samples[] }>();
    for (let set = 1; set <= SETS; set += 1) {
      const servers = new Servers(world);
      const generator = new LoadGenerator();
      for (const suite of await suites(servers)) {
        say(`${suite.title}, processes ${set} of ${SETS}`);
        answers += await requireSameAnswers(suite);
        const { sets } = taken.get(suite.title) ?? { sets: [] };
        taken.set(suite.title, { suite, sets: [...sets, await sampled(suite, generator, processor, ofOneSet)] });
      }
      await stopProcesses();
    }
    for (const { suite, sets } of taken.values()) keep(measured(suite, sets).map(measuredLine));
  }
  return answers;
}

async function importLines(world: World): Promise<Line[]> {
  say('import of targeting files');
  const lines = options.full ? 1_000_000 : 100_000;
  const rounds = options.full ? 1 : 2;
  const { speed, memory } = await measureImport(
    { facts: world, folder: world.folder },
    { rounds, lines, memoryLines: [...new Set([10_000, 100_000, lines])] },
  );
  return [...speed.map(importLine), ...memoryLines(memory)];
}

const say = (text: string): boolean => process.stderr.write(`bench: ${text}\n`);

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
