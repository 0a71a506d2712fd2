import pg from 'pg';
import { ROLES, roleOf } from '../../src/access/grants.js';
import { SERVICE_ROLES } from '../../src/access/writes.js';
import { aCanaryWorld, type CanaryWorld } from '../builders/a-canary-world.js';
import { type APatient, aPatient } from '../builders/a-patient.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { ALL_FIELDS, grantedTo, mayCall, nameOf, transcribedColumns, typeOf } from '../law/comparing.js';
import { type Recipient, TRANSCRIBED_RECIPIENTS } from '../law/transcription.js';
import { inParallel, send } from './asking.js';
import { attempts, isOpen, routesAbout } from './documents.js';

let register: Register;
let endpoint: Endpoint;
let world: CanaryWorld;

beforeAll(async () => {
  register = await aRegister();
  world = await aCanaryWorld(register);
  endpoint = await register.serve();
  await endpoint.ask(world.principal('MEDECIN_TRAITANT'), 'mutation { requestUnvaccinatedList }');
});
afterAll(() => register.close());

const person = (letter: string) => world.people[letter] as CanaryWorld['people'][string];
const poolOf = (recipient: Recipient) => register.database.pool(roleOf(recipient));

/** Columns of the whole register, as PostgreSQL has them. */
async function allColumns(): Promise<string[]> {
  const { rows } = await register.database.ownerPool().query<{ id: string }>(
    `select table_name || '.' || column_name as id from information_schema.columns
      where table_schema = 'public' and table_name <> 'migrations'`,
  );
  return rows.map(({ id }) => id);
}

/** Lists without personal data that no route of the personal types leads to. */
const OPEN_LISTS: Readonly<Record<string, string>> = {
  targetingImports: 'id sha256 linesRead rejectReasons durationMilliseconds rolledBackAt',
  targetingRejects: 'importId line column code setAsideAt',
  targetingRuns: 'id kind importId startedAt durationMilliseconds linesRead error',
  vaccinationSites: 'finess name department vaccines products openings { fromDay untilDay weekday opensAt closesAt }',
  supplyLevels: 'finess product lotNumber received sent broken used countedAt remaining',
  accreditations: 'id agentName recipient bodyKey grantedAt reviewDueAt revokedAt',
  bodyDelegations: 'id delegatingBody delegatedBody fromDay untilDay endedAt',
  invitationPhases: 'code startsOn endsOn criteriaCodes everyone channels withoutInvitation',
  invitationRuns: 'id kind startedAt finishedAt messages errors',
  traces: 'id at actor operation categories outcome article records',
};

/** Ways to write a document that could lead to another statement. */
const WRITTEN = ['direct', 'alias', 'nested fragments', '@skip variable', 'merged with an innocent sibling'];

async function askEverything(recipient: Recipient): Promise<void> {
  const routes = routesAbout(person('A')).filter((route) => route.kind === 'query' && isOpen(recipient, route));
  const documents = routes.flatMap((route) => {
    const granted = ALL_FIELDS.filter((field) => typeOf(field) === route.type && grantedTo(recipient).has(field));
    return WRITTEN.flatMap((shape) => attempts(shape, route, granted).map(({ body }) => body));
  });
  const open = Object.entries(OPEN_LISTS).filter(([operation]) => mayCall(recipient, operation));
  const lists = open.map(([operation, fields]) => ({ query: `{ ${operation} { edges { node { ${fields} } } } }` }));
  const pages = mayCall(recipient, 'patients') ? [{ query: '{ patients(first: 1) { pageInfo { endCursor } } }' }] : [];
  await inParallel(8, [...documents, ...lists, ...pages], async (body) => {
    const answer = await send(endpoint, world.principal(recipient), body);
    expect(answer.body.errors).toBeUndefined();
  });
}

/** Every statement that PostgreSQL has prepared for a role: what was really asked, not what was meant. */
async function statementsOf(recipient: Recipient): Promise<string[]> {
  const pool = poolOf(recipient);
  const clients = await Promise.all(Array.from({ length: pool.totalCount }, () => pool.connect()));
  try {
    const found = await Promise.all(
      clients.map((client) => client.query<{ statement: string }>('select statement from pg_prepared_statements')),
    );
    return [...new Set(found.flatMap(({ rows }) => rows.map(({ statement }) => statement)))];
  } finally {
    for (const client of clients) client.release();
  }
}

/** `table.column` of everything that a statement names, by the aliases it gives. */
function columnsIn(statement: string, known: ReadonlySet<string>): string[] {
  const text = statement.replace(/"[^"]*"|'(?:[^']|'')*'/g, "''");
  const tables = new Map<string, string>();
  for (const [, table = '', alias = ''] of text.matchAll(/\b(?:from|join)\s+([a-z_]+)(?:\s+([a-z]\w*))?/g))
    tables.set(alias || table, table);
  const qualified = [...text.matchAll(/\b([a-z]\w*)\.([a-z_]+)\b/g)]
    .filter(([, alias = '']) => alias !== 'lancette')
    .map(([, alias = '', column]) => `${tables.get(alias) ?? `unknown alias ${alias}`}.${column}`);
  const bare = [...text.matchAll(/(?<![.\w])([a-z_]+)(?![\w.(])/g)]
    .flatMap(([word = '']) => [...tables.values()].map((table) => `${table}.${word}`))
    .filter((column) => known.has(column));
  return [...new Set([...qualified, ...bare])];
}

describe('the statements of a recipient name what it is granted, keys and its perimeter', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    it(`${recipient} · no statement that PostgreSQL prepared names another column`, async () => {
      await askEverything(recipient);
      const known = new Set(await allColumns());
      const allowed = transcribedColumns(recipient);
      const statements = await statementsOf(recipient);
      const named = statements.flatMap((statement) =>
        columnsIn(statement, known).map((column) => ({ column, statement })),
      );
      expect(named.filter(({ column }) => !allowed.has(column))).toEqual([]);
      const reads = grantedTo(recipient).size > 0;
      expect(named.length > 0).toBe(
        reads || Object.keys(OPEN_LISTS).some((operation) => mayCall(recipient, operation)),
      );
    });
    it(`${recipient} · together they name every field that it is granted`, async () => {
      const known = new Set(await allColumns());
      const named = new Set((await statementsOf(recipient)).flatMap((statement) => columnsIn(statement, known)));
      const fields = [...transcribedColumns(recipient)].filter((column) => isField(column, recipient));
      expect(fields.filter((column) => !named.has(column))).toEqual([]);
    });
  }
});

/** Whether a column is one of a granted field, rather than a key, a perimeter or an open list's. */
const isField = (column: string, recipient: Recipient): boolean =>
  [...grantedTo(recipient).keys()].some((field) =>
    column.endsWith(
      `.${nameOf(field)
        .replace(/([A-Z])/g, '_$1')
        .toLowerCase()}`,
    ),
  ) && !/^(vaccination_site|site_opening|supply_level|targeting_|trace|attending)/.test(column);

describe('PostgreSQL’s own catalog agrees with the transcription', () => {
  const select = (query: string, values: unknown[]) =>
    register.database.ownerPool().query<{ id: string }>(query, values);

  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    it(`${recipient} may select just the columns that the texts give, by has_column_privilege`, async () => {
      const { rows } = await select(
        `select c.table_name || '.' || c.column_name as id from information_schema.columns c
          where c.table_schema = 'public' and has_column_privilege($1, c.table_name::regclass, c.column_name, 'SELECT')`,
        [roleOf(recipient)],
      );
      expect(rows.map(({ id }) => id).sort()).toEqual([...transcribedColumns(recipient)].sort());
    });
    it(`${recipient} is granted just these, by information_schema.column_privileges`, async () => {
      const { rows } = await select(
        `select table_name || '.' || column_name as id from information_schema.column_privileges
          where table_schema = 'public' and privilege_type = 'SELECT' and grantee in ($1, 'PUBLIC')`,
        [roleOf(recipient)],
      );
      expect(rows.map(({ id }) => id).sort()).toEqual([...transcribedColumns(recipient)].sort());
    });
    it(`${recipient} may insert only what its mutations record, and change or remove nothing`, async () => {
      const { rows } = await select(
        `select t.tablename || ' ' || p.privilege as id
           from pg_tables t, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as p(privilege)
          where t.schemaname = 'public'
            and (has_table_privilege($1, t.tablename::regclass, p.privilege)
                 or p.privilege in ('INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege($1, t.tablename::regclass, p.privilege))`,
        [roleOf(recipient)],
      );
      expect(rows.map(({ id }) => id).sort()).toEqual(recordedBy(recipient).map((table) => `${table} INSERT`));
    });
  }

  it.each(ROLES)('%s counts on no sequence but those of the tables into which it inserts', async (role) => {
    const { rows } = await select(
      `select s.oid::regclass::text as id from pg_class s join pg_depend d on d.objid = s.oid and d.refclassid = 'pg_class'::regclass
        where s.relkind = 'S' and s.relnamespace = 'public'::regnamespace
          and case when s.relkind = 'S' then has_sequence_privilege($1, s.oid, 'USAGE, SELECT, UPDATE') end
          and not has_table_privilege($1, d.refobjid, 'INSERT')`,
      [role],
    );
    expect(rows).toEqual([]);
  });
  it('no role reads a column through PUBLIC, a view, or another role', async () => {
    const { rows } = await select(
      `select grantee || ' ' || table_name as id from information_schema.table_privileges where table_schema = 'public' and grantee = 'PUBLIC'
       union all select viewname::text from pg_views where schemaname = 'public'
       union all select matviewname::text from pg_matviews where schemaname = 'public'
       union all select r.rolname || ' is in ' || m.roleid::regrole from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = any ($1)`,
      [ROLES],
    );
    expect(rows).toEqual([]);
  });
  it('every role is a plain login, and every table is under row-level security', async () => {
    const { rows } = await select(
      `select rolname as id from pg_roles where rolname = any ($1)
          and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or not rolcanlogin)
       union all select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and not relrowsecurity and relname <> 'migrations'`,
      [ROLES],
    );
    expect(rows).toEqual([]);
    const recording = TRANSCRIBED_RECIPIENTS.filter(
      (one) => ['requestUnvaccinatedList', 'recordObjection'].some((id) => mayCall(one, id)) || recordedBy(one)[0],
    );
    expect(ROLES.length).toBe(TRANSCRIBED_RECIPIENTS.length + recording.length + Object.keys(SERVICE_ROLES).length);
  });
});

/** The tables into which the mutations of a recipient write, by the issue. */
function recordedBy(recipient: Recipient): string[] {
  const tables = new Set<string>();
  for (const operation of ['recordEligibility', 'recordInjection', 'issueAttestation'] as const) {
    if (!mayCall(recipient, operation)) continue;
    tables.add('trace');
    if (operation === 'issueAttestation') tables.add('attestation');
    else for (const table of ['act', 'idempotency_key']) tables.add(table);
    if (operation === 'recordEligibility') tables.add('eligibility_step');
    if (operation === 'recordInjection') tables.add('injection_step');
  }
  return [...tables].sort();
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? 'no code',
  );

describe('a login role stays what it is', () => {
  it.each(ROLES)('%s gains nothing by SET ROLE, RESET ROLE or SET SESSION AUTHORIZATION', async (role) => {
    const client = await register.database.pool(role).connect();
    try {
      const { rows } = await client.query<{ owner: string }>(
        `select tableowner as owner from pg_tables where tablename = 'patient'`,
      );
      for (const other of [...ROLES.filter((one) => one !== role), rows[0]?.owner ?? '']) {
        expect(await codeOf(client.query(`set role ${pg.escapeIdentifier(other)}`))).toBe('42501');
        expect(await codeOf(client.query(`set session authorization ${pg.escapeIdentifier(other)}`))).toBe('42501');
      }
      await client.query('reset role');
      await client.query('reset session authorization');
      await client.query('set row_security = off');
      const { rows: after } = await client.query<{ who: string }>('select current_user as who');
      expect(after[0]?.who).toBe(role);
      const denied =
        role === 'lancette_intake' ? 'select content from attestation' : 'select sealed_line from targeting_reject';
      expect(await codeOf(client.query(denied))).toBe('42501');
    } finally {
      client.release(true);
    }
  });
  it.each(ROLES)('%s creates nothing in the database and takes nothing out of it', async (role) => {
    const pool = register.database.pool(role);
    for (const statement of [
      'create table public.mine (x int)',
      'create schema mine',
      'create function public.f() returns int language sql as $$ select 1 $$',
      'alter table patient disable row level security',
      `alter role ${role} bypassrls`,
      'drop table trace',
      `copy (select 1) to program 'true'`,
      `select pg_read_file('PG_VERSION')`,
    ])
      expect([statement, await codeOf(pool.query(statement))]).toEqual([statement, '42501']);
  });
});

describe('AIPD, destinataires, 5° · a consultation is read by a feed with the first injection', () => {
  const FEEDS = ['DMP', 'ANSM'] as const;
  const read = async (patient: APatient) =>
    Promise.all(
      FEEDS.map(async (feed) => {
        const asked = 'select performed_at from eligibility_step where patient_key = $1';
        return (await poolOf(feed).query(asked, [patient.key])).rowCount;
      }),
    );
  const owned = (statement: string, patient: APatient) => register.database.ownerPool().query(statement, [patient.key]);

  it('and not before, nor when somebody says so', async () => {
    const patient = await aPatient(register, 9001, { eligible: true });
    expect(await read(patient)).toEqual([0, 0]);
    const vaccinated = await aPatient(register, 9002, { doses: 1 });
    for (const [person, lie] of [
      [patient, 'update eligibility_step set vaccinated = true where patient_key = $1'],
      [patient, 'update patient set vaccinated = true where key = $1'],
      [vaccinated, 'update eligibility_step set vaccinated = false where patient_key = $1'],
      [vaccinated, 'update patient set vaccinated = false where key = $1'],
    ] as const)
      expect(await codeOf(owned(lie, person))).toBe('LC001');
    expect(await read(patient)).toEqual([0, 0]);
    expect(await read(vaccinated)).toEqual([1, 1]);
  });
  it('nor when it is recorded as one', async () => {
    const patient = await aPatient(register, 9003);
    await owned(
      `insert into eligibility_step (patient_key, performed_at, professional_key, not_recommended_vaccines, vaccinated)
       select $1, now(), key, '{}', true from professional limit 1`,
      patient,
    );
    expect(await read(patient)).toEqual([0, 0]);
  });
  it('and the mark changes nothing that was recorded', async () => {
    const patient = await aPatient(register, 9004, { eligible: true });
    for (const changed of [
      'performed_at = now()',
      'performed_at = performed_at',
      'vaccinated = true, prescribed_at = now()',
    ])
      expect(await codeOf(owned(`update eligibility_step set ${changed} where patient_key = $1`, patient))).toBe(
        'LC001',
      );
  });
});

describe('what is recorded is final', () => {
  const KEPT = ['eligibility_step', 'injection_step', 'trace'];
  const changes = (table: string) => [
    `update ${table} set ${table === 'trace' ? 'actor' : 'professional_key'} = ${table === 'trace' ? `'x'` : '1'}`,
    `delete from ${table}`,
    `truncate ${table}`,
  ];
  for (const table of KEPT) {
    it.each(ROLES)(`%s may not update, delete or truncate ${table}`, async (role) => {
      for (const change of changes(table))
        expect(await codeOf(register.database.pool(role).query(change))).toBe('42501');
    });
    it(`nor may the owner: ${table}`, async () => {
      expect((await register.database.ownerPool().query(`select from ${table}`)).rowCount).toBeGreaterThan(0);
      for (const change of changes(table))
        expect(await codeOf(register.database.ownerPool().query(change))).toBe('LC001');
    });
  }
});
