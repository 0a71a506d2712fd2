import { setTimeout as sleep } from 'node:timers/promises';
import { aTargetedPerson, type Cells, lineOf } from '../../builders/a-targeting-file.js';
import {
  aTargetingWorld,
  command,
  runCommand,
  stateOf,
  type TargetingWorld,
} from '../../builders/a-targeting-world.js';

const KILLS = process.env.LANCETTE_SOAK ? 50 : 1;
const blockBytes = 16_384;

let world: TargetingWorld;
beforeAll(async () => {
  world = await aTargetingWorld();
});
beforeEach(() => world.empty());
afterAll(() => world.close());

const line = (number: number, cells: Partial<Cells> = {}) => lineOf(aTargetedPerson(number, cells));
const lines = (from: number, to: number, cells: Partial<Cells> = {}) =>
  Array.from({ length: to - from }, (_, at) => line(from + at, cells));

/** The register without its ledger of imports: a file that was taken back is remembered there, and nowhere else. */
async function register(): Promise<Record<string, unknown>> {
  const { imports: _, ...rest } = await stateOf(world);
  return rest;
}

/** 300 persons, some of whom the second file will give new criteria, medical ones for the first time among them. */
const first = () => [
  ...lines(0, 290, { nonMedicalCriteriaCodes: 'A1' }),
  ...lines(290, 300, { nonMedicalCriteriaCodes: 'A1', medicalCriteriaCodes: '' }),
];
const second = () => [
  ...lines(200, 300, { nonMedicalCriteriaCodes: 'B1,A1,C1', medicalCriteriaCodes: 'M7' }),
  ...lines(300, 900, { nonMedicalCriteriaCodes: 'B1' }),
  ...lines(850, 900, { nonMedicalCriteriaCodes: 'D1' }),
  'no line at all',
];

async function importFile(name: string, content: string[]): Promise<string> {
  return (await world.importer.importTargeting({ ...world.file(name, content), blockBytes })).importId;
}

/** As a professional records it, by the database alone: the first step into the pathway. */
async function enterPathway(nth: string): Promise<void> {
  await world.query(`insert into professional (rpps) values ('10000000001') on conflict do nothing`);
  await world.query(
    `insert into eligibility_step (patient_key, performed_at, professional_key, not_recommended_vaccines)
     select key, now(), (select min(key) from professional), '{}' from patient order by key ${nth} limit 1`,
  );
}

it('takes back whom a file created and what it added, and leaves the register as if the file had never come', async () => {
  await importFile('a.csv', first());
  const before = await register();
  const importId = await importFile('b.csv', second());
  expect(await register()).toMatchObject({ persons: 900, codes: 900, consistent: 900 });
  const report = await world.rollback.rollBack(importId);
  expect(report).toEqual({
    ...{ importId, outcome: 'DONE', personsRemoved: 600, personsInvited: 0 },
    // A person created by one block and met again by a later one gains there what goes with the person.
    personsRestored: expect.any(Number),
  });
  expect(report.personsRestored).toBeGreaterThanOrEqual(100);
  expect(await register()).toEqual(before);
  expect(await world.count('invitation i where not exists (select from patient p where p.key = i.patient_key)')).toBe(
    0,
  );
  expect(await world.count('targeting_gain')).toBe(0);
  expect(await world.rollback.rollBack(importId)).toMatchObject({ outcome: 'ALREADY_DONE', personsRemoved: 0 });
});

it('lets the same content be imported anew, and corrected lines no longer', async () => {
  const importId = await importFile('a.csv', [...first(), 'x']);
  await world.rollback.rollBack(importId);
  await expect(world.rejects.retryRejects({ importId })).rejects.toMatchObject({ code: 'IMPORT_ROLLED_BACK' });
  const again = await world.importer.importTargeting(world.file('a.csv', [...first(), 'x']));
  expect(again).toMatchObject({ outcome: 'DONE', changes: { personsCreated: 300, linesRejected: 1 } });
  expect(again.importId).not.toBe(importId);
});

it('takes back the persons of corrected lines too', async () => {
  const importId = await importFile('a.csv', [line(1), line(2, { sex: 'Z' })]);
  const { file } = world.file('c.csv', [`3;${line(2)}`], {
    header: `line;${(await import('../../../src/areas/targeting/targeting-file.js')).HEADER}`,
  });
  await world.rejects.retryRejects({ importId, file });
  expect(await world.count('patient')).toBe(2);
  expect(await world.rollback.rollBack(importId)).toMatchObject({ personsRemoved: 2 });
  expect(await world.count('patient')).toBe(0);
});

describe('refuses, and changes nothing', () => {
  it('once a person whom the file created, or enriched, has entered the pathway', async () => {
    const a = await importFile('a.csv', first());
    const b = await importFile('b.csv', second());
    const entered = async (importId: string) => {
      const state = await register();
      await expect(world.rollback.rollBack(importId)).rejects.toMatchObject({ code: 'IMPORT_IN_PATHWAY' });
      expect(await register()).toEqual(state);
      expect(await world.count('targeting_import where rollback_begun_at is not null')).toBe(0);
    };
    await enterPathway('offset 250'); // enriched by b, created by a
    await entered(b);
    await entered(a);
  });

  it('while a later file concerns its persons, which must be taken back first', async () => {
    const a = await importFile('a.csv', first());
    const b = await importFile('b.csv', second());
    await expect(world.rollback.rollBack(a)).rejects.toMatchObject({ code: 'IMPORT_BUILT_UPON' });
    await world.rollback.rollBack(b);
    await world.rollback.rollBack(a);
    expect(await register()).toMatchObject({ persons: 0, invitations: 0, codes: 0, rejects: [] });
    expect(await world.count('patient_nir')).toBe(0);
    expect(await world.count('patient_health')).toBe(0);
  });

  it('an import that does not know whom it created, an unknown one, and one that is running', async () => {
    const importId = await importFile('a.csv', first());
    const file = world.file('b.csv', lines(1000, 3000));
    const running = world.importer.importTargeting({ ...file, blockBytes });
    await sleep(30);
    await expect(world.rollback.rollBack('7d1e2f60-5a8e-4b16-9c63-0a4a9d1b3c11')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await running;
    await world.query('delete from targeting_block where import_id = $1', [importId]);
    await expect(world.rollback.rollBack(importId)).rejects.toMatchObject({ code: 'IMPORT_UNTRACKED' });
    expect(await world.count('patient')).toBe(2300);
  });
});

describe('while an import is being taken back', () => {
  it('nobody of it enters the pathway, everybody else does, and no other import runs', async () => {
    const importId = await importFile('a.csv', lines(0, 10));
    await importFile('b.csv', lines(10, 20));
    await world.query('select lancette.begin_rollback($1)', [importId]);
    await expect(enterPathway('asc')).rejects.toMatchObject({ code: 'LC010' });
    await enterPathway('desc');
    expect(await world.count('eligibility_step')).toBe(1);
    const refused = await command(world, ['import-targeting', world.file('c.csv', lines(30, 31)).file]);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ROLLBACK_RUNNING') });
    expect(await world.rollback.rollBack(importId)).toMatchObject({ outcome: 'RESUMED', personsRemoved: 10 });
    expect(await world.count('patient')).toBe(10);
  });

  it('the intake by itself deletes nobody: the database takes back blocks of such an import only', async () => {
    await importFile('a.csv', lines(0, 10));
    const intake = world.register.database.pool('lancette_intake');
    await expect(intake.query('delete from patient')).rejects.toMatchObject({ code: '42501' });
    await expect(
      intake.query(`select lancette.withdraw_block((select min(id) from targeting_block), '{}')`),
    ).rejects.toMatchObject({ code: 'LC011' });
  });
});

it('a run killed at any point is finished by the next one', async () => {
  await importFile('a.csv', first());
  const before = await register();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const content = second();
    const importId = await importFile(`b${kill}.csv`, [...content, `kill ${kill}`]);
    const blocks = await world.count('targeting_block where import_id = $1', [importId]);
    const killed = await runCommand(world, ['rollback-targeting', importId], {
      until: (stderr) => stderr.split('\n').length > 1 + (kill % (blocks - 1)),
    });
    expect(killed.signal).toBe('SIGKILL');
    const finished = await runCommand(world, ['rollback-targeting', importId, '--json']);
    expect(finished.exitCode).toBe(0);
    expect(await register()).toEqual(before);
  }
});
