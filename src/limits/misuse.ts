import type { Pool } from 'pg';
import { type DisclosureRule, type Limits, WATCHED_PERIMETERS } from '../law/limits.js';
import { type Recipient, recipientRule } from '../law/recipients.js';
import type { Suspensions } from './suspensions.js';

/** What the journal is given of one disclosure. */
export interface Disclosure {
  /** `UNKNOWN` where no token told: nothing was disclosed then. */
  readonly recipient: Recipient | 'UNKNOWN';
  readonly actor: string;
  readonly structure?: string | undefined;
  /** Technical keys of the persons disclosed. */
  readonly records: readonly string[];
}

/** Persons counted here before PostgreSQL is told, and how long they may wait, in milliseconds. */
const FLUSH_RECORDS = 100;
const FLUSH_MILLISECONDS = 1000;
/** Share of its limit that a counter gathers here before it is told: an honest caller's day is a few writes. */
const WORTH_TELLING = 0.05;

/** The persons disclosed to one account or establishment in one window. */
interface Tally {
  readonly persons: Set<string>;
  readonly endsAt: number;
  /** What all instances had told PostgreSQL when it was last told something from here. */
  total: number;
  untold: number;
}

/** What PostgreSQL is told: persons to add to one counter. */
interface Telling {
  readonly key: string;
  readonly points: number;
  readonly seconds: number;
  readonly tally: Tally;
}

/** One counter of the law over everybody whom it watches. */
class Watch {
  private readonly tallies = new Map<string, Tally>();
  private readonly due = new Set<string>();

  constructor(
    readonly rule: DisclosureRule,
    private readonly name: string,
  ) {}

  /** @returns how many were counted here for the first time, or undefined once there are too many */
  add(key: string, persons: readonly string[]): number | undefined {
    const tally = this.tallyOf(key);
    const before = tally.persons.size;
    for (const person of persons) tally.persons.add(person);
    const fresh = tally.persons.size - before;
    tally.untold += fresh;
    if (tally.untold >= this.rule.points * WORTH_TELLING) this.due.add(key);
    return tally.total + tally.untold > this.rule.points ? undefined : fresh;
  }

  /** After a suspension: an operator who lifts it gives a fresh start. */
  forget(key: string): void {
    this.tallies.delete(key);
  }

  *tellings(): Generator<Telling> {
    for (const key of this.due) {
      const tally = this.tallies.get(key);
      const points = tally?.untold ?? 0;
      if (!tally || points === 0) continue;
      tally.untold = 0;
      tally.total += points;
      yield { key: `misuse.${this.name}:${key}`, points, seconds: this.rule.seconds, tally };
    }
    this.due.clear();
  }

  /** Windows that have ended; in the order in which they began, so that the first one that has not ends the look. */
  sweep(now: number): void {
    for (const [key, { endsAt }] of this.tallies) {
      if (endsAt > now) return;
      this.tallies.delete(key);
    }
  }

  private tallyOf(key: string): Tally {
    const known = this.tallies.get(key);
    if (known && known.endsAt > Date.now()) return known;
    this.tallies.delete(key);
    const fresh = { persons: new Set<string>(), endsAt: Date.now() + this.rule.seconds * 1000, total: 0, untold: 0 };
    this.tallies.set(key, fresh);
    return fresh;
  }
}

/** As rate-limiter-flexible counts, for many counters in one statement; in one order, so that two instances never wait crosswise. */
const TELL = {
  name: 'limits-tell',
  text: `insert into rate_counter as c (key, points, expire)
    select key, points, $4::bigint + seconds * 1000 from unnest($1::text[], $2::int[], $3::bigint[]) as t (key, points, seconds) order by key
    on conflict (key) do update set
      points = case when c.expire <= $4::bigint then excluded.points else c.points + excluded.points end,
      expire = case when c.expire <= $4::bigint then excluded.expire else c.expire end
    returning key, points`,
};

/**
 * Sees a register being copied record by record (SECURITY A28): counts the distinct persons disclosed to each professional
 * and to each establishment, and suspends whoever sees more than any work explains. Counts are kept in memory and told to
 * PostgreSQL in batches, so that instances know of each other and reading costs no write.
 */
export class MisuseDetector {
  private readonly watches: readonly Watch[];
  private unflushed = 0;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> | undefined;

  /** @param pool of the role `limits` */
  constructor(
    private readonly pool: Pool,
    limits: Limits,
    private readonly suspensions: Pick<Suspensions, 'suspend'>,
  ) {
    this.watches = Object.entries(limits.disclosures).map(([name, rule]) => new Watch(rule as DisclosureRule, name));
  }

  /** @returns once whoever had to be suspended is, so that nothing more leaves for him; undefined when nobody had to */
  observe(disclosures: readonly Disclosure[]): Promise<void> | undefined {
    const suspending: Promise<void>[] = [];
    for (const disclosure of disclosures) {
      if (disclosure.records.length === 0 || !isWatched(disclosure.recipient)) continue;
      for (const watch of this.watches) {
        const key = watch.rule.of === 'principal' ? disclosure.actor : disclosure.structure;
        if (key === undefined) continue;
        const fresh = watch.add(key, disclosure.records);
        if (fresh === undefined) suspending.push(this.suspend(watch, key));
        else this.unflushed += fresh;
      }
    }
    if (this.unflushed >= FLUSH_RECORDS) void this.flush();
    else if (this.unflushed > 0) this.wakeLater();
    return suspending.length > 0 ? Promise.all(suspending).then(() => undefined) : undefined;
  }

  /** Tells PostgreSQL what was counted here, one batch at a time. */
  flush(): Promise<void> {
    this.unflushed = 0;
    clearTimeout(this.timer);
    this.timer = undefined;
    const next = (this.flushing ?? Promise.resolve()).then(() => this.tell());
    this.flushing = next;
    return next;
  }

  private async tell(): Promise<void> {
    for (const watch of this.watches) watch.sweep(Date.now());
    const tellings = this.watches.flatMap((watch) => [...watch.tellings()]);
    if (tellings.length === 0) return;
    try {
      const columns = [
        tellings.map((one) => one.key),
        tellings.map((one) => one.points),
        tellings.map((one) => one.seconds),
      ];
      const { rows } = await this.pool.query<{ key: string; points: number }>({
        ...TELL,
        values: [...columns, Date.now()],
      });
      const totals = new Map(rows.map(({ key, points }) => [key, points]));
      for (const { key, tally } of tellings) tally.total = Math.max(tally.total, totals.get(key) ?? 0);
    } catch {
      // Not told, and counted here all the same.
    }
  }

  private async suspend({ rule }: Watch, key: string): Promise<void> {
    const reason = rule.seconds > 3600 ? 'MISUSE_DAY' : 'MISUSE_HOUR';
    await this.suspensions.suspend({ kind: rule.of, value: key, reason });
    for (const watch of this.watches) if (watch.rule.of === rule.of) watch.forget(key);
  }

  private wakeLater(): void {
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_MILLISECONDS).unref();
  }
}

const isWatched = (recipient: Recipient | 'UNKNOWN'): boolean =>
  recipient !== 'UNKNOWN' && WATCHED_PERIMETERS.includes(recipientRule(recipient).rows);
