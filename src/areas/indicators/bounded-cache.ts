/** What anything kept weighs of itself: nothing is kept for nothing, however many ask for it. */
const OF_ITSELF = 1000;

/**
 * What was worked out lately, up to a weight; the least recently asked goes first, and what was kept last stays, whatever it
 * weighs. What is being worked out is shared by all who ask meanwhile, and a failure is not kept.
 */
export class BoundedCache<T> {
  private readonly kept = new Map<string, { readonly value: T; readonly weight: number }>();
  private readonly making = new Map<string, Promise<T>>();
  private weight = 0;

  /** @param weightOf in the unit of `most` */
  constructor(
    private readonly most: number,
    private readonly weightOf: (value: T) => number,
  ) {}

  async get(key: string, make: () => Promise<T>): Promise<T> {
    return this.known(key) ?? this.once(key, async () => this.keep(key, await make()));
  }

  /** What is kept, as the last one asked for. */
  known(key: string): T | undefined {
    const found = this.kept.get(key);
    if (!found) return undefined;
    this.kept.delete(key);
    this.kept.set(key, found);
    return found.value;
  }

  /** Made by the first who asks, for all who ask until it is there. */
  once(key: string, make: () => Promise<T>): Promise<T> {
    const running = this.making.get(key) ?? make().finally(() => this.making.delete(key));
    this.making.set(key, running);
    return running;
  }

  /** Takes the place of what was kept under that key. */
  keep(key: string, value: T): T {
    this.drop(key);
    const weight = this.weightOf(value) + OF_ITSELF;
    this.kept.set(key, { value, weight });
    this.weight += weight;
    for (const oldest of this.kept.keys()) {
      if (this.weight <= this.most || oldest === key) return value;
      this.drop(oldest);
    }
    return value;
  }

  private drop(key: string): void {
    this.weight -= this.kept.get(key)?.weight ?? 0;
    this.kept.delete(key);
  }
}
