import type { VaccineSeries } from './campaign-files.js';
import { seriesOf } from './products.js';
import { type Scale, scaledSeries } from './scaling.js';

/** What is asked of one vaccine, day by day, at one scale. */
export interface Targets {
  /** By rank, from 1. */
  readonly doses: readonly ArrayLike<number>[];
  readonly complete: ArrayLike<number>;
  readonly boosters: ArrayLike<number>;
  /** First doses that complete a series by themselves: a single-dose product, or a person infected before. */
  readonly completeFirst: ArrayLike<number>;
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

interface Day {
  readonly doses: readonly [number, number, number, number];
  readonly complete: number;
  readonly boosters: number;
}

/**
 * Every dose beyond rank 1 is complete or a booster (law/indicators.ts), so that what the published stages count above the
 * doses of ranks 2 to 4 are first doses that complete. The bounds are those of a register: no more of them than first
 * doses, no more other completions than second ones.
 */
function firstCompletions({ doses: [first, second, third, fourth], complete, boosters }: Day, single: boolean): number {
  const most = Math.min(first, complete);
  const least = single ? most : Math.max(0, complete - second);
  return clamp(complete + boosters - second - third - fourth, least, most);
}

/**
 * The series at a scale, each rounded along time. Where the published stages contradict the published ranks, the ranks hold:
 * the contradiction is taken out before the scale, so that it is told once and its rounding does not add up.
 */
export function targetsOf(vaccine: VaccineSeries, scale: Scale): Targets {
  const single = seriesOf(vaccine.product) === 1;
  const published = dayOf(vaccine.doses, vaccine.complete, vaccine.boosters);
  const days = vaccine.complete.length;
  const [complete, boosters] = [new Float64Array(days), new Float64Array(days)];
  for (let at = 0; at < days; at += 1) {
    const day = published(at);
    const [first, second, third, fourth] = day.doses;
    const possible = clamp(day.complete, single ? first : 0, first + second);
    complete[at] = possible;
    const others = possible - firstCompletions({ ...day, complete: possible }, single);
    boosters[at] = second - others + third + fourth;
  }
  const doses = vaccine.doses.map((series) => scaledSeries(series, scale));
  const ofScale = { complete: scaledSeries(complete, scale), boosters: scaledSeries(boosters, scale) };
  return { doses, ...ofScale, ...split(doses, ofScale, single) };
}

const dayOf =
  (doses: readonly ArrayLike<number>[], complete: ArrayLike<number>, boosters: ArrayLike<number>) =>
  (at: number): Day => ({
    doses: [0, 1, 2, 3].map((rank) => doses[rank]?.[at] ?? 0) as unknown as Day['doses'],
    complete: complete[at] ?? 0,
    boosters: boosters[at] ?? 0,
  });

/** Rounding may leave a day one short of what its stages ask: the next day makes up for it. */
function split(
  doses: readonly ArrayLike<number>[],
  { complete, boosters }: { complete: ArrayLike<number>; boosters: ArrayLike<number> },
  single: boolean,
): Pick<Targets, 'complete' | 'completeFirst'> {
  const days = complete.length;
  const result = { complete: new Int32Array(days), completeFirst: new Int32Array(days) };
  let [owedComplete, owedBoosters] = [0, 0];
  for (let at = 0; at < days; at += 1) {
    const day = dayOf(doses, complete, boosters)(at);
    const [first, second, third, fourth] = day.doses;
    owedComplete += day.complete;
    owedBoosters += day.boosters;
    const done = clamp(owedComplete, single ? first : 0, first + second);
    const asked = { doses: day.doses, complete: done, boosters: owedBoosters };
    const alone = firstCompletions(asked, single);
    result.complete[at] = done;
    result.completeFirst[at] = alone;
    owedComplete -= done;
    owedBoosters -= second - (done - alone) + third + fourth;
  }
  return result;
}
