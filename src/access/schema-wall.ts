import type { ClientBase } from 'pg';

export type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
export const EVERYTHING: readonly Right[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** A schema beside the register's own. Who is not named has no right in it: no recipient may even see that it exists. */
export interface SchemaWall {
  readonly schema: string;
  /** By role and table. */
  readonly rights: Readonly<Record<string, Readonly<Record<string, readonly Right[]>>>>;
  /** The columns of a table to which the rights of a role are limited; none where it has them all. */
  readonly columns?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** Takes every right away and grants those of the wall. */
export function* rightStatements(
  { schema, rights, columns }: SchemaWall,
  everybody: readonly string[],
): Generator<string> {
  const all = [...everybody, 'public'].join(', ');
  yield `revoke all on schema ${schema} from ${all}`;
  yield `revoke all on all tables in schema ${schema} from ${all}`;
  yield `revoke all on all functions in schema ${schema} from ${all}`;
  for (const [role, tables] of Object.entries(rights)) {
    yield `grant usage on schema ${schema} to ${role}`;
    for (const [table, granted] of Object.entries(tables)) {
      const only = columns?.[role]?.[table];
      yield `grant ${granted.join(', ')}${only ? ` (${only.join(', ')})` : ''} on ${schema}.${table} to ${role}`;
    }
  }
}

/** The same as facts, to be compared with those of the catalog. */
export function* rightFacts({ schema, rights }: SchemaWall): Generator<string> {
  for (const [role, tables] of Object.entries(rights)) {
    yield `${role} USAGE of schema ${schema}`;
    for (const [table, granted] of Object.entries(tables))
      for (const right of granted) yield `${role} ${right} ${schema}.${table}`;
  }
}

/** Every right of a role beyond the register's own schemas, in whatever schema it was given: closed world. */
const FOREIGN = `
  with schema as (select oid, nspname from pg_namespace
    where nspname not in ('public', 'lancette', 'information_schema') and nspname !~ '^pg_')
  select format('%s USAGE of schema %s', r.rolname, s.nspname) as fact
    from pg_roles r, schema s where r.rolname = any ($1) and has_schema_privilege(r.oid, s.oid, 'USAGE')
  union all
  select format('%s CREATE in schema %s', r.rolname, s.nspname)
    from pg_roles r, schema s where r.rolname = any ($1) and has_schema_privilege(r.oid, s.oid, 'CREATE')
  union all
  select format('%s %s %s.%s', r.rolname, p.privilege, s.nspname, c.relname)
    from pg_roles r, schema s join pg_class c on c.relnamespace = s.oid and c.relkind in ('r', 'p', 'v', 'm', 'f'),
         unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as p(privilege)
   where r.rolname = any ($1) and (has_table_privilege(r.oid, c.oid, p.privilege)
      or p.privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege(r.oid, c.oid, p.privilege))
  union all
  select format('%s EXECUTE %s.%s', r.rolname, s.nspname, f.proname)
    from pg_roles r, schema s join pg_proc f on f.pronamespace = s.oid
   where r.rolname = any ($1) and has_schema_privilege(r.oid, s.oid, 'USAGE') and has_function_privilege(r.oid, f.oid, 'EXECUTE')`;

/** What PostgreSQL's catalog grants these roles outside the register's own schemas. */
export const foreignFacts = async (client: ClientBase, roles: readonly string[]): Promise<string[]> =>
  (await client.query<{ fact: string }>(FOREIGN, [roles])).rows.map((row) => row.fact);
