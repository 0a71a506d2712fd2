import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

export const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );

/** One response key: the field, and the selections of every place where the document asks for it. */
export interface Selected {
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
}

/**
 * The fields to answer, in the order of their first appearance, merged by response key (GraphQL §6.3.2).
 * Every type here is an object type, so a fragment's type condition always holds once the document is valid.
 */
export function collect(
  sets: readonly (SelectionSetNode | undefined)[],
  fragments: Fragments,
  variables: Readonly<Record<string, unknown>>,
): Selected[] {
  const found = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  const visit = (selections: readonly SelectionNode[]): void => {
    for (const node of selections) {
      if (!isIncluded(node, variables)) continue;
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const nodes = found.get(key);
        if (nodes) nodes.push(node);
        else found.set(key, [node]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) visit(node.selectionSet.selections);
      else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        visit(fragments.get(node.name.value)?.selectionSet.selections ?? []);
      }
    }
  };
  for (const set of sets) visit(set?.selections ?? []);
  return [...found].map(([key, nodes]) => ({ key, name: nodes[0]?.name.value ?? '', nodes }));
}

function isIncluded(node: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  for (const directive of node.directives ?? []) {
    const wanted = directive.name.value === 'include';
    if (!wanted && directive.name.value !== 'skip') continue;
    const value = directive.arguments?.[0]?.value;
    const given =
      value?.kind === Kind.VARIABLE ? variables[value.name.value] : value?.kind === Kind.BOOLEAN && value.value;
    // As graphql-js refuses it, with the place in the document.
    if (typeof given !== 'boolean') throw new GraphQLError('a null decides nothing', { nodes: node });
    if (given !== wanted) return false;
  }
  return true;
}

/** The variables that decide `@skip` and `@include`: with the document, they decide the compiled statement. */
export function switchesOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  const visit = (set: SelectionSetNode | undefined): void => {
    for (const node of set?.selections ?? []) {
      for (const directive of node.directives ?? []) {
        const value = directive.arguments?.[0]?.value;
        if (value?.kind === Kind.VARIABLE) names.add(value.name.value);
      }
      if (node.kind !== Kind.FRAGMENT_SPREAD) visit(node.selectionSet);
    }
  };
  for (const definition of document.definitions) if ('selectionSet' in definition) visit(definition.selectionSet);
  return [...names];
}
