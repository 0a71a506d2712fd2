import { type Dimension, type Flow, type Stage, TABLES, type TableId, THRESHOLDS } from './indicators.js';
import type { Recipient } from './recipients.js';
import type { Citation } from './texts.js';

/** Who may hold a table: a recipient of the decree, or the open feed, which is everybody and shows nobody. */
export type IndicatorHolder = Recipient | 'OPEN_DATA';

type TableRule = { readonly label: string } & { readonly [H in IndicatorHolder]?: Citation };

const STEERING = 'AIPD, pilotage';
const REGION = 'AIPD, destinataires pseudonymisés, 2°';
export const REUSE = 'AIPD, finalités, 4°';

/**
 * Who may have which declared table, and by which text; whoever is absent may not. Outside the steering of the campaign
 * nobody gets two quasi-identifiers at once; an agency gets what is told by département, and of that its own region.
 */
// biome-ignore format: one table a line, one holder a column
export const TABLE_RIGHTS: { readonly [T in TableId]: TableRule } = {
  doses:                              { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées' },
  'doses-by-vaccine':                 { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par vaccin' },
  'doses-by-rank':                    { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par rang' },
  'doses-by-stage':                   { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par stade du schéma' },
  'doses-by-place':                   { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par catégorie de lieu' },
  'doses-by-vaccine-and-rank':        { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par vaccin et par rang' },
  'doses-by-vaccine-and-stage':       { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par vaccin et par stade' },
  'doses-by-department':              { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Doses injectées, par département' },
  'doses-by-department-and-vaccine':  { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Doses injectées, par département et par vaccin' },
  'doses-by-department-and-rank':     { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Doses injectées, par département et par rang' },
  'doses-by-department-and-stage':    { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Doses injectées, par département et par stade' },
  'doses-by-age':                     { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par classe d’âge' },
  'doses-by-age-and-rank':            { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par classe d’âge et par rang' },
  'doses-by-age-and-stage':           { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par classe d’âge et par stade' },
  'doses-by-sex':                     { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par sexe' },
  'doses-by-sex-and-rank':            { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses injectées, par sexe et par rang' },
  'doses-by-department-and-age':      { PILOTAGE: STEERING,                                label: 'Doses injectées, par département et par classe d’âge' },
  targeted:                           { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Personnes ciblées' },
  'targeted-by-type':                 { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Personnes ciblées, automatiquement ou manuellement' },
  'targeted-by-phase':                { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Personnes ciblées, par phase' },
  'targeted-by-department':           { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Personnes ciblées, par département' },
  'targeted-by-department-and-phase': { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Personnes ciblées, par département et par phase' },
  'targeted-by-department-and-type':  { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Personnes ciblées, par département et par type de ciblage' },
  invited:                            { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Personnes invitées' },
  'invited-by-phase':                 { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Personnes invitées, par phase' },
  'invited-by-department':            { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Personnes invitées, par département' },
  'invited-by-channel':               { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Personnes invitées, par canal' },
  eligible:                           { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Personnes éligibles' },
  'eligible-by-department':           { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Personnes éligibles, par département' },
  'eligible-by-age':                  { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Personnes éligibles, par classe d’âge' },
  stock:                              { PILOTAGE: STEERING,              OPEN_DATA: REUSE, label: 'Doses livrées, cédées, perdues, utilisées, restantes, par produit' },
  'stock-by-department':              { PILOTAGE: STEERING, ARS: REGION, OPEN_DATA: REUSE, label: 'Doses livrées, cédées, perdues, utilisées, restantes, par département' },
};

/** Why a table is refused: it crosses two quasi-identifiers, or it is none of what the text of the holder names. */
export const CROSSING: Citation = 'AIPD M1.20';

export const isTable = (text: string): text is TableId => Object.hasOwn(TABLES, text);
export const TABLE_IDS = Object.keys(TABLES) as TableId[];

export const isThreshold = (number: number): boolean => (THRESHOLDS as readonly number[]).includes(number);

/** What a number of an answer stands for. */
export const SHOWS = {
  COUNT: 'Nombre de la période',
  CUMULATIVE: 'Cumul depuis le début de la campagne',
  ROLLING_7: 'Somme des sept derniers jours',
} as const;
export type Show = keyof typeof SHOWS;

export const PERIODS = {
  DAY: 'Jour',
  WEEK: 'Semaine, du lundi au dimanche (ISO 8601)',
  MONTH: 'Mois',
  TOTAL: 'Toute la période demandée',
} as const;
export type Period = keyof typeof PERIODS;

export const MODES = {
  CONTROLLED: 'Secret statistique appliqué',
  OPEN: 'Chiffres tels que Santé publique France les publiait, sans seuil',
} as const;
export type Mode = keyof typeof MODES;

/** Most numbers of one answer, and most lines of a workbook: what lies beyond is asked for in parts. */
export const MOST_NUMBERS = 250_000;
export const MOST_WORKBOOK_LINES = 100_000;

/** Labels of stages, flows and sexes, as tables print them. */
export const VALUE_LABELS = {
  stage: {
    ...{ INITIAL: 'Schéma commencé', COMPLETE: 'Schéma complet', ADDITIONAL: 'Dose complémentaire, avant les rappels' },
    ...{ BOOSTER: 'Premier rappel', SECOND_BOOSTER: 'Deuxième rappel', LATER_BOOSTER: 'Rappel suivant' },
  },
  flow: { DELIVERED: 'Livrées', SENT: 'Cédées', BROKEN: 'Perdues', USED: 'Utilisées', REMAINING: 'Restantes' },
  sex: { F: 'Femmes', M: 'Hommes' },
  targetingType: { AUTOMATIC: 'Automatique', MANUAL: 'Manuel' },
} as const satisfies { readonly stage: Record<Stage, string>; readonly flow: Record<Flow, string> } & Partial<
  Record<Dimension, Readonly<Record<string, string>>>
>;
