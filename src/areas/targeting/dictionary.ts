import { CATEGORIES, type Category } from '../../law/categories.js';
import { categoryOf, isTransform } from '../../law/fields.js';
import { COLUMNS, type TargetingColumn } from './targeting-file.js';

/** One column of the targeting file: what it fills, and by which text it may be there at all. */
export interface DictionaryEntry {
  readonly column: TargetingColumn;
  readonly compulsory: boolean;
  /** The field of the register, whose category and article are the law's. */
  readonly field: `Patient.${TargetingColumn}`;
  readonly category: Category;
  /** A generalisation of its category, and not a datum of it. */
  readonly generalised: boolean;
  readonly article: string;
  readonly content: string;
}

const CONTENTS: Readonly<Record<TargetingColumn, string>> = {
  nir: '15 caractères, clé vérifiée (Corse : `2A`, `2B`)',
  birthDate: '`AAAA-MM-JJ` ; `00` pour un mois ou un jour inconnu ; date lunaire admise',
  birthName: 'nom de naissance, 80 caractères au plus',
  usageName: 'nom d’usage',
  firstNames: 'prénoms séparés par `/`',
  sex: '`F` ou `M`',
  birthPlace: 'code ou nom du lieu de naissance, 80 caractères au plus',
  schemeCode: 'régime, deux chiffres',
  bodyCode: 'organisme, trois caractères',
  department: 'code du département de résidence',
  postalAddress: 'adresse, 240 caractères au plus',
  phone: 'téléphone, `0` et neuf chiffres, ou `+` et l’indicatif',
  email: 'courriel',
  legalRepresentative: 'représentant légal, 160 caractères au plus',
  medicalCriteriaCodes: 'codes séparés par `,` : une à quatre majuscules, puis un à six chiffres',
  nonMedicalCriteriaCodes: 'codes séparés par `,`, de la même forme',
};

const OPTIONAL: readonly TargetingColumn[] = [
  ...(['usageName', 'birthPlace', 'postalAddress', 'phone', 'email', 'legalRepresentative'] as const),
  ...(['medicalCriteriaCodes', 'nonMedicalCriteriaCodes'] as const),
];

/** @throws when a column fills a field that the law does not know: such a file could not be taken in */
export const DICTIONARY: readonly DictionaryEntry[] = COLUMNS.map((column) => {
  const field = `Patient.${column}` as const;
  const category = categoryOf(field);
  if (!category) throw new Error(`${field} belongs to no category of article 2`);
  return {
    ...{ column, field, category },
    compulsory: !OPTIONAL.includes(column),
    generalised: isTransform(field),
    article: CATEGORIES[category].source,
    content: CONTENTS[column],
  };
});

/** The dictionary as the page for those who make files shows it. */
export const dictionaryTable = (): string =>
  [
    '| colonne | contenu | obligatoire | champ | catégorie | texte |',
    '|---|---|:-:|---|---|---|',
    ...DICTIONARY.map(
      ({ column, content, compulsory, field, category, generalised, article }) =>
        `| \`${column}\` | ${content} | ${compulsory ? 'oui' : 'non'} | \`${field}\` | ${category} ${CATEGORIES[category].label}${generalised ? ', généralisé' : ''} | ${article} |`,
    ),
  ].join('\n');
