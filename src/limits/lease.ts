/** What a counter grants: points of the window that ends at `expiresAt` (milliseconds since 1970). */
export interface Grant {
  readonly points: number;
  readonly expiresAt: number;
}

/** The counter has nothing left before so many milliseconds. */
export class Exhausted extends Error {
  constructor(readonly milliseconds: number) {
    super('exhausted');
  }
}

/** Two answers about one window differ by the milliseconds between them; windows themselves last a second or more. */
const sameWindow = (one: number, other: number): boolean => Math.abs(one - other) < 500;

/** Guesses that may wait for others to end; more of them are turned away at once. */
const WAITING_LIMIT = 200;

/**
 * One instance's share of a counter. Points are reserved from PostgreSQL in blocks and spent here, so that an honest
 * caller writes nothing; the sum of all blocks never exceeds the limit, so neither does what is spent. Points that an
 * instance takes to its grave are lost: fewer guesses, never more.
 */
export class Lease {
  private free = 0;
  private inFlight = 0;
  private expiresAt = 0;
  private exhaustedUntil = 0;
  private asking: Promise<void> | undefined;
  private waiting: (() => void)[] = [];

  /**
   * @param ask reserves points; fewer than asked for means that the counter is used up
   * @param block how many points to ask for now
   */
  constructor(
    private readonly ask: (points: number) => Promise<Grant>,
    private readonly block: () => number,
  ) {}

  /** A point that is spent at once, without waiting when there is one. @returns false when one must be asked for */
  trySpend(): boolean {
    if (this.free === 0 || Date.now() >= this.expiresAt) return false;
    this.free -= 1;
    return true;
  }

  /** @throws Exhausted, or what `ask` throws */
  async spend(): Promise<void> {
    while (!this.trySpend()) {
      this.requireLeft();
      await this.refill();
    }
  }

  /** Holds one point when one is free; undefined when it must be waited for. */
  tryHold(): number | undefined {
    if (!this.trySpend()) return undefined;
    this.inFlight += 1;
    return this.expiresAt;
  }

  /**
   * Holds one point until it is settled. When all points are in flight, waits for them rather than refuse.
   * @returns the window that the point belongs to
   * @throws Exhausted, or what `ask` throws
   */
  async hold(): Promise<number> {
    for (;;) {
      const held = this.tryHold();
      if (held !== undefined) return held;
      const exhausted = Date.now() < this.exhaustedUntil;
      if (this.inFlight > 0 && (exhausted || this.inFlight >= this.block())) await this.oneSettled();
      else {
        this.requireLeft();
        await this.refill();
      }
    }
  }

  /** Ends a hold; a point given back serves again in its own window. */
  settle(window: number, back: boolean): void {
    this.inFlight -= 1;
    if (back && sameWindow(window, this.expiresAt)) this.free += 1;
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Forgets that the counter was used up: the next hold asks again. */
  reset(): void {
    this.free = 0;
    this.exhaustedUntil = 0;
  }

  private requireLeft(): void {
    const left = this.exhaustedUntil - Date.now();
    if (left > 0) throw new Exhausted(left);
  }

  private oneSettled(): Promise<void> {
    if (this.waiting.length >= WAITING_LIMIT) throw new Exhausted(1000);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private refill(): Promise<void> {
    this.asking ??= this.fill().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async fill(): Promise<void> {
    const wanted = Math.max(1, this.block());
    const { points, expiresAt } = await this.ask(wanted);
    this.free = (sameWindow(expiresAt, this.expiresAt) ? this.free : 0) + points;
    this.expiresAt = expiresAt;
    if (points < wanted) this.exhaustedUntil = expiresAt;
  }
}
