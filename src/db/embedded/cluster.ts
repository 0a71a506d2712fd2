import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, lstat, mkdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Account, accountFor, canEnter, sharedFolder } from './account.js';
import type { Binaries } from './binaries.js';
import { cleanEnvironment, findPostmaster, stopPostmaster } from './postmaster.js';

export interface Cluster {
  dir: string;
  account: Account | undefined;
}

/** Below a folder that only root enters, the data lies elsewhere and `cluster` is a link to it. */
export async function placeCluster(folder: string): Promise<Cluster> {
  const dir = path.join(await realpath(folder), 'cluster');
  const account = accountFor(existsSync(dir) ? await realpath(dir) : dir);
  if (canEnter(account, path.dirname(dir))) return { dir, account };
  const elsewhere = path.join(sharedFolder(), `cluster-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`);
  if (!(await isLink(dir))) {
    await removeForgotten(elsewhere);
    await symlink(elsewhere, dir);
  }
  return { dir: elsewhere, account };
}

const isLink = async (file: string) => (await lstat(file).catch(() => undefined))?.isSymbolicLink() ?? false;

/** Whoever deletes the data folder means the data, and sees the link only. */
async function removeForgotten(elsewhere: string): Promise<void> {
  const postmaster = findPostmaster(elsewhere);
  if (postmaster) await stopPostmaster(postmaster, 'immediate');
  await rm(elsewhere, { recursive: true, force: true });
}

interface Creation {
  cluster: Cluster;
  binaries: Binaries;
  owner: string;
  password: string;
}

/** Made aside and renamed whole: an interrupted initdb leaves no half cluster, and of two racing ones one wins. */
export async function createClusterOnce({ cluster, binaries, owner, password }: Creation): Promise<void> {
  if (existsSync(path.join(cluster.dir, 'PG_VERSION'))) return;
  const draft = `${cluster.dir}.${process.pid}`;
  const secret = `${draft}.password`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(secret, password, { mode: 0o600, flag: 'wx' });
    if (cluster.account) {
      await chown(draft, cluster.account.uid, cluster.account.gid);
      await chown(secret, cluster.account.uid, cluster.account.gid);
    }
    initialise(['-D', draft, '-U', owner, '--pwfile', secret], binaries, cluster.account);
    await rename(draft, cluster.dir).catch((error) => {
      if (!existsSync(path.join(cluster.dir, 'PG_VERSION'))) throw error;
    });
  } finally {
    await rm(secret, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

function initialise(where: string[], { initdb }: Binaries, account: Account | undefined): void {
  const how = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--data-checksums', '--no-instructions'];
  const run = { ...account, cwd: path.dirname(initdb), env: cleanEnvironment(), encoding: 'utf8' as const };
  const { status, stderr, error } = spawnSync(initdb, [...where, ...how], run);
  if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? stderr.trim()}`);
}
