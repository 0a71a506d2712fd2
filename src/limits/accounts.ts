import type { Pool } from 'pg';
import type { GuessRule } from '../law/limits.js';
import { consumed, type Limiter, limiterOn } from './counters.js';

/** What one account has missed of late, as far as this instance knows. */
export interface Account {
  readonly key: string;
  misses: number;
  pausedUntil: number;
  /** Misses whose rows are being written: until then the database knows less than this instance. */
  writing: number;
  refreshedAt: number;
}

const DAY = 86_400;
const NO_LIMIT = 2_000_000_000;
const KEPT = 100_000;

/**
 * The delay after too many misses (AIPD M1.15), doubled by each further one. Every miss is counted for all instances; an
 * instance learns of the others' whenever it reserves points, which it must do for each guess once the free ones are gone.
 */
export class Accounts {
  private readonly known = new Map<string, Account>();
  private readonly missed: Limiter;
  private readonly pauses: Limiter;

  constructor(
    pool: Pool,
    kind: string,
    private readonly rule: Pick<GuessRule, 'freeMisses' | 'firstDelaySeconds'>,
  ) {
    this.missed = limiterOn(pool, { name: `missed.${kind}.principal`, points: NO_LIMIT, seconds: DAY });
    this.pauses = limiterOn(pool, { name: `pause.${kind}.principal`, points: NO_LIMIT, seconds: DAY });
  }

  of(key: string): Account {
    const account = this.known.get(key) ?? { key, misses: 0, pausedUntil: 0, writing: 0, refreshedAt: 0 };
    if (this.known.size >= KEPT) this.known.delete(this.known.keys().next().value as string);
    this.known.set(key, account);
    return account;
  }

  /** Milliseconds before the account may guess again. */
  pauseOf({ pausedUntil }: Account): number {
    return Math.max(0, pausedUntil - Date.now());
  }

  /** The same, asked of the database once a second: an operator may have lifted it. */
  async confirmedPauseOf(account: Account): Promise<number> {
    if (this.pauseOf(account) > 0 && Date.now() - account.refreshedAt > 1000) await this.refresh(account);
    return this.pauseOf(account);
  }

  isSlowed({ misses }: Account): boolean {
    return misses >= this.rule.freeMisses;
  }

  /** What the other instances have seen. */
  async refresh(account: Account): Promise<void> {
    account.refreshedAt = Date.now();
    const [missed, pause] = await Promise.all([this.missed.get(account.key), this.pauses.get(account.key)]);
    if (account.writing > 0) return;
    account.misses = missed?.consumedPoints ?? 0;
    account.pausedUntil = pause ? Date.now() + pause.msBeforeNext : 0;
  }

  /** The pause begins at once here, and a moment later everywhere. */
  async miss(account: Account): Promise<void> {
    account.misses += 1;
    account.writing += 1;
    this.pause(account);
    try {
      const { consumedPoints } = await consumed(this.missed, account.key, 1);
      account.misses = Math.max(account.misses, consumedPoints);
      const seconds = this.pause(account);
      if (seconds > 0) await this.pauses.set(account.key, 1, seconds);
    } finally {
      account.writing -= 1;
    }
  }

  private pause(account: Account): number {
    if (!this.isSlowed(account)) return 0;
    const doubled = this.rule.firstDelaySeconds * 2 ** (account.misses - this.rule.freeMisses);
    const seconds = Math.min(DAY, doubled);
    account.pausedUntil = Math.max(account.pausedUntil, Date.now() + seconds * 1000);
    return seconds;
  }
}
