/** Persons who follow each other in number: `start`, `start + 1`, … */
export interface Range {
  readonly start: number;
  readonly count: number;
}

/**
 * Where a person stands after a dose: `OPEN`, a series to complete; complete, `AT_ONCE` by the first dose or by the second;
 * `UNRULED`, a product whose series no source gives.
 */
export type Standing = 'OPEN' | 'AT_ONCE' | 'COMPLETE' | 'UNRULED';

export interface Traits {
  /** Index of the vaccine of the last dose, in the campaign's list. */
  readonly vaccine: number;
  /** Index in AGE_CLASSES, of the age at the first dose. */
  readonly ageClass: number;
  readonly standing: Standing;
}

interface Dated extends Range {
  readonly day: number;
}

/**
 * Persons of the same traits who wait for their next dose, first come first served. Runs of persons and not persons: what
 * is kept grows with days and vaccines, and not with the campaign.
 */
export class Cohort {
  private readonly runs: Dated[] = [];
  private head = 0;
  private served = 0;
  private total = 0;
  private lastDay = -1;
  /** Persons who came until each day, included. */
  private readonly came: number[] = [];

  constructor(readonly traits: Traits) {}

  /** Days never go back. */
  join(range: Range, day: number): void {
    for (let at = this.lastDay + 1; at < day; at += 1) this.came[at] = this.total;
    this.total += range.count;
    this.came[day] = this.total;
    this.lastDay = day;
    this.runs.push({ ...range, day });
  }

  /** How many wait whose last dose was on this day or before. */
  waiting(until: number): number {
    if (until < 0) return 0;
    const came = until >= this.lastDay ? this.total : (this.came[until] ?? 0);
    return Math.max(0, came - this.served);
  }

  /** Day of the last dose of whoever has waited longest. */
  get since(): number {
    return this.runs[this.head]?.day ?? Number.POSITIVE_INFINITY;
  }

  /** Those who have waited longest; `count` is at most what `waiting` told. */
  take(count: number): Range[] {
    const taken: Range[] = [];
    for (let left = count; left > 0; ) {
      const run = this.runs[this.head] as Dated;
      const given = Math.min(left, run.count);
      taken.push({ start: run.start, count: given });
      left -= given;
      if (given === run.count) this.head += 1;
      else this.runs[this.head] = { start: run.start + given, count: run.count - given, day: run.day };
    }
    this.served += count;
    return taken;
  }
}

/** The cohorts that wait for one rank. */
export class WaitingRoom {
  private readonly byTraits = new Map<string, Cohort>();

  join(traits: Traits, range: Range, day: number): void {
    const key = `${traits.vaccine}/${traits.ageClass}/${traits.standing}`;
    let cohort = this.byTraits.get(key);
    if (!cohort) {
      cohort = new Cohort(traits);
      this.byTraits.set(key, cohort);
    }
    cohort.join(range, day);
  }

  /** In the order in which they opened: the same for the same campaign. */
  cohorts(): Iterable<Cohort> {
    return this.byTraits.values();
  }
}
