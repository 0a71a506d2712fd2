import { addDays } from '../../kernel/days.js';
import { withNirKey } from '../../kernel/identifiers.js';
import { AGE_CLASSES } from '../../law/indicators.js';
import { COLUMNS } from '../targeting/targeting-file.js';
import { type Campaign } from './campaign-files.js';
import type { FirstRun } from './plan.js';
import { sharesOf } from './scaling.js';

/** A number for each purpose that depends on seed, person and purpose only: any journey can be made again by itself. */
export function drawn(seed: number, person: number, purpose: number): number {
  let mixed = Math.imul(person + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(purpose + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const PURPOSE = { sex: 1, age: 2, month: 3, day: 4, department: 5 } as const;
const OLDEST = 99;
const two = (value: number): string => String(value).padStart(2, '0');

export interface FictitiousPerson {
  readonly nir: string;
  readonly birthDate: string;
  /** Index in the campaign's départements. */
  readonly department: number;
  readonly line: string;
}

/** How many persons it takes until each département has had its exact share of them. */
const CYCLE = 10_000;

/** The persons of a replay: invented, and seen to be so in each of their identifiers. */
export class FictitiousPersons {
  private readonly cycle: number[];

  constructor(
    private readonly campaign: Campaign,
    private readonly seed: number,
  ) {
    this.cycle = this.shuffled(
      sharesOf(
        CYCLE,
        campaign.departments.map(({ population }) => population),
      ),
    );
  }

  /** @param run of the first dose, on whose day the person's age is in the run's class */
  of(person: number, run: FirstRun): FictitiousPerson {
    const draw = (purpose: number) => drawn(this.seed, person, purpose);
    const male = draw(PURPOSE.sex) % 2 === 0;
    const department = this.departmentOf(person);
    const code = this.campaign.departments[department]?.code ?? '';
    const birthDate = this.birthDateOf(person, run);
    const nir = nirOf(person, male);
    const cells: Partial<Record<(typeof COLUMNS)[number], string>> = {
      ...{ nir, birthDate, birthName: `FICTIF-${lettersOf(person)}`, firstNames: 'REJEU', sex: male ? 'M' : 'F' },
      ...{ schemeCode: '01', bodyCode: bodyOf(code), department: code },
    };
    return { nir, birthDate, department, line: COLUMNS.map((column) => cells[column] ?? '').join(';') };
  }

  /** Index in the campaign's départements: by population, to the unit for each ten thousand persons. */
  departmentOf(person: number): number {
    return this.cycle[person % CYCLE] ?? 0;
  }

  private birthDateOf(person: number, { day, ageClass }: FirstRun): string {
    const least = ageClass === 0 ? 0 : (AGE_CLASSES[ageClass - 1]?.upTo ?? 0) + 1;
    const most = Math.min(AGE_CLASSES[ageClass]?.upTo ?? OLDEST, OLDEST);
    const age = least + (drawn(this.seed, person, PURPOSE.age) % (most - least + 1));
    const on = addDays(this.campaign.from, day);
    const birthday = `${two(1 + (drawn(this.seed, person, PURPOSE.month) % 12))}-${two(1 + (drawn(this.seed, person, PURPOSE.day) % 28))}`;
    const year = Number(on.slice(0, 4)) - age - (birthday > on.slice(5) ? 1 : 0);
    return `${year}-${birthday}`;
  }

  private shuffled(shares: readonly number[]): number[] {
    const cycle = shares.flatMap((share, at) => Array.from({ length: share }, () => at));
    for (let at = cycle.length - 1; at > 0; at -= 1) {
      const other = drawn(this.seed, at, PURPOSE.department) % (at + 1);
      [cycle[at], cycle[other]] = [cycle[other] ?? 0, cycle[at] ?? 0];
    }
    return cycle;
  }
}

const MILLION = 1_000_000;

/**
 * A number that passes every check and is nobody's: 7 or 8 is the provisional number of an insured person, month 99 an
 * incomplete civil status, and no département is 00 (DOMAIN §2.1). The other eight digits count the persons.
 */
function nirOf(person: number, male: boolean): string {
  return withNirKey(
    `${male ? 7 : 8}${two(Math.floor(person / MILLION))}9900${String(person % MILLION).padStart(6, '0')}`,
  );
}

/** The person's number in letters, so that no two have the same name, and no pseudonym is shared. */
function lettersOf(person: number): string {
  let letters = '';
  for (let rest = person; letters.length < 6; rest = Math.floor(rest / 26)) {
    letters = String.fromCharCode(65 + (rest % 26)) + letters;
  }
  return letters;
}

const CORSICA: Readonly<Record<string, string>> = { '2A': '201', '2B': '202' };

/** A caisse for each département: invented after its code. */
const bodyOf = (department: string): string => CORSICA[department] ?? department.padEnd(3, '1').slice(0, 3);
