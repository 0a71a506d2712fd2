import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Grant } from './lease.js';

/** A counter with a name, a limit and a window; its keys are rows of `rate_counter`. */
export type Limiter = RateLimiterPostgres;

export interface LimiterShape {
  /** Without a colon, which ends it in the key. */
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
  /** Counts in memory while the database does not answer. */
  readonly insured?: boolean;
}

/** Rows whose window ended an hour ago are deleted by one limiter for all. */
export const limiterOn = (pool: Pool, { name, points, seconds, insured }: LimiterShape, clears = false): Limiter =>
  new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_counter',
    tableCreated: true,
    clearExpiredByTimeout: clears,
    keyPrefix: name,
    points,
    duration: seconds,
    ...(insured && { insuranceLimiter: new RateLimiterMemory({ keyPrefix: name, points, duration: seconds }) }),
  });

/**
 * Reserves points. The row grows by what is asked for even beyond the limit, in one atomic statement: whatever of this
 * growth lies below the limit belongs to the one who asked, and to nobody else.
 * @throws what the database throws
 */
export async function reserve(limiter: Limiter, key: string, wanted: number): Promise<Grant> {
  const answer = await consumed(limiter, key, wanted);
  const before = answer.consumedPoints - wanted;
  const points = Math.min(wanted, Math.max(0, limiter.points - before));
  return { points, expiresAt: Date.now() + answer.msBeforeNext };
}

/** Adds points and says how many there are now, whether or not the limit is exceeded. */
export async function consumed(limiter: Limiter, key: string, points: number): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key, points);
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return refused;
    throw refused;
  }
}
