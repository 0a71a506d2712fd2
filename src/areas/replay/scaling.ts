/** A scale as a fraction of whole numbers, so that no rounding depends on how a decimal is written. */
export interface Scale {
  readonly numerator: number;
  readonly denominator: number;
}

export const WHOLE: Scale = { numerator: 1, denominator: 1 };
const FRACTION = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/;

/** `1/100`, `1/1`; undefined for anything else, and for a scale above one: a replay invents nobody whom no figure counts. */
export function parseScale(text: string): Scale | undefined {
  const [, numerator, denominator] = (FRACTION.exec(text) ?? []).map(Number);
  if (!numerator || !denominator || numerator > denominator) return undefined;
  return { numerator, denominator };
}

export const scaleText = ({ numerator, denominator }: Scale): string => `${numerator}/${denominator}`;

/** To the nearest unit, halves upwards. */
export const scaled = (count: number, { numerator, denominator }: Scale): number =>
  Math.floor((2 * count * numerator + denominator) / (2 * denominator));

/**
 * Largest-remainder rounding, along time and across series: the cumulative sum of all series is rounded, a day is the
 * difference of two of them, and its units go to the series to which most is owed. What is left over of one day goes on to the
 * next: the cumulative of all is within one half of the exact one on every day, and its last one is the scaled total; that of
 * each series keeps near the exact one, for which no bound is proven.
 */
export function scaledTogether(series: readonly ArrayLike<number>[], scale: Scale): Int32Array[] {
  const days = series[0]?.length ?? 0;
  const results = series.map(() => new Int32Array(days));
  // In units of 1/denominator, so that nothing is lost by adding up.
  const owed = series.map(() => 0);
  let [cumulative, before] = [0, 0];
  for (let day = 0; day < days; day += 1) {
    for (const [at, daily] of series.entries()) {
      cumulative += daily[day] ?? 0;
      owed[at] = (owed[at] ?? 0) + (daily[day] ?? 0) * scale.numerator;
    }
    const after = scaled(cumulative, scale);
    for (const [at, units] of handedOut(after - before, owed, scale.denominator).entries()) {
      (results[at] as Int32Array)[day] = units;
      owed[at] = (owed[at] ?? 0) - units * scale.denominator;
    }
    before = after;
  }
  return results;
}

/** `total` units, each worth `worth`: to everyone what is wholly owed, and then one by one to, or from, the furthest off. */
function handedOut(total: number, owed: readonly number[], worth: number): number[] {
  const units = owed.map((debt) => Math.max(0, Math.floor(debt / worth)));
  const left = (at: number): number => (owed[at] ?? 0) - (units[at] ?? 0) * worth;
  const furthest = (by: 1 | -1): number =>
    units.reduce((best, held, at) => {
      if (by < 0 && held === 0) return best;
      return best < 0 || by * left(at) > by * left(best) ? at : best;
    }, -1);
  for (let missing = total - units.reduce((a, b) => a + b, 0); missing !== 0; missing -= Math.sign(missing)) {
    const by = missing > 0 ? 1 : -1;
    const at = furthest(by);
    units[at] = (units[at] ?? 0) + by;
  }
  return units;
}

/** Parts `total` by weight, to the unit, by largest remainder; ties go to the first. All weights 0: equal parts. */
export function sharesOf(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (total === 0 || weights.length === 0) return weights.map(() => 0);
  const exact = weights.map((weight) => (sum > 0 ? (total * weight) / sum : total / weights.length));
  const shares = exact.map(Math.floor);
  const rest = total - shares.reduce((a, b) => a + b, 0);
  const byRemainder = exact.map((part, at) => [part - Math.floor(part), at] as const);
  byRemainder.sort(([a, i], [b, j]) => b - a || i - j);
  for (const [, at] of byRemainder.slice(0, rest)) shares[at] = (shares[at] ?? 0) + 1;
  return shares;
}

/**
 * The same, none above its bound: what one cannot take goes to the others by their weights, and in the end to whoever has
 * room. Gives less than `total` only when the bounds hold less.
 */
export function boundedShares(total: number, weights: readonly number[], bounds: readonly number[]): number[] {
  const taken = bounds.map(() => 0);
  const room = (at: number): number => (bounds[at] ?? 0) - (taken[at] ?? 0);
  const hand = (given: readonly number[]): void => {
    for (const [at, share] of given.entries()) taken[at] = (taken[at] ?? 0) + Math.min(share, room(at));
  };
  const left = (): number => total - taken.reduce((a, b) => a + b, 0);
  for (;;) {
    const open = weights.map((weight, at) => (room(at) > 0 ? weight : 0));
    const before = left();
    if (before === 0 || open.every((weight) => weight <= 0)) break;
    hand(sharesOf(before, open));
  }
  const rest = bounds.map((_, at) => room(at));
  const roomLeft = rest.reduce((a, b) => a + b, 0);
  if (left() > 0 && roomLeft > 0) hand(sharesOf(Math.min(left(), roomLeft), rest));
  return taken;
}
