import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { LancetteError } from '../kernel/errors.js';
import type { Log } from '../kernel/log.js';
import type { Suspension, SuspensionKind, SuspensionReason } from './suspension.js';

export interface Suspect {
  readonly kind: SuspensionKind;
  readonly value: string;
  readonly reason: SuspensionReason;
  /** Undefined: until an operator lifts it. */
  readonly milliseconds?: number;
}

const OPEN = `lifted_at is null and until > now()`;

/** How long an open suspension is believed without asking again, in milliseconds: what it costs to be knocked at. */
const BELIEVED = 1000;

/** Suspends, lists and lifts. `require_standing` reads the same table inside each transaction. */
export class Suspensions {
  private readonly believed = new Map<string, number>();

  /** @param pool of the role `limits` */
  constructor(
    private readonly pool: Pool,
    private readonly log?: Pick<Log, 'warn'>,
  ) {}

  /** One open suspension for one cause of one caller, however many instances find it at the same time. */
  async suspend({ kind, value, reason, milliseconds }: Suspect): Promise<void> {
    const { rowCount } = await this.pool.query({
      name: 'limits-suspend',
      text: `insert into suspension (id, kind, value, reason, until)
        select $1, $2, $3, $4, coalesce(now() + $5 * interval '1 millisecond', 'infinity')
        where not exists (select from suspension where kind = $2 and value = $3 and ${OPEN})`,
      values: [randomUUID(), kind, value, reason, milliseconds ?? null],
    });
    if (rowCount) this.log?.warn({ event: 'misuse', code: reason });
  }

  async isOpen(kind: SuspensionKind, value: string): Promise<boolean> {
    const key = `${kind}:${value}`;
    if ((this.believed.get(key) ?? 0) > Date.now()) return true;
    const { rowCount } = await this.pool.query({
      name: 'limits-open',
      text: `select from suspension where kind = $1 and value = $2 and ${OPEN} limit 1`,
      values: [kind, value],
    });
    if (!rowCount) return false;
    if (this.believed.size > 10_000) this.believed.clear();
    this.believed.set(key, Date.now() + BELIEVED);
    return true;
  }

  /**
   * All open suspensions as `kind:value`, a second old at most; the last ones known when PostgreSQL does not answer. Only
   * the first call of each second waits for nothing: it refreshes for the next ones.
   */
  async known(): Promise<ReadonlySet<string>> {
    if (Date.now() >= this.refreshAt) {
      this.refreshAt = Date.now() + BELIEVED;
      const fresh = this.refresh();
      if (!this.open) await fresh;
    }
    return this.open ?? new Set();
  }

  private open: ReadonlySet<string> | undefined;
  private refreshAt = 0;

  private async refresh(): Promise<void> {
    try {
      const { rows } = await this.pool.query(`select kind, value from suspension where ${OPEN}`);
      this.open = new Set(rows.map(({ kind, value }) => `${kind}:${value}`));
    } catch {
      // The data itself is asked in its own transaction.
    }
  }

  /** Open suspensions, the latest first. */
  async list(): Promise<Pick<Suspension, 'id' | 'kind' | 'value' | 'reason' | 'since' | 'until'>[]> {
    const { rows } = await this.pool.query(
      `select id, kind, value, reason, since, nullif(until, 'infinity') as until from suspension where ${OPEN} order by since desc, id`,
    );
    return rows;
  }

  /**
   * Lifts one, and gives its caller fresh counters.
   * @throws NOT_FOUND when it is not open, INVALID_INPUT without a reason
   */
  async lift(id: string, by: string, reason: string): Promise<void> {
    if (!reason.trim()) throw new LancetteError('INVALID_INPUT', { field: 'reason' });
    const { rowCount } = await this.pool.query(
      `with lifted as (
         update suspension set lifted_at = now(), lifted_by = $2, lift_reason = $3 where id = $1 and ${OPEN} returning kind, value),
       cleared as (
         delete from rate_counter using lifted
          where split_part(rate_counter.key, ':', 1) like '%.' || lifted.kind || '%'
            and substr(rate_counter.key, strpos(rate_counter.key, ':') + 1) = lifted.value)
       select from lifted`,
      [id, by, reason],
    );
    if (!rowCount) throw new LancetteError('NOT_FOUND');
    this.log?.warn({ event: 'suspension lifted' });
  }
}
