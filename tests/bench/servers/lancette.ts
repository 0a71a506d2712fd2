import 'reflect-metadata';
import { ALL_WALLS, createApplication, type Walls } from '../../../src/application.js';
import { RECIPIENTS } from '../../../src/law/recipients.js';
import type { Journal } from '../../../src/read/journal.js';
import { AMPLE } from '../../builders/a-register.js';
import { configOf, connect } from '../world.js';
import { announce, givenFacts } from './serve.js';
import { believeEverybody } from './unchecked.js';

const NO_TRACES: Journal = { write: async () => undefined };
const NO_WALLS: Walls = { view: false, shield: false, database: false };

/**
 * Lancette as it is served, in one of four manners: `traced` (everything), `untraced` (all walls, no journal), `unchecked`
 * (the same, and whoever calls is believed: see `unchecked.ts`) and `lawless` (no journal, no wall, and in this process
 * every person is within the feed's perimeter).
 */
const manner = process.argv[2];
if (manner === 'unchecked') believeEverybody();
if (manner === 'lawless') (RECIPIENTS.DMP as { rows: string }).rows = 'all';
const facts = givenFacts();
const database = await connect(facts);
announce(
  await createApplication({
    config: configOf(facts),
    limits: AMPLE,
    database,
    walls: manner === 'lawless' ? NO_WALLS : ALL_WALLS,
    ...(manner !== 'traced' && { journal: NO_TRACES }),
  }),
);
