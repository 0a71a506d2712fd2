import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import type { PoolClient } from 'pg';
import { prepareDatabase } from '../../src/application.js';
import { type Config, DEMONSTRATION, newKeys, parseKeys } from '../../src/config.js';
import { Database } from '../../src/db/database.js';
import { type EmbeddedServer, startEmbedded } from '../../src/db/embedded/server.js';
import { TABLES } from '../../src/entities.js';
import { createPeerRoles, peerUrlOf } from './peers.js';
import { fillRegister } from './register.js';

/** What every process of the bench must know of the world: as JSON, because servers are processes of their own. */
export interface WorldFacts {
  readonly databaseUrl: string;
  /** The same database for a peer's login role, which has column grants only. */
  readonly peerUrl: string;
  readonly keys: ReturnType<typeof newKeys>;
  /** Connections per pool, the same for every variant. */
  readonly poolSize: number;
}

export interface World extends WorldFacts {
  readonly folder: string;
  readonly postgresVersion: string;
  close(): Promise<void>;
}

/** Durable as in production: only the size is fitted to the data, so that no variant waits for the disk to read. */
const SETTINGS = {
  ...{ shared_buffers: '2GB', max_wal_size: '8GB', checkpoint_timeout: '30min', autovacuum: false },
  // What the server that filled the register had in memory, the one that is measured has as well.
  shared_preload_libraries: 'pg_prewarm',
};

/**
 * A register of its own with 300,000 patients.
 * @param kept a folder to keep and to find the world in again; a temporary one otherwise
 */
export async function openWorld(kept: string | undefined): Promise<World> {
  const folder = kept ?? mkdtempSync(path.join(tmpdir(), 'lancette-bench-'));
  const start = () => startEmbedded({ dataDir: folder, settings: SETTINGS });
  const factsOf = ({ url }: EmbeddedServer): WorldFacts => ({
    databaseUrl: url,
    peerUrl: peerUrlOf(url),
    keys: keysIn(folder),
    poolSize: 4 * availableParallelism(),
  });
  const filling = await start();
  const postgresVersion = await filled(folder, factsOf(filling));
  await filling.stop();
  // Measured by a server that did not fill the register: in the one that did, suites of new connections ran at three quarters.
  const embedded = await start();
  const facts = factsOf(embedded);
  return { ...facts, folder, postgresVersion, close: () => close(embedded, folder, kept === undefined) };
}

/** The configuration of an application over this world. */
export const configOf = ({ databaseUrl, keys }: WorldFacts): Config => ({
  databaseUrl,
  replicaUrls: [],
  port: 0,
  dataDir: '',
  audience: 'https://register.test/graphql',
  logLevel: 'silent',
  keys: parseKeys(keys),
  ...DEMONSTRATION,
});

export const connect = ({ databaseUrl, keys, poolSize }: WorldFacts): Promise<Database> =>
  Database.connect({ tables: TABLES, url: databaseUrl, roleSecret: parseKeys(keys).roles, poolSize });

async function filled(folder: string, facts: WorldFacts): Promise<string> {
  const database = await connect(facts);
  try {
    await prepareDatabase(database);
    const stamp = path.join(folder, 'filled');
    if (!existsSync(stamp)) await fillRegister(database, parseKeys(facts.keys));
    writeFileSync(stamp, '');
    await withOwner(database, (client) => createPeerRoles(client, database));
    const [{ server_version: version }] = await database.owner.query('show server_version');
    return version;
  } finally {
    await database.close();
  }
}

async function withOwner(database: Database, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await database.ownerPool().connect();
  try {
    await work(client);
  } finally {
    client.release();
  }
}

function keysIn(folder: string): ReturnType<typeof newKeys> {
  const file = path.join(folder, 'keys.json');
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(newKeys()), { mode: 0o600 });
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function close(embedded: EmbeddedServer, folder: string, remove: boolean): Promise<void> {
  await embedded.stop();
  if (remove) rmSync(folder, { recursive: true, force: true });
}
