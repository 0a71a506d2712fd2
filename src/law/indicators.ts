/**
 * The indicators of the campaign as data (AIPD, base de pilotage; DOMAIN §7): what is counted, by what, and which tables
 * exist. A table that is not declared here is never published, whoever asks: no free filter, no ad-hoc crossing.
 */

/** What is counted. Doses are injections in force; persons are those whom the register holds. */
export const MEASURES = {
  TARGETED: 'Personnes ciblées',
  INVITED: 'Personnes invitées',
  ELIGIBLE: 'Personnes éligibles (consultation préalable enregistrée)',
  INJECTED: 'Doses injectées',
  STOCK: 'Doses livrées, cédées, perdues, utilisées, restantes',
} as const;
export type Measure = keyof typeof MEASURES;

/** What is nobody's: it is told to the unit. Every other measure counts persons, or what was done to them. */
const NOBODYS = ['STOCK'] as const satisfies readonly Measure[];
export type ProtectedMeasure = Exclude<Measure, (typeof NOBODYS)[number]>;
export const isProtected = (measure: Measure): measure is ProtectedMeasure => !NOBODYS.some((one) => one === measure);

/** By what. The day is in every table. */
export const DIMENSIONS = {
  department: 'Département de résidence',
  ageClass: 'Classe d’âge au jour de l’acte',
  sex: 'Sexe',
  vaccine: 'Vaccin',
  rank: 'Rang de la dose',
  stage: 'Schéma : initial, complet, rappels',
  placeCategory: 'Catégorie du lieu',
  phase: 'Phase du ciblage',
  targetingType: 'Ciblage automatique ou manuel',
  channel: 'Canal de l’invitation',
  product: 'Produit',
  flow: 'Mouvement',
} as const;
export type Dimension = keyof typeof DIMENSIONS;

/** What helps to single a person out; whoever is outside is never given two of them at once (DOMAIN §7). */
export const QUASI_IDENTIFIERS: readonly Dimension[] = ['department', 'ageClass', 'sex'];

/**
 * COMPLETE: the dose that completes the first series; ADDITIONAL: a dose after it before boosters opened; BOOSTER,
 * SECOND_BOOSTER, LATER_BOOSTER: the first dose after it, the second, any other (schedules.ts).
 */
export const STAGES = ['INITIAL', 'COMPLETE', 'ADDITIONAL', 'BOOSTER', 'SECOND_BOOSTER', 'LATER_BOOSTER'] as const;
export type Stage = (typeof STAGES)[number];
/** Stages of which a person has one dose at most. */
export const ONCE: readonly Stage[] = ['COMPLETE', 'BOOSTER', 'SECOND_BOOSTER'];

/** @param beyond doses more than complete the series; below 0 when it is not complete */
export function stageBeyond(beyond: number, boostersOpen: boolean): Stage {
  if (beyond < 0) return 'INITIAL';
  if (beyond > 0 && !boostersOpen) return 'ADDITIONAL';
  return ONCE[beyond] ?? 'LATER_BOOSTER';
}

/** What becomes of the vaccines of a place, in the order in which it happens. */
export const FLOWS = ['DELIVERED', 'SENT', 'BROKEN', 'USED', 'REMAINING'] as const;
export type Flow = (typeof FLOWS)[number];

export interface IndicatorTable {
  readonly measure: Measure;
  /** None, one or two dimensions beside the day. */
  readonly by: readonly [] | readonly [Dimension] | readonly [Dimension, Dimension];
}

/** The declared tables. Those that cross two quasi-identifiers are for the steering of the campaign alone. */
export const TABLES = {
  doses: { measure: 'INJECTED', by: [] },
  'doses-by-vaccine': { measure: 'INJECTED', by: ['vaccine'] },
  'doses-by-rank': { measure: 'INJECTED', by: ['rank'] },
  'doses-by-stage': { measure: 'INJECTED', by: ['stage'] },
  'doses-by-place': { measure: 'INJECTED', by: ['placeCategory'] },
  'doses-by-vaccine-and-rank': { measure: 'INJECTED', by: ['vaccine', 'rank'] },
  'doses-by-vaccine-and-stage': { measure: 'INJECTED', by: ['vaccine', 'stage'] },
  'doses-by-department': { measure: 'INJECTED', by: ['department'] },
  'doses-by-department-and-vaccine': { measure: 'INJECTED', by: ['department', 'vaccine'] },
  'doses-by-department-and-rank': { measure: 'INJECTED', by: ['department', 'rank'] },
  'doses-by-department-and-stage': { measure: 'INJECTED', by: ['department', 'stage'] },
  'doses-by-age': { measure: 'INJECTED', by: ['ageClass'] },
  'doses-by-age-and-rank': { measure: 'INJECTED', by: ['ageClass', 'rank'] },
  'doses-by-age-and-stage': { measure: 'INJECTED', by: ['ageClass', 'stage'] },
  'doses-by-sex': { measure: 'INJECTED', by: ['sex'] },
  'doses-by-sex-and-rank': { measure: 'INJECTED', by: ['sex', 'rank'] },
  'doses-by-department-and-age': { measure: 'INJECTED', by: ['department', 'ageClass'] },
  targeted: { measure: 'TARGETED', by: [] },
  'targeted-by-type': { measure: 'TARGETED', by: ['targetingType'] },
  'targeted-by-phase': { measure: 'TARGETED', by: ['phase'] },
  'targeted-by-department': { measure: 'TARGETED', by: ['department'] },
  'targeted-by-department-and-phase': { measure: 'TARGETED', by: ['department', 'phase'] },
  'targeted-by-department-and-type': { measure: 'TARGETED', by: ['department', 'targetingType'] },
  invited: { measure: 'INVITED', by: [] },
  'invited-by-phase': { measure: 'INVITED', by: ['phase'] },
  'invited-by-department': { measure: 'INVITED', by: ['department'] },
  'invited-by-channel': { measure: 'INVITED', by: ['channel'] },
  eligible: { measure: 'ELIGIBLE', by: [] },
  'eligible-by-department': { measure: 'ELIGIBLE', by: ['department'] },
  'eligible-by-age': { measure: 'ELIGIBLE', by: ['ageClass'] },
  stock: { measure: 'STOCK', by: ['flow', 'product'] },
  'stock-by-department': { measure: 'STOCK', by: ['department', 'flow'] },
} as const satisfies Record<string, IndicatorTable>;
export type TableId = keyof typeof TABLES;

/** Upper age of each class in completed years; the last one is open. The classes that Santé publique France published by. */
export const AGE_CLASSES = [
  { code: '04', label: '0 à 4 ans', upTo: 4 },
  { code: '09', label: '5 à 9 ans', upTo: 9 },
  { code: '11', label: '10 à 11 ans', upTo: 11 },
  { code: '17', label: '12 à 17 ans', upTo: 17 },
  { code: '24', label: '18 à 24 ans', upTo: 24 },
  { code: '29', label: '25 à 29 ans', upTo: 29 },
  { code: '39', label: '30 à 39 ans', upTo: 39 },
  { code: '49', label: '40 à 49 ans', upTo: 49 },
  { code: '59', label: '50 à 59 ans', upTo: 59 },
  { code: '64', label: '60 à 64 ans', upTo: 64 },
  { code: '69', label: '65 à 69 ans', upTo: 69 },
  { code: '74', label: '70 à 74 ans', upTo: 74 },
  { code: '79', label: '75 à 79 ans', upTo: 79 },
  { code: '80', label: '80 ans et plus', upTo: Number.POSITIVE_INFINITY },
] as const;

/** Persons below whom a count is withheld (DOMAIN §7: 11, as the CASD); configurable among these. */
export const THRESHOLDS = [5, 10, 11] as const;
export const THRESHOLD_DEFAULT = 11;

/** Share of one contributing place above which the count of a cell is withheld (DOMAIN §7, from general knowledge: 85 %). */
export const DOMINANCE = 0.85;
/** The table whose cells are made by places. */
export const DOMINATED_TABLE: TableId = 'doses-by-place';
