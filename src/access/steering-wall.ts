import type { ClientBase } from 'pg';
import { EVERYTHING, rightFacts, rightStatements, type SchemaWall } from './schema-wall.js';
import { createLawFunction, LAW_FUNCTIONS, LAW_MARK } from './steering-law.js';

/** The schema of the de-identified copy (AIPD, base de pilotage), in the register's database. */
export const STEERING_SCHEMA = 'steering';

const FIGURE = ['table_id', 'k1', 'k2', 'day', 'value'];
const TO_PUBLISH: Readonly<Record<string, readonly string[]>> = {
  published_figure: FIGURE,
  publication: ['id', 'as_of', 'published_at', 'threshold'],
  move: ['publication', 'move', 'table_id', 'k1', 'k2', 'day', 'effect'],
  population: ['kind', 'code', 'population', 'source', 'as_of'],
};

/**
 * Who may do what with the copy: `steering` folds and publishes it, and reads no table of the register: it calls the count.
 * `indicators` reads what is published, by columns, so that it sees no system column, which tells when a row was written.
 */
const STEERING_WALL: SchemaWall = {
  schema: STEERING_SCHEMA,
  rights: {
    lancette_steering: {
      change: ['SELECT', 'DELETE'],
      dose: EVERYTHING,
      person: EVERYTHING,
      stock: EVERYTHING,
      site: EVERYTHING,
      place: ['SELECT'],
      figure: EVERYTHING,
      unpublished: ['SELECT', 'INSERT', 'DELETE'],
      published_figure: EVERYTHING,
      published_base: EVERYTHING,
      published_site: EVERYTHING,
      publication: ['SELECT', 'INSERT', 'UPDATE'],
      move: ['INSERT', 'DELETE'],
      population: ['SELECT', 'INSERT', 'UPDATE'],
    },
    lancette_indicators: Object.fromEntries(Object.keys(TO_PUBLISH).map((table) => [table, ['SELECT'] as const])),
  },
  columns: { lancette_indicators: TO_PUBLISH },
};
const CALLS = ['steering.recount()'];

/** The triggers by which the register feeds the copy: without one of them it would have a gap. */
export const STEERING_TRIGGERS: Readonly<Record<string, readonly string[]>> = {
  patient: ['enters', 'waits', 'moves', 'goes', 'went', 'emptied'],
  invitation: ['enters', 'moves', 'goes', 'emptied'],
  eligibility_step: ['enters', 'changes', 'goes', 'emptied'],
  injection_step: ['enters', 'changes', 'goes', 'emptied'],
  patient_health: ['enters', 'moves', 'goes', 'emptied'],
  supply_movement: ['enters', 'changes', 'emptied'],
  supply_level: ['enters', 'changes', 'went', 'emptied'],
  vaccination_site: ['waits', 'moves', 'emptied'],
};

export function* steeringStatements(roles: readonly string[]): Generator<string> {
  for (const law of LAW_FUNCTIONS) yield createLawFunction(law);
  // Another law counts otherwise: everything is to be counted anew.
  yield `do $$ begin
    if obj_description('${STEERING_SCHEMA}'::regnamespace) is distinct from '${LAW_MARK}' then
      insert into steering.change (measure) values ('RESTART');
      comment on schema ${STEERING_SCHEMA} is '${LAW_MARK}';
    end if; end $$`;
  yield* rightStatements(STEERING_WALL, roles);
  for (const call of CALLS) yield `grant execute on function ${call} to lancette_steering`;
  for (const [table, kinds] of Object.entries(STEERING_TRIGGERS))
    for (const kind of kinds) yield `alter table public.${table} enable always trigger steering_${table}_${kind}`;
}

export function* steeringFacts(): Generator<string> {
  yield* rightFacts(STEERING_WALL);
  for (const call of CALLS) {
    yield `lancette_steering EXECUTE ${call}`;
    yield `lancette_steering EXECUTE ${call.replace(/\(.*/, '')}`;
  }
  for (const [table, columns] of Object.entries(TO_PUBLISH))
    yield `lancette_indicators reads of ${table}: ${[...columns].sort().join(',')}`;
  for (const [table, kinds] of Object.entries(STEERING_TRIGGERS))
    for (const kind of kinds) yield `the steering copy is fed by steering_${table}_${kind} on ${table}`;
  for (const { name, body } of LAW_FUNCTIONS) yield `steering.${name} is ${body}`;
  yield `the steering copy counts by the law ${LAW_MARK}`;
}

const CATALOG = `
  select format('%s reads of %s: %s', r.rolname, c.relname, string_agg(a.attname, ',' order by a.attname collate "C")) as fact
    from pg_roles r, pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
   where r.rolname = 'lancette_indicators' and c.relnamespace = to_regnamespace('steering') and c.relkind in ('r', 'p', 'v', 'm')
     and has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT') group by r.rolname, c.relname
  union all
  select format('the steering copy is fed by %s on %s', g.tgname, c.relname)
    from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_proc f on f.oid = g.tgfoid
   where c.relnamespace = 'public'::regnamespace and f.pronamespace = to_regnamespace('steering') and g.tgenabled = 'A'
  union all
  select format('steering.%s is %s', proname, prosrc) from pg_proc
   where pronamespace = to_regnamespace('steering') and proname = any ($1)
  union all
  select format('the steering copy counts by the law %s', obj_description(oid)) from pg_namespace where nspname = 'steering'`;

/** What PostgreSQL's catalog says of the copy's guards, beside the rights of roles that `foreignFacts` tells. */
export const steeringCatalog = async (client: ClientBase): Promise<string[]> =>
  (await client.query<{ fact: string }>(CATALOG, [LAW_FUNCTIONS.map(({ name }) => name)])).rows.map(({ fact }) => fact);
