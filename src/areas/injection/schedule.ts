import { addDays, dayOf, daysBetween, isDay } from '../../kernel/days.js';
import {
  AGES,
  BOOSTER_AFTER_INFECTION,
  BOOSTERS,
  BOOSTERS_BIND,
  BOOSTERS_OPEN,
  type BoosterRule,
  DOSES_AFTER_INFECTION,
  INTERVALS,
  type IntervalRule,
  type ScheduleSource,
} from '../../law/schedules.js';
import { VACCINES, type Vaccine } from '../../law/vaccines.js';
import type { RefusalCode, WarningCode } from './warnings.js';

/** What is known of the person: a birth date as the register writes it (partial, lunar), the date of an infection. */
export interface Person {
  readonly birthDate: string;
  readonly infectionDate: string | null;
}

/** A dose given: product and day (`YYYY-MM-DD`, universal time), in the order of ranks from 1. */
export interface Dose {
  readonly vaccine: string;
  readonly on: string;
}

/** What the rules say of one more dose: a warning leaves it recorded, a refusal does not. */
export type Finding =
  | { readonly kind: 'warning'; readonly code: WarningCode; readonly source: ScheduleSource }
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly source: ScheduleSource };

/** The dose to come: `latestOn` is the end of the recommended interval; a day is null where no source gives one. */
export interface Proposal {
  readonly kind: 'INJECTION' | 'BOOSTER';
  readonly rank: number;
  readonly earliestOn: string | null;
  readonly latestOn: string | null;
  readonly source: ScheduleSource;
}

const byProduct = new Map(VACCINES.map((vaccine) => [vaccine.mp, vaccine]));
export const findVaccine = (mp: string): Vaccine | undefined => byProduct.get(mp);

/** Everything that the sources say of a dose after those of `history`: empty when it is simply as recommended. */
export function judgeDose(person: Person, history: readonly Dose[], dose: Dose): Finding[] {
  const vaccine = findVaccine(dose.vaccine);
  if (!vaccine || dose.on < vaccine.authorisedOn) {
    return [{ kind: 'refused', code: 'VACCINE_NOT_AUTHORISED', source: 'autorisation européenne' }];
  }
  const primary = primaryDoses(history[0]?.vaccine ?? dose.vaccine);
  const beyond = primary !== null && history.length >= primary;
  const findings = [
    ...ageFindings(person, dose),
    ...(primary === null ? [warning('SCHEDULE_UNKNOWN', 'aucune source lue')] : []),
    ...(beyond ? boosterFindings(person, history, dose) : primaryFindings(person, history, dose)),
  ];
  const refusals = findings.filter(({ kind }) => kind === 'refused');
  return refusals.length > 0 ? refusals : findings;
}

/** The step after these doses, by the rules in force `on` that day; null when nothing more is due. */
export function nextDose(person: Person, history: readonly Dose[], on: string): Proposal | null {
  const [first] = history;
  const last = history.at(-1);
  const rank = history.length + 1;
  if (rank > HIGHEST_RANK) return null;
  if (!first || !last) return { kind: 'INJECTION', rank, earliestOn: null, latestOn: null, source: 'AIPD, suivi' };
  if (!isComplete(person, history)) return nextOfSeries(first, last, rank, on);
  return nextBooster(person, history, last, rank);
}

/** Whether these doses complete the primary series (DOMAIN §8.3): never told of a product whose series no source gives. */
export function isComplete(person: Person, history: readonly Dose[]): boolean {
  const [first] = history;
  if (!first) return false;
  if (infectedBefore(person, first.on)) return history.length >= DOSES_AFTER_INFECTION.doses;
  const primary = primaryDoses(first.vaccine);
  return primary !== null && history.length >= primary;
}

/**
 * The same refusals, asked beforehand for whatever the register may hold, so that the statement that records a dose judges
 * it by its own snapshot: doses of the series by first product, and by last product the latest day of the dose before.
 * A product without an entry in `doses` closes nothing; one without an entry in `notAfter` always does.
 */
export function boundsOf(birthDate: string, rank: number, on: string): DoseBounds {
  const doses: Record<string, number> = {};
  const notAfter: Record<string, string> = {};
  for (const { mp, primaryDoses: primary } of VACCINES) {
    if (primary !== null) doses[mp] = primary;
    const latest = latestDoseBefore(birthDate, rank, mp, on);
    if (latest) notAfter[mp] = latest;
  }
  return { doses, notAfter };
}
export interface DoseBounds {
  readonly doses: Readonly<Record<string, number>>;
  readonly notAfter: Readonly<Record<string, string>>;
}

/** The same question of one dossier, for whoever must say why nothing was recorded. */
export const isClosed = (
  { doses, notAfter }: DoseBounds,
  rank: number,
  { first, last, on }: { readonly first: string; readonly last: string; readonly on: string },
): boolean => (doses[first] ?? rank) < rank && on > (notAfter[last] ?? '');

/** Ranks that the register holds (art. 2, 5°; the certificate counts them in one digit). */
const HIGHEST_RANK = 9;
const NO_LIMIT = 'infinity';

function latestDoseBefore(birthDate: string, rank: number, last: string, on: string): string | undefined {
  if (on < BOOSTERS_OPEN.from) return undefined;
  const rule = boosterRule(ageOn(birthDate, on), last, rank - 1);
  if (!rule) return undefined;
  return on < BOOSTERS_BIND.from ? NO_LIMIT : addDays(on, -rule.days);
}

function primaryFindings(person: Person, history: readonly Dose[], dose: Dose): Finding[] {
  const previous = history.at(-1);
  if (!previous) return [];
  const rule = inForce(INTERVALS, previous.vaccine, dose.on);
  const days = daysSince(previous.on, dose.on);
  const [least, most] = rule?.days ?? [0, Number.POSITIVE_INFINITY];
  return [
    ...(rule && days < least ? [warning('INTERVAL_TOO_SHORT', rule.source)] : []),
    ...(rule && days > most ? [warning('INTERVAL_TOO_LONG', rule.source)] : []),
    ...(dose.vaccine === previous.vaccine ? [] : [warning('DIFFERENT_VACCINE', 'aucune source lue')]),
    ...(isComplete(person, history) ? [warning('ONE_DOSE_AFTER_INFECTION', DOSES_AFTER_INFECTION.source)] : []),
  ];
}

/** The last step closed the dossier, until a further dose is due (AIPD, suivi). */
function boosterFindings({ birthDate, infectionDate }: Person, history: readonly Dose[], dose: Dose): Finding[] {
  const last = history.at(-1) as Dose;
  if (dose.on < BOOSTERS_OPEN.from) return [refused('DOSSIER_CLOSED', BOOSTERS_OPEN.source)];
  const rule = boosterRule(ageOn(birthDate, dose.on), last.vaccine, history.length);
  if (!rule) return [refused('DOSSIER_CLOSED', BOOSTERS_BIND.source)];
  const early = daysSince(last.on, dose.on) < rule.days;
  if (early && dose.on >= BOOSTERS_BIND.from) return [refused('DOSSIER_CLOSED', rule.source)];
  const recovered =
    infectionDate === null ||
    infectionDate > dose.on ||
    daysSince(infectionDate, dose.on) >= BOOSTER_AFTER_INFECTION.days;
  return [
    ...(early ? [warning('BOOSTER_EARLY', BOOSTERS_OPEN.source)] : []),
    ...(recovered ? [] : [warning('BOOSTER_SOON_AFTER_INFECTION', BOOSTER_AFTER_INFECTION.source)]),
    ...(isFurtherBooster(history) ? [warning('FURTHER_BOOSTER', 'aucune source lue')] : []),
  ];
}

/** No source read tells the delay of a second booster: that of the first one is applied, and it is said. */
const isFurtherBooster = (history: readonly Dose[]): boolean =>
  history.length > (primaryDoses(history[0]?.vaccine ?? '') ?? Number.POSITIVE_INFINITY);

function ageFindings({ birthDate }: Person, dose: Dose): Finding[] {
  const rule = inForce(AGES, dose.vaccine, dose.on);
  return rule && ageOn(birthDate, dose.on) < rule.least ? [warning('AGE_OUTSIDE_RECOMMENDATION', rule.source)] : [];
}

function nextOfSeries(first: Dose, last: Dose, rank: number, on: string): Proposal | null {
  if (primaryDoses(first.vaccine) === null) return null;
  const rule: IntervalRule | undefined = inForce(INTERVALS, last.vaccine, on);
  return {
    kind: 'INJECTION',
    rank,
    earliestOn: rule ? addDays(last.on, rule.days[0]) : null,
    latestOn: rule ? addDays(last.on, rule.days[1]) : null,
    source: rule?.source ?? 'presse, doses',
  };
}

/** The first day on which a booster would not be refused, whatever age the person has reached by then. */
function nextBooster(person: Person, history: readonly Dose[], last: Dose, rank: number): Proposal | null {
  const ruleOn = (day: string) => boosterRule(ageOn(person.birthDate, day), last.vaccine, history.length);
  const days = BOOSTERS.map(({ days, fromAge }) =>
    laterOf(
      addDays(last.on, days),
      BOOSTERS_OPEN.from,
      recoveredOn(person.infectionDate, last.on),
      birthdayOf(person.birthDate, fromAge),
    ),
  ).filter((day) => daysSince(last.on, day) >= (ruleOn(day)?.days ?? Number.POSITIVE_INFINITY));
  const [earliestOn] = days.sort();
  const rule = earliestOn && ruleOn(earliestOn);
  return rule ? { kind: 'BOOSTER', rank, earliestOn, latestOn: null, source: rule.source } : null;
}

/** The day on which so many years are completed, as `ageOn` counts them. */
function birthdayOf(birthDate: string, years: number): string {
  const [year = 0, month = 0, day = 0] = birthDate.split('-').map(Number);
  return dayOf(new Date(Date.UTC(year + years, Math.max(month, 1) - 1, Math.max(day, 1))));
}

const recoveredOn = (infectionDate: string | null, lastOn: string): string =>
  infectionDate !== null && isDay(infectionDate) ? addDays(infectionDate, BOOSTER_AFTER_INFECTION.days) : lastOn;

const primaryDoses = (mp: string): number | null => findVaccine(mp)?.primaryDoses ?? null;

const infectedBefore = ({ infectionDate }: Person, on: string): boolean => infectionDate !== null && infectionDate < on;

/** The rule of a booster at an age, after a last dose and so many in all; undefined where there is none. */
export const boosterRule = (age: number, last: string, given: number): BoosterRule | undefined =>
  BOOSTERS.find(({ fromAge, after }) => age >= fromAge && (after === undefined || appliesAfter(after, last, given)));

/** The rule of a single-dose series is for the dose after it, and not for the one after a booster of the same product. */
const appliesAfter = (after: string, last: string, given: number): boolean =>
  after === last && given === primaryDoses(after);

/** The rule of a vaccine on a day: the latest one that had begun. */
export const inForce = <R extends { readonly vaccines: readonly string[]; readonly from: string }>(
  rules: readonly R[],
  vaccine: string,
  on: string,
): R | undefined => rules.findLast((rule) => rule.vaccines.includes(vaccine) && rule.from <= on);

const warning = (code: WarningCode, source: ScheduleSource): Finding => ({ kind: 'warning', code, source });
const refused = (code: RefusalCode, source: ScheduleSource): Finding => ({ kind: 'refused', code, source });

/** Completed years; of a birth date without month or day the earliest day counts. */
export function ageOn(birthDate: string, on: string): number {
  const years = Number(on.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return on.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

/** A date that is none (a partial one) is far away, so that no delay is invented from it. */
const daysSince = (from: string, to: string): number =>
  isDay(from) ? daysBetween(from, to) : Number.POSITIVE_INFINITY;
const laterOf = (...days: readonly string[]): string => [...days].sort().at(-1) as string;
