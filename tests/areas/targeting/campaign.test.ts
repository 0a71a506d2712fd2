import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dictionaryTable } from '../../../src/areas/targeting/dictionary.js';
import { REJECT_REASONS, SCHEME_CODES } from '../../../src/areas/targeting/targeting-fields.js';
import { COLUMNS } from '../../../src/areas/targeting/targeting-file.js';
import { aProfessionalIdentity } from '../../builders/a-patient.js';
import { as, type Endpoint } from '../../builders/a-register.js';
import { aTargetedPerson, type Cells, lineOf } from '../../builders/a-targeting-file.js';
import {
  aTargetingWorld,
  command,
  runCommand,
  stateOf,
  type TargetingWorld,
} from '../../builders/a-targeting-world.js';

const RESENT = process.env.LANCETTE_SOAK ? 1_000_000 : 5_000;

let world: TargetingWorld;
let endpoint: Endpoint;
beforeAll(async () => {
  world = await aTargetingWorld();
  endpoint = await world.register.serve();
});
beforeEach(() => world.empty());
afterAll(() => world.close());

const line = (number: number, cells: Partial<Cells> = {}) => lineOf(aTargetedPerson(number, cells));
const lines = (from: number, to: number, cells: Partial<Cells> = {}) =>
  Array.from({ length: to - from }, (_, at) => line(from + at, cells));
const json = (text: string) => JSON.parse(text);

/** New persons, known ones, repeated ones near and far, other persons under the same NIR, and poison. */
function* mixed(): Generator<string> {
  for (let at = 0; at < 1200; at += 1) {
    yield line(at);
    if (at % 7 === 0) yield line(at >> 1, { nonMedicalCriteriaCodes: `R${at % 5}` });
    if (at % 11 === 0) yield line(at, { medicalCriteriaCodes: 'M1,M2' });
    if (at % 50 === 0) yield line(at, { sex: 'Z' });
    if (at % 90 === 0) yield line(at >> 2, { birthName: 'XXXX' });
    if (at % 70 === 0) yield 'x';
  }
}

describe('a preview', () => {
  it('tells what the import then does, figure by figure and reason by reason, and writes nothing', async () => {
    const known = lines(300, 500, { nonMedicalCriteriaCodes: 'R1', medicalCriteriaCodes: 'M1' });
    await world.importer.importTargeting(world.file('known.csv', known));
    const before = await stateOf(world);
    const { file } = world.file('all.csv', mixed());
    const preview = await command(world, ['import-targeting', file, '--dry-run', '--json', '--batch', '16']);
    expect(await stateOf(world)).toEqual(before);
    expect(await world.count('targeting_run')).toBe(1);
    const done = await command(world, ['import-targeting', file, '--json', '--batch', '16']);
    const told = json(preview.stdout);
    expect(told).toMatchObject({ dryRun: true, previously: 'NEVER', changes: json(done.stdout).changes });
    const reasons = await world.query('select code, count(*)::int as n from targeting_reject group by code');
    expect(told.rejectReasons).toEqual(Object.fromEntries(reasons.map(({ code, n }) => [code, n])));
    expect(Object.keys(told.rejectReasons).sort()).toEqual(['COLUMN_COUNT', 'IDENTITY_MISMATCH', 'SEX']);
    const again = await command(world, ['import-targeting', file, '--dry-run', '--json']);
    expect(json(again.stdout)).toMatchObject({ previously: 'DONE', changes: { linesRead: 0 } });
  });

  it('is read aloud on a terminal in words and figures', async () => {
    const { file } = world.file('a.csv', [...lines(0, 3), 'x']);
    const { stdout } = await command(world, ['import-targeting', file, '--dry-run']);
    expect(stdout).toMatch(/^Aperçu, rien n’est écrit\n {2}4 lignes lues\n {2}3 personnes créées\n/);
    expect(stdout).toContain('1 COLUMN_COUNT');
  });
});

it(`${RESENT.toLocaleString('en')} lines sent again change nothing`, async () => {
  function* persons(): Generator<string> {
    for (let at = 0; at < RESENT; at += 1) yield line(at);
  }
  await world.importer.importTargeting(world.file('a.csv', persons()));
  const { imports: _, ...before } = await stateOf(world);
  await world.query(`update targeting_import set sha256 = 'as if it had never come'`);
  const report = await world.importer.importTargeting(world.file('b.csv', persons()));
  expect(report).toMatchObject({
    outcome: 'DONE',
    changes: { linesRead: RESENT, personsCreated: 0, personsEnriched: 0, personsUnchanged: RESENT, linesRejected: 0 },
  });
  expect(await stateOf(world)).toMatchObject(before);
  expect(await world.count('targeting_gain')).toBe(0);
});

it('two processes at once, with the same file or the same persons, create each person once and lose no criterion', async () => {
  const a = world.file('a.csv', lines(0, 1500, { nonMedicalCriteriaCodes: 'A1' })).file;
  const downwards = lines(500, 2000, { nonMedicalCriteriaCodes: 'B1', medicalCriteriaCodes: 'M1' }).reverse();
  const b = world.file('b.csv', downwards).file;
  const runs = await Promise.all(
    [a, a, b].map((file) => runCommand(world, ['import-targeting', file, '--json', '--batch', '16'])),
  );
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  const reports = runs.map(({ stdout }) => json(stdout));
  expect(
    reports
      .slice(0, 2)
      .map(({ outcome }) => outcome)
      .sort(),
  ).toEqual(['ALREADY_DONE', 'DONE']);
  expect(reports.reduce((sum, { changes }) => sum + changes.personsCreated, 0)).toBe(2000);
  expect(await stateOf(world)).toMatchObject({ persons: 2000, codes: 2000, consistent: 2000, rejects: [] });
  expect(
    await world.count(
      `patient where non_medical_criteria_codes @> '{A1,B1}' and cardinality(non_medical_criteria_codes) = 2`,
    ),
  ).toBe(1000);
  // What each added is remembered once: the codes of two gains of one person never overlap.
  expect(
    await world.count(
      'targeting_gain a join targeting_gain b on a.patient_key = b.patient_key and a.block_id < b.block_id and (a.non_medical && b.non_medical or a.medical && b.medical)',
    ),
  ).toBe(0);
});

it('criteria are codes without meaning: no label enters, by a file or by the database', async () => {
  const labels = ['DIABETE', 'Diabète', 'CANCER', 'EHPAD', 'ASTHME1', 'A', '12', 'AGE 75', '"A1;B1"', 'ALD1234567'];
  const report = await world.importer.importTargeting(
    world.file('a.csv', [
      ...labels.map((label, at) => line(at, { schemeCode: '01', medicalCriteriaCodes: label })),
      ...labels.map((label, at) => line(at, { schemeCode: '01', nonMedicalCriteriaCodes: label })),
      line(99, { medicalCriteriaCodes: 'A1,ALD123456', nonMedicalCriteriaCodes: '' }),
    ]),
  );
  expect(report.changes).toMatchObject({ personsCreated: 1, linesRejected: 2 * labels.length });
  expect(await world.query('select code, count(*)::int as n from targeting_reject group by code')).toEqual([
    { code: 'CRITERIA_CODES', n: 2 * labels.length },
  ]);
  const intake = world.register.database.pool('lancette_intake');
  for (const label of labels) {
    for (const statement of [
      'update patient set non_medical_criteria_codes = array[$1::text]',
      `insert into patient_health (patient_key, medical_criteria_codes) select key, array[$1::text] from patient
         on conflict (patient_key) do update set medical_criteria_codes = excluded.medical_criteria_codes`,
    ])
      await expect(intake.query(statement, [label])).rejects.toMatchObject({ code: '23514' });
  }
});

describe('scheme 08', () => {
  const PS = as('PS', { professional: aProfessionalIdentity(1) });
  const CONTACT = ['postalAddress', 'phone', 'email', 'legalRepresentative', 'department', 'schemeCode', 'bodyCode'];

  /** Everything that a professional may ask about a person, links included, by the schema that he is served. */
  async function everythingOf(code: string, birthDate: string): Promise<unknown> {
    const { body } = await endpoint.ask(
      PS,
      '{ __schema { types { name kind fields { name args { name } type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }',
    );
    const types = new Map<string, { name: string; kind: string; fields?: { name: string; type: object }[] }>(
      body.data.__schema.types.map((type: { name: string }) => [type.name, type]),
    );
    const named = (type: { name?: string; ofType?: object }): string => type.name ?? named(type.ofType ?? {});
    const selection = (name: string): string =>
      (types.get(name)?.fields ?? [])
        .map((field) =>
          types.get(named(field.type))?.kind === 'OBJECT'
            ? `${field.name} { ${selection(named(field.type))} }`
            : field.name,
        )
        .join(' ');
    const answer = await endpoint.ask(
      PS,
      `{ patientByInvitation(code: "${code}", birthDate: "${birthDate}") { ${selection('Patient')} } }`,
    );
    expect(answer.body.errors).toBeUndefined();
    return answer.body.data.patientByInvitation;
  }

  /** What is there and what is not, without the values. */
  const shapeOf = (value: unknown): unknown => {
    if (value === null) return null;
    if (Array.isArray(value)) return value.map(shapeOf);
    if (typeof value !== 'object') return typeof value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]));
  };

  it('has no contact in the register, and a professional sees of a soldier what he sees of anyone, absences included (AIPD M1.32)', async () => {
    const common = { usageName: '', birthPlace: 'DIJON', firstNames: 'ANNE' };
    const contact = {
      postalAddress: '1 rue Pasteur',
      phone: '0612345678',
      email: 'a@exemple.fr',
      legalRepresentative: 'X',
    };
    const file = world.file('a.csv', [
      line(1, { ...common, ...contact, schemeCode: '01' }),
      line(2, { ...common, schemeCode: '08' }),
      line(3, { ...common, ...contact, schemeCode: '02' }),
    ]);
    expect((await world.importer.importTargeting(file)).changes.personsCreated).toBe(3);
    const people = await world.query(
      'select p.scheme_code, p.birth_date, i.code, num_nonnulls(postal_address, phone, email, legal_representative) as contacts from patient p join invitation i on i.patient_key = p.key order by scheme_code',
    );
    expect(people.map(({ scheme_code, contacts }) => [scheme_code, contacts])).toEqual([
      ['01', 4],
      ['02', 4],
      ['08', 0],
    ]);
    const shapes = [];
    for (const { code, birth_date } of people) {
      const person = (await everythingOf(String(code), String(birth_date))) as object;
      expect(Object.keys(person).filter((field) => CONTACT.includes(field))).toEqual([]);
      shapes.push(JSON.stringify(shapeOf(person), (_, inner) => (Array.isArray(inner) ? inner.length : inner)));
    }
    expect(new Set(shapes).size).toBe(1);
    const refusals = [];
    for (const { code, birth_date } of people) {
      for (const field of CONTACT) {
        const { status, body } = await endpoint.ask(
          PS,
          `{ patientByInvitation(code: "${code}", birthDate: "${birth_date}") { ${field} } }`,
        );
        refusals.push(
          `${field} ${status} ${JSON.stringify(body.errors.map(({ extensions }: { extensions: object }) => extensions))} ${JSON.stringify(body.data ?? null)}`,
        );
      }
    }
    expect(new Set(refusals).size).toBe(CONTACT.length);
  });

  it('shares its format with every other scheme: one file holds them all', async () => {
    const report = await world.importer.importTargeting(
      world.file(
        'a.csv',
        SCHEME_CODES.map((schemeCode, at) => line(at, { schemeCode })),
      ),
    );
    expect(report.changes).toMatchObject({ personsCreated: SCHEME_CODES.length, linesRejected: 0 });
  });
});

describe('the operator', () => {
  const OPERATEUR = as('OPERATEUR');

  it('reads of each import its volumes, duration and rejects by reason, and of each run what became of it', async () => {
    const { file } = world.file('a.csv', [...lines(0, 5), 'x', 'y', line(9, { sex: 'Z' })]);
    const { importId } = json((await command(world, ['import-targeting', file, '--json'])).stdout);
    await command(world, ['import-targeting', world.file('b.csv', [], { header: 'nir' }).file]);
    await command(world, ['retry-rejects', importId]);
    await command(world, ['rollback-targeting', importId]);
    const { body } = await endpoint.ask(
      OPERATEUR,
      `{ targetingImports { edges { node { id linesRead personsCreated linesRejected rejectReasons durationMilliseconds rollbackBegunAt rolledBackAt finishedAt } } }
         targetingRuns { edges { node { kind importId startedAt finishedAt durationMilliseconds linesRead personsCreated linesRejected error } } } }`,
    );
    expect(body.errors).toBeUndefined();
    const [only] = body.data.targetingImports.edges;
    expect(only.node).toMatchObject({
      ...{
        id: importId,
        linesRead: 8,
        personsCreated: 5,
        linesRejected: 3,
        rejectReasons: { COLUMN_COUNT: 2, SEX: 1 },
      },
      rolledBackAt: expect.any(String),
    });
    expect(only.node.durationMilliseconds).toBeGreaterThan(0);
    const runs = body.data.targetingRuns.edges.map(({ node }: { node: { startedAt: string } }) => node);
    runs.sort((a: { startedAt: string }, b: { startedAt: string }) => a.startedAt.localeCompare(b.startedAt));
    expect(runs).toMatchObject([
      { kind: 'IMPORT', importId, linesRead: 8, personsCreated: 5, linesRejected: 3, error: null },
      { kind: 'IMPORT', importId: null, linesRead: 0, error: 'FILE_FORMAT' },
      { kind: 'RETRY', importId, linesRead: 0, error: null },
      { kind: 'ROLLBACK', importId, error: null },
    ]);
    for (const run of runs)
      expect(run).toMatchObject({ finishedAt: expect.any(String), durationMilliseconds: expect.any(Number) });
    const traces = await world.query(
      `select operation, outcome, recipient, records from trace where operation in ('importTargeting', 'retryRejects', 'rollbackTargeting') order by id desc limit 4`,
    );
    expect(traces.reverse().map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['importTargeting', 'RECORDED'],
      ['importTargeting', 'REJECTED'],
      ['retryRejects', 'RECORDED'],
      ['rollbackTargeting', 'RECORDED'],
    ]);
  });

  it('lets rejects expire: after a month they are erased, counted first if he wants, and the younger ones stay', async () => {
    await world.importer.importTargeting(world.file('a.csv', ['x', 'y', line(1)]));
    await world.query(`update targeting_reject set set_aside_at = now() - interval '1 month 1 minute' where line = 2`);
    await world.query(
      `update targeting_reject set set_aside_at = now() - interval '1 month' + interval '1 hour' where line = 3`,
    );
    expect(json((await command(world, ['purge-rejects', '--dry-run', '--json'])).stdout)).toEqual({
      dryRun: true,
      purged: 1,
    });
    expect(await world.count('targeting_reject')).toBe(2);
    expect((await command(world, ['purge-rejects'])).stdout).toBe('1 lignes effacées');
    expect(await world.query('select line from targeting_reject')).toEqual([{ line: 3 }]);
  });
});

describe('the page for those who make files', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/fichier-de-ciblage.md'), 'utf8');

  it('has the dictionary that the law gives: column, field, category, article', () => {
    expect(page).toContain(`${dictionaryTable()}\n`);
    expect(dictionaryTable().split('\n')).toHaveLength(2 + COLUMNS.length);
  });

  it('has each reason of a reject with its meaning, and none that does not exist', () => {
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].filter(
      ([, code]) =>
        String(code) in REJECT_REASONS || !/^(FILE|IMPORT|INTEGRITY|SIGNATURE|DECRYPTION|ROLLBACK)_/.test(String(code)),
    );
    expect(rows.map(([, code, meaning]) => [code, meaning])).toEqual(Object.entries(REJECT_REASONS));
  });
});
