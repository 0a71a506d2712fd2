import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { MEMORY } from './settings.js';

export interface Postmaster {
  pid: number;
  port: number;
  isRunning(): boolean;
  signal(signal: NodeJS.Signals): void;
}

const READY_MS = 60_000;
const POLL_MS = 50;
const LOG_LINES = 20;

/** What the next attempt may cure: a port or a folder taken meanwhile, the last children of a killed server. */
const PASSING = /could not bind|lock file "postmaster\.pid"|shared memory block .* still in use/;

interface Launch {
  folder: string;
  cluster: { dir: string; account: Account | undefined };
  binaries: Binaries;
  settings: string[];
  url: (port: number) => string;
}

type Launched = { ready: true; postmaster: Postmaster } | { ready: false; worthRetrying: boolean; log: string };

/** Starts `postgres` and waits until it answers. It outlives this process and its terminal: see `joinRunning`. */
export async function launch({ folder, cluster, binaries, settings, url }: Launch): Promise<Launched> {
  const port = await freePort();
  const log = path.join(folder, 'server.log');
  if (existsSync(log)) renameSync(log, `${log}.1`);
  const out = openSync(log, 'w', 0o600);
  const child = spawn(binaries.postgres, ['-D', cluster.dir, '-p', String(port), ...settings], {
    ...cluster.account,
    cwd: path.dirname(binaries.postgres),
    env: { ...cleanEnvironment(), ...MEMORY },
    stdio: ['ignore', out, out],
    detached: true, // a Ctrl-C for the application must not stop its database first
  });
  closeSync(out);
  const postmaster = await asPostmaster(child, port);
  if (postmaster && (await answers(url(port), postmaster))) return { ready: true, postmaster };
  if (postmaster) await stopPostmaster(postmaster, 'immediate');
  const end = readFileSync(log, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n');
  return { ready: false, worthRetrying: PASSING.test(end), log: end };
}

async function asPostmaster(child: ChildProcess, port: number): Promise<Postmaster | undefined> {
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  const { pid } = child;
  if (pid === undefined) return undefined;
  child.unref();
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return { pid, port, isRunning, signal: (signal) => void (isRunning() && child.kill(signal)) };
}

/** Whether the server takes our password, given the time to recover from a crash. */
export async function answers(url: string, postmaster: Postmaster): Promise<boolean> {
  for (const until = Date.now() + READY_MS; Date.now() < until; await sleep(POLL_MS)) {
    if (!postmaster.isRunning()) return false;
    const outcome = await tryConnecting(url);
    if (outcome === 'connected') return true;
    if (outcome === 'refused us') return false;
  }
  return false;
}

async function tryConnecting(url: string): Promise<'connected' | 'not yet' | 'refused us'> {
  const client = new pg.Client({ connectionString: url, ssl: false, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return 'connected';
  } catch (error) {
    const { code = '' } = error as { code?: string };
    return code.startsWith('28') ? 'refused us' : 'not yet'; // class 28: invalid authorization
  } finally {
    await client.end().catch(() => {});
  }
}

/** The server that postmaster.pid names, if that process lives and is really this cluster's. */
export function findPostmaster(clusterDir: string): Postmaster | undefined {
  const file = path.join(clusterDir, 'postmaster.pid');
  const [pid, , , port] = existsSync(file) ? readFileSync(file, 'utf8').split('\n').map(Number) : [];
  if (!pid) return undefined;
  const isRunning = () => isAlive(pid) && serves(pid, clusterDir);
  if (isRunning()) return { pid, port: port ?? 0, isRunning, signal: (signal) => void kill(pid, signal) };
  // After a reboot the number may be somebody else's, and PostgreSQL would refuse to start; a dead one it clears itself.
  if (isAlive(pid)) rmSync(file, { force: true });
  return undefined;
}

function serves(pid: number, clusterDir: string): boolean {
  const command = commandOf(pid);
  return command === undefined || command.includes(clusterDir);
}

function commandOf(pid: number): string | undefined {
  if (process.platform === 'win32') return undefined;
  if (existsSync(`/proc/${pid}/cmdline`)) return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  const { status, stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

export function isAlive(pid: number): boolean {
  return kill(pid, 0);
}

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const STEPS = {
  fast: [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ],
  immediate: [
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ],
} as const;

export async function stopPostmaster(postmaster: Postmaster, mode: keyof typeof STEPS): Promise<void> {
  for (const [signal, patience] of STEPS[mode]) {
    postmaster.signal(signal);
    for (const until = Date.now() + patience; Date.now() < until; await sleep(POLL_MS / 5)) {
      if (!postmaster.isRunning()) return;
    }
  }
  throw new Error(`PostgreSQL (process ${postmaster.pid}) does not stop`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Neither our secrets nor a stray PGDATA, PGPORT or LC_ALL reach the server. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'Path', 'SystemRoot', 'SYSTEMROOT', 'TEMP', 'TMP', 'TMPDIR'];
  const environment = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(environment), LC_ALL: 'C', TZ: 'UTC' };
}
