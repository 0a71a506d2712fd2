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
  /** What the bare COPY writes. */
  readonly against: string;
  /** Persons per second, medians. */
  readonly importRate: number;
  readonly copyRate: number;
  readonly ratio: { readonly median: number; readonly least: number; readonly most: number };
}

export interface MemoryMeasured {
  readonly lines: number;
  /** The most that the process ever held, and what it held before the import began. */
  readonly megabytes: number;
  readonly idle: number;
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

/** The tables that an import of persons fills, in its order. */
const FILLED = ['patient', 'patient_nir', 'invitation_code', 'invitation', 'patient_health'] as const;

/**
 * The import of a targeting file, beside a bare COPY of the same rows into empty tables with the same columns, checks and
 * indexes: all the rows that it made, and those of `patient` alone.
 */
export async function measureImport(
  place: Place,
  { rounds, lines, memoryLines }: ImportEffort,
): Promise<{ speed: ImportMeasured[]; memory: MemoryMeasured[] }> {
  await createTemplate(place.facts);
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round += 1) pairs.push(await onePair(place, lines, round));
  const memory: MemoryMeasured[] = [];
  for (const size of memoryLines) {
    const { megabytes, idle } = await onFreshDatabase(place.facts, (facts) => importFile(place, facts, size, rounds));
    memory.push({ lines: size, megabytes, idle });
  }
  return {
    speed: [
      speedOf(lines, 'of the same rows', pairs, ({ bare }) => bare),
      speedOf(lines, 'of its rows of patient alone', pairs, ({ patientsAlone }) => patientsAlone),
    ],
    memory,
  };
}

/** Persons per second of the import, of the COPY of every row, and of the COPY of the rows of `patient`. */
interface Pair {
  readonly ours: number;
  readonly bare: number;
  readonly patientsAlone: number;
}

function speedOf(
  lines: number,
  against: string,
  pairs: readonly Pair[],
  other: (pair: Pair) => number,
): ImportMeasured {
  const ratios = pairs.map((pair) => pair.ours / other(pair));
  return {
    lines,
    against,
    importRate: median(pairs.map(({ ours }) => ours)),
    copyRate: median(pairs.map(other)),
    ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
  };
}

const onePair = (place: Place, lines: number, round: number): Promise<Pair> =>
  onFreshDatabase(place.facts, async (facts) => {
    const { seconds, created } = await importFile(place, facts, lines, round);
    if (created !== lines) throw new Error(`the import created ${created} persons of ${lines}`);
    const copies: number[] = [];
    for (const table of FILLED) copies.push(await copySeconds(place, facts, table));
    const all = copies.reduce((sum, one) => sum + one, 0);
    return { ours: created / seconds, bare: created / all, patientsAlone: created / (copies[0] ?? Number.NaN) };
  });

/** As the bootstrap starts every command. */
const STREAMING = ['--max-semi-space-size=4'];

interface Imported {
  readonly seconds: number;
  readonly created: number;
  readonly megabytes: number;
  readonly idle: number;
}

async function importFile(place: Place, facts: WorldFacts, persons: number, seed: number): Promise<Imported> {
  const { file, sha256 } = aTargetingFile(path.join(place.folder, `targeting-${persons}.csv`), { persons, seed });
  try {
    return await startServer<Imported>(facts, 'servers/import-run.js', [file, sha256], STREAMING);
  } finally {
    rmSync(file, { force: true });
    rmSync(`${file}.sha256`, { force: true });
  }
}

/** The same rows again, into a table with the same columns, checks and indexes: one COPY, one commit. */
async function copySeconds({ folder }: Place, { databaseUrl }: WorldFacts, table: string): Promise<number> {
  const file = path.join(folder, `${table}.copy`);
  return withClient(databaseUrl, async (client) => {
    await pipeline(client.query(copyTo(`copy ${table} to stdout`)), createWriteStream(file));
    await client.query(`create table copied_${table} (like ${table} including all)`);
    const began = performance.now();
    await pipeline(createReadStream(file), client.query(copyFrom(`copy copied_${table} from stdin`)));
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
