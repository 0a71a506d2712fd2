import type { DataSource, EntityMetadata } from 'typeorm';
import { isPlain } from './plain-text.js';
import { isSealed } from './sealing.js';

export interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly list: boolean;
  readonly nullable: boolean;
  readonly sealed: boolean;
  /** Whether JSON would escape nothing in it. */
  readonly plain: boolean;
}

/** The rows of a target type whose `column` equals the owner's `ownerColumn`. */
export interface Join {
  readonly column: string;
  readonly ownerColumn: string;
}

/** Where the fields of one type live: its own table, and at most one side table joined one to one. */
export interface TypeMap {
  readonly type: string;
  readonly table: string;
  /** Primary key columns: the order of every list of this type. */
  readonly primary: readonly string[];
  readonly columns: ReadonlyMap<string, Column>;
  /** Columns of this table that refer to another type, by the property that names the relation. */
  readonly references: ReadonlyMap<
    string,
    { readonly type: string; readonly column: string; readonly targetColumn: string }
  >;
  readonly side?: { readonly table: string; readonly column: string };
}

export type Mapping = ReadonlyMap<string, TypeMap>;

/** Types to tables, fields to columns, relations to joins: all read from TypeORM's metadata, never written twice. */
export const mappingOf = (dataSource: DataSource): Mapping =>
  new Map(dataSource.entityMetadatas.map((entity) => [entity.name, typeMap(entity)]));

export function typeMapOf(mapping: Mapping, type: string): TypeMap {
  const found = mapping.get(type);
  if (!found) throw new Error(`type ${type} has no table`);
  return found;
}

/** How a field leads from its owner to its target: by the owner's own reference, or by the target's reference back. */
export function joinOf(mapping: Mapping, owner: string, field: string, target: string): Join {
  const own = typeMapOf(mapping, owner).references.get(field);
  if (own) return { column: own.targetColumn, ownerColumn: own.column };
  const back = [...typeMapOf(mapping, target).references.values()].find((reference) => reference.type === owner);
  if (!back) throw new Error(`no relation leads from ${owner}.${field} to ${target}`);
  return { column: back.column, ownerColumn: back.targetColumn };
}

function typeMap(entity: EntityMetadata): TypeMap {
  const side = entity.oneToOneRelations.find((relation) => !relation.isOwning)?.inverseRelation;
  return {
    type: entity.name,
    table: entity.tableName,
    primary: entity.primaryColumns.map((column) => column.databaseName),
    columns: new Map([...columnsOf(entity), ...(side ? sideColumnsOf(side.entityMetadata) : [])]),
    references: new Map(entity.relations.filter((relation) => relation.isOwning).map(referenceOf)),
    ...(side && { side: { table: side.entityMetadata.tableName, column: referenceOf(side)[1].column } }),
  };
}

const columnsOf = (entity: EntityMetadata): [string, Column][] =>
  entity.columns.map((column) => [
    column.propertyName,
    {
      table: entity.tableName,
      name: column.databaseName,
      type: String(column.type),
      list: column.isArray,
      nullable: column.isNullable,
      sealed: isSealed(entity.name, column.propertyName),
      plain: isPlain(entity.name, column.propertyName),
    },
  ]);

const sideColumnsOf = (entity: EntityMetadata): [string, Column][] => {
  const keys = entity.primaryColumns.map((column) => column.propertyName);
  // A person without a row of the side table has nothing in its columns.
  return columnsOf(entity)
    .filter(([property]) => !keys.includes(property))
    .map(([property, column]) => [property, { ...column, nullable: true }]);
};

function referenceOf(
  relation: EntityMetadata['relations'][number],
): [string, { type: string; column: string; targetColumn: string }] {
  const join = relation.joinColumns[0];
  if (!join?.referencedColumn) throw new Error(`${relation.propertyName} has no join column`);
  return [
    relation.propertyName,
    {
      type: relation.inverseEntityMetadata.name,
      column: join.databaseName,
      targetColumn: join.referencedColumn.databaseName,
    },
  ];
}
