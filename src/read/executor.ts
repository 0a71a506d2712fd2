import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { getArgumentValues, getVariableValues } from 'graphql/execution/values.js';
import { type Judgement, judge, type Verdict } from '../access/judge.js';
import { structureOf } from '../access/standing.js';
import type { Mapping } from '../db/mapping.js';
import { stepOf } from '../db/pipeline.js';
import type { Recipient } from '../law/recipients.js';
import { type Compiled, compile } from './compile.js';
import type { RequestContext, RootField } from './context.js';
import { type Guesses, guessOf } from './guesses.js';
import type { Journal, TraceEntry } from './journal.js';
import { type Act, Source } from './plan.js';
import { type Read, type ReaderServices, type Reading, read, recordAndRead } from './reader.js';
import { collect, type Fragments, fragmentsOf, type Selected, switchesOf } from './selection.js';

export interface ExecutorOptions extends ReaderServices {
  readonly recipient: Recipient;
  /** The view, with the second wall on its root fields. */
  readonly view: GraphQLSchema;
  /** The full schema, by which documents are judged. */
  readonly schema: GraphQLSchema;
  readonly mapping: Mapping;
  readonly journal: Journal;
  readonly guesses: Guesses;
}

/** What is decided and compiled once per document and operation. */
interface Prepared {
  readonly fragments: Fragments;
  /** The same by name, as graphql-js tells them to resolvers. */
  readonly named: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly judgement: Judgement;
  readonly switches: readonly string[];
  readonly compiled: Map<string, Compiled>;
  /** Kept when no variable switches a root field on or off. */
  roots?: Roots;
}

/** The root fields of an operation: all of them, and those that are read. */
interface Roots {
  readonly all: readonly Selected[];
  readonly read: readonly Selected[];
}

/** Statements kept for one document: variants by `@skip`, page size and cursor. */
const VARIANTS_LIMIT = 64;

/**
 * Answers the documents of one view: judged and compiled once, then one round trip to PostgreSQL per request. Prepared
 * documents live as long as Apollo's own bounded document cache keeps their syntax tree.
 */
export class Executor {
  private readonly prepared = new WeakMap<DocumentNode, Map<OperationDefinitionNode, Prepared>>();
  private readonly needed = new WeakMap<object, Map<string, Omit<Reading, 'source'>>>();

  constructor(private readonly options: ExecutorOptions) {}

  /** The verdicts of an operation; of the fields that hang on a condition, those that these variables ask for. */
  judgementOf(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    rawVariables: Readonly<Record<string, unknown>>,
  ): Judgement {
    const { judgement, fragments } = this.prepare(document, operation);
    if (![...judgement.values()].some(({ conditional }) => conditional.length > 0)) return judgement;
    const { coerced } = getVariableValues(this.options.view, operation.variableDefinitions ?? [], rawVariables);
    return coerced ? this.narrowed(judgement, operation, fragments, coerced) : judgement;
  }

  /** What `@skip` leaves out was not asked for, so it is not told to be withheld. */
  private narrowed(
    judgement: Judgement,
    operation: OperationDefinitionNode,
    fragments: Fragments,
    variables: Record<string, unknown>,
  ): Judgement {
    const type = this.options.view.getRootType(operation.operation);
    const asked = type ? askedFields(type, [operation.selectionSet], fragments, variables) : new Map();
    return new Map(
      [...judgement].map(([key, verdict]) => {
        const fields: ReadonlySet<string> = asked.get(key) ?? new Set();
        return [key, { ...verdict, conditional: verdict.conditional.filter(({ field }) => fields.has(field)) }];
      }),
    );
  }

  /**
   * The short path: asks each root resolver (behind the second wall) for its source, and reads them all in one statement
   * each. Undefined when the document must be executed field by field, or when a resolver refuses.
   * @returns the JSON text of `data`
   */
  async answer(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    rawVariables: Readonly<Record<string, unknown>>,
    context: RequestContext,
  ): Promise<string | undefined> {
    if (operation.operation !== 'query') return undefined;
    const prepared = this.prepare(document, operation);
    const coerced = getVariableValues(this.options.view, operation.variableDefinitions ?? [], rawVariables, {
      maxErrors: 1,
    });
    if (!coerced.coerced) return undefined;
    try {
      const roots = rootsOf(operation, coerced.coerced, prepared);
      if (roots.read.some(({ name }) => name.startsWith('__'))) return undefined;
      const sources = await this.sourcesOf(roots.read, operation, coerced.coerced, prepared, context);
      if (!sources) return undefined;
      const readings = roots.read.map((root, index) =>
        this.reading(sources[index] as Source, root, prepared, coerced.coerced),
      );
      const reads = await this.readTraced(readings, context.judgement, roots.read, context);
      let next = 0;
      const members = roots.all.map(
        ({ key, name }) => `${JSON.stringify(key)}:${name === '__typename' ? '"Query"' : reads[next++]?.text}`,
      );
      return `{${members.join(',')}}`;
    } catch {
      // Refused, not compilable or failed: ordinary execution says so with its path.
      return undefined;
    }
  }

  /** The long path: an object with what is needed of it, for graphql-js to pick from, or for a resolver to compute with. */
  async execute(source: Source, root: RootField, context: RequestContext): Promise<unknown> {
    const reading = this.readingFor(source, root);
    const selected = { key: root.key, name: root.name, nodes: [] };
    const { act } = source.options;
    const recorded = act && (await this.record(act, reading, selected, context));
    const [only] = recorded ? [recorded] : await this.readTraced([reading], context.judgement, [selected], context);
    return JSON.parse(only?.text ?? 'null');
  }

  private readingFor(source: Source, { key, name, needs }: RootField): Reading {
    const known = this.needed.get(needs.by) ?? new Map<string, Omit<Reading, 'source'>>();
    this.needed.set(needs.by, known);
    const variant = variantKey(source, needs.variant);
    let ready = known.get(variant);
    if (!ready) {
      const field = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: source.plan.type } } as const;
      const type = this.options.view.getType(
        source.plan.shape === 'page' ? `${source.plan.type}Connection` : source.plan.type,
      );
      const needed = isObjectType(type) ? needs.of(type) : undefined;
      const node = { ...field, ...(needed && { selectionSet: needed.selection }) };
      ready = {
        compiled: this.compiled(source, { key, name, nodes: [node] }, new Map(), {}),
        permits: [...(needed?.permits ?? [])].map((call) => stepOf({ text: `select ${call}`, values: [] })),
      };
      if (known.size >= VARIANTS_LIMIT) known.clear();
      known.set(variant, ready);
    }
    return { source, ...ready };
  }

  /** @returns undefined for the repeat of what was recorded before: it is answered by a reading alone */
  private async record(act: Act, reading: Reading, root: Selected, context: RequestContext): Promise<Read | undefined> {
    const guess = guessOf(reading.source);
    if (!guess) throw new Error('a recording finds its person by a search');
    const attempt = async () => {
      await reading.source.options.beforehand?.();
      const one = await recordAndRead(this.options, context.principal, act, reading, context.signal);
      return one ? { one, found: true, refusal: null } : { one, ...(await act.whyNot()) };
    };
    const { one, refusal } = await this.options.guesses.evaluate(context, guess, attempt, ({ found }) => found);
    if (refusal) throw refusal;
    await (one && act.observed(one.records));
    if (one) tellWithheld(context, context.judgement.get(root.key), one);
    return one;
  }

  private prepare(document: DocumentNode, operation: OperationDefinitionNode): Prepared {
    const operations = this.prepared.get(document) ?? new Map<OperationDefinitionNode, Prepared>();
    this.prepared.set(document, operations);
    const known = operations.get(operation);
    if (known) return known;
    const fragments = fragmentsOf(document);
    const prepared: Prepared = {
      fragments,
      named: Object.fromEntries(fragments),
      judgement: judge(this.options.recipient, this.options.schema, document, operation),
      switches: switchesOf(document),
      compiled: new Map(),
    };
    operations.set(operation, prepared);
    return prepared;
  }

  private async sourcesOf(
    roots: readonly Selected[],
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
    prepared: Prepared,
    context: RequestContext,
  ): Promise<Source[] | undefined> {
    const query = this.options.view.getQueryType() as GraphQLObjectType;
    context.compiling = true;
    try {
      const results = await Promise.all(
        roots.map(({ key, name, nodes }) => {
          const field = query.getFields()[name];
          const [node] = nodes;
          if (!field?.resolve || !node) return undefined;
          const info = {
            fieldName: name,
            fieldNodes: nodes,
            returnType: field.type,
            parentType: query,
            path: { prev: undefined, key, typename: query.name },
            schema: this.options.view,
            fragments: prepared.named,
            rootValue: undefined,
            operation,
            variableValues: variables,
          };
          return field.resolve(undefined, getArgumentValues(field, node, variables), context, info as never);
        }),
      );
      return results.every((result): result is Source => result instanceof Source) ? results : undefined;
    } finally {
      context.compiling = false;
    }
  }

  private reading(source: Source, root: Selected, prepared: Prepared, variables: Record<string, unknown>): Reading {
    const key = variantKey(source, `${root.key}|${prepared.switches.map((name) => String(variables[name])).join()}`);
    let compiled = prepared.compiled.get(key);
    if (!compiled) {
      compiled = this.compiled(source, root, prepared.fragments, variables);
      if (prepared.compiled.size >= VARIANTS_LIMIT) prepared.compiled.clear();
      prepared.compiled.set(key, compiled);
    }
    return { source, compiled };
  }

  private compiled(
    source: Source,
    root: Selected,
    fragments: Fragments,
    variables: Readonly<Record<string, unknown>>,
  ): Compiled {
    const { recipient, view, mapping } = this.options;
    const { page } = source.options;
    return compile({
      recipient,
      schema: view,
      mapping,
      plan: source.plan,
      root,
      after: page !== undefined && page.after !== null,
      first: page?.first,
      fragments,
      variables,
    });
  }

  private async readTraced(
    readings: readonly Reading[],
    judgement: Judgement,
    roots: readonly Selected[],
    context: RequestContext,
  ): Promise<Read[]> {
    const reads = await this.readGuessed(readings, context);
    const verdicts = roots.map(({ key }) => judgement.get(key));
    await this.options.journal.write(
      reads.map((one, index) => entryOf(context, roots[index]?.name ?? '', verdicts[index], one)),
    );
    for (const [index, one] of reads.entries()) tellWithheld(context, verdicts[index], one);
    return reads;
  }

  /** Each search is a guess of its own, counted before it is read, whatever its alias. */
  private async readGuessed(readings: readonly Reading[], context: RequestContext): Promise<Read[]> {
    const held: { readonly index: number; settle(found: boolean): Promise<void> }[] = [];
    let reads: Read[] = [];
    try {
      for (const [index, { source }] of readings.entries()) {
        const guess = guessOf(source);
        if (guess) held.push({ index, ...(await this.options.guesses.hold(context, guess)) });
      }
      reads = await this.readPrepared(readings, context);
    } finally {
      for (const { index, settle } of held) await settle((reads[index]?.count ?? 0) > 0);
    }
    return reads;
  }

  /** Never after a first look: a second one would be work that tells the missing from the known (AIPD M1.50). */
  private async readPrepared(readings: readonly Reading[], { principal, signal }: RequestContext): Promise<Read[]> {
    for (const { source } of readings) await source.options.beforehand?.();
    return read(this.options, principal, readings, signal);
  }
}

function rootsOf(operation: OperationDefinitionNode, variables: Record<string, unknown>, prepared: Prepared): Roots {
  if (prepared.roots) return prepared.roots;
  const all = collect([operation.selectionSet], prepared.fragments, variables);
  const roots = { all, read: all.filter(({ name }) => name !== '__typename') };
  if (prepared.switches.length === 0) prepared.roots = roots;
  return roots;
}

/** What makes one source need another statement than the next under the same document. */
const variantKey = ({ plan, options }: Source, rest: string): string =>
  `${plan.key}|${options.page?.first ?? ''}|${options.page?.after ? 'after' : ''}|${rest}`;

/** By response key of each root field, the fields asked for beneath it as `Type.field`. */
function askedFields(
  type: GraphQLObjectType,
  sets: readonly (SelectionSetNode | undefined)[],
  fragments: Fragments,
  variables: Record<string, unknown>,
): Map<string, Set<string>> {
  const asked = new Map<string, Set<string>>();
  for (const { key, name, nodes } of collect(sets, fragments, variables)) {
    const target = getNamedType(type.getFields()[name]?.type);
    const inner = isObjectType(target)
      ? askedFields(
          target,
          nodes.map((node) => node.selectionSet),
          fragments,
          variables,
        )
      : new Map<string, Set<string>>();
    asked.set(key, new Set([`${type.name}.${name}`, ...[...inner.values()].flatMap((fields) => [...fields])]));
  }
  return asked;
}

function tellWithheld({ withheld }: RequestContext, verdict: Verdict | undefined, one: Read): void {
  if (!one.withheld) return;
  for (const { field, article } of verdict?.conditional ?? []) withheld.set(field, { field, article });
}

const entryOf = (
  { principal, requestId }: RequestContext,
  operation: string,
  verdict: Verdict | undefined,
  one: Read,
): TraceEntry => ({
  requestId,
  recipient: principal.recipient,
  actor: principal.subject,
  structure: structureOf(principal),
  operation,
  categories: verdict?.categories ?? [],
  outcome: one.count > 0 ? 'DISCLOSED' : 'NOT_FOUND',
  article: verdict?.article ?? null,
  records: one.records,
});
