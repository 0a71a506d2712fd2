import type { ClientBase } from 'pg';

/** The schema of the queue of jobs (pg-boss), in the register's database: jobs commit with what they are about. */
export const QUEUE_SCHEMA = 'lancette_queue';

type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
const EVERYTHING: readonly Right[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const TO_WORK = {
  version: ['SELECT', 'UPDATE'],
  queue: ['SELECT', 'UPDATE'],
  job: EVERYTHING,
  job_common: EVERYTHING,
  job_dependency: EVERYTHING,
  warning: ['SELECT', 'INSERT', 'DELETE'],
} as const satisfies Record<string, readonly Right[]>;

/**
 * Who may do what with jobs: the worker works them, the planner adds some. No recipient is here, so none may even see
 * the schema. The tables that pg-boss has beyond these (schedules, subscriptions, statistics) serve nobody.
 */
const QUEUE_RIGHTS: Readonly<Record<string, Readonly<Record<string, readonly Right[]>>>> = {
  lancette_queue: TO_WORK,
  lancette_planner: { queue: ['SELECT'], job: ['INSERT'], job_common: ['INSERT'] },
};

export function* queueStatements(roles: readonly string[]): Generator<string> {
  for (const holder of [...roles, 'public']) {
    yield `revoke all on schema ${QUEUE_SCHEMA} from ${holder}`;
    yield `revoke all on all tables in schema ${QUEUE_SCHEMA} from ${holder}`;
    yield `revoke all on all functions in schema ${QUEUE_SCHEMA} from ${holder}`;
  }
  for (const [role, tables] of Object.entries(QUEUE_RIGHTS)) {
    yield `grant usage on schema ${QUEUE_SCHEMA} to ${role}`;
    for (const [table, rights] of Object.entries(tables))
      yield `grant ${rights.join(', ')} on ${QUEUE_SCHEMA}.${table} to ${role}`;
  }
}

export function* queueFacts(): Generator<string> {
  for (const [role, tables] of Object.entries(QUEUE_RIGHTS)) {
    yield `${role} USAGE of schema ${QUEUE_SCHEMA}`;
    for (const [table, rights] of Object.entries(tables))
      for (const right of rights) yield `${role} ${right} ${QUEUE_SCHEMA}.${table}`;
  }
}

/**
 * Every right of a role beyond the register's own schemas, in whatever schema it was given: closed world. And the guards of
 * what the queue is for.
 */
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
   where r.rolname = any ($1) and has_schema_privilege(r.oid, s.oid, 'USAGE') and has_function_privilege(r.oid, f.oid, 'EXECUTE')
  union all
  select 'an invitation may leave twice'
   where (select count(*) from pg_trigger where tgrelid = 'public.invitation_message'::regclass and tgenabled in ('O', 'A')
            and tgname in ('invitation_message_never_a_reminder', 'invitation_message_leaves_once')) < 2`;

/** What PostgreSQL's catalog grants these roles outside the register's own schemas. */
export const foreignFacts = async (client: ClientBase, roles: readonly string[]): Promise<string[]> =>
  (await client.query<{ fact: string }>(FOREIGN, [roles])).rows.map((row) => row.fact);
