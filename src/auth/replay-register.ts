import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Clock } from '../kernel/clock.js';
import { LancetteError } from '../kernel/errors.js';
import type { Replay } from './replay.js';

const SWEEP_MS = 60_000;
/** Rows are kept a little longer than they serve: instances do not share one clock. */
const MARGIN_MS = 60_000;

const USE = {
  name: 'use-proof',
  text: 'insert into used_proof (kind, id_hash, until) values ($1, $2, $3) on conflict do nothing',
};
const SWEEP = `delete from used_proof where (kind, id_hash) in
  (select kind, id_hash from used_proof where until < $1 limit 5000)`;

/** Single use by a primary key of PostgreSQL: the first insertion wins, on whatever instance. */
export class ReplayRegister implements Replay {
  private sweptAt = Number.NEGATIVE_INFINITY;

  /** @param pool of the role that checks callers */
  constructor(
    private readonly pool: Pool,
    private readonly clock: Clock,
  ) {}

  /** @throws UNAVAILABLE when the database does not answer: what cannot be told fresh is not accepted */
  async firstUse(kind: Parameters<Replay['firstUse']>[0], id: string, until: Date): Promise<boolean> {
    try {
      const hash = createHash('sha256').update(id).digest();
      const { rowCount } = await this.pool.query({ ...USE, values: [kind, hash, until] });
      this.sweepSometimes();
      return rowCount === 1;
    } catch {
      throw new LancetteError('UNAVAILABLE');
    }
  }

  private sweepSometimes(): void {
    const now = this.clock.now().getTime();
    if (now - this.sweptAt < SWEEP_MS) return;
    this.sweptAt = now;
    // Nobody waits for it, and what fails today is swept tomorrow.
    this.pool.query(SWEEP, [new Date(now - MARGIN_MS)]).catch(() => undefined);
  }
}
