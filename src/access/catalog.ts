import type { ClientBase } from 'pg';
import { type PlainColumn, plainColumns } from '../db/plain-text.js';
import { createPolicy, type DatabaseWall, type Policy, ROLES } from './grants.js';
import { QUEUE_WALL } from './queue-wall.js';
import { foreignFacts, rightFacts } from './schema-wall.js';
import { steeringCatalog, steeringFacts } from './steering-wall.js';

/**
 * Compares the wall with PostgreSQL's own catalog, both ways. Ends the transaction of the client.
 * @returns one sentence per difference; the server refuses to start on any
 */
export async function wallDifferences(client: ClientBase, wall: DatabaseWall): Promise<string[]> {
  await client.query('begin');
  try {
    await makeLawfulCopies(client, wall);
    const expected = new Set([
      ...facts(wall),
      ...plainColumns().map(constraintFact),
      ...rightFacts(QUEUE_WALL),
      ...steeringFacts(),
    ]);
    const actual = new Set([
      ...(await catalogFacts(client)),
      ...(await foreignFacts(client, ROLES)),
      ...(await steeringCatalog(client)),
      ...(await policyFacts(client, wall)),
      ...(await constraintFacts(client)),
    ]);
    return [
      ...[...expected].filter((fact) => !actual.has(fact)).map((fact) => `missing: ${fact}`),
      ...[...actual].filter((fact) => !expected.has(fact)).map((fact) => `unlawful: ${fact}`),
    ];
  } finally {
    await client.query('rollback');
  }
}

function* facts(wall: DatabaseWall): Generator<string> {
  for (const [role, tables] of wall.selects) {
    for (const [table, columns] of tables) for (const column of columns) yield `${role} SELECT ${table}.${column}`;
  }
  for (const write of wall.writes) {
    const [role, table, may] = write.split(' ');
    yield `${role} ${may} ${table}`;
  }
  for (const call of wall.calls)
    yield `${call.slice(0, call.indexOf(' '))} EXECUTE ${call.slice(call.indexOf(' ') + 1)}`;
  for (const { name, role, table, command, predicate } of wall.policies)
    yield `policy ${name} on ${table} for ${command} to ${role}: ${predicate}`;
}

const CATALOG = `
  select format('%s SELECT %s.%s', r.rolname, c.relname, a.attname) as fact
    from pg_roles r, pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   where r.rolname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relnamespace = 'public'::regnamespace
     and has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT')
  union all
  select format('%s %s %s', r.rolname, p.privilege, c.relname)
    from pg_roles r, pg_class c, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as p(privilege)
   where r.rolname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relnamespace = 'public'::regnamespace
     and (has_table_privilege(r.oid, c.oid, p.privilege)
          or p.privilege in ('INSERT', 'UPDATE') and has_any_column_privilege(r.oid, c.oid, p.privilege))
  union all
  select format('%s EXECUTE %s.%s(%s)', r.rolname, n.nspname, f.proname, replace(oidvectortypes(f.proargtypes), ', ', ','))
    from pg_roles r, pg_proc f join pg_namespace n on n.oid = f.pronamespace
   where r.rolname = any ($1) and (n.nspname = 'lancette' or f.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')) and f.prorettype <> 'trigger'::regtype and has_function_privilege(r.oid, f.oid, 'EXECUTE')
  union all
  select format('%s has attributes beyond LOGIN', rolname)
    from pg_roles where rolname = any ($1) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)
  union all
  select format('%s is a member of another role', r.rolname)
    from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = any ($1)
  union all
  select format('no row level security on %s', relname)
    from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and not relrowsecurity and relname <> 'migrations'
  union all
  select format('recorded rows of %s can be changed', kept.name)
    from unnest(array['eligibility_step', 'injection_step', 'trace', 'superseded_step', 'register_event', 'supply_movement']) as kept(name)
   where (select count(*) from pg_trigger g join pg_class c on c.oid = g.tgrelid
           where c.relname = kept.name and c.relnamespace = 'public'::regnamespace and g.tgenabled = 'A'
             and g.tgname in (kept.name || '_is_final', kept.name || '_is_kept')) < 2
  union all
  select 'a consultation may be marked as that of a vaccinated person'
   where (select count(*) from pg_trigger where tgenabled in ('O', 'A') and (tgrelid, tgname) in (
            ('public.patient'::regclass, 'patient_marks_consultation'), ('public.eligibility_step'::regclass, 'eligibility_step_is_marked'))) < 2
  union all
  select 'an invitation may leave twice'
   where (select count(*) from pg_trigger where tgrelid = 'public.invitation_message'::regclass and tgenabled in ('O', 'A')
            and tgname in ('invitation_message_never_a_reminder', 'invitation_message_leaves_once')) < 2`;

const catalogFacts = async (client: ClientBase): Promise<string[]> =>
  (await client.query<{ fact: string }>(CATALOG, [ROLES])).rows.map((row) => row.fact);

const POLICIES = `
  select p.polname as name, c.relname as "table",
         case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL' end as command,
         array_to_string(array(select coalesce(r.rolname, 'public') from unnest(p.polroles) o left join pg_roles r on r.oid = o order by 1), ',') as role,
         concat_ws(' with check ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as predicate,
         p.polpermissive as permissive
    from pg_policy p join pg_class c on c.oid = p.polrelid
   where c.relnamespace = case when $1 then pg_my_temp_schema() else 'public'::regnamespace end`;

type CatalogPolicy = { [P in keyof Policy]: string } & { readonly permissive: boolean };

/**
 * What policies and constraints really say, whatever their names pretend: each is compared with the same one made anew from
 * the law on an empty copy of its table, as PostgreSQL prints both. The copies go with the transaction.
 */
async function makeLawfulCopies(client: ClientBase, wall: DatabaseWall): Promise<void> {
  const tables = new Set([...wall.policies, ...plainColumns()].map(({ table }) => table));
  // In one round trip: they are hundreds, at each start.
  await client.query(
    [
      'set local search_path = public, pg_temp',
      ...[...tables].map((table) => `create temp table ${table} (like public.${table}) on commit drop`),
      ...wall.policies.map((policy) => createPolicy(policy, 'pg_temp.')),
      ...plainColumns().map(
        ({ table, name, expression }) => `alter table pg_temp.${table} add constraint ${name} check (${expression})`,
      ),
    ].join(';\n'),
  );
}

async function policyFacts(client: ClientBase, wall: DatabaseWall): Promise<string[]> {
  const { rows: lawful } = await client.query<CatalogPolicy>(POLICIES, [true]);
  const { rows: found } = await client.query<CatalogPolicy>(POLICIES, [false]);
  const lawfulTexts = new Set(lawful.map((policy) => policyText(policy)));
  const predicates = new Map(wall.policies.map(({ name, table, predicate }) => [`${name} ${table}`, predicate]));
  return found.map((policy) => {
    const written = lawfulTexts.has(policyText(policy)) ? predicates.get(`${policy.name} ${policy.table}`) : undefined;
    return policyText(policy, written);
  });
}

const policyText = ({ name, table, command, role, predicate, permissive }: CatalogPolicy, written?: string): string =>
  `policy ${name} on ${table} for ${command} to ${role}: ${written ?? predicate}${permissive ? '' : ', restrictive'}`;

const constraintFact = ({ table, name, expression }: PlainColumn): string =>
  `constraint ${name} on ${table}: ${expression}`;

const CONSTRAINTS = `
  select k.conname as name, format('%s %s %s', c.relname, k.conname, pg_get_constraintdef(k.oid)) as "constraint",
         k.connamespace = pg_my_temp_schema() as lawful
    from pg_constraint k join pg_class c on c.oid = k.conrelid
   where k.conname = any ($1) and k.connamespace in (pg_my_temp_schema(), 'public'::regnamespace)`;

async function constraintFacts(client: ClientBase): Promise<string[]> {
  const columns = plainColumns();
  const { rows } = await client.query<{ constraint: string; name: string; lawful: boolean }>({
    text: CONSTRAINTS,
    values: [columns.map(({ name }) => name)],
  });
  const found = new Set(rows.filter(({ lawful }) => !lawful).map(({ constraint }) => constraint));
  const held = rows.filter(({ constraint, lawful }) => lawful && found.has(constraint)).map(({ name }) => name);
  return columns.filter(({ name }) => held.includes(name)).map(constraintFact);
}
