import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { LoadGenerator, stopProcesses } from './processes.js';
import { measure, type Measured, requireSameAnswers } from './suite.js';
import { SUITES, Servers } from './suites.js';
import { openWorld } from './world.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: Object.keys(SUITES).join() },
    world: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const world = await openWorld(options.world);
  try {
    const servers = new Servers(world);
    const generator = new LoadGenerator();
    const measured: Measured[] = [];
    for (const id of options.only.split(',')) {
      for (const suite of (await SUITES[id]?.(servers)) ?? []) {
        await requireSameAnswers(suite);
        measured.push(...(await measure(suite, generator, { rounds: Number(options.rounds), seconds: Number(options.seconds) })));
      }
    }
    for (const m of measured) console.log(m.suite.title, m.of, '÷', m.against, Math.round(m.rate), Math.round(m.otherRate), m.ratio, m.goal);
  } finally {
    stopProcesses();
    await world.close();
  }
}

await main();
