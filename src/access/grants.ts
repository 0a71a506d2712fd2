import type { ClientBase } from 'pg';
import { type Mapping, typeMapOf } from '../db/mapping.js';
import { CONDITIONS, type Condition } from '../law/conditions.js';
import { COMPUTED_TYPES, STORED_TYPES, UNSERVED } from '../law/fields.js';
import { isHiddenField } from '../law/open-types.js';
import { OPERATION_IDS } from '../law/operations.js';
import { PSEUDONYM_SPACES, type Recipient, recipientRule } from '../law/recipients.js';
import { fieldRight, grantedFields, operationRight } from './decide.js';
import { attestedRows, dependentPredicate, ownProfessionals, patientPredicate } from './perimeter.js';
import type { Principal } from './principal.js';
import { QUEUE_WALL } from './queue-wall.js';
import { rightStatements } from './schema-wall.js';
import { steeringStatements } from './steering-wall.js';
import { VIEWERS, type ViewKey, viewKeyOf } from './views.js';
import {
  CALLED_BY_ALL,
  CALLS,
  computing,
  PERIMETER_CALLS,
  SERVICE_CALLS,
  SERVICE_ROLES,
  type ServiceRole,
  type ServiceRule,
  WRITES,
} from './writes.js';

/** The database role of a recipient: a login of its own, so that no `RESET ROLE` leads anywhere (SECURITY A71). */
export const roleOf = (holder: ViewKey | ServiceRole): string => `lancette_${holder.toLowerCase().replace(' ', '_')}`;

/**
 * The role by which a principal reaches the database. Whoever may only consult has one without any write: a setting of
 * the transaction would have to be remembered on every path, and what runs as the ordinary role could leave it out.
 */
export const roleFor = (principal: Principal): string => roleOf(viewKeyOf(principal));

export const ROLES: readonly string[] = [
  ...VIEWERS.map(({ key }) => key),
  ...(Object.keys(SERVICE_ROLES) as ServiceRole[]),
].map(roleOf);

export interface Policy {
  readonly name: string;
  readonly role: string;
  readonly table: string;
  readonly command: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
  readonly predicate: string;
}

/** Everything the third wall is made of, as plain data to be applied and to be compared with the catalog. */
export interface DatabaseWall {
  /** role → table → columns it may select. */
  readonly selects: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
  /** `role table INSERT|UPDATE|DELETE`. */
  readonly writes: ReadonlySet<string>;
  /** `role function(signature)`. */
  readonly calls: ReadonlySet<string>;
  readonly policies: readonly Policy[];
}

/** The columns that one recipient may read, by table: its fields, the keys of these tables, its own perimeter. */
export function selectableColumns(
  recipient: Recipient,
  mapping: Mapping,
  open: readonly string[],
): Map<string, Set<string>> {
  const columns = new Map<string, Set<string>>();
  const add = (table: string, column: string) => columns.set(table, (columns.get(table) ?? new Set()).add(column));
  for (const type of STORED_TYPES) {
    const map = typeMapOf(mapping, type);
    for (const { field } of grantedFields(recipient, type)) {
      const column = map.columns.get(columnProperty(recipient, type, field));
      if (column) add(column.table, column.name);
    }
  }
  if (
    ['invitation', 'eligibility_step', 'injection_step', 'attestation', 'patient_health'].some((table) =>
      columns.has(table),
    )
  ) {
    add('patient', 'key');
  }
  for (const key of UNSERVED.keys) addKey(mapping, key, columns, add);
  const { rows } = recipientRule(recipient);
  if (columns.has('patient')) {
    for (const property of CONDITIONS[rows].columns)
      add('patient', typeMapOf(mapping, 'Patient').columns.get(property)?.name ?? '');
    if (rows === 'attending')
      for (const column of ['patient_key', 'rpps', 'consent']) add('attending_physician', column);
  }
  for (const type of open) {
    const map = typeMapOf(mapping, type);
    for (const [property, column] of map.columns) if (!isHiddenField(type, property)) add(column.table, column.name);
  }
  return columns;
}

function addKey(
  mapping: Mapping,
  key: string,
  columns: Map<string, Set<string>>,
  add: (table: string, column: string) => void,
): void {
  const [type = '', property = ''] = key.split('.');
  const column = typeMapOf(mapping, type).columns.get(property);
  if (column && columns.has(column.table)) add(column.table, column.name);
}

/** A pseudonym is one field with one column per space: the recipient's space decides which. */
export function columnProperty(recipient: Recipient, type: string, field: string): string {
  if (type !== 'Patient' || field !== 'pseudonym') return field;
  const space = recipientRule(recipient).pseudonyms;
  return space ? PSEUDONYM_SPACES[space].column : field;
}

/** @param openTypes the types without personal data that each recipient's operations return */
export function databaseWall(mapping: Mapping, openTypes: (recipient: Recipient) => readonly string[]): DatabaseWall {
  const selects = new Map<string, Map<string, Set<string>>>();
  const writes = new Set<string>();
  const calls = new Set<string>();
  const policies: Policy[] = [];
  for (const { key, recipient, consultationOnly } of VIEWERS) {
    const role = roleOf(key);
    const columns = selectableColumns(recipient, mapping, openTypes(recipient));
    selects.set(role, columns);
    for (const call of CALLED_BY_ALL) calls.add(`${role} ${call}`);
    for (const type of COMPUTED_TYPES)
      if (grantedFields(recipient, type).length > 0) calls.add(`${role} ${computing(type)}`);
    for (const table of columns.keys())
      policies.push(policy(role, table, 'SELECT', rowPredicate(recipient, table, mapping)));
    for (const call of PERIMETER_CALLS[recipientRule(recipient).rows] ?? []) calls.add(`${role} ${call}`);
    for (const operation of OPERATION_IDS.filter((id) => operationRight(recipient, id, consultationOnly).granted)) {
      for (const { table, may } of WRITES[operation] ?? []) {
        if (writes.has(`${role} ${table} ${may}`)) continue;
        writes.add(`${role} ${table} ${may}`);
        policies.push(policy(role, table, may, writePredicate(recipient, table)));
      }
      for (const call of CALLS[operation] ?? []) calls.add(`${role} ${call}`);
    }
  }
  addServiceRoles({ selects, writes, policies }, mapping);
  for (const [service, functions] of Object.entries(SERVICE_CALLS))
    for (const call of functions) calls.add(`${roleOf(service as ServiceRole)} ${call}`);
  return { selects, writes, calls, policies };
}

interface Growing {
  readonly selects: Map<string, Map<string, Set<string>>>;
  readonly writes: Set<string>;
  readonly policies: Policy[];
}

function addServiceRoles({ selects, writes, policies }: Growing, mapping: Mapping): void {
  const all = new Map<string, Set<string>>();
  for (const map of mapping.values())
    for (const { table, name } of map.columns.values()) all.set(table, (all.get(table) ?? new Set()).add(name));
  for (const [service, may] of Object.entries(SERVICE_ROLES) as [ServiceRole, ServiceRule][]) {
    const role = roleOf(service);
    const rows = (table: string) => (may.rows && table !== 'trace' ? attestedRows(table) : 'true');
    selects.set(role, new Map(may.select.map((table) => [table, new Set(may.columns?.[table] ?? all.get(table))])));
    for (const table of may.select) policies.push(policy(role, table, 'SELECT', rows(table)));
    for (const command of ['INSERT', 'UPDATE', 'DELETE'] as const) {
      for (const table of may[command.toLowerCase() as 'insert' | 'update' | 'delete']) {
        writes.add(`${role} ${table} ${command}`);
        policies.push(policy(role, table, command, rows(table)));
      }
    }
  }
}

const policy = (role: string, table: string, command: Policy['command'], predicate: string): Policy => ({
  name: `${role}_${command.toLowerCase()}`,
  role,
  table,
  command,
  predicate,
});

const DEPENDENT = ['invitation', 'eligibility_step', 'injection_step', 'attestation', 'patient_health'];

function rowPredicate(recipient: Recipient, table: string, mapping: Mapping): string {
  const { rows } = recipientRule(recipient);
  if (table === 'patient') return patientPredicate(rows, 'patient');
  if (table === 'attending_physician') return `rpps = nullif(current_setting('lancette.rpps', true), '')`;
  if (DEPENDENT.includes(table)) return dependentPredicate(conditionOf(recipient, table, mapping), table);
  if (table === 'professional') return professionalPredicate(recipient);
  if (table === 'vaccination_site') return 'not military';
  // The places themselves are read under their own policy.
  if (table === 'site_opening') return 'exists (select from vaccination_site s where s.finess = site_opening.finess)';
  return 'true';
}

/** The condition on a whole table: the one that all its granted fields share, or else the recipient's perimeter. */
function conditionOf(recipient: Recipient, table: string, mapping: Mapping): Condition {
  const { rows } = recipientRule(recipient);
  const conditions = STORED_TYPES.flatMap((type) =>
    grantedFields(recipient, type)
      .filter(({ field }) => typeMapOf(mapping, type).columns.get(field)?.table === table)
      .map(({ right }) => right.condition ?? rows),
  );
  return conditions[0] && conditions.every((condition) => condition === conditions[0]) ? conditions[0] : rows;
}

/** Whoever sees single persons sees only the professionals of their steps; a list carries no more than granted columns. */
function professionalPredicate(recipient: Recipient): string {
  const { rows } = recipientRule(recipient);
  if (rows === 'care' || rows === 'self') return ownProfessionals;
  if (rows === 'attending' || rows === 'ownBodies') {
    return `exists (select from injection_step s where s.professional_key = professional.key)
       or exists (select from eligibility_step e where e.professional_key = professional.key)
       or exists (select from eligibility_step e where e.prescriber_key = professional.key)`;
  }
  // A prescriber given by hand is met on a step only: whoever has no step to read has no such professional in his list.
  const seesSteps = fieldRight(recipient, 'Patient', 'eligibilityStep').granted;
  return seesSteps && fieldRight(recipient, 'EligibilityStep', 'prescriber').granted ? 'true' : 'not declared_by_hand';
}

const writePredicate = (recipient: Recipient, table: string): string =>
  DEPENDENT.includes(table) ? dependentPredicate(recipientRule(recipient).rows, table) : 'true';

/** Applies the wall: roles, grants, policies. Idempotent, in one transaction; nothing that is not listed remains. */
export async function applyWall(
  client: ClientBase,
  wall: DatabaseWall,
  passwordOf: (role: string) => string,
): Promise<void> {
  await ensureRoles(client, passwordOf);
  await client.query('begin');
  try {
    await client.query(`select pg_advisory_xact_lock(hashtext('lancette.wall'))`);
    const tables = await tablesOf(client);
    for (const role of ROLES) {
      await client.query(`revoke all on all tables in schema public from ${role}`);
      await client.query(`revoke all on all sequences in schema public from ${role}`);
      await client.query(`revoke all on all functions in schema lancette from ${role}`);
      await client.query(`grant usage on schema public, lancette to ${role}`);
    }
    await client.query('revoke all on all functions in schema lancette from public');
    await client.query('revoke all on all tables in schema public from public');
    for (const table of tables) await client.query(`alter table ${table} enable row level security`);
    for (const statement of await obsoletePolicies(client)) await client.query(statement);
    for (const statement of wallStatements(wall)) await client.query(statement);
    for (const statement of rightStatements(QUEUE_WALL, ROLES)) await client.query(statement);
    for (const statement of steeringStatements(ROLES)) await client.query(statement);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

function* wallStatements(wall: DatabaseWall): Generator<string> {
  for (const [role, tables] of wall.selects) {
    for (const [table, columns] of tables) yield `grant select (${[...columns].join(', ')}) on ${table} to ${role}`;
  }
  for (const write of wall.writes) {
    const [role, table, may] = write.split(' ');
    yield `grant ${may} on ${table} to ${role}`;
    if (may === 'INSERT') yield grantSequences(table ?? '', role ?? '');
  }
  for (const call of wall.calls) {
    const space = call.indexOf(' ');
    yield `grant execute on function ${call.slice(space + 1)} to ${call.slice(0, space)}`;
  }
  for (const policy of wall.policies) yield createPolicy(policy, '');
}

/** The counters of the table's own keys: any other would tell how many persons or traces there are. */
const grantSequences = (table: string, role: string): string => `do $$ declare sequence regclass; begin
  for sequence in select d.objid::regclass from pg_depend d join pg_class c on c.oid = d.objid
    where d.refobjid = 'public.${table}'::regclass and c.relkind = 'S'
  loop execute format('grant usage on sequence %s to ${role}', sequence); end loop; end $$`;

export const createPolicy = ({ name, role, table, command, predicate }: Policy, schema: '' | 'pg_temp.'): string =>
  `create policy ${name} on ${schema}${table} for ${command} to ${role} ${command === 'INSERT' ? 'with check' : 'using'} (${predicate})`;

/** Every role, with its password: without locks, so that it may be done beside a register in use. */
export async function ensureRoles(client: ClientBase, passwordOf: (role: string) => string): Promise<void> {
  for (const role of ROLES) await ensureRole(client, role, passwordOf(role));
}

/** Roles belong to the whole cluster: another database of it may be creating them at the same time. */
async function ensureRole(client: ClientBase, role: string, password: string): Promise<void> {
  const attributes = `login nosuperuser nocreatedb nocreaterole nobypassrls noreplication password '${password.replaceAll("'", "''")}'`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
      await client.query(`${rowCount ? 'alter' : 'create'} role ${role} ${attributes}`);
      return;
    } catch (error) {
      if (attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

const tablesOf = async (client: ClientBase): Promise<string[]> =>
  (
    await client.query<{ tablename: string }>(
      `select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations'`,
    )
  ).rows.map((row) => row.tablename);

const obsoletePolicies = async (client: ClientBase): Promise<string[]> =>
  (
    await client.query<{ tablename: string; policyname: string }>(
      `select tablename, policyname from pg_policies where schemaname = 'public'`,
    )
  ).rows.map((row) => `drop policy ${row.policyname} on ${row.tablename}`);
