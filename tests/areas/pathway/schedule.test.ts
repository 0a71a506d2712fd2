import {
  ageOn,
  boundsOf,
  type Dose,
  isClosed,
  isComplete,
  judgeDose,
  nextDose,
  type Person,
} from '../../../src/areas/injection/schedule.js';
import { WARNINGS } from '../../../src/areas/injection/warnings.js';
import { PRODUCTS } from '../../../src/formats/dcc/value-sets.js';
import { addDays } from '../../../src/kernel/days.js';
import { PLACE_CATEGORIES } from '../../../src/law/place-categories.js';
import { AGES, BOOSTERS, INTERVALS, SCHEDULE_SOURCES } from '../../../src/law/schedules.js';
import { VACCINES } from '../../../src/law/vaccines.js';

const [PFIZER, MODERNA, ASTRA, JANSSEN, NOVAVAX, VALNEVA] = [
  'EU/1/20/1528',
  'EU/1/20/1507',
  'EU/1/21/1529',
  'EU/1/20/1525',
  'EU/1/21/1618',
  'EU/1/21/1624',
] as const;
const ADULT: Person = { birthDate: '1960-05-05', infectionDate: null };
const dose = (vaccine: string, on: string): Dose => ({ vaccine, on });
const codes = (person: Person, history: readonly Dose[], next: Dose) =>
  judgeDose(person, history, next).map(({ kind, code, source }) => `${kind} ${code} · ${source}`);

/** What is given, one more dose, and what the sources say of it: one line a rule of DOMAIN §8.3. */
// biome-ignore format: one case a line
const RULES: readonly [says: string, person: Person, history: Dose[], next: Dose, found: string[]][] = [
  ['mRNA, 21 days, spring 2021: allowed', ADULT, [dose(PFIZER, '2021-03-02')], dose(PFIZER, '2021-03-23'), []],
  ['mRNA, 20 days: too short', ADULT, [dose(PFIZER, '2021-03-02')], dose(PFIZER, '2021-03-22'), ['warning INTERVAL_TOO_SHORT · ministère et HAS, janvier 2021']],
  ['mRNA, 42 days, spring 2021: allowed', ADULT, [dose(MODERNA, '2021-03-02')], dose(MODERNA, '2021-04-13'), []],
  ['mRNA, 43 days, spring 2021: too long', ADULT, [dose(MODERNA, '2021-03-02')], dose(MODERNA, '2021-04-14'), ['warning INTERVAL_TOO_LONG · ministère et HAS, janvier 2021']],
  ['mRNA, 49 days, summer 2021: allowed', ADULT, [dose(PFIZER, '2021-06-01')], dose(PFIZER, '2021-07-20'), []],
  ['mRNA, 50 days, summer 2021: too long', ADULT, [dose(PFIZER, '2021-06-01')], dose(PFIZER, '2021-07-21'), ['warning INTERVAL_TOO_LONG · consignes de l’été 2021']],
  ['mRNA, 20 days, summer 2021: too short', ADULT, [dose(PFIZER, '2021-07-01')], dose(PFIZER, '2021-07-21'), ['warning INTERVAL_TOO_SHORT · consignes de l’été 2021']],
  ['AstraZeneca, 9 weeks: allowed', ADULT, [dose(ASTRA, '2021-03-02')], dose(ASTRA, '2021-05-04'), []],
  ['AstraZeneca, a day less: too short', ADULT, [dose(ASTRA, '2021-03-02')], dose(ASTRA, '2021-05-03'), ['warning INTERVAL_TOO_SHORT · HAS, 1er mars 2021']],
  ['AstraZeneca, 12 weeks: allowed', ADULT, [dose(ASTRA, '2021-03-02')], dose(ASTRA, '2021-05-25'), []],
  ['AstraZeneca, a day more: too long', ADULT, [dose(ASTRA, '2021-03-02')], dose(ASTRA, '2021-05-26'), ['warning INTERVAL_TOO_LONG · HAS, 1er mars 2021']],
  ['AstraZeneca at 55: allowed', { ...ADULT, birthDate: '1966-03-02' }, [], dose(ASTRA, '2021-03-02'), []],
  ['AstraZeneca the day before 55: outside the recommendation', { ...ADULT, birthDate: '1966-03-03' }, [], dose(ASTRA, '2021-03-02'), ['warning AGE_OUTSIDE_RECOMMENDATION · HAS, 1er mars 2021']],
  ['AstraZeneca at 40 before the recommendation: allowed', { ...ADULT, birthDate: '1980-01-01' }, [], dose(ASTRA, '2021-02-15'), []],
  ['another product in the series: said', ADULT, [dose(ASTRA, '2021-03-02')], dose(PFIZER, '2021-05-10'), ['warning DIFFERENT_VACCINE · aucune source lue']],
  ['a series of no source: said', ADULT, [], dose(VALNEVA, '2022-07-01'), ['warning SCHEDULE_UNKNOWN · aucune source lue']],
  ['a fourth dose of a series of no source: said, never closed', ADULT, [1, 2, 3].map((n) => dose(VALNEVA, `2022-0${6 + n}-01`)), dose(VALNEVA, '2022-10-01'), ['warning SCHEDULE_UNKNOWN · aucune source lue']],
  ['Novavax: two doses, no interval read', ADULT, [dose(NOVAVAX, '2022-03-01')], dose(NOVAVAX, '2022-03-08'), []],
  ['one dose was enough after an infection', { ...ADULT, infectionDate: '2020-11-02' }, [dose(PFIZER, '2021-03-02')], dose(PFIZER, '2021-03-30'), ['warning ONE_DOSE_AFTER_INFECTION · presse, doses']],
  ['an infection after the first dose spares none', { ...ADULT, infectionDate: '2021-03-10' }, [dose(PFIZER, '2021-03-02')], dose(PFIZER, '2021-03-30'), []],
  ['before its authorisation: refused', ADULT, [], dose(MODERNA, '2021-01-05'), ['refused VACCINE_NOT_AUTHORISED · autorisation européenne']],
  ['on the day of its authorisation: allowed', ADULT, [], dose(MODERNA, '2021-01-06'), []],
  ['an unknown product: refused', ADULT, [], dose('EU/1/99/9999', '2021-05-05'), ['refused VACCINE_NOT_AUTHORISED · autorisation européenne']],
  ['a third dose before boosters opened: closed', ADULT, [dose(PFIZER, '2021-01-10'), dose(PFIZER, '2021-02-10')], dose(PFIZER, '2021-08-31'), ['refused DOSSIER_CLOSED · campagne de rappel, 1er septembre 2021']],
  ['a third dose the day boosters opened: allowed', ADULT, [dose(PFIZER, '2021-01-10'), dose(PFIZER, '2021-02-10')], dose(PFIZER, '2021-09-01'), []],
  ['a booster of the autumn, early by the later delay: said', ADULT, [dose(PFIZER, '2021-07-01'), dose(PFIZER, '2021-08-01')], dose(PFIZER, '2021-09-15'), ['warning BOOSTER_EARLY · campagne de rappel, 1er septembre 2021']],
  ['a booster 91 days after, from 15 December: closed', ADULT, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-15')], dose(PFIZER, '2021-12-15'), ['refused DOSSIER_CLOSED · règles de rappel, 15 décembre 2021']],
  ['a booster 92 days after: allowed', ADULT, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-15')], dose(MODERNA, '2021-12-16'), []],
  ['AstraZeneca, booster 92 days after: allowed', ADULT, [dose(ASTRA, '2021-06-01'), dose(ASTRA, '2021-09-15')], dose(PFIZER, '2021-12-16'), []],
  ['Novavax, booster 91 days after: closed by its own rule', ADULT, [dose(NOVAVAX, '2022-01-10'), dose(NOVAVAX, '2022-02-01')], dose(PFIZER, '2022-05-03'), ['refused DOSSIER_CLOSED · rappel à 3 mois, 28 décembre 2021']],
  ['Novavax is no Janssen: 31 days do not do', ADULT, [dose(NOVAVAX, '2022-01-10'), dose(NOVAVAX, '2022-02-01')], dose(PFIZER, '2022-03-10'), ['refused DOSSIER_CLOSED · rappel à 3 mois, 28 décembre 2021']],
  ['Janssen, booster 30 days after: closed', ADULT, [dose(JANSSEN, '2021-12-01')], dose(PFIZER, '2021-12-31'), ['refused DOSSIER_CLOSED · règles de rappel, 15 décembre 2021']],
  ['Janssen, booster 31 days after: allowed', ADULT, [dose(JANSSEN, '2021-12-01')], dose(PFIZER, '2022-01-01'), []],
  ['Janssen at 12, booster 31 days after: allowed', { ...ADULT, birthDate: '2009-06-01' }, [dose(JANSSEN, '2021-12-01')], dose(PFIZER, '2022-01-01'), []],
  ['at 17, booster 183 days after: closed', { ...ADULT, birthDate: '2004-07-01' }, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-01')], dose(PFIZER, '2022-03-03'), ['refused DOSSIER_CLOSED · règles de rappel, 15 décembre 2021']],
  ['at 17, booster 184 days after: allowed', { ...ADULT, birthDate: '2004-07-01' }, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-01')], dose(PFIZER, '2022-03-04'), []],
  ['at 11, no booster: closed', { ...ADULT, birthDate: '2010-07-01' }, [dose(PFIZER, '2021-12-22'), dose(PFIZER, '2022-01-20')], dose(PFIZER, '2022-06-30'), ['refused DOSSIER_CLOSED · règles de rappel, 15 décembre 2021']],
  ['a booster 91 days after an infection: said', { ...ADULT, infectionDate: '2022-01-01' }, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-15')], dose(PFIZER, '2022-04-02'), ['warning BOOSTER_SOON_AFTER_INFECTION · règles de rappel, 15 décembre 2021']],
  ['a booster 92 days after an infection: allowed', { ...ADULT, infectionDate: '2022-01-01' }, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-15')], dose(PFIZER, '2022-04-03'), []],
  ['a second booster: the first one’s delay, and said', ADULT, [dose(PFIZER, '2021-03-02'), dose(PFIZER, '2021-04-02'), dose(PFIZER, '2021-12-20')], dose(PFIZER, '2022-03-22'), ['warning FURTHER_BOOSTER · aucune source lue']],
  ['after a Janssen booster, 31 days are no longer enough', ADULT, [dose(JANSSEN, '2021-06-01'), dose(JANSSEN, '2022-01-01')], dose(PFIZER, '2022-02-10'), ['refused DOSSIER_CLOSED · règles de rappel, 15 décembre 2021']],
];

describe('DOMAIN §8.3 · one more dose', () => {
  it.each(RULES)('%s', (_, person, history, next, found) => {
    expect(codes(person, history, next)).toEqual(found);
  });

  it.each(RULES)('and the statement’s bounds refuse the same: %s', (_, person, history, next, found) => {
    const [first, last] = [history[0], history.at(-1)];
    if (!first || !last || found.some((one) => one.includes('AUTHORISED'))) return;
    const bounds = boundsOf(person.birthDate, history.length + 1, next.on);
    const closed = isClosed(bounds, history.length + 1, { first: first.vaccine, last: last.vaccine, on: last.on });
    expect(closed).toBe(found.some((one) => one.startsWith('refused DOSSIER_CLOSED')));
  });

  it('says something of every code and source that it may use', () => {
    const found = RULES.flatMap(([, , , , all]) => all);
    const ofThePlace = ['PRESCRIBER_UNVERIFIED', 'VACCINE_NOT_RECOMMENDED', 'LOT_UNKNOWN', 'FINESS_KEY'];
    const untried = Object.keys(WARNINGS).filter(
      (code) => !ofThePlace.includes(code) && !found.some((one) => one.startsWith(`warning ${code} ·`)),
    );
    expect(untried).toEqual([]);
  });
});

describe('the step that is proposed', () => {
  // biome-ignore format: one case a line
  const PROPOSALS: readonly [says: string, person: Person, history: Dose[], on: string, proposed: unknown][] = [
    ['a first dose', ADULT, [], '2021-05-01', ['INJECTION', 1, null, null]],
    ['the second mRNA dose, spring 2021', ADULT, [dose(PFIZER, '2021-03-02')], '2021-03-02', ['INJECTION', 2, '2021-03-23', '2021-04-13']],
    ['the second mRNA dose, summer 2021', ADULT, [dose(PFIZER, '2021-07-01')], '2021-07-01', ['INJECTION', 2, '2021-07-22', '2021-08-19']],
    ['the second AstraZeneca dose', ADULT, [dose(ASTRA, '2021-03-02')], '2021-03-02', ['INJECTION', 2, '2021-05-04', '2021-05-25']],
    ['the second Novavax dose, without a day', ADULT, [dose(NOVAVAX, '2022-03-01')], '2022-03-01', ['INJECTION', 2, null, null]],
    ['nothing where no series was read', ADULT, [dose(VALNEVA, '2022-07-01')], '2022-07-01', null],
    ['a booster at 92 days', ADULT, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-15')], '2022-01-01', ['BOOSTER', 3, '2021-12-16', null]],
    ['no booster before they opened', ADULT, [dose(PFIZER, '2021-01-01'), dose(PFIZER, '2021-02-01')], '2021-03-01', ['BOOSTER', 3, '2021-09-01', null]],
    ['a booster 31 days after Janssen', ADULT, [dose(JANSSEN, '2021-12-01')], '2022-01-01', ['BOOSTER', 2, '2022-01-01', null]],
    ['a booster after one dose and an infection', { ...ADULT, infectionDate: '2021-10-01' }, [dose(PFIZER, '2021-11-15')], '2022-01-01', ['BOOSTER', 2, '2022-02-15', null]],
    ['a booster 92 days after a later infection', { ...ADULT, infectionDate: '2022-01-10' }, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-15')], '2022-01-20', ['BOOSTER', 3, '2022-04-12', null]],
    ['at 16, a booster at 184 days', { ...ADULT, birthDate: '2005-06-01' }, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-01')], '2022-01-01', ['BOOSTER', 3, '2022-03-04', null]],
    ['whoever turns 18 meanwhile, on that day', { ...ADULT, birthDate: '2004-01-20' }, [dose(PFIZER, '2021-08-01'), dose(PFIZER, '2021-09-01')], '2022-01-01', ['BOOSTER', 3, '2022-01-20', null]],
    ['nothing beyond the ninth', ADULT, Array.from({ length: 9 }, (_, n) => dose(PFIZER, `2022-0${1 + n}-01`)), '2023-01-01', null],
  ];
  it.each(PROPOSALS)('%s', (_, person, history, on, proposed) => {
    const next = nextDose(person, history, on);
    expect(next && [next.kind, next.rank, next.earliestOn, next.latestOn]).toEqual(proposed);
    if (next) expect(Object.keys(SCHEDULE_SOURCES)).toContain(next.source);
  });

  it('is never refused on its first day, and a booster is on the day before', () => {
    for (const [, person, history, on] of PROPOSALS) {
      const next = nextDose(person, history, on);
      const last = history.at(-1);
      if (!next?.earliestOn || !last) continue;
      const judged = (day: string) => codes(person, history, dose(last.vaccine, day));
      expect(judged(next.earliestOn).filter((one) => one.startsWith('refused'))).toEqual([]);
      const recovering = person.infectionDate !== null && person.infectionDate > last.on;
      if (next.kind === 'BOOSTER' && isComplete({ ...person, infectionDate: null }, history) && !recovering) {
        expect(judged(addDays(next.earliestOn, -1)).map((one) => one.split(' ')[1])).toContain('DOSSIER_CLOSED');
      }
    }
  });
});

describe('the reference data', () => {
  it('know the vaccines of the certificate, by the same numbers and days', () => {
    const ours = VACCINES.map(({ mp, name, authorisedOn }) => [mp, name, authorisedOn]);
    expect(ours).toEqual(PRODUCTS.map(({ mp, name, authorised }) => [mp, name, authorised]));
  });
  it('have the thirteen place categories of production, eight of the AIPD’s list among the first ten and « Autre »', () => {
    expect(Object.keys(PLACE_CATEGORIES).map(Number)).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
    const missing = Object.entries(PLACE_CATEGORIES).filter(([, { aipd }]) => !aipd);
    expect(missing.map(([code]) => Number(code))).toEqual([9, 11, 12, 13]);
  });
  it('name a source that is described, and dates that exist', () => {
    for (const { source } of [...INTERVALS, ...AGES, ...BOOSTERS]) expect(SCHEDULE_SOURCES[source]).toMatch(/\S{3}/);
    for (const { from } of [...INTERVALS, ...AGES]) expect(addDays(from, 0)).toBe(from);
  });
  it('count years as the civil status does, a partial birth date from its first day', () => {
    expect(ageOn('1966-03-02', '2021-03-01')).toBe(54);
    expect(ageOn('1966-03-02', '2021-03-02')).toBe(55);
    expect(ageOn('1966-00-00', '2021-01-01')).toBe(55);
    expect(ageOn('1966-02-30', '2021-03-01')).toBe(55);
  });
});
