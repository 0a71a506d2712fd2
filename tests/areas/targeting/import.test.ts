import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { PersonIdentity, Registrar, Registration } from '../../../src/areas/patients/registration.js';
import { TargetingImporter } from '../../../src/areas/targeting/import.service.js';
import { HEADER } from '../../../src/areas/targeting/targeting-file.js';
import { aTargetedPerson, aTargetingFile, type Cells, lineOf } from '../../builders/a-targeting-file.js';
import {
  aTargetingWorld,
  command,
  runCommand,
  stateOf,
  type TargetingWorld,
} from '../../builders/a-targeting-world.js';

let world: TargetingWorld;
beforeAll(async () => {
  world = await aTargetingWorld();
});
beforeEach(() => world.empty());
afterAll(() => world.close());

const line = (number: number, cells: Partial<Cells> = {}) => lineOf(aTargetedPerson(number, cells));
const lines = (from: number, to: number, cells: Partial<Cells> = {}) =>
  Array.from({ length: to - from }, (_, at) => line(from + at, cells));
const nothing = { linesRead: 0, personsCreated: 0, personsEnriched: 0, personsUnchanged: 0, linesRejected: 0 };
const isEmpty = async () => (await world.count('patient')) + (await world.count('targeting_import')) === 0;
/** Small transactions, so that a short file has many. */
const blockBytes = 16_384;

describe('a file is taken in', () => {
  it('whole: one dossier a person, with a code of its own and no date of sending', async () => {
    const file = world.file('a.csv', lines(0, 1000));
    const report = await world.importer.importTargeting({ ...file, blockBytes });
    expect(report).toMatchObject({ outcome: 'DONE', changes: { ...nothing, linesRead: 1000, personsCreated: 1000 } });
    expect(await stateOf(world)).toMatchObject({ persons: 1000, invitations: 1000, codes: 1000, consistent: 1000 });
    expect(await world.count(`invitation where sent_at is not null or code !~ '^[A-Z]{3}-[A-Z]{3}-[A-Z]{3}$'`)).toBe(0);
    expect(await world.count(`patient where targeting_type <> 'AUTOMATIC'`)).toBe(0);
  });

  it('with each cell in its column', async () => {
    const cells = aTargetedPerson(3, {
      usageName: "D’ARC-L'ÉTANG",
      firstNames: 'ANNE MARIE/LÉA',
      schemeCode: '01',
      postalAddress: '12\\N rue "des" \\Lilas',
      medicalCriteriaCodes: 'NULL0,B1',
      nonMedicalCriteriaCodes: 'Z1,A1',
    });
    await world.importer.importTargeting(
      world.file('a.csv', [lineOf({ ...cells, postalAddress: '"12\\N rue ""des"" \\Lilas"' })]),
    );
    const [row] = await world.query(
      'select p.*, h.medical_criteria_codes from patient p join patient_health h on h.patient_key = p.key',
    );
    expect(row).toMatchObject({
      birth_name: cells.birthName,
      usage_name: cells.usageName,
      first_names: ['ANNE MARIE', 'LÉA'],
      postal_address: cells.postalAddress,
      medical_criteria_codes: ['NULL0', 'B1'],
      non_medical_criteria_codes: ['Z1', 'A1'],
    });
    expect(row?.nir).not.toContain(cells.nir);
  });

  it('with a byte order mark, CRLF and no last line break as without', async () => {
    const plain = await world.importer.importTargeting(world.file('a.csv', lines(0, 300)));
    expect(plain.changes.personsCreated).toBe(300);
    const form = { header: `\ufeff${HEADER}`, newline: '\r\n' };
    const windows = await world.importer.importTargeting(world.file('b.csv', lines(0, 300), form));
    expect(windows.changes).toEqual({ ...nothing, linesRead: 300, personsUnchanged: 300 });
    const unended = world.file('c.csv', [], { header: [HEADER, ...lines(299, 301)].join('\n'), newline: '' });
    expect((await world.importer.importTargeting(unended)).changes).toMatchObject({ linesRead: 2, personsCreated: 1 });
  });

  it('without contact of anyone insured by the military fund (AIPD M1.32)', async () => {
    const soldiers = [line(1, { schemeCode: '08' }), line(2, { schemeCode: '08', phone: '0612345678' })];
    const report = await world.importer.importTargeting(world.file('a.csv', soldiers));
    expect(report.changes).toMatchObject({ personsCreated: 1, linesRejected: 1 });
    expect(await world.query('select line, column_name, code from targeting_reject')).toEqual([
      { line: 3, column_name: 'phone', code: 'MILITARY_CONTACT' },
    ]);
  });

  it('in memory that does not grow with it', async () => {
    const file = aTargetingFile(`${world.folder}/large.csv`, { persons: 40_000 });
    const run = await runCommand(world, ['import-targeting', file.file, '--json'], {
      flags: ['--max-old-space-size=110'],
    });
    expect(run).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(run.stdout).changes.personsCreated).toBe(40_000);
  });
});

describe('a file is refused, and nothing written', () => {
  it('when a bit of it has changed', async () => {
    const file = world.file('a.csv', lines(0, 500));
    const bytes = readFileSync(file.file);
    for (const at of [0, 5000, bytes.length - 1]) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      writeFileSync(file.file, altered);
      await expect(world.importer.importTargeting(file)).rejects.toMatchObject({ code: 'INTEGRITY_MISMATCH' });
    }
    expect(await isEmpty()).toBe(true);
  });

  it('when it was cut short or lengthened', async () => {
    const file = world.file('a.csv', lines(0, 500));
    const bytes = readFileSync(file.file);
    writeFileSync(file.file, bytes.subarray(0, -100));
    await expect(world.importer.importTargeting(file)).rejects.toMatchObject({ code: 'INTEGRITY_MISMATCH' });
    writeFileSync(file.file, Buffer.concat([bytes, Buffer.from(`${line(900)}\n`)]));
    await expect(world.importer.importTargeting(file)).rejects.toMatchObject({ code: 'INTEGRITY_MISMATCH' });
    expect(await isEmpty()).toBe(true);
  });

  it('when its SHA-256 is missing, unreadable, or another file’s', async () => {
    const { file } = world.file('a.csv', lines(0, 10));
    for (const [digest, code] of [
      ['', 'INTEGRITY_MISSING'],
      ['not a digest\n', 'INTEGRITY_MISSING'],
      [`${'0'.repeat(64)}  a.csv\n`, 'INTEGRITY_MISMATCH'],
    ]) {
      writeFileSync(`${file}.sha256`, String(digest));
      expect(await command(world, ['import-targeting', file])).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining(`(${code})`),
      });
    }
    expect(await isEmpty()).toBe(true);
  });

  it('when its header is another format’s, or it is no file', async () => {
    const other = world.file('a.csv', lines(0, 3), { header: 'nir,birthDate' });
    await expect(world.importer.importTargeting(other)).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    const utf16 = world.file('b.csv', [], { header: Buffer.from(HEADER, 'utf16le').toString('latin1') });
    await expect(world.importer.importTargeting(utf16)).rejects.toMatchObject({ code: 'FILE_ENCODING' });
    await expect(world.importer.importTargeting({ ...other, file: world.folder })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    expect(await isEmpty()).toBe(true);
  });

  it('by a check never, which needs no register', async () => {
    const { file } = world.file('a.csv', [...lines(0, 20), 'x', line(21, { sex: 'Z' })]);
    const run = await command(world, ['import-targeting', file, '--check', '--json']);
    expect(run.exitCode).toBe(0);
    expect(
      run.stdout
        .trim()
        .split('\n')
        .map((each) => JSON.parse(each)),
    ).toEqual([
      { line: 22, column: 'line', code: 'COLUMN_COUNT' },
      { line: 23, column: 'sex', code: 'SEX' },
      { check: true, linesRead: 22, linesRejected: 2 },
    ]);
    expect(await isEmpty()).toBe(true);
  });
});

describe('a person met again', () => {
  it('only gains criteria: the union of both lists, in the order of their coming', async () => {
    await world.importer.importTargeting(
      world.file('a.csv', [line(1, { medicalCriteriaCodes: 'M1', nonMedicalCriteriaCodes: 'B1,A1' })]),
    );
    const before = await world.query('select * from patient');
    const again = {
      medicalCriteriaCodes: 'M0,M1',
      nonMedicalCriteriaCodes: 'C1,A1,AA1',
      postalAddress: '',
      birthPlace: 'AILLEURS',
    };
    const report = await world.importer.importTargeting(world.file('b.csv', [line(1, again)]));
    expect(report.changes).toEqual({ ...nothing, linesRead: 1, personsEnriched: 1 });
    expect(await world.query('select * from patient')).toEqual([
      { ...before[0], non_medical_criteria_codes: ['B1', 'A1', 'C1', 'AA1'] },
    ]);
    expect(await world.query('select medical_criteria_codes from patient_health')).toEqual([
      { medical_criteria_codes: ['M1', 'M0'] },
    ]);
  });

  it('who had no medical criteria gains the first ones, and keeps the code', async () => {
    await world.importer.importTargeting(world.file('a.csv', [line(1, { medicalCriteriaCodes: '' })]));
    const codes = await world.query('select * from invitation_code');
    await world.importer.importTargeting(world.file('b.csv', [line(1, { medicalCriteriaCodes: 'M1,M2' })]));
    expect(await world.query('select medical_criteria_codes from patient_health')).toEqual([
      { medical_criteria_codes: ['M1', 'M2'] },
    ]);
    expect(await world.query('select * from invitation_code')).toEqual(codes);
  });

  it('in the same file, even in the same transaction, counts line by line', async () => {
    const codes = ['A1', 'A1,B1', 'B1', 'C1', 'A1,B1,C1'];
    const report = await world.importer.importTargeting(
      world.file(
        'a.csv',
        codes.map((nonMedicalCriteriaCodes) => line(1, { nonMedicalCriteriaCodes, medicalCriteriaCodes: '' })),
      ),
    );
    expect(report.changes).toEqual({
      ...nothing,
      linesRead: 5,
      personsCreated: 1,
      personsEnriched: 2,
      personsUnchanged: 2,
    });
    expect(await world.query('select non_medical_criteria_codes as codes from patient')).toEqual([
      { codes: ['A1', 'B1', 'C1'] },
    ]);
  });

  it('is recognised whatever the case and accents, and rejected under another sex or name', async () => {
    const cells = { birthName: 'LEFÈVRE', firstNames: 'ÉLODIE', sex: 'F' };
    await world.importer.importTargeting(world.file('a.csv', [line(1, cells)]));
    const report = await world.importer.importTargeting(
      world.file('b.csv', [
        line(1, { ...cells, birthName: 'Lefevre', firstNames: 'Elodie/Anne' }),
        line(1, { ...cells, sex: 'M' }),
        line(1, { ...cells, birthName: 'MARTIN' }),
        line(1, { ...cells, firstNames: 'CAMILLE' }),
      ]),
    );
    expect(report.changes).toEqual({ ...nothing, linesRead: 4, personsUnchanged: 1, linesRejected: 3 });
    expect(await world.query('select line, column_name, code from targeting_reject order by line')).toEqual(
      [3, 4, 5].map((number) => ({ line: number, column_name: 'nir', code: 'IDENTITY_MISMATCH' })),
    );
  });
});

describe('the same file', () => {
  it('a second time changes nothing, even renamed', async () => {
    const file = world.file('a.csv', lines(0, 200));
    const first = await world.importer.importTargeting(file);
    const state = await stateOf(world);
    renameSync(file.file, `${world.folder}/b.csv`);
    const second = await world.importer.importTargeting({ ...file, file: `${world.folder}/b.csv` });
    expect(second).toEqual({
      importId: first.importId,
      outcome: 'ALREADY_DONE',
      changes: nothing,
      totals: first.totals,
    });
    expect(await stateOf(world)).toEqual(state);
  });

  it('reordered changes nothing either', async () => {
    await world.importer.importTargeting(world.file('a.csv', lines(0, 500)));
    const { imports: _, ...before } = (await stateOf(world)) as { imports: unknown };
    const report = await world.importer.importTargeting({
      ...world.file('b.csv', lines(0, 500).reverse()),
      blockBytes,
    });
    expect(report.changes).toEqual({ ...nothing, linesRead: 500, personsUnchanged: 500 });
    expect(await stateOf(world)).toMatchObject(before);
  });

  it('given to two importers at once is imported once', async () => {
    const file = world.file('a.csv', lines(0, 2000));
    const reports = await Promise.all([1, 2].map(() => world.importer.importTargeting({ ...file, blockBytes })));
    expect(reports.map(({ outcome }) => outcome).sort()).toEqual(['ALREADY_DONE', 'DONE']);
    expect(await stateOf(world)).toMatchObject({ persons: 2000, codes: 2000, consistent: 2000 });
  });

  it('written to while it is imported is not imported further', async () => {
    const file = world.file('a.csv', lines(0, 3000));
    const onProgress = () => appendFileSync(file.file, `${line(9000)}\n`);
    await expect(world.importer.importTargeting({ ...file, blockBytes, onProgress })).rejects.toMatchObject({
      code: 'INTEGRITY_MISMATCH',
    });
    expect(await world.count('targeting_import where finished_at is not null')).toBe(0);
  });
});

it('two importers at once, in opposite orders, create each person once and lose no criterion', async () => {
  const upwards = world.file('a.csv', lines(0, 3000, { nonMedicalCriteriaCodes: 'A1' }));
  const downwards = world.file(
    'b.csv',
    lines(1000, 4000, { nonMedicalCriteriaCodes: 'B1', medicalCriteriaCodes: 'M1' }).reverse(),
  );
  const reports = await Promise.all(
    [upwards, downwards].map((file) => world.importer.importTargeting({ ...file, blockBytes })),
  );
  const sum = (counter: keyof typeof nothing) => reports.reduce((total, { changes }) => total + changes[counter], 0);
  expect([sum('linesRead'), sum('personsCreated'), sum('linesRejected')]).toEqual([6000, 4000, 0]);
  expect(await stateOf(world)).toMatchObject({ persons: 4000, invitations: 4000, codes: 4000, consistent: 4000 });
  expect(
    await world.count(
      `patient where non_medical_criteria_codes @> '{A1,B1}' and cardinality(non_medical_criteria_codes) = 2`,
    ),
  ).toBe(2000);
  expect(await world.count(`patient_health where 'M1' = any (medical_criteria_codes)`)).toBe(3000);
});

it('a code that is taken is drawn again', async () => {
  const stubborn: Pick<Registrar, 'register'> = {
    register: (person: PersonIdentity, type: 'AUTOMATIC' | 'MANUAL'): Registration => ({
      ...world.register.registrar.register(person, type),
      code: 'AAA-AAA-AAA',
    }),
  };
  const importer = new TargetingImporter({ ...world.parts, registrar: stubborn as Registrar });
  await importer.importTargeting(world.file('a.csv', lines(0, 50)));
  await importer.importTargeting(world.file('b.csv', lines(50, 100)));
  expect(await stateOf(world)).toMatchObject({ persons: 100, codes: 100, consistent: 100 });
});
