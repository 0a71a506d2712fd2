import type { Pool } from 'pg';
import type { Principal } from '../access/principal.js';
import { structureOf } from '../access/standing.js';
import type { Counted, Counter } from '../law/limits.js';
import { type Limiter, limiterOn, reserve } from './counters.js';
import { type Grant, Lease } from './lease.js';

const KEYS: Readonly<Record<Counted, (principal: Principal, address: string) => string | undefined>> = {
  principal: ({ subject }) => subject,
  structure: structureOf,
  address: (_, address) => address,
  national: () => 'all',
};

/** Leases that one instance keeps for one counter; the oldest is dropped with its points, which only makes fewer. */
const KEPT = 100_000;

export interface Asking {
  readonly principal: Principal;
  /** Network of the connection, as `networkOf` writes it. */
  readonly address: string;
}

/** One counter of the law, with a lease for each caller it counts. */
export class CounterLeases {
  private readonly leases = new Map<string, Lease>();
  readonly limiter: Limiter;

  constructor(
    pool: Pool,
    readonly name: string,
    readonly counter: Readonly<Omit<Counter, 'source'>>,
    insured: boolean,
  ) {
    this.limiter = limiterOn(pool, { name, points: counter.points, seconds: counter.seconds, insured });
  }

  /** Whom this counter counts in a call; undefined: nobody. */
  keyOf({ principal, address }: Asking): string | undefined {
    return KEYS[this.counter.of](principal, address);
  }

  /**
   * @param asked called after each time PostgreSQL was asked
   * @param block how many points to ask for, when it depends on the caller
   */
  leaseOf(key: string, asked?: () => Promise<void>, block = () => this.counter.lease): Lease {
    const known = this.leases.get(key);
    if (known) return known;
    const lease = new Lease(async (points): Promise<Grant> => {
      const grant = await reserve(this.limiter, key, points);
      await asked?.();
      return grant;
    }, block);
    if (this.leases.size >= KEPT) this.leases.delete(this.leases.keys().next().value as string);
    this.leases.set(key, lease);
    return lease;
  }
}
