/** Categories of personal data: article 2 of decree 2020-1690, in its own order; the certificate was added in 2021. */
export const CATEGORIES = {
  '1°': { label: 'Identification de la personne', source: 'art. 2, 1°' },
  '2°': { label: 'Régime et organisme d’affiliation', source: 'art. 2, 2°' },
  '3°': { label: 'Coordonnées de la personne et de son représentant légal', source: 'art. 2, 3°' },
  '4°': { label: 'Références des bons de vaccination', source: 'art. 2, 4°' },
  '5°': { label: 'Réalisation de la vaccination', source: 'art. 2, 5°' },
  '6°a': { label: 'Critères médicaux d’éligibilité et traitements suivis', source: 'art. 2, 6°, a' },
  '6°b': { label: 'Recherche de contre-indications', source: 'art. 2, 6°, b' },
  '6°c': { label: 'Effets indésirables', source: 'art. 2, 6°, c' },
  '6°d': { label: 'Date d’une infection', source: 'art. 2, 6°, d' },
  '7°': { label: 'Critères d’éligibilité non médicaux', source: 'art. 2, 7°' },
  '8°': { label: 'Coordonnées et structure des professionnels', source: 'art. 2, 8°' },
  certificat: { label: 'Certificat de vaccination', source: 'décret 2021-1670' },
} as const;

export type Category = keyof typeof CATEGORIES;
export const CATEGORY_IDS = Object.keys(CATEGORIES) as Category[];
