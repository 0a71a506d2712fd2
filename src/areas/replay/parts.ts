import type { Range } from './cohorts.js';
import type { Plan, Run } from './plan.js';

/** Persons whose journeys enter the register in one transaction. */
export interface Part {
  readonly ranges: readonly Range[];
  readonly persons: number;
}

export const personsIn = (ranges: readonly Range[]): number => ranges.reduce((sum, { count }) => sum + count, 0);

/** Numbers of the first and the last person of each range, `0-24999,30000-30011`: what a part covers, whoever cut it. */
export const rangesText = (ranges: readonly Range[]): string =>
  ranges.map(({ start, count }) => `${start}-${start + count - 1}`).join(',');

export function parseRanges(text: string): Range[] {
  return text.split(',').map((range) => {
    const [start = 0, end = -1] = range.split('-').map(Number);
    return { start, count: end - start + 1 };
  });
}

/** Who has a dose on this day or later: all, when the replay begins with the series. */
export function keptFrom({ persons, first, later }: Plan, day: number): Range[] {
  if (day <= 0) return persons > 0 ? [{ start: 0, count: persons }] : [];
  const concerned = [first, ...later]
    .flatMap((runs) => runs.filter((run) => run.day >= day))
    .sort((a, b) => a.start - b.start);
  const kept: { start: number; end: number }[] = [];
  for (const { start, count } of concerned) {
    const last = kept.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, start + count);
    else kept.push({ start, end: start + count });
  }
  return kept.map(({ start, end }) => ({ start, count: end - start }));
}

/** Those of `ranges`, which are in order and do not overlap, that are in none of `others`. */
export function without(ranges: readonly Range[], others: readonly Range[]): Range[] {
  const taken = [...others].sort((a, b) => a.start - b.start);
  const left: Range[] = [];
  let next = 0;
  for (const { start, count } of ranges) {
    const end = start + count;
    let at = start;
    while (next < taken.length && endOf(taken[next] as Range) <= at) next += 1;
    for (let i = next; i < taken.length && (taken[i] as Range).start < end; i += 1) {
      const other = taken[i] as Range;
      if (other.start > at) left.push({ start: at, count: other.start - at });
      at = Math.max(at, endOf(other));
    }
    if (at < end) left.push({ start: at, count: end - at });
  }
  return left;
}

const endOf = ({ start, count }: Range): number => start + count;

/** These persons, so many at a time. */
export function* partsOf(kept: readonly Range[], size: number): Generator<Part> {
  let [ranges, persons]: [Range[], number] = [[], 0];
  for (const { start, count } of kept) {
    for (let at = start; at < start + count; ) {
      const taken = Math.min(size - persons, start + count - at);
      ranges.push({ start: at, count: taken });
      persons += taken;
      at += taken;
      if (persons < size) continue;
      yield { ranges, persons };
      [ranges, persons] = [[], 0];
    }
  }
  if (persons > 0) yield { ranges, persons };
}

/** One person and the run in which this dose was given. */
export interface Given<R extends Run> {
  readonly person: number;
  readonly run: R;
}

/** The doses of one rank of these persons, in their order. */
export function* givenTo<R extends Run>(ranges: readonly Range[], runs: readonly R[]): Generator<Given<R>> {
  for (const { start, count } of ranges) {
    for (let at = firstAfter(runs, start); at < runs.length; at += 1) {
      const run = runs[at] as R;
      if (run.start >= start + count) break;
      const until = Math.min(run.start + run.count, start + count);
      for (let person = Math.max(run.start, start); person < until; person += 1) yield { person, run };
    }
  }
}

/** Index of the first run that ends beyond this person: runs are in order and do not overlap. */
function firstAfter(runs: readonly Run[], person: number): number {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { start, count } = runs[middle] as Run;
    if (start + count <= person) low = middle + 1;
    else high = middle;
  }
  return low;
}
