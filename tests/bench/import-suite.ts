import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { prepareDatabase } from '../../src/application.js';
import { aTargetingFile } from '../builders/a-targeting-file.js';
import { startServer } from './processes.js';
import { median } from './suite.js';
import { connect, type WorldFacts } from './world.js';

export interface ImportMeasured {
  readonly lines: number;
  /** Persons per second, medians. */
  readonly importRate: number;
  readonly copyRate: number;
  readonly ratio: { readonly median: number; readonly least: number; readonly most: number };
}

export interface MemoryMeasured {
  readonly lines: number;
  readonly megabytes: number;
}

export interface ImportEffort {
  readonly rounds: number;
  readonly lines: number;
  /** Sizes of the files by which memory is told. */
  readonly memoryLines: readonly number[];
}

interface Place {
  readonly facts: WorldFacts;
  readonly folder: string;
}

/** The import of a targeting file, beside a bare COPY of the rows of `patient` that it made into the same table, empty. */
export async function measureImport(
  place: Place,
  { rounds, lines, memoryLines }: ImportEffort,
): Promise<{ speed: ImportMeasured; memory: MemoryMeasured[] }> {
  await createTemplate(place.facts);
  const pairs: { ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds; round += 1) pairs.push(await onePair(place, lines, round));
  const ratios = pairs.map(({ ours, bare }) => ours / bare);
  const memory: MemoryMeasured[] = [];
  for (const size of memoryLines) {
    const { megabytes } = await onFreshDatabase(place.facts, (facts) => importFile(place, facts, size, rounds));
    memory.push({ lines: size, megabytes });
  }
  return {
    speed: {
      lines,
      importRate: median(pairs.map(({ ours }) => ours)),
      copyRate: median(pairs.map(({ bare }) => bare)),
      ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
    },
    memory,
  };
}

const onePair = (place: Place, lines: number, round: number): Promise<{ ours: number; bare: number }> =>
  onFreshDatabase(place.facts, async (facts) => {
    const { seconds, created } = await importFile(place, facts, lines, round);
    if (created !== lines) throw new Error(`the import created ${created} persons of ${lines}`);
    return { ours: created / seconds, bare: created / (await copySeconds(place, facts)) };
  });

interface Imported {
  readonly seconds: number;
  readonly created: number;
  readonly megabytes: number;
}

async function importFile(place: Place, facts: WorldFacts, persons: number, seed: number): Promise<Imported> {
  const { file, sha256 } = aTargetingFile(path.join(place.folder, `targeting-${persons}.csv`), { persons, seed });
  try {
    return await startServer<Imported>(facts, 'servers/import-run.js', [file, sha256]);
  } finally {
    rmSync(file, { force: true });
    rmSync(`${file}.sha256`, { force: true });
  }
}

/** The same rows again, into a table with the same columns, checks and indexes: one COPY, one commit. */
async function copySeconds({ folder }: Place, { databaseUrl }: WorldFacts): Promise<number> {
  const file = path.join(folder, 'patients.copy');
  return withClient(databaseUrl, async (client) => {
    await pipeline(client.query(copyTo('copy patient to stdout')), createWriteStream(file));
    await client.query('create table copied (like patient including all)');
    const began = performance.now();
    await pipeline(createReadStream(file), client.query(copyFrom('copy copied from stdin')));
    rmSync(file, { force: true });
    return (performance.now() - began) / 1000;
  });
}

const TEMPLATE = 'bench_import_template';
const FRESH = 'bench_import';

async function createTemplate(facts: WorldFacts): Promise<void> {
  await withClient(facts.databaseUrl, async (client) => {
    await client.query(`drop database if exists ${TEMPLATE} with (force)`);
    await client.query(`create database ${TEMPLATE}`);
  });
  const database = await connect(factsOf(facts, TEMPLATE));
  await prepareDatabase(database);
  await database.close();
}

async function onFreshDatabase<T>(facts: WorldFacts, work: (facts: WorldFacts) => Promise<T>): Promise<T> {
  const owner = (text: string) => withClient(facts.databaseUrl, (client) => client.query(text));
  await owner(`drop database if exists ${FRESH} with (force)`);
  await owner(`create database ${FRESH} template ${TEMPLATE}`);
  try {
    return await work(factsOf(facts, FRESH));
  } finally {
    await owner(`drop database ${FRESH} with (force)`);
  }
}

function factsOf(facts: WorldFacts, name: string): WorldFacts {
  const url = new URL(facts.databaseUrl);
  url.pathname = `/${name}`;
  return { ...facts, databaseUrl: url.toString() };
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
