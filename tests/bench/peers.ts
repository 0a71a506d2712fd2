import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientBase } from 'pg';
import { roleOf } from '../../src/access/grants.js';
import { lawfulWall } from '../../src/application.js';
import type { Database } from '../../src/db/database.js';
import type { Recipient } from '../../src/law/recipients.js';
import { fullSchema } from '../../src/schema.js';

/** Sources lie outside `dist`: the peers keep packages and a lock of their own. */
const FOLDER = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../tests/bench/peers');
export const POSTGRAPHILE = path.join(FOLDER, 'postgraphile.mjs');

/** Installs the peers' packages from their lock, once. */
export function installPeers(): void {
  if (existsSync(path.join(FOLDER, 'node_modules', '.package-lock.json'))) return;
  process.stderr.write('bench: installing the peers (npm ci in tests/bench/peers) …\n');
  const flags = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', flags, {
    cwd: FOLDER,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm ci failed in tests/bench/peers');
}

const PEER_PASSWORD = 'bench';
const PEER_RECIPIENTS: readonly Recipient[] = ['PS', 'DMP'];

/**
 * Roles with the column grants of their recipients and nothing else: they pass row-level security by, which spares
 * PostGraphile the cost of it.
 */
export async function createPeerRoles(client: ClientBase, database: Database): Promise<void> {
  const { selects } = lawfulWall(database, fullSchema());
  await createRole(client, 'bench_peer', `login password '${PEER_PASSWORD}'`);
  await client.query('grant usage on schema public to bench_peer');
  for (const recipient of PEER_RECIPIENTS) {
    const role = `bench_${recipient.toLowerCase()}`;
    await createRole(client, role, 'nologin bypassrls');
    await client.query(`grant usage on schema public to ${role}; grant ${role} to bench_peer`);
    for (const [table, columns] of selects.get(roleOf(recipient)) ?? [])
      await client.query(`grant select (${[...columns].join(', ')}) on ${table} to ${role}`);
  }
}

export function peerUrlOf(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.username = 'bench_peer';
  url.password = PEER_PASSWORD;
  return url.toString();
}

async function createRole(client: ClientBase, role: string, attributes: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  await client.query(`${rowCount ? 'alter' : 'create'} role ${role} ${attributes}`);
}
