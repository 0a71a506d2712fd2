import type { SelectionSetNode } from 'graphql';
import type { CompileRequest } from './compile-request.js';
import { collect, type Selected } from './selection.js';

/** What a page is assembled from: its rows' JSON texts, its cursors, and whether more follows. */
export interface PageParts {
  readonly rows: readonly { readonly nodes: readonly string[]; cursor(): string }[];
  readonly hasNextPage: boolean;
}

export interface ConnectionShape {
  /** The selection sets of every `node` that the document asks for, one JSON column each. */
  readonly nodes: readonly (readonly (SelectionSetNode | undefined)[])[];
  /** Whether the document asks for a cursor anywhere: positions are read for nothing else. */
  readonly cursors: boolean;
  /** Lays the connection object out as JSON text. */
  assemble(parts: PageParts): string;
}

type Writer<T> = (input: T) => string;

/**
 * A connection (`edges { cursor node }`, `pageInfo { hasNextPage endCursor }`) is laid out around the rows here, in the
 * order of the document, so that PostgreSQL makes each node once and nothing around it.
 */
export function connectionShape({ root, fragments, variables, plan }: CompileRequest): ConnectionShape {
  const nodes: (readonly (SelectionSetNode | undefined)[])[] = [];
  let cursors = false;
  const inside = (selected: Selected): Selected[] =>
    collect(
      selected.nodes.map((node) => node.selectionSet),
      fragments,
      variables,
    );
  const typeName = (name: string) => () => JSON.stringify(name);

  const edge = (selected: Selected): Writer<PageParts['rows'][number]> => {
    if (selected.name === '__typename') return typeName(`${plan.type}Edge`);
    if (selected.name === 'cursor') {
      cursors = true;
      return (row) => JSON.stringify(row.cursor());
    }
    nodes.push(selected.nodes.map((node) => node.selectionSet));
    const index = nodes.length - 1;
    return (row) => row.nodes[index] ?? 'null';
  };

  const pageInfo = (selected: Selected): Writer<PageParts> => {
    if (selected.name === '__typename') return typeName('PageInfo');
    if (selected.name === 'hasNextPage') return ({ hasNextPage }) => String(hasNextPage);
    cursors = true;
    return ({ rows }) => JSON.stringify(rows.at(-1)?.cursor() ?? null);
  };

  const part = (selected: Selected): Writer<PageParts> => {
    if (selected.name === '__typename') return typeName(`${plan.type}Connection`);
    if (selected.name === 'pageInfo') return object(inside(selected), pageInfo);
    const write = object(inside(selected), edge);
    return ({ rows }) => `[${joined(rows, write)}]`;
  };

  const assemble = object(inside(root), part);
  return { nodes, cursors, assemble };
}

/** A JSON object whose members are written one by one. */
function object<T>(members: readonly Selected[], writerOf: (selected: Selected) => Writer<T>): Writer<T> {
  const writers = members.map((selected, index) => {
    const name = `${index > 0 ? ',' : ''}${JSON.stringify(selected.key)}:`;
    const write = writerOf(selected);
    return (input: T) => name + write(input);
  });
  const [only] = writers;
  if (only && writers.length === 1) return (input) => `{${only(input)}}`;
  return (input) => {
    let text = '{';
    for (const write of writers) text += write(input);
    return `${text}}`;
  };
}

/** Written out in one go, since an array of a hundred texts would be made only to be joined. */
function joined<T>(items: readonly T[], write: Writer<T>): string {
  let text = '';
  for (const item of items) text += text ? `,${write(item)}` : write(item);
  return text;
}
