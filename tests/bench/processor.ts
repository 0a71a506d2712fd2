import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Processor time that processes have used, beside the clock: what else the machine does while one variant is measured slows
 * it down, and hardly changes the work that one of its answers costs.
 */
export class Processor {
  private readonly postmaster: number | undefined;

  /** @param folder of the database */
  constructor(folder: string) {
    this.postmaster = postmasterOf(folder);
  }

  /** Milliseconds used until now by a server and by all of PostgreSQL; undefined where the system does not tell (Linux does). */
  used(server: number): number | undefined {
    try {
      return [server, ...this.postgres()].reduce((sum, pid) => sum + usedBy(pid), 0);
    } catch {
      return undefined;
    }
  }

  private postgres(): number[] {
    if (this.postmaster === undefined) return [];
    const children = readFileSync(`/proc/${this.postmaster}/task/${this.postmaster}/children`, 'utf8');
    return [this.postmaster, ...children.split(' ').filter(Boolean).map(Number)];
  }
}

/** What the server of a folder wrote when it started. */
function postmasterOf(folder: string): number | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, 'server.json'), 'utf8')).postmaster;
  } catch {
    return undefined;
  }
}

/** All threads: the first field of each is nanoseconds on a processor. */
const usedBy = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    return sum + Number(nanoseconds) / 1e6;
  }, 0);
