import type { Language } from '../../kernel/errors.js';

/** What a recording is warned of: it is recorded all the same. One sentence in each language, never a value. */
export const WARNINGS = {
  PRESCRIBER_UNVERIFIED: {
    fr: 'Le prescripteur est repris de l’ordonnance, à titre indicatif, sans vérification.',
    en: 'The prescriber was copied from the prescription: an indication, unverified.',
  },
  VACCINE_NOT_RECOMMENDED: {
    fr: 'La consultation préalable a noté ce vaccin comme non préconisable.',
    en: 'The prior consultation noted this vaccine as not recommended.',
  },
  AGE_OUTSIDE_RECOMMENDATION: {
    fr: 'Ce vaccin n’est pas recommandé à cet âge.',
    en: 'This vaccine is not recommended at this age.',
  },
  INTERVAL_TOO_SHORT: {
    fr: 'L’intervalle depuis la dose précédente est plus court que recommandé.',
    en: 'The interval since the previous dose is shorter than recommended.',
  },
  INTERVAL_TOO_LONG: {
    fr: 'L’intervalle depuis la dose précédente est plus long que recommandé.',
    en: 'The interval since the previous dose is longer than recommended.',
  },
  DIFFERENT_VACCINE: {
    fr: 'Le vaccin n’est pas celui de la dose précédente du schéma initial.',
    en: 'The vaccine is not that of the previous dose of the primary series.',
  },
  ONE_DOSE_AFTER_INFECTION: {
    fr: 'Après une infection, une seule dose suffisait.',
    en: 'After an infection, one dose was enough.',
  },
  BOOSTER_EARLY: {
    fr: 'Le rappel est plus précoce que le délai fixé ensuite.',
    en: 'The booster is earlier than the delay set later on.',
  },
  BOOSTER_SOON_AFTER_INFECTION: {
    fr: 'Le rappel suit une infection de trop près.',
    en: 'The booster follows an infection too soon.',
  },
  FURTHER_BOOSTER: {
    fr: 'Aucune règle lue pour ce rappel supplémentaire : le délai du premier est appliqué.',
    en: 'No rule was read for this further booster: the delay of the first one is applied.',
  },
  SCHEDULE_UNKNOWN: {
    fr: 'Aucun schéma lu pour ce vaccin : ni intervalle ni rappel ne sont contrôlés.',
    en: 'No schedule was read for this vaccine: neither interval nor booster is checked.',
  },
  LOT_UNKNOWN: {
    fr: 'Ce numéro de lot n’est pas parmi les lots connus de ce vaccin.',
    en: 'This lot number is not among the known lots of this vaccine.',
  },
  FINESS_KEY: {
    fr: 'La clé du numéro FINESS n’est pas celle attendue.',
    en: 'The key of the FINESS number is not the expected one.',
  },
} as const satisfies Record<string, Readonly<Record<Language, string>>>;

export type WarningCode = keyof typeof WARNINGS;

/** What the rules refuse; sentences are in the registry of errors. */
export type RefusalCode = 'VACCINE_NOT_AUTHORISED' | 'DOSSIER_CLOSED';
