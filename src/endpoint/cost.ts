import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromAST,
  visit,
} from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { LancetteError } from '../kernel/errors.js';
import { listSize } from '../law/list-sizes.js';
import { fragmentsOf } from '../read/selection.js';

/** Most rows that one request may ask for (SECURITY A51). */
export const COST_LIMIT = 5000;
/** Most rows of a page, and of a list whose size nobody declares. */
const PAGE = 100;

interface Asked {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What an operation weighs, by the values of the variables that its pages depend on. Lives as long as its syntax tree. */
interface Weighed {
  readonly names: readonly string[];
  readonly costs: Map<string, number>;
}
const weighed = new WeakMap<OperationDefinitionNode, Weighed>();
const COSTS_KEPT = 64;

/**
 * Weighs a valid operation before it is compiled: every row that its lists may hold, with the page sizes that its
 * variables and defaults ask for. `@skip` and aliases spare nothing: each place counts.
 * @throws DOCUMENT_TOO_COMPLEX beyond 5,000 rows
 */
export function requireAffordable(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  rawVariables: Readonly<Record<string, unknown>>,
): void {
  const known = weighed.get(operation) ?? { names: pageVariables(document), costs: new Map() };
  weighed.set(operation, known);
  const variables = known.names.length > 0 ? coerced(schema, operation, rawVariables) : {};
  // Variables of a wrong form are refused where they are read.
  if (!variables) return;
  const key = known.names.map((name) => String(variables[name])).join();
  const cost =
    known.costs.get(key) ?? costOfOperation(operation, { schema, variables, fragments: fragmentsOf(document) });
  if (known.costs.size < COSTS_KEPT) known.costs.set(key, cost);
  if (cost > COST_LIMIT) throw new LancetteError('DOCUMENT_TOO_COMPLEX', { field: 'cost' });
}

const coerced = (
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  raw: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined =>
  getVariableValues(schema, variableDefinitions, raw, { maxErrors: 1 }).coerced;

/** The variables that stand for a page size anywhere in the document. */
function pageVariables(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Argument: ({ name, value }) => {
      if (name.value === 'first' && value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

function costOfOperation(operation: OperationDefinitionNode, asked: Asked): number {
  const root = asked.schema.getRootType(operation.operation);
  return root ? costOf(root, operation.selectionSet, asked) : 0;
}

/** Rows under one object of this type. */
function costOf(type: GraphQLObjectType, set: SelectionSetNode, asked: Asked): number {
  let cost = 0;
  for (const node of set.selections) {
    if (node.kind === Kind.FIELD) cost += costOfField(type, node, asked);
    else {
      const inner = node.kind === Kind.INLINE_FRAGMENT ? node : asked.fragments.get(node.name.value);
      if (inner) cost += costOf(type, inner.selectionSet, asked);
    }
  }
  return cost;
}

function costOfField(parent: GraphQLObjectType, node: FieldNode, asked: Asked): number {
  const field = parent.getFields()[node.name.value];
  const target = getNamedType(field?.type);
  if (!field || !node.selectionSet || !isObjectType(target)) return 0;
  const beneath = costOf(target, node.selectionSet, asked);
  const first = pageSize(field, node, asked);
  // A page weighs its rows, whatever is asked of them; the connection and its edges are no rows of their own.
  if (first !== undefined) return first * Math.max(1, beneath);
  if (isWrapper(parent, target)) return beneath;
  const rows = isList(field.type) ? (listSize(`${parent.name}.${field.name}`) ?? PAGE) : 1;
  return rows * (1 + beneath);
}

const isList = (type: GraphQLOutputType): boolean => isListType(getNullableType(type));

/** `edges`, `pageInfo`: what a connection is made of. `node` is the row itself. */
const isWrapper = (parent: GraphQLObjectType, target: GraphQLObjectType): boolean =>
  parent.name.endsWith('Connection') && (target.name.endsWith('Edge') || target.name === 'PageInfo');

/** The rows that a page asks for: literal, variable or default, held between 1 and 100; undefined for what is no page. */
function pageSize({ args }: GraphQLField<unknown, unknown>, node: FieldNode, { variables }: Asked): number | undefined {
  const argument = args.find(({ name }) => name === 'first');
  if (!argument) return undefined;
  const given = node.arguments?.find(({ name }) => name.value === 'first')?.value;
  const literal = given && valueFromAST(given, argument.type, variables);
  const first = Number(literal ?? argument.defaultValue ?? PAGE);
  return Math.min(PAGE, Math.max(1, Number.isFinite(first) ? first : PAGE));
}
