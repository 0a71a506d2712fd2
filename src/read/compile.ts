import { randomBytes } from 'node:crypto';
import {
  type GraphQLObjectType,
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { fieldRight } from '../access/decide.js';
import { columnProperty } from '../access/grants.js';
import { patientPredicate } from '../access/perimeter.js';
import { REQUIRE_STANDING, STANDING_VALUES } from '../access/standing.js';
import { type Column, joinOf, type TypeMap, typeMapOf } from '../db/mapping.js';
import { type Statement, statement } from '../db/pipeline.js';
import type { Condition } from '../law/conditions.js';
import { isComputed } from '../law/fields.js';
import { recipientRule } from '../law/recipients.js';
import type { CompileRequest } from './compile-request.js';
import { type ConnectionShape, connectionShape } from './connection.js';
import {
  type JsonText,
  jsonColumn,
  jsonConstant,
  jsonIf,
  jsonList,
  jsonObject,
  jsonOrNull,
  jsonSealed,
  sqlOf,
} from './json-text.js';
import { collect, type Selected } from './selection.js';

/**
 * What one root field of a document becomes: a statement that names granted columns only. Each row holds one JSON text per
 * `node` of the document, then the position of the row (sort value where a cursor is asked for, primary key), then whether
 * something was withheld. A page comes as one row, where each column holds those of its rows one below the other.
 */
export interface Compiled {
  readonly statement: Statement;
  /** How many columns of JSON each row begins with. */
  readonly nodes: number;
  /** How many columns of position follow. */
  readonly positions: number;
  /** Whether the last position column is the technical key that traces name. */
  readonly traced: boolean;
  /** Whether a last column tells that a condition did not hold. */
  readonly conditional: boolean;
  /** Whether JSON texts hold sealed values to open. */
  readonly sealed: boolean;
  /** For a page: how edges and page information are laid out. Its statement asks for the caller's standing as well. */
  readonly connection?: ConnectionShape;
}

/** Prefix of a sealed value in JSON texts: random for each process, so that no stored text can pass for one. */
export const SEAL_MARK = `~${randomBytes(9).toString('hex')}:`;

/** Between the rows of a page: no JSON text has a line break within, nor has what rows are sorted by. */
export const ROW_BREAK = '\n';
const ROW_BREAK_IN_SQL = String.raw`E'\n'`;

/** A document that cannot be compiled; ordinary execution answers it. */
export class NotCompilable extends Error {}

/** Compiles one root field for one recipient. */
export function compile(request: CompileRequest): Compiled {
  const { plan, recipient, mapping } = request;
  const compiler = new SelectionCompiler(request);
  const connection = plan.shape === 'page' ? connectionShape(request) : undefined;
  const nodeSets = connection ? connection.nodes : [request.root.nodes.map((node) => node.selectionSet)];
  const map = typeMapOf(mapping, plan.type);
  const texts = nodeSets.map((sets) => sqlOf(compiler.object(plan.type, 'p', sets)));
  const columnOf = (field: string): string =>
    `p.${columnOrThrow(map, columnProperty(recipient, plan.type, field)).name}`;
  if (plan.shape === 'page') requireNoBreak(map, plan.orderBy && columnProperty(recipient, plan.type, plan.orderBy));
  const primary = map.primary.map((column) => `p.${column}`);
  const order = [...(plan.orderBy ? [columnOf(plan.orderBy)] : []), ...primary];
  const positions = connection?.cursors === false ? primary : order;
  const conditions = compiler.conditions();
  const withheld = conditions.map((condition) => (plan.withhold ? 'true' : `not ${patientPredicate(condition, 'p')}`));
  const columns = [...texts, ...positions, ...(withheld.length > 0 ? [`(${withheld.join(' or ')})::text`] : [])];
  const rows = `from ${map.table} p${compiler.sideJoin(map)}\nwhere ${whereOf(request, columnOf, order)}`;
  const text =
    plan.shape === 'page'
      ? pageOf(columns, `${rows}\norder by ${order.join(', ')} limit ${(request.first ?? 1) + 1}`)
      : `select ${columns.join(', ')}\n${rows}`;
  return {
    statement: statement(text),
    nodes: texts.length,
    positions: positions.length,
    traced: map.columns.has('key'),
    conditional: withheld.length > 0,
    sealed: compiler.sealed,
    ...(connection && { connection }),
  };
}

/**
 * One row for the whole page: a message and a wake-up for each of a hundred rows cost more than all that is in them. The
 * caller's standing is asked for in the same snapshot, so it is no older than the data (SECURITY F24).
 */
function pageOf(columns: readonly string[], rows: string): string {
  const named = columns.map((column, index) => `(${column})::text as c${index}`);
  const joined = columns.map((_, index) => `string_agg(coalesce(page.c${index}, ''), ${ROW_BREAK_IN_SQL})`);
  return `select ${joined.join(', ')}, ${REQUIRE_STANDING} from (select ${named.join(', ')}\n${rows}) page`;
}

/** Parameters: for a page those of the caller's standing; the plan's own; after a cursor, the position to go on from. */
function whereOf(
  { plan, recipient, after }: CompileRequest,
  columnOf: (field: string) => string,
  order: readonly string[],
): string {
  const before = plan.shape === 'page' ? STANDING_VALUES : 0;
  let highest = 0;
  const placeholder = (n: number) => {
    highest = Math.max(highest, n);
    return `$${before + n}`;
  };
  const clauses = [
    ...(plan.type === 'Patient' ? [patientPredicate(plan.rows ?? recipientRule(recipient).rows, 'p')] : []),
    ...(plan.where ? [plan.where(columnOf, placeholder)] : []),
  ];
  const next = (): string => placeholder(highest + 1);
  if (after) clauses.push(`(${order.join(', ')}) > (${order.map(next).join(', ')})`);
  return clauses.join(' and ') || 'true';
}

/** A page is sorted by what can hold no line break, or its rows could not be told apart. */
function requireNoBreak(map: TypeMap, sortedBy: string | undefined): void {
  for (const [property, { name, type, plain }] of map.columns)
    if ((property === sortedBy || map.primary.includes(name)) && type === 'text' && !plain)
      throw new Error(`${map.type}.${property} sorts a page and is no plain text`);
}

function columnOrThrow(map: TypeMap, field: string): Column {
  const column = map.columns.get(field);
  if (!column) throw new NotCompilable(`${map.type}.${field} is no column`);
  return column;
}

class SelectionCompiler {
  sealed = false;
  private usesSide = false;
  private depth = 0;
  private readonly found = new Set<Condition>();
  private readonly held = new Set<Condition>();

  constructor(private readonly request: CompileRequest) {}

  /** The JSON object of the row known by `alias`. */
  object(type: string, alias: string, sets: readonly (SelectionSetNode | undefined)[]): JsonText {
    const { fragments, variables, schema } = this.request;
    const object = schema.getType(type);
    if (!isObjectType(object)) throw new NotCompilable(`${type} is no object`);
    return jsonObject(
      collect(sets, fragments, variables).map((selected) => [selected.key, this.field(object, alias, selected)]),
    );
  }

  conditions(): Condition[] {
    return [...this.found];
  }

  sideJoin(map: TypeMap): string {
    return this.usesSide && map.side
      ? ` left join ${map.side.table} h on h.${map.side.column} = p.${map.primary[0]}`
      : '';
  }

  private field(type: GraphQLObjectType, alias: string, selected: Selected): JsonText {
    if (selected.name === '__typename') return jsonConstant(type.name);
    const right = fieldRight(this.request.recipient, type.name, selected.name);
    const condition = right.granted ? right.condition : undefined;
    const value = () => this.value(type, alias, selected);
    return condition && !this.held.has(condition) ? this.onlyIf(condition, value) : value();
  }

  /** Conditions are about the person: what lies beneath a field that one guards needs no second look at it. */
  private onlyIf(condition: Condition, value: () => JsonText): JsonText {
    this.found.add(condition);
    this.held.add(condition);
    const guarded = value();
    this.held.delete(condition);
    return this.request.plan.withhold ? jsonConstant(null) : jsonIf(patientPredicate(condition, 'p'), guarded);
  }

  private value(type: GraphQLObjectType, alias: string, selected: Selected): JsonText {
    const field = type.getFields()[selected.name];
    const named = getNamedType(field?.type);
    if (isObjectType(named)) {
      if (isComputed(named.name)) throw new NotCompilable(`${type.name}.${selected.name} is computed`);
      const nullable = isNonNullType(field?.type) ? field.type.ofType : field?.type;
      return this.link(type.name, alias, selected, named.name, isListType(nullable));
    }
    return this.column(type.name, alias, selected.name, named?.name ?? '');
  }

  private column(type: string, alias: string, field: string, scalar: string): JsonText {
    const map = typeMapOf(this.request.mapping, type);
    const column = columnOrThrow(map, columnProperty(this.request.recipient, type, field));
    const side = column.table !== map.table;
    if (side && alias !== 'p') throw new NotCompilable(`${type}.${field} lies in a side table`);
    if (side) this.usesSide = true;
    const name = `${side ? 'h' : alias}.${column.name}`;
    if (column.sealed) {
      this.sealed = true;
      return jsonSealed(SEAL_MARK, name, `${alias}.${columnOrThrow(map, 'id').name}`, column);
    }
    return jsonColumn(name, column, { quoted: scalar === 'ID' || scalar === 'String' });
  }

  private link(owner: string, alias: string, selected: Selected, target: string, many: boolean): JsonText {
    const { mapping } = this.request;
    const join = joinOf(mapping, owner, selected.name, target);
    const map = typeMapOf(mapping, target);
    this.depth += 1;
    const t = `t${this.depth}`;
    const sets = selected.nodes.map((node) => node.selectionSet);
    const rows = `select ${sqlOf(this.object(target, t, sets))} from ${map.table} ${t} where ${t}.${join.column} = ${alias}.${join.ownerColumn}`;
    return many
      ? jsonList(`${rows} order by ${map.primary.map((column) => `${t}.${column}`).join(', ')}`)
      : jsonOrNull(`(${rows})`);
  }
}
