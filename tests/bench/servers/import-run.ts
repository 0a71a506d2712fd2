import 'reflect-metadata';
import { TargetingImporter } from '../../../src/areas/targeting/import.service.js';
import { parseKeys } from '../../../src/config.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { createRegistrar, createSealer } from '../../../src/services.js';
import { connect } from '../world.js';
import { givenFacts } from './serve.js';

/** One import in a process of its own, so that its memory can be told: how long it took, and the most it ever held. */
const [, , file = '', sha256 = ''] = process.argv;
const facts = givenFacts();
const keys = parseKeys(facts.keys);
const database = await connect(facts);
const parts = { database, registrar: createRegistrar(keys), sealer: createSealer(keys), clock: systemClock };
const idle = process.memoryUsage().rss / (1 << 20);
const began = performance.now();
const { changes } = await new TargetingImporter(parts).importTargeting({ file, sha256 });
const seconds = (performance.now() - began) / 1000;
await database.close();
process.send?.({ seconds, created: changes.personsCreated, idle, megabytes: process.resourceUsage().maxRSS / 1024 });
process.disconnect?.();
