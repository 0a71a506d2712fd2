import type { Pool } from 'pg';
import type { Log } from '../kernel/log.js';
import { consumed, type Limiter, limiterOn } from './counters.js';

/**
 * Raises the alarm when many distinct NIR that share their first ten digits are missed (sex, birth and place of one
 * person, whose order number is being tried), by whatever accounts. Only misses are counted, under keyed digests.
 */
export class SharedPrefixes {
  private readonly seen: Limiter;
  private readonly prefixes: Limiter;

  constructor(
    pool: Pool,
    private readonly alarm: { readonly points: number; readonly seconds: number },
    private readonly log?: Pick<Log, 'warn'>,
  ) {
    this.seen = limiterOn(pool, { name: 'nir.seen', points: 2_000_000_000, seconds: alarm.seconds }, true);
    this.prefixes = limiterOn(pool, { name: 'nir.prefix', points: 2_000_000_000, seconds: alarm.seconds });
  }

  async missed({ id, prefix }: { readonly id: string; readonly prefix: string }): Promise<void> {
    const { consumedPoints: times } = await consumed(this.seen, id, 1);
    if (times > 1) return;
    const { consumedPoints: distinct } = await consumed(this.prefixes, prefix, 1);
    if (distinct === this.alarm.points) this.log?.warn({ event: 'misuse', code: 'NIR_ENUMERATION' });
  }
}
