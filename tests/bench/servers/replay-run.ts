import 'reflect-metadata';
import { ReplayService } from '../../../src/areas/replay/replay.service.js';
import { parseKeys } from '../../../src/config.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { createRegistrar, createSealer } from '../../../src/services.js';
import { connect } from '../world.js';
import { givenFacts } from './serve.js';

/** One replay in a process of its own, so that its memory can be told. */
const [, , request = ''] = process.argv;
const facts = givenFacts();
const keys = parseKeys(facts.keys);
const database = await connect(facts);
const parts = { database, registrar: createRegistrar(keys), sealer: createSealer(keys), clock: systemClock };
const idle = process.memoryUsage().rss / (1 << 20);
const { report } = await new ReplayService(parts).replay({
  ...JSON.parse(request),
  isProduction: false,
  actor: 'bench',
  onProgress: ({ personsDone, personsTotal }: { personsDone: number; personsTotal: number }) =>
    process.stderr.write(`\r${personsDone} / ${personsTotal} `),
});
process.stderr.write('\n');
await database.close();
process.send?.({ ...report, idle, megabytes: process.resourceUsage().maxRSS / 1024 });
process.disconnect?.();
