/**
 * Schedules of the campaign as dated data (DOMAIN §8.3): intervals, ages, boosters. A rule is in force from its day until
 * the next one for the same vaccines; what no source says is no rule here.
 */

/** Where each rule was read, as warnings and refusals cite it. None of them is the text of law itself. */
export const SCHEDULE_SOURCES = {
  'AIPD, suivi': 'AIPD, cycle de vie, 2 : « la dernière étape clôt les saisies », vaccins non préconisables, lots',
  'autorisation européenne': 'Date d’autorisation européenne, de connaissance générale, à confirmer',
  'presse, doses': 'Nombre de doses par vaccin, et une dose après infection (presse, 2021)',
  'presse, flacons': 'Doses par flacon (presse, 2021)',
  'ministère et HAS, janvier 2021': 'Intervalle de 3 à 4 semaines (ministère), porté à 6 semaines au plus (avis de la HAS), janvier 2021',
  'consignes de l’été 2021': 'Intervalle de 21 à 49 jours, été 2021 (jour exact non trouvé : 21 juin retenu)',
  'HAS, 1er mars 2021': 'AstraZeneca : 9 à 12 semaines, à partir de 55 ans (HAS, 1er mars 2021)',
  'campagne de rappel, 1er septembre 2021': 'Ouverture du rappel le 1er septembre 2021 ; délai d’alors non trouvé',
  'règles de rappel, 15 décembre 2021': 'Délais de rappel par âge et par vaccin (TousAntiCovid, règles du 15 décembre 2021)',
  'rappel à 3 mois, 28 décembre 2021': 'Rappel 3 mois après un vaccin à deux doses, depuis le 28 décembre 2021',
  'aucune source lue': 'Le registre n’a lu aucune règle : il accepte et le dit',
  'SNDS, IR_VAC_F': 'Catégories de lieu de la documentation du SNDS',
  'FINESS, clé': 'Clé du FINESS : règle non publiée, donc simple alerte',
} as const;
export type ScheduleSource = keyof typeof SCHEDULE_SOURCES;

const MRNA = ['EU/1/20/1528', 'EU/1/20/1507'] as const;
const VAXZEVRIA = 'EU/1/21/1529';
const JCOVDEN = 'EU/1/20/1525';
const NUVAXOVID = 'EU/1/21/1618';

interface Dated {
  /** First day in force. */
  readonly from: string;
  readonly source: ScheduleSource;
}

/** Days between two doses of the primary series, both ends allowed. A recommendation: outside it, a warning. */
export interface IntervalRule extends Dated {
  readonly vaccines: readonly string[];
  readonly days: readonly [least: number, most: number];
}
export const INTERVALS: readonly IntervalRule[] = [
  { vaccines: MRNA, from: '2020-12-21', days: [21, 42], source: 'ministère et HAS, janvier 2021' },
  { vaccines: MRNA, from: '2021-06-21', days: [21, 49], source: 'consignes de l’été 2021' },
  { vaccines: [VAXZEVRIA], from: '2021-03-01', days: [63, 84], source: 'HAS, 1er mars 2021' },
];

/** Completed years from which a vaccine is recommended: below, a warning. */
export interface AgeRule extends Dated {
  readonly vaccines: readonly string[];
  readonly least: number;
}
export const AGES: readonly AgeRule[] = [{ vaccines: [VAXZEVRIA], from: '2021-03-01', least: 55, source: 'HAS, 1er mars 2021' }];

/** Doses that complete the series of a person infected before the first one. The count is a sufficiency: a further one warns. */
export const DOSES_AFTER_INFECTION = { doses: 1, source: 'presse, doses' } as const satisfies { doses: number; source: ScheduleSource };

/** First day on which a dose beyond the primary series may be recorded: before it, the last step had closed the dossier. */
export const BOOSTERS_OPEN = { from: '2021-09-01', source: 'campagne de rappel, 1er septembre 2021' } as const satisfies Dated;

/** From this day the delays below refuse; until then they warn, because the delay of the autumn of 2021 was not found. */
export const BOOSTERS_BIND = { from: '2021-12-15', source: 'règles de rappel, 15 décembre 2021' } as const satisfies Dated;

/**
 * Days that a booster follows the dose before it, by completed years at the booster: the first rule that fits. Nobody below
 * the least age has one. The app of the time put Nuvaxovid beside Jcovden: a quirk, not carried over (DOMAIN §8.3).
 */
export interface BoosterRule {
  readonly fromAge: number;
  readonly days: number;
  /** After a series of this one vaccine alone; absent: after any other dose. */
  readonly after?: string;
  readonly source: ScheduleSource;
}
export const BOOSTERS: readonly BoosterRule[] = [
  { fromAge: 12, after: JCOVDEN, days: 31, source: 'règles de rappel, 15 décembre 2021' },
  { fromAge: 18, after: NUVAXOVID, days: 92, source: 'rappel à 3 mois, 28 décembre 2021' },
  { fromAge: 18, days: 92, source: 'règles de rappel, 15 décembre 2021' },
  { fromAge: 12, days: 184, source: 'règles de rappel, 15 décembre 2021' },
];

/** Days that a booster follows an infection. */
export const BOOSTER_AFTER_INFECTION = { days: 92, source: 'règles de rappel, 15 décembre 2021' } as const satisfies {
  days: number;
  source: ScheduleSource;
};
