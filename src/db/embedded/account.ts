import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Account {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root. No `postgres` account need exist: `nobody` has this number everywhere. */
const NOBODY: Account = { uid: 65534, gid: 65534 };

/** Root runs the server as the owner of the data, or as nobody; anyone else as themselves (no account to change to). */
export function accountFor(clusterDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = lstatSync(clusterDir, { throwIfNoEntry: false });
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : NOBODY;
}

/** Whether that account can pass through every folder on the way: false below /root, for example. */
export function canEnter(account: Account | undefined, folder: string): boolean {
  if (!account) return true;
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** A folder outside the checkout that our account alone writes and every account can enter. */
export function sharedFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const candidates = [...(uid === 0 ? ['/var/lib/lancette'] : []), path.join(os.tmpdir(), `lancette-${uid}`)];
  for (const folder of candidates) if (isOurs(folder, uid)) return folder;
  throw new Error(`no folder for PostgreSQL among ${candidates.join(', ')}: set DATABASE_URL instead`);
}

function isOurs(folder: string, uid: number): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const found = lstatSync(folder); // not a link that somebody else laid in /tmp
    if (!found.isDirectory() || (process.getuid && found.uid !== uid)) return false;
    chmodSync(folder, 0o755);
    return true;
  } catch {
    return false;
  }
}
