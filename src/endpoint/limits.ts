import { type DocumentNode, GraphQLError, Kind, parse, type SelectionSetNode } from 'graphql';
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
  duplicates: 20,
  roots: 5,
  searches: 1,
  operations: 5,
  fragments: 10,
} as const;

interface Count {
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
  let operations = 0;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations += 1;
    else throw new LancetteError('INVALID_DOCUMENT');
  }
  if (fragments.size > LIMITS.fragments) throw tooComplex('fragments');
  if (operations > LIMITS.operations) throw tooComplex('operations');
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const count: Count = { aliases: 0, directives: 0, fields: 0, depth: 0, names: new Map() };
    countIn(definition.selectionSet, fragments, 1, [], count);
    checkRoots(definition.selectionSet, fragments);
  }
}

function countIn(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  depth: number,
  open: readonly string[],
  count: Count,
): void {
  if (depth > LIMITS.depth) throw tooComplex('depth');
  for (const node of set.selections) {
    count.directives += node.directives?.length ?? 0;
    if (count.directives > LIMITS.directives) throw tooComplex('directives');
    count.fields += 1;
    if (count.fields > LIMITS.fields) throw tooComplex('fields');
    if (node.kind === Kind.FIELD) {
      if (node.alias) count.aliases += 1;
      const same = (count.names.get(node.name.value) ?? 0) + 1;
      count.names.set(node.name.value, same);
      if (same > LIMITS.duplicates) throw tooComplex('duplicates');
      if (count.aliases > LIMITS.aliases) throw tooComplex('aliases');
      if (node.selectionSet) countIn(node.selectionSet, fragments, depth + 1, open, count);
    } else if (node.kind === Kind.INLINE_FRAGMENT) countIn(node.selectionSet, fragments, depth, open, count);
    else {
      const name = node.name.value;
      if (open.includes(name)) throw new LancetteError('INVALID_DOCUMENT');
      const inner = fragments.get(name);
      if (inner) countIn(inner, fragments, depth, [...open, name], count);
    }
  }
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
