import { CATEGORIES, CATEGORY_IDS, type Category } from '../law/categories.js';
import { CONDITIONS } from '../law/conditions.js';
import { categoryOf, FIELD_IDS } from '../law/fields.js';
import { MATRIX } from '../law/matrix.js';
import { type Recipient, recipientRule } from '../law/recipients.js';
import { fieldRight } from './decide.js';

export interface ExplainedRight {
  readonly category: Category;
  readonly label: string;
  readonly grant: string;
  readonly fields: string[];
  readonly condition: string | null;
  readonly article: string;
}

/** The recipient's row of the matrix in words: every category, what is granted of it, when, and by which text. */
export function explainRights(recipient: Recipient): ExplainedRight[] {
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

/** The fields of one category that a recipient may read, in the order of the law. */
export const fieldsGranted = (recipient: Recipient, category: Category): string[] =>
  FIELD_IDS.filter(
    (id) => categoryOf(id) === category && fieldRight(recipient, ...(id.split('.') as [string, string])).granted,
  );
