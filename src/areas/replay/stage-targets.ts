import { type Campaign, RANKS, type VaccineSeries } from './campaign-files.js';
import { boostersOpen } from './intervals.js';
import { type Scale, scaledTogether } from './scaling.js';

/** What is published of one vaccine, day by day, at one scale. */
export interface Targets {
  /** By rank, from 1. */
  readonly doses: readonly Int32Array[];
  readonly complete: Int32Array;
  /** First and second boosters. */
  readonly boosters: readonly [Int32Array, Int32Array];
}

/** What a register with these doses can have of one day: how many of them are given to whoever … */
export interface Due {
  /** … completes a series by this very first dose: a single-dose product, or a person infected before. */
  readonly atOnce: number;
  /** … completes it by a second dose. */
  readonly completing: number;
  /** … has completed it by the first dose, and has the third or the fourth. */
  readonly thirdAtOnce: number;
  readonly fourthAtOnce: number;
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** The series of all vaccines at a scale, rounded together. */
export function targetsOf(campaign: Campaign, scale: Scale): Targets[] {
  const { vaccines } = campaign;
  const together = (of: (vaccine: VaccineSeries) => ArrayLike<number> | undefined): Int32Array[] =>
    scaledTogether(
      vaccines.map((vaccine) => of(vaccine) ?? []),
      scale,
    );
  const doses = scaledTogether(
    vaccines.flatMap((vaccine) => vaccine.doses),
    scale,
  );
  const complete = together((vaccine) => vaccine.complete);
  const [first, second] = [together(({ boosters }) => boosters[0]), together(({ boosters }) => boosters[1])];
  return vaccines.map((_, at) => ({
    doses: doses.slice(at * RANKS.length, (at + 1) * RANKS.length),
    complete: complete[at] as Int32Array,
    boosters: [first[at] as Int32Array, second[at] as Int32Array],
  }));
}

interface Day {
  readonly doses: readonly number[];
  readonly complete: number;
  readonly first: number;
  readonly second: number;
}

/**
 * How many first doses complete a series. Every dose beyond rank 1 completes or is a booster (law/indicators.ts). Whoever has
 * completed at once has the first booster by the second dose, the second one by the third; the others one dose later. So the
 * published ranks and stages leave a range, of which the least is taken: nobody was infected whom the figures do not want.
 */
function firstCompletions({ doses, complete, first, second }: Day, single: boolean): number {
  const [one = 0, two = 0, three = 0, four = 0] = doses;
  const most = Math.min(one, complete);
  const least = single ? most : Math.max(0, complete - two);
  // Third doses of whoever has completed at once are what this number has above that one.
  const none = complete + first - two - three;
  return clamp(clamp(none + Math.max(0, second - four), none, none + three), least, most);
}

/**
 * Where the published stages contradict the published ranks, the ranks hold. What one vaccine could not have on a day of
 * completions and of first boosters, the next vaccine or the next days make up for: boosters published before they opened,
 * stages for which nobody was there, and what is left of series that were rounded apart.
 */
export class StageDebts {
  private complete = 0;
  private boosters = 0;

  constructor(private readonly campaign: Campaign) {}

  /** Vaccine by vaccine and day by day, each settled before the next. */
  due({ doses, complete, boosters }: Targets, day: number, single: boolean): Due {
    this.complete += complete[day] ?? 0;
    this.boosters += boosters[0][day] ?? 0;
    const given = doses.map((series) => series[day] ?? 0);
    const [one = 0, two = 0, three = 0, four = 0] = given;
    const open = boostersOpen(this.campaign, day);
    const [first, second] = open ? [this.boosters, boosters[1][day] ?? 0] : [0, 0];
    const done = clamp(this.complete, single ? one : 0, one + two);
    const atOnce = firstCompletions({ doses: given, complete: done, first, second }, single);
    const completing = done - atOnce;
    if (!open) return { atOnce, completing, thirdAtOnce: 0, fourthAtOnce: 0 };
    const thirdAtOnce = three - clamp(first - (two - completing), 0, three);
    return { atOnce, completing, thirdAtOnce, fourthAtOnce: four - clamp(second - thirdAtOnce, 0, four) };
  }

  /** What the day really had of that vaccine: completions, and first boosters. */
  settle(complete: number, boosters: number): void {
    this.complete -= complete;
    this.boosters -= boosters;
  }
}
