import { addDays } from '../../kernel/days.js';
import { AGE_CLASSES, STAGES, type Stage, stageBeyond } from '../../law/indicators.js';
import { AgeShares } from './age-shares.js';
import { type Campaign, RANKS } from './campaign-files.js';
import { type Cohort, type Range, type Standing, type Traits, WaitingRoom } from './cohorts.js';
import { boostersOpen, leastDays } from './intervals.js';
import { seriesOf } from './products.js';
import { boundedShares, type Scale, sharesOf } from './scaling.js';
import { type Due, StageDebts, type Targets, targetsOf } from './stage-targets.js';

/** The same dose of the same day for persons who follow each other in number. */
export interface Run extends Range {
  readonly day: number;
  readonly vaccine: number;
}

/** A run of first doses: whom the journey is about is decided here. */
export interface FirstRun extends Run {
  readonly ageClass: number;
  /** Infected before this dose, which thereby completes the series. */
  readonly infected: boolean;
}

/** Doses that nobody was there to receive: the series ask for a rank that fewer persons had reached. */
export interface Unfilled {
  readonly day: number;
  readonly vaccine: number;
  readonly rank: number;
  readonly missing: number;
}

export interface Plan {
  readonly persons: number;
  readonly doses: number;
  /** In the order of persons. */
  readonly first: readonly FirstRun[];
  /** By rank, from 2; each in the order of persons. */
  readonly later: readonly (readonly Run[])[];
  readonly targets: readonly Targets[];
  /** Doses by stage, vaccine of the campaign's list and day. */
  readonly stages: Readonly<Record<Stage, readonly Int32Array[]>>;
  readonly unfilled: readonly Unfilled[];
  /** Doses sooner than the dated rules have it, by rank from 2: the series leave no other person. */
  readonly early: readonly number[];
}

/**
 * The journeys of a campaign up to a day, as runs: its size is that of the series, whatever the scale.
 * @param days how many days of the series are replayed, from its first
 */
export function planOf(campaign: Campaign, scale: Scale, days = campaign.days): Plan {
  const planner = new Planner(campaign, scale);
  for (let day = 0; day < days; day += 1) planner.live(day);
  return planner.plan();
}

class Planner {
  private readonly targets: Targets[];
  private readonly debts: StageDebts;
  private readonly ages: AgeShares;
  /** Who waits for rank 2, 3 and 4. */
  private readonly rooms = [new WaitingRoom(), new WaitingRoom(), new WaitingRoom()];
  private readonly first: FirstRun[] = [];
  private readonly later: Run[][] = [[], [], []];
  private readonly stages: Record<Stage, Int32Array[]>;
  private readonly unfilled: Unfilled[] = [];
  private readonly early = [0, 0, 0];
  private persons = 0;
  private doses = 0;

  constructor(
    private readonly campaign: Campaign,
    scale: Scale,
  ) {
    this.targets = targetsOf(campaign, scale);
    this.debts = new StageDebts(campaign);
    const total = (rank: number) => this.targets.reduce((sum, { doses }) => sum + sumOf(doses[rank - 1] ?? []), 0);
    this.ages = new AgeShares(campaign, total(1), [total(3), total(4)]);
    const none = () => campaign.vaccines.map(() => new Int32Array(campaign.days));
    this.stages = Object.fromEntries(STAGES.map((stage) => [stage, none()])) as Record<Stage, Int32Array[]>;
  }

  /** The highest rank first: nobody has two doses in one day. */
  live(day: number): void {
    for (const [vaccine, targets] of this.targets.entries()) {
      const due = this.debts.due(targets, day, seriesOf(this.campaign.vaccines[vaccine]?.product ?? '') === 1);
      for (const rank of [...RANKS].reverse()) {
        const count = targets.doses[rank - 1]?.[day] ?? 0;
        if (count === 0) continue;
        if (rank === 1) this.begin(count, { vaccine, day, rank, due });
        else this.goOn(count, { vaccine, day, rank, due });
      }
      this.debts.settle(this.stages.COMPLETE[vaccine]?.[day] ?? 0, this.stages.BOOSTER[vaccine]?.[day] ?? 0);
    }
  }

  plan(): Plan {
    const { persons, doses, first, targets, stages, unfilled, early } = this;
    const later = this.later.map((runs) => runs.sort((a, b) => a.start - b.start));
    return { persons, doses, first, later, targets, stages, unfilled, early };
  }

  private begin(count: number, { vaccine, day, due }: Dose): void {
    const { code = '', product = '' } = this.campaign.vaccines[vaccine] ?? {};
    const series = seriesOf(product);
    const byAge = this.ages.ofFirstDoses(count, code);
    const infected = series === 1 ? byAge.map(() => 0) : boundedShares(due.atOnce, byAge, byAge);
    for (const [ageClass, ofAge] of byAge.entries()) {
      const before = infected[ageClass] ?? 0;
      this.enter(before, { vaccine, day, ageClass, infected: true }, 'AT_ONCE');
      const standing = series === 1 ? 'AT_ONCE' : series === 2 ? 'OPEN' : 'UNRULED';
      this.enter(ofAge - before, { vaccine, day, ageClass, infected: false }, standing);
    }
  }

  private enter(count: number, run: Omit<FirstRun, 'start' | 'count'>, standing: Standing): void {
    if (count === 0) return;
    const range = { start: this.persons, count };
    this.first.push({ ...range, ...run });
    this.rooms[0]?.join({ vaccine: run.vaccine, ageClass: run.ageClass, standing }, range, run.day);
    this.persons += count;
    this.count(standing === 'AT_ONCE' ? 'COMPLETE' : 'INITIAL', run, count);
  }

  private goOn(count: number, dose: Dose): void {
    let left = count;
    for (const { standing, asked } of this.wanted(count, dose))
      left -= this.serve(Math.min(asked, left), standing, dose);
    // The stages asked for are all used up: whoever is there, in the order of what distorts least.
    for (const standing of ['OPEN', 'COMPLETE', 'AT_ONCE', 'UNRULED'] as const)
      left -= this.serve(left, standing, dose);
    if (left > 0) this.unfilled.push({ day: dose.day, vaccine: dose.vaccine, rank: dose.rank, missing: left });
  }

  private wanted(count: number, { rank, due }: Dose): { standing: Standing; asked: number }[] {
    const atOnce = { 2: count - due.completing, 3: due.thirdAtOnce, 4: due.fourthAtOnce }[rank] ?? 0;
    return [
      { standing: rank === 2 ? 'OPEN' : 'COMPLETE', asked: count - atOnce },
      { standing: 'AT_ONCE', asked: atOnce },
    ];
  }

  /**
   * The same product before another, and whoever has waited as long as the rules want before anyone else.
   * @returns how many of `count` were found
   */
  private serve(count: number, standing: Standing, dose: Dose): number {
    let left = count;
    for (const ripe of [true, false]) {
      for (const same of dose.rank === 2 ? [true, false] : [undefined]) {
        if (left > 0) left -= this.pass(left, { standing, ripe, same }, dose);
      }
    }
    return count - left;
  }

  private pass(count: number, { standing, ripe, same }: Pass, dose: Dose): number {
    const byAge: Candidate[][] = AGE_CLASSES.map(() => []);
    for (const cohort of this.rooms[dose.rank - 2]?.cohorts() ?? []) {
      const { traits } = cohort;
      if (traits.standing !== standing || (same !== undefined && (traits.vaccine === dose.vaccine) !== same)) continue;
      const until = ripe ? this.ripeUntil(traits, dose) : dose.day - 1;
      const waiting = cohort.waiting(until);
      if (waiting > 0) byAge[traits.ageClass]?.push({ cohort, until, waiting });
    }
    const waiting = byAge.map((candidates) => candidates.reduce((sum, one) => sum + one.waiting, 0));
    const most = Math.min(count, sumOf(waiting));
    const shares = dose.rank === 2 ? sharesOf(most, waiting) : this.ages.ofBoosters(most, dose.rank, waiting);
    for (const [ageClass, share] of shares.entries()) this.give(share, byAge[ageClass] ?? [], dose);
    if (!ripe) this.early[dose.rank - 2] = (this.early[dose.rank - 2] ?? 0) + most;
    return most;
  }

  private ripeUntil(traits: Traits, { day, rank }: Dose): number {
    const product = this.campaign.vaccines[traits.vaccine]?.product ?? '';
    const days = leastDays(traits, { product, rank, on: addDays(this.campaign.from, day) });
    return days === null ? -1 : day - Math.max(1, days);
  }

  private give(count: number, candidates: readonly Candidate[], dose: Dose): void {
    for (let left = count; left > 0; ) {
      const oldest = candidates
        .filter(({ cohort, until }) => cohort.waiting(until) > 0)
        .reduce((a, b) => (b.cohort.since < a.cohort.since ? b : a));
      const given = Math.min(left, oldest.cohort.waiting(oldest.until));
      for (const range of oldest.cohort.take(given)) this.follow(range, oldest.cohort.traits, dose);
      left -= given;
    }
  }

  private follow(range: Range, { ageClass, standing }: Traits, dose: Dose): void {
    const { vaccine, day, rank } = dose;
    this.later[rank - 2]?.push({ ...range, day, vaccine });
    const after = standing === 'OPEN' ? 'COMPLETE' : standing;
    this.rooms[rank - 1]?.join({ vaccine, ageClass, standing: after }, range, day);
    const series = { OPEN: 2, AT_ONCE: 1, COMPLETE: 2, UNRULED: rank + 1 }[standing];
    this.count(stageBeyond(rank - series, boostersOpen(this.campaign, day)), dose, range.count);
  }

  private count(stage: Stage, { vaccine, day }: Pick<Dose, 'vaccine' | 'day'>, count: number): void {
    const series = this.stages[stage][vaccine];
    if (series) series[day] = (series[day] ?? 0) + count;
    this.doses += count;
  }
}

interface Dose {
  readonly vaccine: number;
  readonly day: number;
  readonly rank: number;
  readonly due: Due;
}

interface Pass {
  readonly standing: Standing;
  readonly ripe: boolean;
  /** Of the same vaccine as the dose before: undefined where it does not matter. */
  readonly same: boolean | undefined;
}

interface Candidate {
  readonly cohort: Cohort;
  readonly until: number;
  readonly waiting: number;
}

export const sumOf = (series: ArrayLike<number>): number => {
  let sum = 0;
  for (let at = 0; at < series.length; at += 1) sum += series[at] ?? 0;
  return sum;
};
