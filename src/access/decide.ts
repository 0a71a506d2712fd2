import { CATEGORIES, type Category } from '../law/categories.js';
import type { Condition } from '../law/conditions.js';
import { categoryOf, FIELD_IDS, isPersonal, isTransform, linkTarget, type PersonalType } from '../law/fields.js';
import { MATRIX } from '../law/matrix.js';
import { isOperation, OPERATION_IDS, operationRule } from '../law/operations.js';
import { RECIPIENTS, type Recipient } from '../law/recipients.js';
import type { Citation } from '../law/texts.js';

/** The answer of the law to one question. `condition` is set when the right holds row by row only. */
export type Right =
  | { readonly granted: true; readonly article: Citation; readonly category?: Category; readonly condition?: Condition }
  | { readonly granted: false; readonly article: Citation; readonly category?: Category };

const REFUSED: Right = { granted: false, article: 'art. 3' };
/** The mode is reserved to consultation; recording stays with the direct proofs. */
const CONSULTATION: Right = { granted: false, article: 'convention AIR, art. 3' };

/** May this recipient read this field? What the law does not name is refused (art. 3: only the recipients listed). */
export function fieldRight(recipient: Recipient, type: string, field: string): Right {
  if (!isPersonal(type)) return { granted: true, article: RECIPIENTS[recipient].source };
  const target = linkTarget(type, field);
  return target ? linkRight(recipient, target) : cellRight(recipient, `${type}.${field}`);
}

/** May this recipient call this root field? A proof that allows to consult and nothing else opens no mutation. */
export function operationRight(recipient: Recipient, operation: string, consultationOnly = false): Right {
  if (!isOperation(operation)) return REFUSED;
  const { kind, to } = operationRule(operation);
  const article = to[recipient];
  if (!article) return REFUSED;
  return consultationOnly && kind === 'mutation' ? CONSULTATION : { granted: true, article };
}

/** Whether a proof that allows to consult only takes something from this recipient. */
export const isNarrowedByConsultation = (recipient: Recipient): boolean =>
  OPERATION_IDS.some(
    (operation) => operationRight(recipient, operation).granted && !operationRight(recipient, operation, true).granted,
  );

/** The fields of a personal type that a recipient may read, with their conditions. */
export function grantedFields(
  recipient: Recipient,
  type: string,
): { field: string; right: Right & { granted: true } }[] {
  return FIELD_IDS.filter((id) => id.startsWith(`${type}.`))
    .map((id) => ({ field: id.slice(type.length + 1), right: cellRight(recipient, id) }))
    .filter((entry): entry is { field: string; right: Right & { granted: true } } => entry.right.granted);
}

/** The categories that the fields of a personal type belong to: what a recording of it concerns. */
export const categoriesOf = (type: PersonalType): Category[] => [
  ...new Set(FIELD_IDS.filter((id) => id.startsWith(`${type}.`)).flatMap((id) => categoryOf(id) ?? [])),
];

function cellRight(recipient: Recipient, id: string): Right {
  const category = categoryOf(id);
  if (!category) return REFUSED;
  const cell = MATRIX[recipient][category];
  const article = cell.source;
  switch (cell.grant) {
    case 'read':
      return isTransform(id) ? { granted: false, article, category } : { granted: true, article, category };
    case 'readIf':
      return isTransform(id)
        ? { granted: false, article, category }
        : { granted: true, article, category, condition: cell.condition };
    case 'transform':
      return { granted: (cell.fields as readonly string[]).includes(id), article, category };
    case 'none':
      return { granted: false, article, category };
  }
}

/** A link is served when its target serves something; it is conditional when everything behind it is. */
function linkRight(recipient: Recipient, target: string): Right {
  const rights = grantedFields(recipient, target).map(({ right }) => right);
  const first = rights[0];
  if (!first) return { granted: false, article: refusalOf(recipient, target) };
  const unconditional = rights.find((right) => !right.condition);
  return unconditional ?? first;
}

function refusalOf(recipient: Recipient, target: string): Citation {
  const first = FIELD_IDS.find((id) => id.startsWith(`${target}.`) && categoryOf(id));
  return first ? cellRight(recipient, first).article : REFUSED.article;
}

export const categoryLabel = (category: Category): string =>
  `${category} ${CATEGORIES[category].label} (${CATEGORIES[category].source})`;
