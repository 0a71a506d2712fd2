import { addDays } from '../../kernel/days.js';
import { type Campaign } from './campaign-files.js';
import { drawn, type FictitiousPersons } from './fictitious-persons.js';
import { instantsOf, placeOf } from './fictitious-places.js';
import { givenTo, type Part } from './parts.js';
import type { Plan, Run } from './plan.js';

export interface JourneyParts {
  readonly campaign: Campaign;
  readonly plan: Plan;
  readonly persons: FictitiousPersons;
  readonly seed: number;
  readonly indexOf: (nir: string, birthDate: string) => Buffer;
}

/** Lines of the targeting file of a part, without its header. */
export function* targetingLines({ plan, persons }: JourneyParts, { ranges }: Part): Generator<string> {
  for (const { person, run } of givenTo(ranges, plan.first)) yield `${persons.of(person, run).line}\n`;
}

const NULL = '\\N';
/** Days between an infection and the dose that completes a series after it: invented. */
const INFECTED_AT_LEAST = 60;
const INFECTED_WITHIN = 90;
const INFECTION = 300;

/** Rows of COPY, one for each person: number, index of the NIR, consultation, département, date of an infection. */
export function* personRows(parts: JourneyParts, { ranges }: Part): Generator<string> {
  const { campaign, plan, persons, seed, indexOf } = parts;
  for (const { person, run } of givenTo(ranges, plan.first)) {
    const { nir, birthDate, department } = persons.of(person, run);
    const { consulted } = instantsOf(seed, person, 1, addDays(campaign.from, run.day));
    const before = INFECTED_AT_LEAST + (drawn(seed, person, INFECTION) % INFECTED_WITHIN);
    const infection = run.infected ? addDays(campaign.from, run.day - before) : NULL;
    yield `${person}\t\\\\x${indexOf(nir, birthDate).toString('hex')}\t${consulted}\t${department}\t${infection}\n`;
  }
}

/** Rows of COPY, one for each dose: number, rank, vaccine, lot, arm, instant, category and FINESS of the place, département. */
export function* doseRows(parts: JourneyParts, { ranges }: Part): Generator<string> {
  const { campaign, plan, persons, seed } = parts;
  for (const [at, runs] of [plan.first, ...plan.later].entries()) {
    for (const { person, run } of givenTo<Run>(ranges, runs)) yield row(person, at + 1, run);
  }

  function row(person: number, rank: number, run: Run): string {
    const { code = '', product = '' } = campaign.vaccines[run.vaccine] ?? {};
    const day = addDays(campaign.from, run.day);
    const of = persons.departmentOf(person);
    const { category, finess } = placeOf(seed, of, person, rank);
    const arm = drawn(seed, person, rank) % 2 === 0 ? 'LEFT_ARM' : 'RIGHT_ARM';
    const lot = `RJ${code}-${day.slice(2, 4)}${day.slice(5, 7)}`;
    return `${person}\t${rank}\t${product}\t${lot}\t${arm}\t${instantsOf(seed, person, rank, day).at}\t${category}\t${finess}\t${of}\n`;
  }
}
