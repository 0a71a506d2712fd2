import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Worker } from 'node:worker_threads';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import {
  type Dimension,
  DOMINANCE,
  DOMINATED_TABLE,
  type Measure,
  type ProtectedMeasure,
  TABLES,
} from '../../law/indicators.js';
import type { Columns, DeclaredTable } from './disclosure/cube.js';
import { CubeBuilder } from './disclosure/cube-builder.js';
import type { Contribution } from './disclosure/dominance.js';
import type { Answer, Task } from './disclosure/worker.js';

/** The cells of a measure: the statement that reads them, always in the same order, by day first, the count last. */
interface Base {
  readonly dimensions: readonly Dimension[];
  /** Dimensions whose values depend on each other. */
  readonly bound: readonly Dimension[];
  readonly select: string;
}

const DOSES: Base = {
  dimensions: ['department', 'ageClass', 'sex', 'vaccine', 'rank', 'stage', 'placeCategory'],
  bound: ['rank', 'stage'],
  select: `select day::text, department, age_class, sex, vaccine, rank::text, stage, place_category::text, count::text
    from steering.published_base order by day, department, age_class, sex, vaccine, rank, stage, place_category`,
};

/** Persons have no copy of the publication: the days that it covers are read where they are counted, under its lock. */
const PERSONS: Base = {
  dimensions: ['department', 'ageClass', 'sex', 'phase', 'targetingType', 'channel'],
  bound: [],
  select: `select day::text, department, age_class, sex, phase, targeting_type, channel, count::text
    from steering.person where measure = $1 and isfinite(day) and count > 0
     and day < (select (as_of at time zone 'Europe/Paris')::date from steering.publication)
    order by day, department, age_class, sex, phase, targeting_type, channel`,
};

/** A measure of the law that is not here does not compile: none is published unprotected. */
const BASES: Readonly<Record<ProtectedMeasure, Base>> = {
  INJECTED: DOSES,
  TARGETED: PERSONS,
  INVITED: PERSONS,
  ELIGIBLE: PERSONS,
};

const CONTRIBUTIONS = `select day::text, place_category::text as category, site, count::int
  from steering.published_site order by day`;
const UNTIL = `select ((as_of at time zone 'Europe/Paris')::date - 1)::text as until from steering.publication`;
const COPY = 'copy steering.move (publication, move, table_id, k1, k2, day, effect) from stdin';

/** Cells that travel at once. */
const FETCHED = 20_000;

/**
 * Finds the moves that protect a publication and writes them to `steering.move`, in the transaction that publishes, whose
 * statements have no time limit. Doses and persons are protected; stock is nobody's. The computing is done in a thread of
 * its own, so that the server answers meanwhile. Memory: 20 bytes for each cell of the base cube and 10 for each cell of
 * each declared table; and, of one table at a time, 4 for each of either. The same cells give the same moves.
 * @param threshold below it a count is small
 */
export async function protect(client: ClientBase, publication: number, threshold: number): Promise<void> {
  await client.query('delete from steering.move');
  const { rows } = await client.query<{ until: string }>(UNTIL);
  const [published] = rows;
  if (!published) throw new Error('nothing to protect: no publication was recorded');
  let after = 0;
  for (const [measure, base] of Object.entries(BASES) as [ProtectedMeasure, Base][]) {
    const columns = await read(client, base, measure);
    if (!columns) continue;
    const protection = {
      tables: tablesOf(measure, base.dimensions),
      threshold,
      until: published.until,
      bound: base.bound.map((dimension) => base.dimensions.indexOf(dimension)),
    };
    const task: Task = { columns, protection, publication, after };
    after = await write(client, base === DOSES ? { ...task, dominated: await dominated(client) } : task);
  }
}

const dominated = async (client: ClientBase): Promise<Task['dominated']> => {
  const { rows } = await client.query<Contribution>(CONTRIBUTIONS);
  return { table: DOMINATED_TABLE, share: DOMINANCE, contributions: rows };
};

const tablesOf = (measure: Measure, dimensions: readonly Dimension[]): DeclaredTable[] =>
  Object.entries(TABLES)
    .filter(([, table]) => table.measure === measure)
    .map(([id, { by }]) => ({ id, by: by.map((dimension) => dimensions.indexOf(dimension)) }));

async function read(client: ClientBase, base: Base, measure: Measure): Promise<Columns | undefined> {
  const builder = new CubeBuilder(base.dimensions);
  await client.query({
    text: `declare protected_cells no scroll cursor for ${base.select}`,
    values: base === DOSES ? [] : [measure],
  });
  for (;;) {
    const { rows } = await client.query<string[]>({
      text: `fetch ${FETCHED} from protected_cells`,
      rowMode: 'array',
    });
    for (const [day, ...values] of rows) builder.add(day!, values.slice(0, -1), Number(values.at(-1)));
    if (rows.length < FETCHED) break;
  }
  await client.query('close protected_cells');
  return builder.build();
}

/** @returns the number of the last move */
async function write(client: ClientBase, task: Task): Promise<number> {
  const worker = new Worker(new URL('./disclosure/worker.js', import.meta.url), {
    workerData: task,
    transferList: [...task.columns.codes, task.columns.day, task.columns.count].map(({ buffer }) => buffer),
  });
  const answers = { last: task.after };
  try {
    await pipeline(Readable.from(linesOf(worker, answers)), client.query(copyFrom(COPY)));
  } finally {
    await worker.terminate();
  }
  return answers.last;
}

/** @throws what ended the thread before it had said its last word: nothing is published then */
async function* linesOf(worker: Worker, answers: { last: number }): AsyncGenerator<string> {
  const waiting: Answer[] = [];
  let wake: () => void = () => undefined;
  let failure: Error | undefined;
  worker.on('message', (answer: Answer) => {
    waiting.push(answer);
    wake();
  });
  worker.on('error', (error) => {
    failure = error;
    wake();
  });
  worker.on('exit', () => {
    failure ??= new Error('the thread ended before its last word');
    wake();
  });
  for (;;) {
    const answer = waiting.shift();
    if (answer && 'last' in answer) {
      answers.last = answer.last;
      return;
    }
    if (answer) yield answer.lines;
    else if (failure) throw failure;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
}
