import type { Citation } from './texts.js';

/** How long each kind of data is kept. Durations are ISO 8601. */
export const RETENTION = {
  register:         { duration: 'P10Y', from: 'dernière consultation ou injection', source: 'AIPD, conservation' },
  sequestration:    { duration: 'P30Y', from: 'injection', source: 'AIPD, conservation' },
  unvaccinatedList: { duration: 'P1M',  from: 'demande du médecin traitant', source: 'art. 3, I, 2°' },
  traces:           { duration: 'P3Y',  from: 'inscription de la trace', source: 'AIPD M1.12' },
  targetingRejects: { duration: 'P1M', from: 'mise en réserve de la ligne ; durée choisie, aucun texte ne la fixe', source: 'AIPD M1.35' },
} as const satisfies Record<string, { duration: string; from: string; source: Citation }>;
