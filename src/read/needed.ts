import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { computing } from '../access/writes.js';
import { isComputed, isPersonal, type MemberId, madeOf } from '../law/fields.js';
import { collect, type Fragments, switchesOf } from './selection.js';

/** What is needed of the object behind a source: `by` and `variant` name it in caches. */
export interface Needs {
  readonly by: object;
  readonly variant: string;
  of(type: GraphQLObjectType): Needed;
}

export interface Needed {
  /** Stored fields. */
  readonly selection: SelectionSetNode;
  /** Calls of functions that are the right to what is made of them: asked in the transaction that reads them. */
  readonly permits: ReadonlySet<string>;
}

const switches = new WeakMap<object, readonly string[]>();

/** What the running operation asks of a field. */
export function askedIn({ operation, fragments, fieldNodes, path, variableValues }: GraphQLResolveInfo): Needs {
  let names = switches.get(operation);
  if (!names) {
    names = switchesOf({ kind: Kind.DOCUMENT, definitions: [operation, ...Object.values(fragments)] });
    switches.set(operation, names);
  }
  return {
    by: operation,
    variant: `${path.key}|${names.map((name) => String(variableValues[name])).join()}`,
    of: (type) => {
      const permits = new Set<string>();
      const sets = fieldNodes.map((node) => node.selectionSet);
      const document = { fragments: new Map(Object.entries(fragments)), variables: variableValues, permits };
      return { selection: neededSelection(type, sets, document), permits };
    },
  };
}

/** What an answer that is no selection of its document is made of. */
export const madeFrom = (parts: readonly MemberId[], permits: readonly string[]): Needs => ({
  by: parts,
  variant: permits.join(),
  of: (type) => ({ selection: partsOf(type, parts), permits: new Set(permits) }),
});

interface Document {
  readonly fragments: Fragments;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Filled on the way. */
  readonly permits: Set<string>;
}

/**
 * What graphql-js will pick from an object by the names of its fields: those asked for, whatever their aliases, and those
 * that the computed ones among them are made of. Nothing else is read, opened or decrypted.
 */
function neededSelection(
  type: GraphQLObjectType,
  sets: readonly (SelectionSetNode | undefined)[],
  document: Document,
): SelectionSetNode {
  const { fragments, variables, permits } = document;
  const asked = collect(sets, fragments, variables);
  const fields = type.getFields();
  const targets = asked.map(({ name }) => getNamedType(fields[name]?.type)?.name ?? '');
  const parts = targets.flatMap((target) => madeOf(target) ?? []);
  for (const target of targets) if (isPersonal(target) && isComputed(target)) permits.add(computing(target));
  const made = parts.length > 0 ? collect([partsOf(type, parts)], fragments, variables) : [];
  const byName = new Map<string, FieldNode[]>();
  for (const { name, nodes } of [...asked, ...made]) byName.set(name, [...(byName.get(name) ?? []), ...nodes]);
  return setOf(
    [...byName].flatMap(([name, nodes]) => {
      const target = getNamedType(fields[name]?.type);
      if (target && isComputed(target.name)) return [];
      const inner = isObjectType(target) && nodes.map((node) => node.selectionSet);
      return [fieldOf(name, inner ? neededSelection(target, inner, document) : undefined)];
    }),
  );
}

/** Those of the parts that lie beneath this type of the view. */
function partsOf(type: GraphQLObjectType, parts: readonly MemberId[]): SelectionSetNode {
  const has = (prefix: string): boolean => parts.some((part) => part.startsWith(prefix));
  return setOf(
    Object.values(type.getFields()).flatMap((field) => {
      const target = getNamedType(field.type);
      const itself = parts.includes(`${type.name}.${field.name}` as MemberId);
      if (!isObjectType(target)) return itself ? [fieldOf(field.name)] : [];
      return itself || has(`${target.name}.`) ? [fieldOf(field.name, partsOf(target, parts))] : [];
    }),
  );
}

const fieldOf = (name: string, selectionSet?: SelectionSetNode): FieldNode => ({
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: name },
  ...(selectionSet && { selectionSet }),
});

/** An object of which nothing is needed but that it is there still has the name of its type. */
const setOf = (fields: readonly FieldNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections: fields.length > 0 ? fields : [fieldOf('__typename')],
});
