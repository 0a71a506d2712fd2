import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type EmbeddedServer, startEmbedded } from '../../src/db/embedded/server.js';

const small = { shared_buffers: '16MB', max_connections: 20 };

let dataDir: string;
const started: EmbeddedServer[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'lancette-embedded-'));
});

afterAll(async () => {
  for (const server of started) await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<EmbeddedServer> {
  const server = await startEmbedded({ dataDir, settings: small });
  started.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

const postmasterPid = () =>
  Number(readFileSync(path.join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);

test('a stopped server starts again with its data', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  await expect(query(first.url, 'SELECT 1')).rejects.toThrow();
  const second = await start();
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([[42]]);
});

test('the cluster is UTF8, sorted by code point, checksummed, in UTC, and takes no other password', async () => {
  const { url } = await start();
  const settings = `SELECT current_setting('server_encoding'), datcollate, current_setting('data_checksums'),
    current_setting('timezone'), current_setting('listen_addresses') FROM pg_database WHERE datname = 'postgres'`;
  expect(await query(url, settings)).toEqual([['UTF8', 'C', 'on', 'UTC', '127.0.0.1']]);
  const { password } = new URL(url);
  await expect(query(url.replace(password, 'guess'), 'SELECT 1')).rejects.toThrow(/password/);
});

test('SECURITY A64 · the log keeps no value of a failing statement', async () => {
  const { url } = await start();
  await query(url, 'CREATE TABLE IF NOT EXISTS held (nir text PRIMARY KEY)');
  await query(url, `INSERT INTO held VALUES ('canary-1')`);
  await expect(query(url, `INSERT INTO held VALUES ('canary-1')`)).rejects.toThrow();
  await expect(query(url, `SELECT 'canary-2'::date`)).rejects.toThrow();
  expect(readFileSync(path.join(dataDir, 'server.log'), 'utf8')).not.toContain('canary');
});

test('a second start joins the running server, and its stop leaves that server to the first', async () => {
  const first = await start();
  const pid = postmasterPid();
  const second = await start();
  expect([second.port, postmasterPid()]).toEqual([first.port, pid]);
  await second.stop();
  expect(await query(first.url, 'SELECT 1')).toEqual([[1]]);
});

test('after kill -9 of the postmaster it starts again with what was committed', async () => {
  const before = await start();
  await query(before.url, 'CREATE TABLE survived AS SELECT 7 AS answer');
  process.kill(postmasterPid(), 'SIGKILL');
  const after = await start();
  expect(await query(after.url, 'SELECT answer FROM survived')).toEqual([[7]]);
});
