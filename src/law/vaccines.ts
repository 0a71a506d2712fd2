import type { ScheduleSource } from './schedules.js';

/** A vial as it is delivered (DOMAIN §8.2). CIP13 codes were not found: none is given. */
export interface Presentation {
  readonly dosesPerVial: number;
  readonly millilitresPerDose: number;
  readonly source: ScheduleSource;
}

export interface Vaccine {
  /** Central marketing authorisation: what a recording and a certificate name. */
  readonly mp: string;
  readonly name: string;
  /** First day on which an injection may be recorded: the EU authorisation, from general knowledge, to be confirmed. */
  readonly authorisedOn: string;
  /** Doses of the primary series; null where no source was read: no rule then rests on it. */
  readonly primaryDoses: 1 | 2 | null;
  readonly presentations: readonly Presentation[];
}

const vial = (dosesPerVial: number, millilitresPerDose: number): readonly Presentation[] => [
  { dosesPerVial, millilitresPerDose, source: 'presse, flacons' },
];

/** The vaccines that may be recorded: those of the certificate's value sets (a test compares both lists). */
export const VACCINES: readonly Vaccine[] = [
  { mp: 'EU/1/20/1528', name: 'Comirnaty',       authorisedOn: '2020-12-21', primaryDoses: 2,    presentations: vial(6, 0.3) },
  { mp: 'EU/1/20/1507', name: 'Spikevax',        authorisedOn: '2021-01-06', primaryDoses: 2,    presentations: vial(10, 0.5) },
  { mp: 'EU/1/21/1529', name: 'Vaxzevria',       authorisedOn: '2021-01-29', primaryDoses: 2,    presentations: vial(8, 0.5) },
  { mp: 'EU/1/20/1525', name: 'Jcovden',         authorisedOn: '2021-03-11', primaryDoses: 1,    presentations: vial(5, 0.5) },
  { mp: 'EU/1/21/1618', name: 'Nuvaxovid',       authorisedOn: '2021-12-20', primaryDoses: 2,    presentations: [] },
  { mp: 'EU/1/21/1624', name: 'Valneva',         authorisedOn: '2022-06-24', primaryDoses: null, presentations: [] },
  { mp: 'EU/1/21/1580', name: 'VidPrevtyn Beta', authorisedOn: '2022-11-10', primaryDoses: null, presentations: [] },
  { mp: 'EU/1/22/1709', name: 'Bimervax',        authorisedOn: '2023-03-30', primaryDoses: null, presentations: [] },
];

/** Routes and sites of an injection (AIPD, suivi): code and how the summary prints it. */
export const ROUTES: Readonly<Record<string, string>> = { INJECTABLE: 'injectable' };
export const SITES: Readonly<Record<string, string>> = { LEFT_ARM: 'bras gauche', RIGHT_ARM: 'bras droit' };
