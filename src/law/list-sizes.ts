import type { Citation } from './texts.js';

interface ListSize {
  /** Rows that one parent has at most, by which a document is weighed before it is read. */
  readonly most: number;
  readonly source: Citation;
  readonly because: string;
}

/** Every list beneath a row, and how many rows it may hold. A list of rows that is not here weighs as a whole page. */
export const LIST_SIZES = {
  'Patient.injectionSteps': { most: 9,  source: 'art. 2, 5°',         because: 'le rang d’une dose va de 1 à 9' },
  'Patient.invitations':    { most: 5,  source: 'art. 2, 4°',         because: 'une invitation et ses relances' },
  'Patient.attestations':   { most: 10, source: 'décret 2021-1670',   because: 'un certificat par dose, et ses remplacements' },
  'Patient.warnings':       { most: 9,  source: 'AIPD, suivi',        because: 'les alertes d’une seule étape' },
  'VaccinationSite.openings': { most: 42, source: 'AIPD, destinataires, 7°', because: 'trois périodes par jour de semaine, deux fois' },
  'Indicators.series':      { most: 1600, source: 'AIPD, pilotage',   because: 'une centaine de départements par quatorze classes d’âge' },
  'Indicators.totals':      { most: 20, source: 'AIPD, destinataires pseudonymisés, 2°', because: 'les valeurs d’une seule dimension' },
  'Query.myRights':         { most: 20, source: 'art. 3',             because: 'une case par catégorie de l’article 2, et les indicateurs' },
} as const satisfies Record<string, ListSize>;

/** Undefined when the law declares no size for this list. */
export const listSize = (list: string): number | undefined =>
  Object.hasOwn(LIST_SIZES, list) ? LIST_SIZES[list as keyof typeof LIST_SIZES].most : undefined;
