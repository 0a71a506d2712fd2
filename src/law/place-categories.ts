/**
 * The 13 place categories of the production system (SNDS documentation, `ETB_VAC_CAT`, DOMAIN §8.1). `aipd` tells whether
 * the AIPD's own list of nine has it.
 */
export const PLACE_CATEGORIES_SOURCE = 'SNDS, IR_VAC_F, ETB_VAC_CAT (Cnam, juin 2021)';

export const PLACE_CATEGORIES = {
  1:  { label: 'EHPAD',                                       aipd: true },
  2:  { label: 'USLD',                                        aipd: true },
  3:  { label: 'Résidence autonomie',                         aipd: true },
  4:  { label: 'Résidence service senior',                    aipd: true },
  5:  { label: 'Autre établissement médico-social',           aipd: true },
  6:  { label: 'Établissement de santé',                      aipd: true },
  7:  { label: 'Cabinet, officine ou structure d’exercice',   aipd: true },
  8:  { label: 'Domicile du patient',                         aipd: true },
  9:  { label: 'Foyer migrant',                               aipd: false },
  10: { label: 'Autre',                                       aipd: true },
  11: { label: 'Centre de vaccination',                       aipd: false },
  12: { label: 'MAS / FAM',                                   aipd: false },
  13: { label: 'Service de santé au travail',                 aipd: false },
} as const satisfies Record<number, { label: string; aipd: boolean }>;

export const PLACE_CATEGORY_CODES: readonly number[] = Object.keys(PLACE_CATEGORIES).map(Number);

/** Undefined for a code that is none of the 13. */
export const placeCategoryLabel = (code: number): string | undefined =>
  (PLACE_CATEGORIES as Readonly<Record<number, { label: string }>>)[code]?.label;
