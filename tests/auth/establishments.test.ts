import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { roleOf } from '../../src/access/grants.js';
import { EstablishmentTable } from '../../src/auth/vihf/establishments.js';
import { AIR_LIMITS, AUTHENTICATION_MEANS } from '../../src/law/authentication-means.js';
import { aCertificate, type Seal } from '../builders/a-certificate.js';
import { aTargetingWorld, type CommandRun, command, type TargetingWorld } from '../builders/a-targeting-world.js';

let world: TargetingWorld;
const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-establishments-'));
const [first, second, third, fourth] = Array.from({ length: 4 }, () => aCertificate({ kind: 'ec' })) as [
  Seal,
  Seal,
  Seal,
  Seal,
];

beforeAll(async () => {
  world = await aTargetingWorld();
});
beforeEach(() => query('truncate establishment cascade'));
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

const query = (sql: string, values: unknown[] = []) => world.register.database.ownerPool().query(sql, values);
const table = () => new EstablishmentTable(world.register.database.pool(roleOf('identities')));

function fileOf(text: string): string {
  const file = path.join(folder, `${Math.random()}.pem`);
  writeFileSync(file, text);
  return file;
}

const declare = (finess: string, { pem }: { pem: string }, ...more: string[]) =>
  command(world, [
    'declare-establishment',
    ...['--finess', finess, '--name', 'Hôpital', '--certificate', fileOf(pem), '--usage', 'seal', '--means', '1,4'],
    ...more,
  ]);

it('the six authentications have six different pairs', () => {
  expect(AUTHENTICATION_MEANS.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(new Set(AUTHENTICATION_MEANS.map((means) => means.contextClass + means.declaration)).size).toBe(6);
});

it('a declaration is what the verifier will find', async () => {
  const run = await declare('750100125', first, '--json');
  expect(run.exitCode).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual({ finess: '750100125', thumbprint: first.thumbprint });
  expect(await table().findEstablishment('750100125')).toEqual({
    finess: '750100125',
    name: 'Hôpital',
    means: [1, 4],
    certificates: [{ thumbprint: first.thumbprint, pem: first.pem, usage: 'SEAL', revoked: false }],
  });
  expect(await table().findEstablishment('690781810')).toBeUndefined();
});

it('declaring the same again changes nothing, but the means', async () => {
  await declare('750100125', first);
  await declare('750100125', first, '--means', '2');
  expect(await table().findEstablishment('750100125')).toMatchObject({ means: [2], certificates: [{}] });
});

it('an establishment has three certificates at most, and a revoked one makes room', async () => {
  for (const seal of [first, second, third]) expect((await declare('750100125', seal)).exitCode).toBe(0);
  const run = await declare('750100125', fourth);
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('DECLARATION_LIMIT') });
  expect((await command(world, ['revoke-certificate', '--thumbprint', first.thumbprint])).exitCode).toBe(0);
  expect((await declare('750100125', fourth)).exitCode).toBe(0);
  expect(AIR_LIMITS.certificatesPerEstablishment.most).toBe(3);
});

it('a certificate serves three FINESS at most', async () => {
  for (const finess of ['750100125', '690781810', '2A0000014']) expect((await declare(finess, first)).exitCode).toBe(0);
  expect((await declare('130786049', first)).exitCode).toBe(1);
  // Nothing of a refused declaration remains.
  expect(await table().findEstablishment('130786049')).toBeUndefined();
  expect(AIR_LIMITS.finessPerCertificate.most).toBe(3);
});

it('the database holds both limits against writers at the same moment', async () => {
  await query(`insert into establishment select n::text || '50100125', 'H', array[1] from generate_series(1, 6) n`);
  const insert = (thumbprint: string, finess: string) =>
    query('insert into establishment_certificate values ($1, $2, $3, $4)', [thumbprint, finess, 'pem', 'SEAL']);
  const shared = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => insert('one', `${n}50100125`)));
  expect(shared.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  await query('delete from establishment_certificate');
  const own = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => insert(`c${n}`, '150100125')));
  expect(own.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
});

it('what is revoked stays revoked, and a declared certificate is never exchanged for another', async () => {
  await declare('750100125', first);
  await expect(query(`update establishment_certificate set pem = 'other'`)).rejects.toMatchObject({ code: 'LC006' });
  await expect(query(`update establishment_certificate set usage = 'TLS'`)).rejects.toMatchObject({ code: 'LC006' });
  await query('update establishment_certificate set revoked_at = now()');
  await expect(query('update establishment_certificate set revoked_at = null')).rejects.toMatchObject({
    code: 'LC006',
  });
});

it('the role that reads these tables writes nothing, and recipients do not read them', async () => {
  const identities = world.register.database.pool(roleOf('identities'));
  await expect(identities.query(`insert into establishment values ('750100125', 'H', '{1}')`)).rejects.toThrow(
    /denied/,
  );
  await expect(identities.query('delete from establishment_certificate')).rejects.toThrow(/denied/);
  await expect(identities.query('select from patient')).rejects.toThrow(/denied/);
  for (const recipient of ['PS', 'OPERATEUR', 'AUDITEUR'] as const)
    await expect(world.register.database.pool(roleOf(recipient)).query('select from establishment')).rejects.toThrow(
      /denied/,
    );
});

describe('refused', () => {
  const DAY = 86_400_000;
  const rows: [string, () => Promise<CommandRun>, RegExp | number][] = [
    ['a FINESS that is none', () => declare('7501', first), /INVALID_INPUT/],
    ['a file that is no certificate', () => declare('750100125', { pem: 'x' }), /CERTIFICATE_UNUSABLE/],
    [
      'an expired certificate',
      () => declare('750100125', aCertificate({ kind: 'ec', to: new Date(Date.now() - DAY) })),
      /CERTIFICATE_UNUSABLE/,
    ],
    [
      'a certificate for later',
      () => declare('750100125', aCertificate({ kind: 'ec', from: new Date(Date.now() + DAY) })),
      /CERTIFICATE_UNUSABLE/,
    ],
    ['a weak key', () => declare('750100125', aCertificate({ kind: 'rsa-1024' })), /CERTIFICATE_UNUSABLE/],
    [
      'no file',
      () =>
        command(world, [
          'declare-establishment',
          '--finess',
          '750100125',
          '--name',
          'H',
          '--certificate',
          '/nowhere',
          '--usage',
          'tls',
          '--means',
          '1',
        ]),
      /FILE_UNREADABLE/,
    ],
    ['a seventh authentication', () => declare('750100125', first, '--means', '1,7'), 2],
    ['no authentication', () => declare('750100125', first, '--means', ''), 2],
    ['another usage', () => declare('750100125', first, '--usage', 'both'), 2],
    [
      'a certificate to revoke that nobody declared',
      () => command(world, ['revoke-certificate', '--thumbprint', fourth.thumbprint]),
      /NOT_FOUND/,
    ],
    ['a thumbprint that is none', () => command(world, ['revoke-certificate', '--thumbprint', 'x']), 2],
  ];
  it.each(rows)('%s', async (_title, run, expected) => {
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(typeof expected === 'number' ? expected : 1);
    if (expected instanceof RegExp) expect(stderr).toMatch(expected);
    expect(await table().findEstablishment('750100125')).toBeUndefined();
  });
});
