interface Kept<T> {
  readonly value: Promise<T>;
  weight: number;
}

/** What anything kept weighs of itself: nothing is kept for nothing, however many ask for it. */
const OF_ITSELF = 1000;

/**
 * What was worked out lately, up to a weight; the least recently asked goes first. What is being worked out is shared by
 * all who ask meanwhile, and a failure is not kept.
 */
export class BoundedCache<T> {
  private readonly kept = new Map<string, Kept<T>>();
  private weight = 0;

  /** @param weightOf in the unit of `most` */
  constructor(
    private readonly most: number,
    private readonly weightOf: (value: T) => number,
  ) {}

  get(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.kept.get(key);
    if (found) {
      this.kept.delete(key);
      this.kept.set(key, found);
      return found.value;
    }
    const made: Kept<T> = { value: make(), weight: 0 };
    this.kept.set(key, made);
    made.value.then(
      (value) => this.weigh(key, made, this.weightOf(value) + OF_ITSELF),
      () => this.drop(key, made),
    );
    return made.value;
  }

  private weigh(key: string, made: Kept<T>, weight: number): void {
    if (this.kept.get(key) !== made) return;
    made.weight = weight;
    this.weight += weight;
    for (const [oldest, one] of this.kept) {
      if (this.weight <= this.most) return;
      this.drop(oldest, one);
    }
  }

  private drop(key: string, one: Kept<T>): void {
    if (this.kept.get(key) !== one) return;
    this.kept.delete(key);
    this.weight -= one.weight;
  }
}
