import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { LancetteError } from '../kernel/errors.js';
import { isOperation, operationRule } from '../law/operations.js';

/** Limits of a document (SECURITY §4.6). Exceeding one is refused before anything is validated or compiled. */
export const LIMITS = {
  characters: 20_000,
  tokens: 1000,
  depth: 8,
  aliases: 15,
  directives: 5,
  fields: 200,
  /** Of one name anywhere, `__typename` like any other. */
  duplicates: 20,
  roots: 5,
  searches: 1,
  operations: 1,
  fragments: 10,
  variables: 40,
  /** Arguments, and fields of object literals. */
  arguments: 100,
  /** Depth of a literal, or of the type of a variable. */
  literals: 5,
} as const;

/** A document that asks for the schema only: tools write it long, and graphql-js itself bounds its lists of lists. */
const INTROSPECTION_LIMITS = { ...LIMITS, depth: 16, duplicates: 150, fields: 300 } as const;

type Limits = Readonly<Record<keyof typeof LIMITS, number>>;

interface Count {
  readonly limits: Limits;
  aliases: number;
  directives: number;
  fields: number;
  depth: number;
  readonly names: Map<string, number>;
}

/** Documents already admitted, by text; bounded, oldest first out. */
const admitted = new Set<string>();
const ADMITTED_LIMIT = 2000;

/**
 * Lets a document pass, or refuses it at once. Every spread of a fragment counts as if it were written out.
 * @throws DOCUMENT_TOO_COMPLEX, naming the limit; INVALID_DOCUMENT when it does not parse
 */
export function admit(text: string): void {
  if (admitted.has(text)) return;
  if (text.length > LIMITS.characters) throw tooComplex('characters');
  inspect(parsed(text));
  if (admitted.size >= ADMITTED_LIMIT) admitted.delete(admitted.values().next().value as string);
  admitted.add(text);
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: LIMITS.tokens, noLocation: true });
  } catch (error) {
    if (error instanceof Error && error.message.includes('token')) throw tooComplex('tokens');
    throw new LancetteError('INVALID_DOCUMENT', { field: positionOf(error) });
  }
}

/** Where the syntax fails: `line 3, column 14`. */
function positionOf(error: unknown): string | undefined {
  const [place] = (error instanceof GraphQLError && error.locations) || [];
  return place && `line ${place.line}, column ${place.column}`;
}

function inspect(document: DocumentNode): void {
  const fragments = new Map<string, SelectionSetNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
    else throw new LancetteError('INVALID_DOCUMENT');
  }
  if (fragments.size > LIMITS.fragments) throw tooComplex('fragments');
  if (operations.length > LIMITS.operations) throw tooComplex('operations');
  checkLiterals(document);
  for (const { selectionSet, variableDefinitions = [] } of operations) {
    if (variableDefinitions.length > LIMITS.variables) throw tooComplex('variables');
    const limits = asksForSchemaOnly(selectionSet) ? INTROSPECTION_LIMITS : LIMITS;
    const count: Count = { limits, aliases: 0, directives: 0, fields: 0, depth: 0, names: new Map() };
    countIn(selectionSet, fragments, 1, [], count);
    checkRoots(selectionSet, fragments);
  }
}

const asksForSchemaOnly = ({ selections }: SelectionSetNode): boolean =>
  selections.every((node) => node.kind === Kind.FIELD && /^__(schema|type)$/.test(node.name.value));

/**
 * What stands outside selections: literals and types of variables nest as deeply as anything the schema takes, and
 * directives may hang on an operation, a variable or a fragment as well.
 */
function checkLiterals(document: DocumentNode): void {
  const counted = { depth: 0, arguments: 0, directives: 0 };
  const nesting = {
    enter: () => within('literals', ++counted.depth),
    leave: () => void --counted.depth,
  };
  const argument = () => within('arguments', ++counted.arguments);
  visit(document, {
    [Kind.LIST]: nesting,
    [Kind.OBJECT]: nesting,
    [Kind.LIST_TYPE]: nesting,
    [Kind.ARGUMENT]: argument,
    [Kind.OBJECT_FIELD]: argument,
    [Kind.DIRECTIVE]: () => within('directives', ++counted.directives),
  });
}

/** @throws DOCUMENT_TOO_COMPLEX */
function within(limit: keyof typeof LIMITS, count: number): void {
  if (count > LIMITS[limit]) throw tooComplex(limit);
}

function countIn(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  depth: number,
  open: readonly string[],
  count: Count,
): void {
  const { limits } = count;
  if (depth > limits.depth) throw tooComplex('depth');
  for (const node of set.selections) {
    count.directives += node.directives?.length ?? 0;
    if (count.directives > limits.directives) throw tooComplex('directives');
    count.fields += 1;
    if (count.fields > limits.fields) throw tooComplex('fields');
    if (node.kind === Kind.FIELD) {
      countField(node, count);
      if (node.selectionSet) countIn(node.selectionSet, fragments, depth + 1, open, count);
    } else if (node.kind === Kind.INLINE_FRAGMENT) countIn(node.selectionSet, fragments, depth, open, count);
    else {
      const name = node.name.value;
      countName(`...${name}`, count);
      if (open.includes(name)) throw new LancetteError('INVALID_DOCUMENT');
      const inner = fragments.get(name);
      if (inner) countIn(inner, fragments, depth, [...open, name], count);
    }
  }
}

function countField({ alias, name }: FieldNode, count: Count): void {
  if (alias) count.aliases += 1;
  if (count.aliases > count.limits.aliases) throw tooComplex('aliases');
  countName(name.value, count);
}

/** A name asked for again and again; of fragments, also how many there are, whether they exist or not. */
function countName(name: string, { names, limits }: Count): void {
  const same = (names.get(name) ?? 0) + 1;
  names.set(name, same);
  if (same > limits.duplicates) throw tooComplex('duplicates');
  if (same > 1 || !name.startsWith('...')) return;
  const spread = [...names.keys()].filter((one) => one.startsWith('...'));
  if (spread.length > limits.fragments) throw tooComplex('fragments');
}

/** A request asks for few root fields, and searches for one person at most (AIPD M1.47; SECURITY A21). */
function checkRoots(set: SelectionSetNode, fragments: ReadonlyMap<string, SelectionSetNode>): void {
  const names = rootNames(set, fragments);
  if (names.length > LIMITS.roots) throw tooComplex('roots');
  if (names.filter((name) => isOperation(name) && operationRule(name).search).length > LIMITS.searches)
    throw tooComplex('searches');
}

function rootNames(set: SelectionSetNode, fragments: ReadonlyMap<string, SelectionSetNode>): string[] {
  return set.selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node.name.value];
    const inner = node.kind === Kind.FRAGMENT_SPREAD ? fragments.get(node.name.value) : node.selectionSet;
    return inner ? rootNames(inner, fragments) : [];
  });
}

const tooComplex = (limit: keyof typeof LIMITS): LancetteError =>
  new LancetteError('DOCUMENT_TOO_COMPLEX', { field: limit });
