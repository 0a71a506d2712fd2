import { CATEGORIES, CATEGORY_IDS, type Category } from '../law/categories.js';
import { CONDITIONS } from '../law/conditions.js';
import { categoryOf, FIELD_IDS } from '../law/fields.js';
import { MATRIX } from '../law/matrix.js';
import { type Recipient, recipientRule } from '../law/recipients.js';
import { fieldRight } from './decide.js';
import { grantedTables } from './indicator-right.js';

export interface ExplainedRight {
  readonly category: Category | 'indicateurs';
  readonly label: string;
  readonly grant: string;
  readonly fields: string[];
  readonly condition: string | null;
  readonly article: string;
}

/** The recipient's row of the matrix in words: every category, what is granted of it, when, and by which text; then indicators. */
export function explainRights(recipient: Recipient): ExplainedRight[] {
  return [...explainCategories(recipient), ...explainIndicators(recipient)];
}

function explainCategories(recipient: Recipient): ExplainedRight[] {
  const rows = CONDITIONS[recipientRule(recipient).rows];
  return CATEGORY_IDS.map((category) => {
    const cell = MATRIX[recipient][category];
    const fields = fieldsGranted(recipient, category);
    return {
      category,
      label: CATEGORIES[category].label,
      grant: cell.grant,
      fields,
      condition: fields.length === 0 ? null : cell.grant === 'readIf' ? CONDITIONS[cell.condition].label : rows.label,
      article: cell.source,
    };
  });
}

/** The tables of indicators, which no category of article 2 holds: for whoever has some. */
function explainIndicators(recipient: Recipient): ExplainedRight[] {
  const tables = grantedTables(recipient);
  const [first] = tables;
  if (!first) return [];
  const region = recipientRule(recipient).rows === 'ownRegion' ? CONDITIONS.ownRegion.label : null;
  return [
    {
      category: 'indicateurs',
      label: 'Indicateurs de la campagne, secret statistique appliqué',
      grant: 'read',
      fields: tables.map(({ table }) => table),
      condition: region,
      article: first.article,
    },
  ];
}

/** The fields of one category that a recipient may read, in the order of the law. */
export const fieldsGranted = (recipient: Recipient, category: Category): string[] =>
  FIELD_IDS.filter(
    (id) => categoryOf(id) === category && fieldRight(recipient, ...(id.split('.') as [string, string])).granted,
  );
