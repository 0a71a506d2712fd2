import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Category } from '../law/categories.js';
import type { Condition } from '../law/conditions.js';
import type { Recipient } from '../law/recipients.js';
import { fieldRight, operationRight, type Right } from './decide.js';

export interface Refusal {
  readonly code: 'FORBIDDEN_FIELD' | 'FORBIDDEN_OPERATION';
  /** `Type.field`, or the name of the operation. */
  readonly field: string;
  readonly article: string;
}

/** What the law says of one root field and everything selected beneath it. */
export interface Verdict {
  readonly operation: string;
  readonly article: string;
  readonly refusals: readonly Refusal[];
  readonly categories: readonly Category[];
  readonly conditional: readonly { readonly field: string; readonly article: string; readonly condition: Condition }[];
}

/** Verdicts by response key of the root fields of one operation. */
export type Judgement = ReadonlyMap<string, Verdict>;

/**
 * Decides a whole operation once, field by field, against the matrix. Works on the full schema, so that it holds without
 * the pruned view; `@skip` and `@include` are ignored: what may be asked at all must be granted.
 */
export function judge(
  recipient: Recipient,
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Judgement {
  const fragments = new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const root = schema.getRootType(operation.operation);
  const judgement = new Map<string, Verdict>();
  if (!root) return judgement;
  for (const field of fieldsOf(operation.selectionSet, fragments)) {
    const key = field.alias?.value ?? field.name.value;
    const earlier = judgement.get(key);
    const verdict = verdictOf(recipient, schema, root, field, fragments);
    judgement.set(key, earlier ? merge(earlier, verdict) : verdict);
  }
  return judgement;
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;
interface Findings {
  refusals: Refusal[];
  categories: Set<Category>;
  conditional: Map<string, Verdict['conditional'][number]>;
}

function verdictOf(
  recipient: Recipient,
  schema: GraphQLSchema,
  root: GraphQLCompositeType,
  field: FieldNode,
  fragments: Fragments,
): Verdict {
  const operation = field.name.value;
  const findings: Findings = { refusals: [], categories: new Set(), conditional: new Map() };
  const right: Right = operation.startsWith('__')
    ? { granted: true, article: 'art. 3' }
    : operationRight(recipient, operation);
  if (!right.granted) findings.refusals.push({ code: 'FORBIDDEN_OPERATION', field: operation, article: right.article });
  descend(recipient, schema, resultType(root, operation), field.selectionSet, fragments, findings);
  return {
    operation,
    article: right.article,
    refusals: findings.refusals,
    categories: [...findings.categories],
    conditional: [...findings.conditional.values()],
  };
}

function descend(
  recipient: Recipient,
  schema: GraphQLSchema,
  type: GraphQLCompositeType | undefined,
  selection: SelectionSetNode | undefined,
  fragments: Fragments,
  findings: Findings,
): void {
  if (!type || !selection) return;
  for (const field of fieldsOf(selection, fragments)) {
    const name = field.name.value;
    if (name.startsWith('__')) continue;
    const right = fieldRight(recipient, type.name, name);
    const id = `${type.name}.${name}`;
    if (!right.granted) findings.refusals.push({ code: 'FORBIDDEN_FIELD', field: id, article: right.article });
    else if (right.condition)
      findings.conditional.set(id, { field: id, article: right.article, condition: right.condition });
    if (right.category) findings.categories.add(right.category);
    descend(recipient, schema, resultType(type, name), field.selectionSet, fragments, findings);
  }
}

/** The fields of a selection, fragments opened. Cycles were refused by validation before this runs. */
function* fieldsOf(selection: SelectionSetNode, fragments: Fragments): Generator<FieldNode> {
  for (const node of selection.selections) {
    if (node.kind === Kind.FIELD) yield node;
    else {
      const inner =
        node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value)?.selectionSet : node.selectionSet;
      if (inner) yield* fieldsOf(inner, fragments);
    }
  }
}

function resultType(parent: GraphQLCompositeType, field: string): GraphQLCompositeType | undefined {
  const type = isObjectType(parent) ? getNamedType(parent.getFields()[field]?.type) : undefined;
  return isCompositeType(type) ? type : undefined;
}

const merge = (a: Verdict, b: Verdict): Verdict => ({
  ...a,
  refusals: [...a.refusals, ...b.refusals],
  categories: [...new Set([...a.categories, ...b.categories])],
  conditional: [...new Map([...a.conditional, ...b.conditional].map((entry) => [entry.field, entry])).values()],
});
