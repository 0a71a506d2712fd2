import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROLES } from '../../src/access/grants.js';
import { VaccinationSite } from '../../src/areas/injection/vaccination-site.js';
import { RECIPIENT_IDS } from '../../src/law/recipients.js';
import { anInjection, aPatient, aPs, asOwner, byCode, CIVIL_SITE, VACCINE } from '../builders/a-patient.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { commandOn } from '../builders/an-accreditation.js';

let register: Register;
let endpoint: Endpoint;
const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-supply-'));
const [OTHER_SITE, BARRACKS] = ['690781810', '830000099'];
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  const site = { department: '75', vaccines: [VACCINE] };
  await register.database.owner.getRepository(VaccinationSite).insert([
    { ...site, finess: CIVIL_SITE, name: 'CENTRE' },
    { ...site, finess: OTHER_SITE, name: 'AUTRE' },
    { ...site, finess: BARRACKS, name: 'CASERNE', military: true },
  ]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await register.close();
});

const MOVEMENTS = 'finess;product;lotNumber;kind;quantity;at';
const OPENINGS = 'finess;fromDay;untilDay;weekday;opensAt;closesAt';
let files = 0;
function aFile(header: string, lines: readonly string[], digest?: string): string {
  files += 1;
  const file = path.join(folder, `${files}.csv`);
  const text = [header, ...lines, ''].join('\n');
  writeFileSync(file, text);
  writeFileSync(`${file}.sha256`, `${digest ?? createHash('sha256').update(text).digest('hex')}  ${files}.csv\n`);
  return file;
}
const movement = (
  kind: string,
  quantity: number,
  at: string,
  { finess = CIVIL_SITE, product = VACCINE, lot = 'LOT1001' } = {},
) => [finess, product, lot, kind, quantity, at].join(';');
const importSupply = (...lines: string[]) => commandOn(register, 'import-supply', aFile(MOVEMENTS, lines), '--json');
const levels = async () => {
  const { body } = await endpoint.ask(
    as('OPERATEUR'),
    '{ supplyLevels(first: 100) { edges { node { finess product lotNumber received sent broken used countedAt remaining } } } }',
  );
  return body.data.supplyLevels.edges.map(({ node }: { node: object }) => node);
};
const offer = async () => {
  const { body } = await endpoint.ask(
    as('SPIS'),
    '{ vaccinationSites { edges { node { finess products openings { fromDay untilDay weekday opensAt closesAt } } } } }',
  );
  return body.data.vaccinationSites.edges.map(({ node }: { node: object }) => node);
};

describe('AIPD, purposes, 2° · what a place has', () => {
  it('is what came in, less what went out, was broken, and was injected there of that lot', async () => {
    const RECORD = 'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id } }';
    for (const number of [1, 2, 3]) {
      const patient = await aPatient(register, number, { eligible: true });
      const given = number === 3 ? { lotNumber: 'ELSEWHERE', placeFiness: OTHER_SITE } : {};
      expect(
        (await endpoint.ask(aPs(1), RECORD, { input: anInjection(byCode(patient), 1, given) })).body.errors,
      ).toBeUndefined();
    }
    const ran = await importSupply(
      movement('IN', 60, '2021-02-01T08:00:00Z'),
      movement('OUT', 12, '2021-02-02T08:00:00Z'),
      movement('BROKEN', 6, '2021-02-03T08:00:00+01:00'),
      movement('IN', 500, '2021-02-01T08:00:00Z', { product: 'SERINGUE-1ML', lot: '' }),
    );
    expect([ran.exitCode, JSON.parse(ran.stdout)]).toEqual([0, { recorded: 4, lots: 2 }]);
    expect(await levels()).toEqual([
      {
        finess: CIVIL_SITE,
        product: VACCINE,
        lotNumber: 'LOT1001',
        received: 60,
        sent: 12,
        broken: 6,
        used: 2,
        countedAt: null,
        remaining: 40,
      },
      {
        finess: CIVIL_SITE,
        product: 'SERINGUE-1ML',
        lotNumber: '',
        received: 500,
        sent: 0,
        broken: 0,
        used: 0,
        countedAt: null,
        remaining: 500,
      },
    ]);
    expect(await offer()).toMatchObject([
      { finess: OTHER_SITE, products: [] },
      { finess: CIVIL_SITE, products: [VACCINE] },
    ]);
  });

  it('once a file: the same file again adds nothing', async () => {
    const file = aFile(MOVEMENTS, [movement('IN', 10, '2021-02-05T08:00:00Z', { finess: OTHER_SITE })]);
    for (const recorded of [1, 0]) {
      const { stdout } = await commandOn(register, 'import-supply', file, '--json');
      expect(JSON.parse(stdout).recorded).toBe(recorded);
    }
    expect(await levels()).toContainEqual(
      expect.objectContaining({ finess: OTHER_SITE, lotNumber: 'LOT1001', remaining: 10 }),
    );
    expect(await levels()).toContainEqual(
      expect.objectContaining({ finess: OTHER_SITE, lotNumber: 'ELSEWHERE', received: 0, used: 1, remaining: -1 }),
    );
  });

  it('is what an inventory found, and what moved since; a place without doses offers none', async () => {
    await importSupply(movement('LEFT', 5, '2021-03-02T12:00:00Z'));
    expect(await levels()).toContainEqual(
      expect.objectContaining({
        finess: CIVIL_SITE,
        product: VACCINE,
        used: 2,
        countedAt: '2021-03-02T12:00:00+00:00',
        remaining: 5,
      }),
    );
    await importSupply(movement('OUT', 5, '2021-03-03T08:00:00Z'));
    expect(await offer()).toMatchObject([{ products: [VACCINE] }, { finess: CIVIL_SITE, products: [] }]);
  });

  it('follows a correction of the lot, and no person stands in it', async () => {
    const [patient] = await asOwner<{ id: string; body_key: string }>(
      register,
      'select p.id, p.body_key from patient p join injection_step i on i.patient_key = p.key where i.lot_number = $1',
      ['ELSEWHERE'],
    );
    const CORRECT = 'mutation ($input: InjectionCorrectionInput!) { correctInjection(input: $input) { id } }';
    const input = {
      patientId: patient?.id,
      rank: 1,
      reason: 'INACCURATE',
      idempotencyKey: '7b1f6c62-6f0d-4b8a-9f5e-2f9d6a2f1c11',
      lotNumber: 'LOT1001',
    };
    expect(
      (await endpoint.ask(as('AGENT_AM', { bodies: [String(patient?.body_key)] }), CORRECT, { input })).body.errors,
    ).toBeUndefined();
    expect((await commandOn(register, 'refresh-supply')).exitCode).toBe(0);
    const { stdout } = await commandOn(register, 'supply');
    expect(stdout).not.toContain('ELSEWHERE');
    expect(stdout.split('\n')).toContain([OTHER_SITE, VACCINE, 'LOT1001', 10, 0, 0, 1, 9].join('\t'));
    const columns = await asOwner<{ name: string }>(
      register,
      `select column_name as name from information_schema.columns where table_name in ('supply_movement', 'supply_level', 'site_opening')`,
    );
    expect(columns.map(({ name }) => name).filter((name) => /patient|professional|person/.test(name))).toEqual([]);
  });

  it('leaves a trace of each run', async () => {
    const traces = await asOwner<{ operation: string }>(
      register,
      `select distinct operation, recipient, article from trace where operation like '%Supply' order by 1`,
    );
    expect(traces).toEqual(
      ['importSupply', 'refreshSupply'].map((operation) => ({
        operation,
        recipient: 'OPERATEUR',
        article: 'AIPD, finalités, 2°',
      })),
    );
  });
});

describe('a file of movements is refused whole', () => {
  const good = movement('IN', 1, '2021-04-01T08:00:00Z');
  it.each([
    ['an unknown place', movement('IN', 1, '2021-04-01T08:00:00Z', { finess: '750000000' }), 'NOT_FOUND: finess'],
    [
      'a vaccine of no value set',
      movement('IN', 1, '2021-04-01T08:00:00Z', { product: 'EU/1/99/9999' }),
      'INVALID_INPUT: 3:product',
    ],
    ['a vaccine without lot', movement('IN', 1, '2021-04-01T08:00:00Z', { lot: '' }), 'INVALID_INPUT: 3:lotNumber'],
    ['a text as product', movement('IN', 1, '2021-04-01T08:00:00Z', { product: '=cmd()' }), 'INVALID_INPUT: 3:product'],
    ['an unknown kind', movement('USED', 1, '2021-04-01T08:00:00Z'), 'INVALID_INPUT: 3:kind'],
    ['nothing delivered', movement('IN', 0, '2021-04-01T08:00:00Z'), 'INVALID_INPUT: 3:quantity'],
    ['less than nothing', movement('IN', -4, '2021-04-01T08:00:00Z'), 'INVALID_INPUT: 3:quantity'],
    ['no instant', movement('IN', 1, '2021-04-01'), 'INVALID_INPUT: 3:at'],
    ['one column too many', `${good};x`, 'INVALID_INPUT: 3:line'],
  ])('for %s', async (_, line, told) => {
    const before = await asOwner(register, 'select count(*) from supply_movement');
    const { exitCode, stderr } = await importSupply(good, line);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`(${told})`);
    expect(stderr).not.toContain(line);
    expect(await asOwner(register, 'select count(*) from supply_movement')).toEqual(before);
  });

  it('without its SHA-256, with another header, or not in UTF-8', async () => {
    const told = async (file: string) => (await commandOn(register, 'import-supply', file)).stderr;
    expect(await told(aFile(MOVEMENTS, [good], '0'.repeat(64)))).toContain('INTEGRITY_MISMATCH');
    expect(await told(aFile('finess;product', [good]))).toContain('FILE_FORMAT');
    const latin = path.join(folder, 'latin.csv');
    const bytes = Buffer.concat([Buffer.from(`${MOVEMENTS}\n`), Buffer.from([0xe9, 0x0a])]);
    writeFileSync(latin, bytes);
    writeFileSync(`${latin}.sha256`, createHash('sha256').update(bytes).digest('hex'));
    expect(await told(latin)).toContain('FILE_FORMAT');
  });
});

describe('the hours of a place', () => {
  const opening = (finess: string, weekday: number, opensAt = '09:00') =>
    [finess, '2021-03-01', '2021-06-30', weekday, opensAt, '18:30'].join(';');
  const importOpenings = (...lines: string[]) =>
    commandOn(register, 'import-openings', aFile(OPENINGS, lines), '--json');

  it('are those of the last file that names it; a military place shows none', async () => {
    expect(
      JSON.parse(
        (
          await importOpenings(
            opening(CIVIL_SITE, 1),
            opening(CIVIL_SITE, 2),
            opening(OTHER_SITE, 7),
            opening(BARRACKS, 1),
          )
        ).stdout,
      ),
    ).toEqual({ recorded: 4 });
    await importOpenings(opening(CIVIL_SITE, 3, '10:15'));
    expect(await offer()).toMatchObject([
      { finess: OTHER_SITE, openings: [{ weekday: 7 }] },
      {
        finess: CIVIL_SITE,
        openings: [{ fromDay: '2021-03-01', untilDay: '2021-06-30', weekday: 3, opensAt: '10:15', closesAt: '18:30' }],
      },
    ]);
    const rows = await register.database
      .pool('lancette_spis')
      .query('select distinct finess from site_opening order by 1');
    expect(rows.rows.map(({ finess }) => finess)).toEqual([OTHER_SITE, CIVIL_SITE]);
  });

  it.each([
    ['before they open', opening(CIVIL_SITE, 1, '19:00'), 'closesAt'],
    ['on an eighth day', opening(CIVIL_SITE, 8), 'weekday'],
    ['twice at once', `${opening(CIVIL_SITE, 1)}\n${opening(CIVIL_SITE, 1)}`, 'opensAt'],
  ])('do not close %s', async (_, lines, field) => {
    const { exitCode, stderr } = await importOpenings(lines);
    expect([exitCode, stderr.includes(field)]).toEqual([1, true]);
    expect((await offer())[1]).toMatchObject({ openings: [{ weekday: 3 }] });
  });
});

describe('who reads it', () => {
  it.each(RECIPIENT_IDS.filter((id) => id !== 'OPERATEUR'))(
    '%s is not told how many doses a place has',
    async (recipient) => {
      const { professional } = aPs(1);
      const who = as(recipient, { professional, bodies: ['01751'], region: '11', patient: randomUUID() });
      const answer = await endpoint.ask(who, '{ supplyLevels { edges { node { remaining } } } }');
      expect(answer.body.data ?? null).toBeNull();
      expect(answer.body.errors[0].extensions).toMatchObject({ code: 'FORBIDDEN_OPERATION', article: 'art. 3' });
    },
  );

  it('and movements are final, for every role and for the owner', async () => {
    const granted = await asOwner(
      register,
      `select r, p from unnest($1::text[]) r, unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) p where has_table_privilege(r, 'supply_movement', p)`,
      [ROLES],
    );
    expect(granted).toEqual([]);
    for (const change of [
      'update supply_movement set quantity = 1',
      'delete from supply_movement',
      'truncate supply_movement',
    ])
      await expect(register.database.ownerPool().query(change)).rejects.toMatchObject({ code: 'LC001' });
  });
});
