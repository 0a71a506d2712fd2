import { randomUUID } from 'node:crypto';
import { CORRECTIONS_HEADER } from '../../../src/areas/targeting/rejects.service.js';
import { aTargetedPerson, type Cells, lineOf } from '../../builders/a-targeting-file.js';
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

const line = (number: number, cells: Partial<Cells> = {}) =>
  lineOf(aTargetedPerson(number, { schemeCode: '01', ...cells }));
const WRONG_KEY = '255081416802539';

/** Ten lines, of which lines 3, 6 and 9 of the file are rejects. */
const withRejects = () => [
  line(0),
  line(1, { nir: WRONG_KEY }),
  line(2),
  line(3),
  line(4, { sex: 'Z' }),
  line(5),
  line(6),
  'une ligne qui n’en est pas une',
  line(8),
  line(9),
];

async function imported(): Promise<string> {
  return (await world.importer.importTargeting(world.file('a.csv', withRejects()))).importId;
}

const listed = async (importId?: string) => {
  const entries = [];
  for await (const entry of world.rejects.listRejects(importId)) entries.push(entry);
  return entries;
};

it('a poisoned line is set aside with line, column and code, and the rest is imported (SECURITY F23)', async () => {
  const importId = await imported();
  expect(await listed(importId)).toEqual([
    { importId, line: 3, column: 'nir', code: 'NIR_KEY' },
    { importId, line: 6, column: 'sex', code: 'SEX' },
    { importId, line: 9, column: 'line', code: 'COLUMN_COUNT' },
  ]);
  expect(await stateOf(world)).toMatchObject({ persons: 7, codes: 7 });
  expect(await listed(randomUUID())).toEqual([]);
});

it('a thousand poisoned lines of every kind stop nothing', async () => {
  const poison = [
    '\u0000',
    ';'.repeat(15),
    '"',
    `x${'y'.repeat(9000)}`,
    '\\N',
    '\\.',
    `${line(1)}\r\r`,
    '{}',
    "'; drop table patient; --",
  ];
  const all = Array.from({ length: 2000 }, (_, at) =>
    at % 2 === 0 ? line(10 + at) : String(poison[at % poison.length]),
  );
  const report = await world.importer.importTargeting({ ...world.file('a.csv', all), blockBytes: 16_384 });
  expect(report.changes).toMatchObject({ linesRead: 2000, personsCreated: 1000, linesRejected: 1000 });
});

it('a line longer than any buffer is one reject', async () => {
  const report = await world.importer.importTargeting({
    ...world.file('a.csv', [line(1), 'x'.repeat(100_000), line(2), 'y'.repeat(50_000)]),
    blockBytes: 16_384,
  });
  expect(report.changes).toMatchObject({ linesRead: 4, personsCreated: 2, linesRejected: 2 });
  expect((await listed()).map((entry) => [entry.line, entry.code])).toEqual([
    [3, 'LINE_TOO_LONG'],
    [5, 'LINE_TOO_LONG'],
  ]);
});

it('no value of a line is in what the program says, nor in clear in the register', async () => {
  const cells = aTargetedPerson(1, {
    nir: WRONG_KEY,
    birthName: 'SECRETNAME',
    schemeCode: '01',
    postalAddress: '1 rue Secrète',
    email: 'secret@exemple.fr',
  });
  const { file } = world.file('a.csv', [
    lineOf(cells),
    lineOf({ ...cells, nir: '2' }),
    `${lineOf(cells)};SECRETNAME`,
    '=SECRETNAME',
  ]);
  const runs = [
    await runCommand(world, ['import-targeting', file]),
    await command(world, ['targeting-rejects', '--json']),
  ];
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const said = runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  const stored = JSON.stringify(await world.query('select * from targeting_reject'));
  for (const value of [WRONG_KEY, 'SECRETNAME', 'Secrète', 'secret@exemple.fr', cells.birthDate]) {
    expect(said).not.toContain(value);
    expect(stored).not.toContain(value);
  }
  expect(await world.count('targeting_reject')).toBe(4);
});

it('corrected lines are merged and leave the list; one that is still wrong stays with its new reason', async () => {
  const importId = await imported();
  const corrections = [`3;${line(1)}`, `6;${line(4, { department: '20' })}`, `700;${line(7)}`];
  const { file } = world.file('corrections.csv', corrections, { header: CORRECTIONS_HEADER });
  const report = await world.rejects.retryRejects({ importId, file });
  expect(report).toMatchObject({
    changes: { linesRead: 0, personsCreated: 1, linesRejected: -1 },
    unknownLines: [700],
  });
  expect(await listed(importId)).toEqual([
    { importId, line: 6, column: 'department', code: 'DEPARTMENT' },
    { importId, line: 9, column: 'line', code: 'COLUMN_COUNT' },
  ]);
  expect(await stateOf(world)).toMatchObject({
    persons: 8,
    codes: 8,
    imports: [{ lines_read: 10, persons_created: 8, lines_rejected: 2 }],
  });
});

it('stored lines are tried again as they are', async () => {
  await world.importer.importTargeting(
    world.file('a.csv', [line(1, { birthName: 'MARTIN', firstNames: 'ANNE', sex: 'F' })]),
  );
  const twin = line(1, { birthName: 'MARTIN', firstNames: 'ZOÉ', sex: 'F', nonMedicalCriteriaCodes: 'T1' });
  const { importId } = await world.importer.importTargeting(world.file('b.csv', [twin]));
  expect(await listed(importId)).toMatchObject([{ line: 2, code: 'IDENTITY_MISMATCH' }]);
  expect((await world.rejects.retryRejects({ importId })).changes).toMatchObject({
    personsEnriched: 0,
    linesRejected: 0,
  });
  await world.query(`update patient set first_names = '{ZOÉ}', first_name_prefix = 'ZOÉ'`);
  expect((await world.rejects.retryRejects({ importId })).changes).toMatchObject({
    personsEnriched: 1,
    linesRejected: -1,
  });
  expect(await listed(importId)).toEqual([]);
});

it('corrections without line numbers, without SHA-256, or of an unknown import are refused', async () => {
  const importId = await imported();
  const { file } = world.file('corrections.csv', [line(1)]);
  await expect(world.rejects.retryRejects({ importId, file })).rejects.toMatchObject({ code: 'FILE_FORMAT' });
  await expect(world.rejects.retryRejects({ importId, file: world.folder })).rejects.toMatchObject({
    code: 'INTEGRITY_MISSING',
  });
  await expect(world.rejects.retryRejects({ importId: randomUUID() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await listed(importId)).toHaveLength(3);
});

it('the program answers 0 when done, 1 when refused, 2 when badly written', async () => {
  const { file } = world.file('a.csv', withRejects());
  const codes = [];
  for (const args of [
    ['import-targeting', file],
    ['import-targeting', `${file}.none`],
    ['import-targeting'],
    ['unknown'],
    ['retry-rejects', 'x'],
    ['--help'],
  ]) {
    codes.push((await command(world, args)).exitCode);
  }
  expect(codes).toEqual([0, 1, 2, 2, 2, 0]);
  const english = await command(world, ['import-targeting', `${file}.none`], 'en');
  expect(english.stderr).toMatch(/^The SHA-256 of the file is missing/);
});
