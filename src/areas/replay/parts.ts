import type { Range } from './cohorts.js';
import type { Plan, Run } from './plan.js';

/** Persons whose journeys enter the register in one transaction. */
export interface Part {
  readonly index: number;
  readonly ranges: readonly Range[];
  readonly persons: number;
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

/** The same parts for the same persons, whoever asks. */
export function* partsOf(kept: readonly Range[], size: number): Generator<Part> {
  let index = 0;
  let [ranges, persons]: [Range[], number] = [[], 0];
  for (const { start, count } of kept) {
    for (let at = start; at < start + count; ) {
      const taken = Math.min(size - persons, start + count - at);
      ranges.push({ start: at, count: taken });
      persons += taken;
      at += taken;
      if (persons < size) continue;
      yield { index, ranges, persons };
      index += 1;
      [ranges, persons] = [[], 0];
    }
  }
  if (persons > 0) yield { index, ranges, persons };
}

/** One person and the run in which this dose was given. */
export interface Given<R extends Run> {
  readonly person: number;
  readonly run: R;
}

/** What these persons and these runs, of one rank, have in common. */
function* overlaps<R extends Run>(
  ranges: readonly Range[],
  runs: readonly R[],
): Generator<{ run: R; from: number; until: number }> {
  for (const { start, count } of ranges) {
    for (let at = firstAfter(runs, start); at < runs.length; at += 1) {
      const run = runs[at] as R;
      if (run.start >= start + count) break;
      yield { run, from: Math.max(run.start, start), until: Math.min(run.start + run.count, start + count) };
    }
  }
}

/** The doses of one rank of these persons, in their order. */
export function* givenTo<R extends Run>(ranges: readonly Range[], runs: readonly R[]): Generator<Given<R>> {
  for (const { run, from, until } of overlaps(ranges, runs)) {
    for (let person = from; person < until; person += 1) yield { person, run };
  }
}

/** How many doses these persons have, all ranks together. */
export function dosesOf({ first, later }: Pick<Plan, 'first' | 'later'>, ranges: readonly Range[]): number {
  let doses = 0;
  for (const runs of [first, ...later]) {
    for (const { from, until } of overlaps<Run>(ranges, runs)) doses += until - from;
  }
  return doses;
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
