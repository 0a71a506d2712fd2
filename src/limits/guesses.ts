import type { Pool } from 'pg';
import { LancetteError } from '../kernel/errors.js';
import type { Log } from '../kernel/log.js';
import type { Counter, GuessKind, Limits } from '../law/limits.js';
import { Accounts } from './accounts.js';
import { Exhausted, type Lease } from './lease.js';
import { type Asking, CounterLeases } from './leases.js';
import { SharedPrefixes } from './shared-prefixes.js';
import type { Suspensions } from './suspensions.js';

/** One search for a person by something that could be guessed. */
export interface Guess {
  readonly kind: GuessKind;
  /** Keyed digests of a NIR and of its first ten digits, for the alert on an enumeration. */
  readonly nir?: { readonly id: string; readonly prefix: string };
}

export interface GuessCaller extends Asking {
  readonly pace?: { onGrid(): void };
}

/** A guess that may be evaluated. Settled once, with whether somebody was found. */
export interface Held {
  settle(found: boolean): Promise<void>;
}

interface Taken {
  readonly lease: Lease;
  readonly window: number;
}

/** Counters of one kind of guess. */
interface Kind {
  readonly counters: readonly CounterLeases[];
  readonly accounts: Accounts;
}

/**
 * Counts guesses, each before it is evaluated: a point of every counter is held meanwhile, and comes back when somebody
 * is found. So the misses evaluated by all instances together never exceed a limit, and an honest caller writes nothing.
 * Without an answer of PostgreSQL nothing is guessed.
 */
export class GuessLimits {
  private readonly kinds: Readonly<Record<GuessKind, Kind>>;
  private readonly prefixes: SharedPrefixes;

  /** @param pool of the role `limits` */
  constructor(
    pool: Pool,
    limits: Limits,
    private readonly suspensions: Suspensions,
    log?: Pick<Log, 'warn'>,
  ) {
    const kindOf = (kind: GuessKind): Kind => ({
      counters: Object.entries(limits.guesses[kind].counters).map(
        ([name, counter]) => new CounterLeases(pool, `guess.${kind}.${name}`, counter as Counter, false),
      ),
      accounts: new Accounts(pool, kind, limits.guesses[kind]),
    });
    this.kinds = { code: kindOf('code'), nir: kindOf('nir') };
    this.prefixes = new SharedPrefixes(pool, limits.sharedPrefix, log);
  }

  /**
   * Evaluates one guess. A failure of the work counts as a miss: nobody can tell what it would have found.
   * @throws RATE_LIMITED, SUSPENDED, UNAVAILABLE, or what the work throws
   */
  async evaluate<T>(
    caller: GuessCaller,
    guess: Guess,
    work: () => Promise<T>,
    found: (result: T) => boolean,
  ): Promise<T> {
    const held = await this.hold(caller, guess);
    let hit = false;
    try {
      const result = await work();
      hit = found(result);
      return result;
    } finally {
      await held.settle(hit);
    }
  }

  /** @throws RATE_LIMITED, SUSPENDED, UNAVAILABLE */
  async hold(caller: GuessCaller, guess: Guess): Promise<Held> {
    if (guess.kind === 'nir') caller.pace?.onGrid();
    const { accounts } = this.kinds[guess.kind];
    const account = accounts.of(caller.principal.subject);
    if (accounts.pauseOf(account) > 0) requireNoPause(await accounts.confirmedPauseOf(account).catch(unavailable));
    const taken = await this.take(caller, guess.kind);
    const pause = accounts.pauseOf(account);
    if (pause > 0) {
      settleAll(taken, true);
      requireNoPause(pause);
    }
    return { settle: (found) => this.settle(taken, caller, guess, found) };
  }

  private async settle(taken: readonly Taken[], caller: GuessCaller, guess: Guess, found: boolean): Promise<void> {
    const { accounts } = this.kinds[guess.kind];
    // The pause is known before the next guess in line takes its turn; its row may fail without freeing anything.
    const noted = found ? undefined : accounts.miss(accounts.of(caller.principal.subject));
    settleAll(taken, found);
    if (!found) await Promise.allSettled([noted, guess.nir && this.prefixes.missed(guess.nir)]);
  }

  private async take(caller: GuessCaller, kind: GuessKind): Promise<Taken[]> {
    const taken: Taken[] = [];
    try {
      for (const counter of this.kinds[kind].counters) {
        const key = counter.keyOf(caller);
        if (key === undefined) continue;
        const lease = this.leaseOf(counter, key, kind);
        taken.push({ lease, window: lease.tryHold() ?? (await this.holdOf(lease, counter, key, kind)) });
      }
      return taken;
    } catch (error) {
      settleAll(taken, true);
      if (error instanceof LancetteError) throw error;
      if (error instanceof Exhausted) throw tooMany(error.milliseconds);
      throw new LancetteError('UNAVAILABLE');
    }
  }

  /** An account that has used up a counter is suspended; once an operator has lifted it, the counter is asked anew. */
  private async holdOf(lease: Lease, counter: CounterLeases, key: string, kind: GuessKind): Promise<number> {
    try {
      return await lease.hold();
    } catch (error) {
      if (!(error instanceof Exhausted) || !counter.counter.suspends) throw error;
      if (await this.suspensions.isOpen('principal', key)) throw new LancetteError('SUSPENDED');
      lease.reset();
      return await lease.hold().catch((again) => this.suspended(again, key, kind));
    }
  }

  private async suspended(error: unknown, value: string, kind: GuessKind): Promise<never> {
    if (!(error instanceof Exhausted)) throw error;
    const reason = kind === 'code' ? 'CODE_GUESSING' : 'NIR_GUESSING';
    await this.suspensions.suspend({ kind: 'principal', value, reason, milliseconds: error.milliseconds });
    throw new LancetteError('SUSPENDED');
  }

  private leaseOf(counter: CounterLeases, key: string, kind: GuessKind): Lease {
    if (counter.counter.of !== 'principal') return counter.leaseOf(key);
    const { accounts } = this.kinds[kind];
    return counter.leaseOf(
      key,
      () => accounts.refresh(accounts.of(key)),
      () => (accounts.isSlowed(accounts.of(key)) ? 1 : counter.counter.lease),
    );
  }
}

const settleAll = (taken: readonly Taken[], back: boolean): void => {
  for (const { lease, window } of taken) lease.settle(window, back);
};

const unavailable = (): never => {
  throw new LancetteError('UNAVAILABLE');
};

const tooMany = (milliseconds: number): LancetteError =>
  new LancetteError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(milliseconds / 1000)) });

function requireNoPause(milliseconds: number): void {
  if (milliseconds > 0) throw tooMany(milliseconds);
}
