import { createHash, randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './binaries.js';
import { createClusterOnce, placeCluster } from './cluster.js';
import { answers, findPostmaster, isAlive, launch, type Postmaster, stopPostmaster } from './postmaster.js';
import { type Settings, settingsFor } from './settings.js';

export interface EmbeddedOptions {
  /** A folder of our own: cluster, password, log. Created when missing. */
  dataDir: string;
  settings?: Settings;
  /** For tests: nothing survives a crash, everything is faster. */
  ephemeral?: boolean;
}

export interface EmbeddedServer {
  /** Superuser and owner of everything; 127.0.0.1, SCRAM, database `postgres`. */
  url: string;
  port: number;
  /** Stops the server, unless another living process started it. */
  stop(): Promise<void>;
}

const OWNER = 'lancette_owner';
const ATTEMPTS = 20;
const PAUSE_MS = 250;

/** Starts PostgreSQL on its own data folder, or joins the server that already runs there. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const folder = await prepareFolder(options.dataDir);
  const cluster = await placeCluster(folder);
  const binaries = findBinaries(cluster.account);
  const password = keepPassword(folder);
  await createClusterOnce({ cluster, binaries, owner: OWNER, password });
  const settings = settingsFor(options);
  const plan = { folder, cluster, binaries, settings, digest: digestOf(settings), url: urlWith(password) };
  return joinOrStart(plan, options.ephemeral ?? false);
}

/** After a test run that was killed: ends the server of a folder whose process is gone. */
export async function stopEmbeddedLeftover(dataDir: string): Promise<void> {
  const cluster = await placeCluster(path.resolve(dataDir));
  const postmaster = findPostmaster(cluster.dir);
  if (postmaster) await stopPostmaster(postmaster, 'immediate');
}

interface Plan {
  folder: string;
  cluster: Awaited<ReturnType<typeof placeCluster>>;
  binaries: ReturnType<typeof findBinaries>;
  settings: string[];
  digest: string;
  url: (port: number) => string;
}

/** Two processes may race for one folder, and a port may be taken between choosing and binding: hence a loop. */
async function joinOrStart(plan: Plan, ephemeral: boolean): Promise<EmbeddedServer> {
  for (let attempt = 1; ; attempt += 1) {
    const joined = await joinRunning(plan, ephemeral);
    if (joined) return joined;
    const launched = await launch(plan);
    if (launched.ready) {
      writeRecord(plan, launched.postmaster);
      return owned(plan, launched.postmaster, ephemeral);
    }
    if (!launched.worthRetrying || attempt === ATTEMPTS) {
      throw new Error(`PostgreSQL did not start in ${plan.folder}\n${launched.log}`);
    }
    await sleep(PAUSE_MS);
  }
}

async function joinRunning(plan: Plan, ephemeral: boolean): Promise<EmbeddedServer | undefined> {
  const postmaster = findPostmaster(plan.cluster.dir);
  if (!postmaster) return undefined;
  const reachable = await answers(plan.url(postmaster.port), postmaster);
  const record = await recordOf(plan, postmaster);
  const ownedElsewhere = record !== undefined && isAlive(record.node);
  if (reachable && ownedElsewhere) return guest(plan, postmaster);
  if (reachable && record?.digest === plan.digest) {
    writeRecord(plan, postmaster);
    return owned(plan, postmaster, ephemeral);
  }
  await stopPostmaster(postmaster, 'fast');
  return undefined;
}

function guest(plan: Plan, { port }: Postmaster): EmbeddedServer {
  return { url: plan.url(port), port, stop: async () => {} };
}

function owned(plan: Plan, postmaster: Postmaster, ephemeral: boolean): EmbeddedServer {
  const atExit = () => postmaster.signal('SIGINT');
  process.once('exit', atExit);
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopPostmaster(postmaster, ephemeral ? 'immediate' : 'fast').finally(() =>
      process.off('exit', atExit),
    );
    return stopping;
  };
  return { url: plan.url(postmaster.port), port: postmaster.port, stop };
}

/** Who started which server with which settings: what a process finds that comes after a kill -9. */
interface Record {
  node: number;
  postmaster: number;
  digest: string;
}

const recordFile = (plan: Plan) => path.join(plan.folder, 'server.json');

function writeRecord(plan: Plan, { pid }: Postmaster): void {
  const record: Record = { node: process.pid, postmaster: pid, digest: plan.digest };
  writeFileSync(recordFile(plan), JSON.stringify(record), { mode: 0o600 });
}

/** The process that started the server writes its record just after: give it two seconds. */
async function recordOf(plan: Plan, { pid }: Postmaster): Promise<Record | undefined> {
  for (const until = Date.now() + 2_000; Date.now() < until; await sleep(100)) {
    const record = readRecord(plan);
    if (record?.postmaster === pid) return record;
  }
  return undefined;
}

function readRecord(plan: Plan): Record | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(plan), 'utf8'));
  } catch {
    return undefined;
  }
}

async function prepareFolder(dataDir: string): Promise<string> {
  const folder = path.resolve(dataDir);
  // Root's server runs under another account, which must pass through these folders without reading them.
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  await mkdir(folder, { recursive: true, mode });
  await chmod(folder, mode);
  return folder;
}

/** Linked into place whole: of two processes that start together, both go on with the first one's password. */
function keepPassword(folder: string): string {
  const file = path.join(folder, 'owner.password');
  if (!existsSync(file)) {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, randomBytes(24).toString('hex'), { mode: 0o600 });
    try {
      linkSync(draft, file);
    } catch (error) {
      if (!existsSync(file)) throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
  return readFileSync(file, 'utf8');
}

const urlWith = (password: string) => (port: number) => `postgresql://${OWNER}:${password}@127.0.0.1:${port}/postgres`;

const digestOf = (settings: string[]) => createHash('sha256').update(settings.join('\n')).digest('hex');
