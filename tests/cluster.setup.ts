import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbedded, stopEmbeddedLeftover } from '../src/db/embedded/server.js';
import { aTemplate, onCluster } from './builders/a-register.js';

const PREFIX = 'lancette-tests-';

/** One PostgreSQL a run; each worker makes databases of its own in it. */
export default async function startCluster(): Promise<void> {
  if (process.env.DATABASE_URL) {
    const url = process.env.DATABASE_URL;
    const template = await makeTemplate(url);
    globalThis.stopTestCluster = () => onCluster(url, `drop database ${template} with (force)`);
    return;
  }
  await sweepLeftovers();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), `${PREFIX}${process.pid}-`));
  const server = await startEmbedded({ dataDir, ephemeral: true });
  await makeTemplate(server.url);
  globalThis.stopTestCluster = async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  // Without these, Ctrl-C would end jest before the exit hook that stops the server.
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}

async function makeTemplate(cluster: string): Promise<string> {
  const template = await aTemplate(cluster);
  Object.assign(process.env, { LANCETTE_TEST_CLUSTER: cluster, LANCETTE_TEST_TEMPLATE: template });
  return template;
}

/** A run that was killed leaves its server and folder: the next one removes them. */
async function sweepLeftovers(): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : 0;
    if (!pid || isAlive(pid)) continue;
    const folder = path.join(os.tmpdir(), name);
    await stopEmbeddedLeftover(folder).catch(() => {});
    await rm(folder, { recursive: true, force: true }).catch(() => {}); // another user's: theirs to sweep
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

declare global {
  var stopTestCluster: (() => Promise<void>) | undefined;
}
