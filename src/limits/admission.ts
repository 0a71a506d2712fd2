import type { Pool } from 'pg';
import type { Principal } from '../access/principal.js';
import { structureOf } from '../access/standing.js';
import { LancetteError } from '../kernel/errors.js';
import type { Counter, Limits } from '../law/limits.js';
import { Exhausted } from './lease.js';
import { type Asking, CounterLeases } from './leases.js';
import { networkOf } from './network.js';
import type { Suspensions } from './suspensions.js';

/** Which of the operations with a budget a document names: naming one, even in a comment, counts as calling it. */
export const budgetedIn = (text: string, operations: readonly string[]): string[] =>
  operations.filter((operation) => text.includes(operation));

/**
 * The budgets of requests. Ordinary ones: while PostgreSQL does not answer they are counted in memory, since what they
 * guard needs PostgreSQL anyway.
 */
export class RequestAdmission {
  private readonly always: readonly CounterLeases[];
  private readonly byOperation: ReadonlyMap<string, CounterLeases>;

  /** @param pool of the role `limits` */
  constructor(
    pool: Pool,
    limits: Limits,
    private readonly suspensions: Suspensions,
  ) {
    const leases = (name: string, counter: Counter) => new CounterLeases(pool, name, counter, true);
    this.always = Object.entries(limits.requests).map(([name, one]) => leases(`request.${name}`, one as Counter));
    this.byOperation = new Map(
      Object.entries(limits.operations).map(([name, one]) => [
        name,
        leases(`operation.principal.${name}`, one as Counter),
      ]),
    );
  }

  /** Names of the operations that have a budget of their own. */
  get operations(): string[] {
    return [...this.byOperation.keys()];
  }

  /** @throws RATE_LIMITED, SUSPENDED */
  async admit(principal: Principal, address: string, operations: readonly string[]): Promise<void> {
    const asking = { principal, address: networkOf(address) };
    await this.requireStanding(asking);
    for (const counter of this.always) {
      if (!spendAtOnce(counter, asking)) await spend(counter, asking);
    }
    for (const operation of operations) {
      const counter = this.byOperation.get(operation);
      if (counter && !spendAtOnce(counter, asking)) await spend(counter, asking);
    }
  }

  /** From what is known here, a second old at most, for what reads no data; data asks PostgreSQL in its transaction. */
  private async requireStanding({ principal, address }: Asking): Promise<void> {
    const open = await this.suspensions.known();
    const structure = structureOf(principal);
    const suspended =
      open.has(`principal:${principal.subject}`) ||
      open.has(`address:${address}`) ||
      (structure !== undefined && open.has(`structure:${structure}`)) ||
      (principal.client !== undefined && open.has(`client:${principal.client}`));
    if (suspended) throw new LancetteError('SUSPENDED');
  }
}

/** What most requests do: nothing is awaited for a point that is there. */
function spendAtOnce(counter: CounterLeases, asking: Asking): boolean {
  const key = counter.keyOf(asking);
  return key === undefined || counter.leaseOf(key).trySpend();
}

async function spend(counter: CounterLeases, asking: Asking): Promise<void> {
  const key = counter.keyOf(asking);
  if (key === undefined) return;
  try {
    await counter.leaseOf(key).spend();
  } catch (error) {
    if (!(error instanceof Exhausted)) return;
    throw new LancetteError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(error.milliseconds / 1000)) });
  }
}
