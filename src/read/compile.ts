import { randomBytes } from 'node:crypto';
import { type GraphQLObjectType, getNamedType, isListType, isNonNullType, isObjectType } from 'graphql';
import { fieldRight } from '../access/decide.js';
import { columnProperty } from '../access/grants.js';
import { patientPredicate } from '../access/perimeter.js';
import { type Column, joinOf, type TypeMap, typeMapOf } from '../db/mapping.js';
import { type Statement, statement } from '../db/pipeline.js';
import type { Condition } from '../law/conditions.js';
import { isComputed } from '../law/fields.js';
import { recipientRule } from '../law/recipients.js';
import type { CompileRequest } from './compile-request.js';
import { type ConnectionShape, connectionShape } from './connection.js';
import { collect, type Selected } from './selection.js';

/**
 * What one root field of a document becomes: a statement that names granted columns only. Each row holds one JSON text per
 * `node` of the document, then the position of the row (sort value where a cursor is asked for, primary key), then whether something was withheld.
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
  /** For a page: how edges and page information are laid out. */
  readonly connection?: ConnectionShape;
}

/** Prefix of a sealed value in JSON texts: random for each process, so that no stored text can pass for one. */
export const SEAL_MARK = `~${randomBytes(9).toString('hex')}:`;

/** PostgreSQL cuts longer names: a document that uses one is executed field by field instead. */
const IDENTIFIER_LIMIT = 63;

/** How a row is called in its sub-select: a name that no alias of a document can take. */
const ROW = '"#"';

/** A document that cannot be compiled; ordinary execution answers it. */
export class NotCompilable extends Error {}

/** Compiles one root field for one recipient. */
export function compile(request: CompileRequest): Compiled {
  const { plan, recipient, mapping } = request;
  const compiler = new SelectionCompiler(request);
  const connection = plan.shape === 'page' ? connectionShape(request) : undefined;
  const nodeSets = connection ? connection.nodes : [request.root.nodes.map((node) => node.selectionSet)];
  const map = typeMapOf(mapping, plan.type);
  const texts = nodeSets.map((sets) => compiler.object(plan.type, 'p', sets));
  const columnOf = (field: string): string =>
    `p.${columnOrThrow(map, columnProperty(recipient, plan.type, field)).name}`;
  const primary = map.primary.map((column) => `p.${column}`);
  const order = [...(plan.orderBy ? [columnOf(plan.orderBy)] : []), ...primary];
  const positions = connection?.cursors === false ? primary : order;
  const conditions = compiler.conditions();
  const withheld = conditions.map((condition) => (plan.withhold ? 'true' : `not ${patientPredicate(condition, 'p')}`));
  const text = `select ${[...texts, ...positions, ...(withheld.length > 0 ? [withheld.join(' or ')] : [])].join(', ')}
from ${map.table} p${compiler.sideJoin(map)}
where ${whereOf(request, columnOf, order)}${plan.shape === 'page' ? `\norder by ${order.join(', ')} limit ${(request.first ?? 1) + 1}` : ''}`;
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

/** Parameters: the plan's own; after a cursor, the position to go on from. */
function whereOf(
  { plan, recipient, after }: CompileRequest,
  columnOf: (field: string) => string,
  order: readonly string[],
): string {
  let highest = 0;
  const placeholder = (n: number) => {
    highest = Math.max(highest, n);
    return `$${n}`;
  };
  const clauses = [
    ...(plan.type === 'Patient' ? [patientPredicate(plan.rows ?? recipientRule(recipient).rows, 'p')] : []),
    ...(plan.where ? [plan.where(columnOf, placeholder)] : []),
  ];
  const next = (): string => placeholder(highest + 1);
  if (after) clauses.push(`(${order.join(', ')}) > (${order.map(next).join(', ')})`);
  return clauses.join(' and ') || 'true';
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

  /** A scalar sub-select that is the JSON object of one row known by `alias`. */
  object(type: string, alias: string, sets: readonly Parameters<typeof collect>[0][number][]): string {
    return `(select row_to_json(${ROW}) from (select ${this.projection(type, alias, sets)}) ${ROW})`;
  }

  conditions(): Condition[] {
    return [...this.found];
  }

  sideJoin(map: TypeMap): string {
    return this.usesSide && map.side
      ? ` left join ${map.side.table} h on h.${map.side.column} = p.${map.primary[0]}`
      : '';
  }

  private projection(type: string, alias: string, sets: readonly Parameters<typeof collect>[0][number][]): string {
    const { fragments, variables, schema } = this.request;
    const object = schema.getType(type);
    if (!isObjectType(object)) throw new NotCompilable(`${type} is no object`);
    return collect(sets, fragments, variables)
      .map((selected) => {
        if (selected.key.length > IDENTIFIER_LIMIT) throw new NotCompilable('alias too long');
        return `${this.field(object, alias, selected)} as "${selected.key}"`;
      })
      .join(', ');
  }

  private field(type: GraphQLObjectType, alias: string, selected: Selected): string {
    if (selected.name === '__typename') return `'${type.name}'::text`;
    const right = fieldRight(this.request.recipient, type.name, selected.name);
    const condition = right.granted ? right.condition : undefined;
    const value = () => this.value(type, alias, selected);
    return condition && !this.held.has(condition) ? this.onlyIf(condition, value) : value();
  }

  /** Conditions are about the person: what lies beneath a field that one guards needs no second look at it. */
  private onlyIf(condition: Condition, value: () => string): string {
    this.found.add(condition);
    this.held.add(condition);
    const guarded = value();
    this.held.delete(condition);
    return this.request.plan.withhold ? 'null' : `case when ${patientPredicate(condition, 'p')} then ${guarded} end`;
  }

  private value(type: GraphQLObjectType, alias: string, selected: Selected): string {
    const field = type.getFields()[selected.name];
    const named = getNamedType(field?.type);
    if (isObjectType(named)) {
      if (isComputed(named.name)) throw new NotCompilable(`${type.name}.${selected.name} is computed`);
      const nullable = isNonNullType(field?.type) ? field.type.ofType : field?.type;
      return this.link(type.name, alias, selected, named.name, isListType(nullable));
    }
    return this.column(type.name, alias, selected.name, named?.name ?? '');
  }

  private column(type: string, alias: string, field: string, scalar: string): string {
    const map = typeMapOf(this.request.mapping, type);
    const column = columnOrThrow(map, columnProperty(this.request.recipient, type, field));
    const side = column.table !== map.table;
    if (side && alias !== 'p') throw new NotCompilable(`${type}.${field} lies in a side table`);
    if (side) this.usesSide = true;
    const name = `${side ? 'h' : alias}.${column.name}`;
    if (column.sealed) {
      this.sealed = true;
      return `'${SEAL_MARK}' || ${name} || ' ' || ${alias}.${columnOrThrow(map, 'id').name}`;
    }
    return column.type === 'bigint' && (scalar === 'ID' || scalar === 'String')
      ? `${name}::text${field === 'records' ? '[]' : ''}`
      : name;
  }

  private link(owner: string, alias: string, selected: Selected, target: string, many: boolean): string {
    const { mapping } = this.request;
    const join = joinOf(mapping, owner, selected.name, target);
    const map = typeMapOf(mapping, target);
    this.depth += 1;
    const t = `t${this.depth}`;
    const projection = this.projection(
      target,
      t,
      selected.nodes.map((node) => node.selectionSet),
    );
    const rows = `select ${projection} from ${map.table} ${t} where ${t}.${join.column} = ${alias}.${join.ownerColumn}`;
    return many
      ? `array_to_json(array(select row_to_json(${ROW}) from (${rows} order by ${map.primary.map((column) => `${t}.${column}`).join(', ')}) ${ROW}))`
      : `(select row_to_json(${ROW}) from (${rows}) ${ROW})`;
  }
}
