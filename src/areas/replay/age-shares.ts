import { AGE_CLASSES } from '../../law/indicators.js';
import type { Campaign } from './campaign-files.js';
import { PAEDIATRIC } from './products.js';
import { boundedShares, sharesOf } from './scaling.js';

/** The paediatric product is for the classes of 5 to 9 and 10 to 11 years (DOMAIN §8.2, inferred). */
const CHILDREN = ['09', '11'];
/** Below twelve years nobody has another product while someone older is left. */
const MINORS_BELOW_TWELVE = ['04', ...CHILDREN];
/** Breadth of a generation in the order of the campaign: invented, oldest first. */
const BREADTH = 0.15;
const NEARLY_NEVER = 1e-6;

/**
 * Who of which age: the published totals by class say how many in all, which is kept to the unit; when is invented, the
 * oldest first, since the files of this replay have no age by day.
 */
export class AgeShares {
  private readonly first: number[];
  private readonly later: readonly number[][];
  private readonly middles: number[];
  private given = 0;

  constructor(
    { ages }: Campaign,
    private readonly persons: number,
    [thirdDoses, fourthDoses]: readonly [number, number],
  ) {
    this.first = sharesOf(
      persons,
      ages.map(({ firstDoses }) => firstDoses),
    );
    this.later = [
      sharesOf(
        thirdDoses,
        ages.map(({ boosters }) => boosters),
      ),
      sharesOf(
        fourthDoses,
        ages.map(({ secondBoosters }) => secondBoosters),
      ),
    ];
    let older = persons;
    this.middles = this.first.map((count) => {
      older -= count;
      return (older + count / 2) / Math.max(1, persons);
    });
  }

  /** First doses of one day and vaccine, by class. */
  ofFirstDoses(count: number, code: string): number[] {
    const progress = this.given / Math.max(1, this.persons);
    const weights = this.first.map((left, at) => left * this.likelihood(at, progress, code));
    const shares = boundedShares(count, weights, this.first);
    for (const [at, share] of shares.entries()) this.first[at] = (this.first[at] ?? 0) - share;
    this.given += count;
    return shares;
  }

  /** Doses of rank 3 or 4, by class, among those who wait. */
  ofBoosters(count: number, rank: number, waiting: readonly number[]): number[] {
    const left = this.later[rank - 3] ?? [];
    const shares = boundedShares(
      count,
      waiting.map((some, at) => (some > 0 ? Math.max(0, left[at] ?? 0) : 0)),
      waiting,
    );
    for (const [at, share] of shares.entries()) left[at] = (left[at] ?? 0) - share;
    return shares;
  }

  private likelihood(at: number, progress: number, code: string): number {
    const ageClass = AGE_CLASSES[at]?.code ?? '';
    if (code === PAEDIATRIC) return CHILDREN.includes(ageClass) ? 1 : NEARLY_NEVER ** 2;
    if (MINORS_BELOW_TWELVE.includes(ageClass)) return NEARLY_NEVER ** 2;
    return Math.max(NEARLY_NEVER, Math.exp(-(((progress - (this.middles[at] ?? 0)) / BREADTH) ** 2)));
  }
}
