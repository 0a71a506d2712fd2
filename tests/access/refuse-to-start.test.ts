import 'reflect-metadata';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { type GraphQLFieldConfigMap, GraphQLString } from 'graphql';
import { wallDifferences } from '../../src/access/catalog.js';
import type { DatabaseWall } from '../../src/access/grants.js';
import { rules, shielded } from '../../src/access/shield.js';
import { lawfulSchema } from '../../src/access/views.js';
import { lawfulWall, prepareDatabase } from '../../src/application.js';
import { ESCAPED, plainColumns } from '../../src/db/plain-text.js';
import { FIELDS, LINKS } from '../../src/law/fields.js';
import { OPERATION_IDS, OPERATIONS } from '../../src/law/operations.js';
import { fullSchema } from '../../src/schema.js';
import { differencesAfter } from '../builders/a-broken-wall.js';
import { aRegister, type Register } from '../builders/a-register.js';
import { ALL_FIELDS, nameOf, typeOf } from '../law/comparing.js';

const schema = fullSchema();
let register: Register;
let wall: DatabaseWall;
beforeAll(async () => {
  register = await aRegister();
  wall = lawfulWall(register.database, schema);
});
afterAll(() => register.close());

/** The check of the closed world, as at every start. */
const relawful = () => lawfulSchema(schema);

/** Takes one entry out of a table of the law while something runs, and puts it back. */
function without<T>(table: object, key: string, run: () => T): T {
  const entries = { ...table } as Record<string, unknown>;
  delete (table as Record<string, unknown>)[key];
  try {
    return run();
  } finally {
    (table as Record<string, unknown>)[key] = entries[key];
  }
}

describe('a field of no category', () => {
  it.each(ALL_FIELDS)('%s without its category: no schema', (field) => {
    const type = FIELDS[typeOf(field) as 'Patient'];
    expect(() => without(type, nameOf(field), relawful)).toThrow(`${field} belongs to no category`);
  });
  it('a link that leads to no personal type: no schema', () => {
    expect(() => without(LINKS.Patient, 'injectionSteps', relawful)).toThrow(
      'Patient.injectionSteps belongs to no category',
    );
  });
  it('a field added to a personal type: no schema', () => {
    const grown = mapSchema(schema, {
      [MapperKind.OBJECT_TYPE]: (type) => {
        if (type.name !== 'Patient') return type;
        const config = type.toConfig();
        const fields: GraphQLFieldConfigMap<unknown, unknown> = {
          ...config.fields,
          bloodGroup: { type: GraphQLString },
        };
        return new (type.constructor as typeof import('graphql').GraphQLObjectType)({ ...config, fields });
      },
    });
    expect(() => lawfulSchema(grown)).toThrow('Patient.bloodGroup belongs to no category');
  });
  it('and the server does not start', async () => {
    const started = without(FIELDS.Patient, 'phone', () => register.serve());
    await expect(started).rejects.toThrow('Patient.phone belongs to no category');
  });
});

describe('an operation without a rule', () => {
  it.each(OPERATION_IDS)('%s without its line in the law: no schema', (operation) => {
    expect(() => without(OPERATIONS, operation, relawful)).toThrow(`no rule for the operations ${operation}`);
  });
  it.each(OPERATION_IDS)('%s without its rule in the shield: no view', (operation) => {
    const { [operation]: _, ...others } = rules;
    expect(() => shielded(schema, others)).toThrow(`no rule guards ${operation}`);
  });
  it('and the server does not start', async () => {
    const { acts: _, ...others } = rules;
    await expect(register.serve({ rules: others })).rejects.toThrow('no rule guards acts');
  });
});

/** Breaks the wall as the owner can, expects the start to be refused, and puts the wall up again. */
async function noStart(statement: string, message: RegExp): Promise<void> {
  try {
    await register.database.owner.query(statement);
    await expect(register.serve()).rejects.toThrow(message);
  } finally {
    await prepareDatabase(register.database);
  }
}

const broken = async (statements: readonly string[], message: RegExp): Promise<void> =>
  expect((await differencesAfter(register.database, wall, statements)).join('\n')).toMatch(message);

describe('a database that grants something else than the law', () => {
  it('the lawful one starts', async () => {
    expect(await differencesAfter(register.database, wall, [])).toEqual([]);
    await expect(register.serve()).resolves.toBeDefined();
  });
  it('and no other does: a grant too many', () =>
    noStart(
      'grant select (nir) on patient to public',
      /run « lancette migrate »:.*unlawful: lancette_\w+ SELECT patient\.nir/s,
    ));
  it('and no other does: a policy altered', () =>
    noStart(
      'alter policy lancette_ars_select on patient using (true)',
      /unlawful: policy lancette_ars_select on patient/,
    ));
  it('a grant is missing', () =>
    broken(
      ['revoke select (lot_number) on injection_step from lancette_ansm'],
      /missing: lancette_ansm SELECT injection_step\.lot_number/,
    ));
  it('a column is granted that the law does not give', () =>
    broken(
      ['grant select (scheme_code) on patient to lancette_ps'],
      /unlawful: lancette_ps SELECT patient\.scheme_code/,
    ));
  it('a column is granted to everybody', () =>
    broken(['grant select (nir) on patient to public'], /unlawful: lancette_\w+ SELECT patient\.nir/));
  it('a whole table is granted', () =>
    broken(['grant select on patient_nir to lancette_spf'], /unlawful: lancette_spf SELECT patient_nir\.nir_index/));
  it('a table may be updated', () =>
    broken(
      ['grant update on attending_physician to lancette_medecin_traitant'],
      /unlawful: lancette_medecin_traitant UPDATE attending_physician/,
    ));
  it('one column of a table may be updated', () =>
    broken(
      ['grant update (consent) on attending_physician to lancette_medecin_traitant'],
      /unlawful: lancette_medecin_traitant UPDATE attending_physician/,
    ));
  it('steps may be deleted', () =>
    broken(['grant delete on injection_step to lancette_ps'], /unlawful: lancette_ps DELETE injection_step/));
  it('a function may be called that the law does not open', () =>
    broken(
      ['grant execute on function lancette.enter_self(uuid) to lancette_spf'],
      /unlawful: lancette_spf EXECUTE lancette\.enter_self\(uuid\)/,
    ));
  it('a call is missing', () =>
    broken(
      ['revoke execute on function lancette.enter_care(text,bytea,text) from lancette_ps'],
      /missing: lancette_ps EXECUTE lancette\.enter_care/,
    ));
  it('a view shows what the table hides', () =>
    broken(
      ['create view everyone as select * from patient', 'grant select on everyone to lancette_ars'],
      /unlawful: lancette_ars SELECT everyone\.nir/,
    ));
  it('a function of the owner is open to everybody', () =>
    broken(
      [`create function public.leak() returns setof text language sql security definer as 'select nir from patient'`],
      /unlawful: lancette_ps EXECUTE public\.leak\(\)/,
    ));
  it.each([
    ['grant usage on schema lancette_queue to lancette_ps', 'lancette_ps USAGE of schema lancette_queue'],
    ['grant select on lancette_queue.job to public', 'lancette_spf SELECT lancette_queue.job'],
    ['grant select (data) on lancette_queue.job to lancette_operateur', 'lancette_operateur SELECT lancette_queue.job'],
    ['grant update on lancette_queue.job to lancette_planner', 'lancette_planner UPDATE lancette_queue.job'],
    ['grant select (email) on patient to lancette_queue', 'lancette_queue SELECT patient.email'],
    [
      'grant select (non_medical_criteria_codes) on patient to lancette_sender',
      'lancette_sender SELECT patient.non_med',
    ],
    ['grant select (nir) on patient to lancette_planner', 'lancette_planner SELECT patient.nir'],
    [
      'alter table invitation_message disable trigger invitation_message_never_a_reminder',
      'an invitation may leave twice',
    ],
  ])('the queue, the planner or the sender reach further: %s', (statement, unlawful) =>
    broken([statement], new RegExp(`unlawful: ${unlawful}`)),
  );
  it('the queue is missing', () =>
    broken(['drop schema lancette_queue cascade'], /missing: lancette_queue USAGE of schema lancette_queue/));
  it('steps are no longer final', () =>
    broken(
      ['alter table injection_step disable trigger injection_step_is_final'],
      /recorded rows of injection_step can be changed/,
    ));
  it('steps are final only until a session says that it replicates', () =>
    broken(
      ['alter table injection_step enable trigger injection_step_is_final'],
      /recorded rows of injection_step can be changed/,
    ));
  it.each([
    'alter table patient disable trigger patient_marks_consultation',
    'alter table eligibility_step disable trigger eligibility_step_is_marked',
    'drop trigger eligibility_step_is_marked on eligibility_step',
  ])('a consultation is no longer marked: %s', (statement) =>
    broken([statement], /a consultation may be marked as that of a vaccinated person/),
  );
  it('the archive of superseded steps is shown to somebody', () =>
    broken(
      ['grant select on superseded_step to lancette_auditeur'],
      /unlawful: lancette_auditeur SELECT superseded_step\.content/,
    ));
});

describe('a policy that says something else than the law', () => {
  const NAME = 'lancette_agent_am_select on patient';

  it('is missing', () => broken([`drop policy ${NAME}`], /missing: policy lancette_agent_am_select on patient/));
  it('was altered', () =>
    broken(
      [`alter policy ${NAME} using (true)`],
      /unlawful: policy lancette_agent_am_select on patient for SELECT to lancette_agent_am: true/,
    ));
  it('was made anew under the same name', () =>
    broken(
      [`drop policy ${NAME}`, `create policy ${NAME} for select to lancette_agent_am using (body_key <> '')`],
      /unlawful: policy lancette_agent_am_select on patient for SELECT to lancette_agent_am: \(body_key <> ''/,
    ));
  it('was altered while its comment still says what the law wants', () =>
    broken(
      [
        `alter policy ${NAME} using (region_code is not null)`,
        `comment on policy ${NAME} is 'patient.body_key = any ((select string_to_array(nullif(current_setting(''lancette.bodies'', true), ''''), '',''))::text[])'`,
      ],
      /unlawful: policy lancette_agent_am_select on patient .*region_code IS NOT NULL/,
    ));
  it('holds for somebody else as well', () =>
    broken(
      [`alter policy ${NAME} to lancette_agent_am, lancette_spis`],
      /unlawful: policy lancette_agent_am_select on patient for SELECT to .*lancette_spis/,
    ));
  it('checks less at an insertion', () =>
    broken(
      ['alter policy lancette_ps_insert on injection_step with check (true)'],
      /unlawful: policy lancette_ps_insert on injection_step/,
    ));
  it('was added', () =>
    broken(
      ['create policy more on patient for select to lancette_ps using (true)'],
      /unlawful: policy more on patient for SELECT to lancette_ps: true/,
    ));
  it('was added for everybody and every command', () =>
    broken(['create policy more on trace using (true)'], /unlawful: policy more on trace for ALL to public: true/));
  it('is no longer applied', () =>
    broken(['alter table patient disable row level security'], /unlawful: no row level security on patient/));
});

describe('a column of codes that may hold what JSON escapes', () => {
  it('and the server does not start', async () => {
    const constraint = 'constraint injection_step_vaccine_is_plain';
    const { owner } = register.database;
    await owner.query(`alter table injection_step drop ${constraint}`);
    try {
      await expect(register.serve()).rejects.toThrow(`missing: ${constraint} on injection_step`);
    } finally {
      await owner.query(`alter table injection_step add ${constraint} check (vaccine !~ ${ESCAPED})`);
    }
    await expect(register.serve()).resolves.toBeDefined();
  });
  it.each(plainColumns())('$name dropped', ({ table, name }) =>
    broken([`alter table ${table} drop constraint ${name}`], new RegExp(`missing: constraint ${name} on ${table}`)),
  );
  it.each(plainColumns())('$name in name only', ({ table, name, expression }) =>
    broken(
      [`alter table ${table} drop constraint ${name}, add constraint ${name} check ((${expression}) or true)`],
      new RegExp(`missing: constraint ${name} on ${table}`),
    ),
  );
  it('one that old rows were not held to', () =>
    broken(
      [
        'alter table patient drop constraint patient_sex_is_plain',
        `alter table patient add constraint patient_sex_is_plain check (sex !~ ${ESCAPED}) not valid`,
      ],
      /missing: constraint patient_sex_is_plain on patient/,
    ));
  it.each(plainColumns())('$name lets codes in, and nothing that JSON escapes', async ({ table, name }) => {
    const { owner } = register.database;
    const [{ definition, type, column }] = await owner.query(
      `select pg_get_constraintdef(k.oid) as definition, format_type(a.atttypid, a.atttypmod) as type, a.attname as column
         from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
        where k.conname = $1 and k.conrelid = ('public.' || $2)::regclass`,
      [name, table],
    );
    const list = type === 'text[]';
    const isLet = async (text: string | null): Promise<boolean | null> => {
      const given = list ? `array['A', $1]::text[]` : '$1::text';
      const query = `select ${definition.replace(/^CHECK/, '')} as let from (select ${given} as ${column}) codes`;
      return (await owner.query(query, [text]))[0].let;
    };
    for (const text of ['', 'A1', 'EU/1/20/1528', "HC1:6B $%*+-./:'"]) expect(await isLet(text)).toBe(true);
    for (const text of ['"', 'A"', '\\', '\n', 'A\u0001B', '\u001f']) expect(await isLet(text)).toBe(false);
    // A list would lose it between its texts; a column is asked for by its other constraints.
    expect(await isLet(null)).toBe(list ? false : null);
  });
});

describe('a role that is more than a login', () => {
  it.each(['bypassrls', 'createrole', 'createdb'])('with %s', async (attribute) => {
    const differences = await differencesAfter(register.database, wall, [`alter role lancette_spf ${attribute}`]);
    expect(differences).toEqual(['unlawful: lancette_spf has attributes beyond LOGIN']);
  });
  it('a superuser', async () => {
    const differences = await differencesAfter(register.database, wall, ['alter role lancette_spf superuser']);
    expect(differences).toContain('unlawful: lancette_spf has attributes beyond LOGIN');
  });
  it('a member of another role', async () => {
    const differences = await differencesAfter(register.database, wall, ['grant lancette_auditeur to lancette_ps']);
    expect(differences).toContain('unlawful: lancette_ps is a member of another role');
  });
});

it('the wall put up again is the lawful one', async () => {
  const client = await register.database.ownerPool().connect();
  try {
    expect(await wallDifferences(client, wall)).toEqual([]);
  } finally {
    client.release();
  }
});
