import type { Citation } from './texts.js';

/**
 * Conditions under which a row, or a category of a row, may be reached.
 * `columns` are the perimeter columns of `Patient` by which the condition is decided; a recipient under this
 * condition may read them in the database, where they tell it nothing that its perimeter does not already say.
 */
export const CONDITIONS = {
  all: { label: 'toutes les personnes', source: 'art. 3, II', columns: [] },
  none: { label: 'aucune personne', source: 'AIPD, personnes accédant au SI', columns: [] },
  care: { label: 'patient pris en charge, trouvé par son code ou son NIR et sa date de naissance', source: 'AIPD M1.47', columns: [] },
  attending: { label: 'patient ayant déclaré ce médecin traitant', source: 'art. 3, I, 2°', columns: [] },
  consent: { label: 'consentement de la personne recueilli', source: 'art. 3, I, 2°', columns: [] },
  unvaccinatedList: { label: 'liste demandée depuis moins d’un mois', source: 'art. 3, I, 2°', columns: [] },
  ownBodies: { label: 'assurés de son organisme et des organismes délégants', source: 'AIPD M1.94', columns: ['bodyKey'] },
  openRisk: { label: 'personne concernée par un risque nouveau déclaré', source: 'art. 3, I, 4°', columns: [] },
  vaccinated: { label: 'personne vaccinée', source: 'AIPD, destinataires, 5°', columns: ['vaccinated'] },
  ownRegion: { label: 'résident de la région', source: 'AIPD, destinataires pseudonymisés, 2°', columns: ['regionCode'] },
  nonObjector: { label: 'personne ne s’étant pas opposée à la recherche', source: 'AIPD, droits', columns: ['researchObjection'] },
  self: { label: 'la personne elle-même', source: 'AIPD, droits', columns: [] },
} as const satisfies Record<string, { label: string; source: Citation; columns: readonly string[] }>;

export type Condition = keyof typeof CONDITIONS;
