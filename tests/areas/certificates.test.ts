import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import { ReissueService } from '../../src/areas/attestation/reissue.service.js';
import { REVOCATION_TYPE, type RevocationPart } from '../../src/areas/attestation/revocation-list.js';
import { twoDDocEntry, uvciEntry } from '../../src/areas/attestation/verdict.js';
import { runProgram } from '../../src/cli/program.js';
import { dataMatrixImage, qrImage } from '../../src/formats/barcode.js';
import { encodeCertificate } from '../../src/formats/dcc/issue.js';
import { verifyCertificate } from '../../src/formats/dcc/verify.js';
import { codesOfPdf } from '../../src/formats/pdf/codes.js';
import { verifyTwoDDoc } from '../../src/formats/two-d-doc/verify.js';
import { systemClock } from '../../src/kernel/clock.js';
import { FolderKeyring, keyFiles, writeKeyFile } from '../../src/signing/folder.js';
import { verifyJws } from '../../src/signing/jws.js';
import { dccKeysOf, twoDDocKeysOf } from '../../src/signing/keyring.js';
import { bareKey } from '../../src/signing/legacy.js';
import { newPrivateKey } from '../../src/signing/local-key.js';
import { ensureDemoFolder, newEncryptedKey } from '../../src/signing/new-keys.js';
import { type APatient, aPatient, aPs, byCode, byNir } from '../builders/a-patient.js';
import { AMPLE, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { readBySecondImplementation } from '../builders/a-second-dcc-reader.js';

let register: Register;
let endpoint: Endpoint;
let keys: FolderKeyring;
const folder = path.join(mkdtempSync(path.join(tmpdir(), 'lancette-certificates-')), 'signing');
beforeAll(async () => {
  register = await aRegister();
  await ensureDemoFolder(folder, new Date());
  keys = openKeys();
  endpoint = await register.serve({ signing: keys });
});
afterAll(() => register.close());

const PS = aPs(1);
const ATTESTATION = `mutation ($input: AttestationInput) { issueAttestation(input: $input) {
  id kind issuedAt expiresAt content dataMatrix revokedAt } }`;

interface Issued {
  readonly id: string;
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly content: string;
  readonly dataMatrix: string;
}

const openKeys = () =>
  new FolderKeyring({
    folder,
    passphrase: readFileSync(path.join(folder, 'passphrase')),
    others: [bareKey(register.config.keys.attestation)],
    freshness: 200,
  });
const issue = async (patient: APatient, by: Principal = PS, at: Endpoint = endpoint): Promise<Issued> =>
  (await at.ask(by, ATTESTATION, { input: byCode(patient) })).body.data.issueAttestation;
const agentOf = ({ person }: APatient): Principal =>
  as('AGENT_ATTESTATION', { bodies: [person.schemeCode + person.bodyCode] });

const open = (at: string, init?: RequestInit, from = endpoint) => fetch(new URL(at, from.url), init);
const post = (at: string, body: object, headers: Record<string, string> = {}, from = endpoint) =>
  open(
    at,
    { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) },
    from,
  );
const verdictOf = async (code: string, from = endpoint) => (await post('/verify', { code }, {}, from)).json();
const page = async (principal: Principal, body: object) =>
  post('/attestations/pdf', body, { authorization: `Bearer ${await endpoint.tokenFor(principal)}` });
const rows = async <T extends object>(text: string, values: unknown[] = []): Promise<T[]> =>
  register.database.owner.query(text, values);

describe('a certificate', () => {
  it('comes as EU certificate and as 2D-DOC, signed by keys of their own, for a year at most', async () => {
    const patient = await aPatient(register, 700, { doses: 2, person: { birthName: 'LEFÈVRE-ŒUVRARD' } });
    const one = await issue(patient);
    const dcc = verifyCertificate(one.content, dccKeysOf(keys));
    const twoDDoc = verifyTwoDDoc(one.dataMatrix, twoDDocKeysOf(keys));
    expect(dcc).toMatchObject({ valid: true, issuer: 'FR', expiresAt: new Date(one.expiresAt) });
    expect(Date.parse(one.expiresAt) - Date.parse(one.issuedAt)).toBe(365 * 86_400_000);
    expect(dcc.valid && dcc.payload.nam.fnt).toBe('LEFEVRE<OEUVRARD');
    expect(twoDDoc).toMatchObject({ valid: true, fields: { L0: 'LEFEVRE OEUVRARD', L7: '2', L8: '2', LA: 'TE' } });
    const signer = keys.current('dcc', new Date());
    expect(await readBySecondImplementation(one.content, signer.publicKey)).toEqual(dcc.valid && dcc.payload);
  });

  it.each([
    ['Comirnaty', 'EU/1/20/1528', ['1/2', '2/2', '3/3', '4/4'], 'CO TE TE TE'],
    ['Jcovden', 'EU/1/20/1525', ['1/1', '2/1', '3/1'], 'TE TE TE'],
  ])('counts doses by the first vaccine: %s', async (name, vaccine, counts, states) => {
    const [told, cycles]: [string[], string[]] = [[], []];
    for (const [n, _] of counts.entries()) {
      const number = 760 + (name === 'Jcovden' ? 10 : 0) + n;
      const one = await issue(await aPatient(register, number, { doses: n + 1, dose: { vaccine } }));
      const dcc = verifyCertificate(one.content, dccKeysOf(keys));
      const twoDDoc = verifyTwoDDoc(one.dataMatrix, twoDDocKeysOf(keys));
      told.push(dcc.valid ? `${dcc.payload.v?.[0]?.dn}/${dcc.payload.v?.[0]?.sd}` : dcc.reason);
      cycles.push(twoDDoc.valid ? (twoDDoc.fields.LA ?? '') : twoDDoc.reason);
    }
    expect([told, cycles.join(' ')]).toEqual([counts, states]);
  });

  it('says the same of whoever was infected, to every caller: one dose of two would tell it (art. 2, 6°, d; AIPD M1.81)', async () => {
    const said: unknown[] = [];
    for (const [n, infectionDate] of ['2021-01-05', null].entries()) {
      const patient = await aPatient(register, 780 + n, { doses: 1, health: { infectionDate } });
      for (const caller of [PS, agentOf(patient), as('PATIENT', { patient: patient.id })]) {
        const input = caller === PS ? byCode(patient) : caller.patient ? {} : { patientId: patient.id };
        const { body } = await endpoint.ask(caller, ATTESTATION, { input });
        expect(body.errors).toBeUndefined();
        const { content, dataMatrix } = body.data.issueAttestation;
        const dcc = verifyCertificate(content, dccKeysOf(keys));
        const twoDDoc = verifyTwoDDoc(dataMatrix, twoDDocKeysOf(keys));
        const { dn, sd } = (dcc.valid && dcc.payload.v?.[0]) || {};
        said.push([dn, sd, twoDDoc.valid && [twoDDoc.fields.L7, twoDDoc.fields.L8, twoDDoc.fields.LA]]);
      }
    }
    expect(said).toEqual(Array.from({ length: 6 }, () => [1, 2, ['1', '2', 'CO']]));
  });

  it('that the first key of the register signed, before certificates of signers, keeps verifying', async () => {
    const { privateKey, kid, notAfter } = register.config.keys.attestation;
    const before = await register.serve();
    const patient = await aPatient(register, 701, { doses: 1 });
    const { content, dataMatrix } = await issue(patient, PS, before);
    expect(dataMatrix).toBeNull();
    expect(verifyCertificate(content, dccKeysOf(keys)).valid).toBe(true);
    expect(await verdictOf(content)).toEqual({ verdict: 'VALID', kind: 'EU_DCC' });
    expect([kid.length, Date.parse(notAfter) > Date.now(), privateKey.length > 0]).toEqual([8, true, true]);
  });

  it('is given to one person no more often than the law’s figure, whoever asks', async () => {
    const limits = { ...AMPLE, issues: { person: { ...AMPLE.issues.person, points: 2, seconds: 60 } } };
    const strict = await register.serve({ signing: keys, limits });
    const patient = await aPatient(register, 702, { doses: 1 });
    const ask = (by: Principal, input: object) => strict.ask(by, ATTESTATION, { input });
    expect((await ask(PS, byCode(patient))).body.errors).toBeUndefined();
    expect((await ask(agentOf(patient), { patientId: patient.id })).body.errors).toBeUndefined();
    const third = await ask(aPs(2), byCode(patient));
    expect(third.body.errors[0].extensions.code).toBe('RATE_LIMITED');
    expect(await rows('select 1 from attestation where patient_key = $1', [patient.key])).toHaveLength(2);
  });

  it('is traced, by who asked and for whom, once for each', async () => {
    const patient = await aPatient(register, 703, { doses: 1 });
    await issue(patient);
    await page(as('PATIENT', { patient: patient.id }), {});
    const traces = await rows<{ recipient: string; outcome: string; categories: string[] }>(
      `select recipient, outcome, categories from trace where operation = 'issueAttestation' and $1 = any(records) order by id`,
      [patient.key],
    );
    expect(traces).toEqual([
      { recipient: 'PS', outcome: 'RECORDED', categories: ['certificat'] },
      { recipient: 'PATIENT', outcome: 'RECORDED', categories: ['certificat'] },
    ]);
  });

  it('is made from a data set that its role alone reads, of one person and no other column (AIPD M1.81, M1.82)', async () => {
    const one = await aPatient(register, 704, { doses: 1 });
    await aPatient(register, 705, { doses: 1 });
    const client = await register.database.pool(roleOf('attestations')).connect();
    const denied = expect.objectContaining({ code: '42501' });
    try {
      for (const column of ['id', 'sex', 'birth_place', 'body_key', 'department'])
        await expect(client.query(`select ${column} from patient`)).rejects.toEqual(denied);
      await expect(client.query('select lot_number from injection_step')).rejects.toEqual(denied);
      await expect(client.query('select content from attestation')).rejects.toEqual(denied);
      await expect(client.query('select 1 from patient_health')).rejects.toEqual(denied);
      expect((await client.query('select key from patient')).rows).toEqual([]);
      await client.query('begin');
      await client.query(`select set_config('lancette.attested', $1, true)`, [one.key]);
      expect((await client.query('select key from patient')).rows).toEqual([{ key: one.key }]);
      expect((await client.query('select distinct patient_key from injection_step')).rows).toHaveLength(1);
    } finally {
      client.release(true);
    }
  });
});

describe('the printed page', () => {
  it('is for those who may issue, by the same right: one A4 page whose codes verify', async () => {
    const patient = await aPatient(register, 710, { doses: 2, person: { usageName: 'SECRETUSAGE' } });
    const callers: [Principal, object][] = [
      [PS, byCode(patient)],
      [PS, byNir(patient.person)],
      [agentOf(patient), { patientId: patient.id }],
      [as('PATIENT', { patient: patient.id }), {}],
    ];
    for (const [caller, body] of callers) {
      const answer = await page(caller, body);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/pdf']);
      const file = Buffer.from(await answer.arrayBuffer());
      const codes = await codesOfPdf(file);
      expect(codes.map(({ kind }) => kind).sort()).toEqual(['DataMatrix', 'QRCode']);
      for (const { text } of codes) expect(await verdictOf(text)).toMatchObject({ verdict: 'VALID' });
    }
  });

  it('counts a missed search as a guess, by NIR as by code, in one count with every other door (AIPD M1.15)', async () => {
    const guesses = { ...AMPLE.guesses };
    for (const kind of ['code', 'nir'] as const)
      guesses[kind] = { ...guesses[kind], freeMisses: 2, firstDelaySeconds: 600 } as never;
    const strict = await register.serve({ signing: keys, limits: { ...AMPLE, guesses } });
    const patient = await aPatient(register, 713, { doses: 1 });
    const wrongDay = patient.person.birthDate === '1950-01-01' ? '1950-01-02' : '1950-01-01';
    for (const [n, own] of [byCode(patient), byNir(patient.person)].entries()) {
      const caller = aPs(20 + n);
      const headers = { authorization: `Bearer ${await strict.tokenFor(caller)}` };
      const ask = (input: object) => post('/attestations/pdf', input, headers, strict);
      const missed = { ...own, birthDate: wrongDay };
      expect((await ask(missed)).status).toBe(404);
      expect((await strict.ask(caller, ATTESTATION, { input: missed })).body.errors[0].extensions.code).toBe(
        'NOT_FOUND',
      );
      // Two misses were free: even the right answer waits now.
      const paused = await ask(own);
      expect([paused.status, Number(paused.headers.get('retry-after')) > 590]).toEqual([429, true]);
    }
  });

  it('says in both languages what the code says, and nothing else of the person', async () => {
    const patient = await aPatient(register, 711, { doses: 1, person: { usageName: 'SECRETUSAGE' } });
    const file = Buffer.from(await (await page(PS, byCode(patient))).arrayBuffer());
    const target = path.join(folder, 'page.pdf');
    writeFileSync(target, file);
    const bytes = file.toString('latin1');
    expect(bytes).toContain('<pdfuaid:part>1</pdfuaid:part>');
    expect(bytes.match(/\/S \/Figure/g)).toHaveLength(2);
    const poppler = spawnSync('pdftotext', [target, '-'], { encoding: 'utf8' });
    if (poppler.error) return;
    const words = ['Certificat de vaccination', 'vaccination certificate', 'Pliage', 'Folding', 'décret 2021-1670'];
    for (const word of [...words, patient.person.birthName]) expect(poppler.stdout.normalize('NFC')).toContain(word);
    const { person, code } = patient;
    const others = [person.nir, person.postalAddress, person.phone, person.email, 'SECRETUSAGE', code, patient.id];
    for (const other of others) if (other) expect(poppler.stdout).not.toContain(other);
    expect(spawnSync('pdfinfo', [target], { encoding: 'utf8' }).stdout).toMatch(/Pages: +1\n(.*\n)*.*A4/);
  });

  it('is refused with the article to whoever may not issue, and the refusal is traced', async () => {
    const patient = await aPatient(register, 712, { doses: 1 });
    const agent = as('AGENT_AM', { bodies: [patient.person.schemeCode + patient.person.bodyCode] });
    const answer = await page(agent, { patientId: patient.id });
    expect(answer.status).toBe(403);
    expect((await answer.json()).errors[0].extensions).toMatchObject({
      code: 'FORBIDDEN_OPERATION',
      article: 'art. 3',
    });
    const consulting = await page({ ...PS, consultationOnly: true }, byCode(patient));
    expect(consulting.status).toBe(403);
    const refused = await rows(`select 1 from trace where operation = 'issueAttestation' and outcome = 'REFUSED'`);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect((await post('/attestations/pdf', {})).status).toBe(401);
    expect((await page(PS, { code: 'ZZZ-ZZZ-ZZZ', birthDate: '1950-01-01' })).status).toBe(404);
    for (const body of [[], { code: 'x' }, { other: '1' }, { code: 1 }])
      expect((await page(PS, body)).status).toBe(400);
    expect((await open('/attestations/pdf')).status).toBe(405);
  });
});

describe('verification, open to all', () => {
  it('answers valid, revoked, unknown signer, broken or expired, with the reason and nothing of the person', async () => {
    const patient = await aPatient(register, 720, { doses: 1, person: { birthName: 'CANARIDEVERIFICATION' } });
    const { content, dataMatrix } = await issue(patient);
    expect(await verdictOf(content)).toEqual({ verdict: 'VALID', kind: 'EU_DCC' });
    expect(await verdictOf(dataMatrix)).toEqual({ verdict: 'VALID', kind: 'FR_2D_DOC' });
    const stranger = {
      kid: Buffer.from('stranger'),
      privateKey: newPrivateKey('ES256'),
      notAfter: new Date('2100-01-01'),
    };
    const forged = encodeCertificate({
      name: { familyName: 'A' },
      birthDate: '1950-01-01',
      issuedAt: new Date(),
      expiresAt: new Date(Date.now() + 86_400_000),
      vaccination: {
        ...{ product: 'EU/1/20/1528', doseNumber: 1, seriesDoses: 1, date: '2021-05-01', issuer: 'CNAM' },
        uvci: 'URN:UVCI:01:FR:TESTLANCETTE1#8',
      },
      signer: stranger,
    });
    expect(await verdictOf(forged)).toEqual({ verdict: 'UNKNOWN_SIGNER', reason: 'UNKNOWN_SIGNER', kind: 'EU_DCC' });
    expect(await verdictOf(`${content}0`)).toMatchObject({ verdict: 'BROKEN' });
    expect(await verdictOf('bonjour')).toMatchObject({ verdict: 'BROKEN', reason: 'PREFIX' });
    expect(await verdictOf('x'.repeat(5000))).toEqual({ verdict: 'BROKEN', reason: 'NO_CODE' });
    const later = await register.serve({
      signing: keys,
      clock: { now: () => new Date(Date.now() + 366 * 86_400_000) },
    });
    expect(await verdictOf(content, later)).toEqual({ verdict: 'EXPIRED', reason: 'EXPIRED', kind: 'EU_DCC' });
    await register.database.owner.query('update attestation set revoked_at = now() where patient_key = $1', [
      patient.key,
    ]);
    for (const code of [content, dataMatrix])
      expect(await verdictOf(code)).toMatchObject({ verdict: 'REVOKED', reason: 'REVOKED' });
    for (const body of [{}, { code: 1 }, []]) expect((await post('/verify', body)).status).toBe(400);
  });

  it('stores nothing, whatever is verified', async () => {
    const { content } = await issue(await aPatient(register, 721, { doses: 1 }));
    const tables = await rows<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'public'`);
    const counts = async () =>
      Promise.all(tables.map(({ name }) => rows(`select count(*), coalesce(max(t::text), '') from "${name}" t`)));
    const before = await counts();
    for (const code of [content, 'HC1:', 'DC04']) await verdictOf(code);
    await open('/trust-list');
    await open('/revocations');
    expect(await counts()).toEqual(before);
  });

  it('is counted by network, and told when to come again', async () => {
    const limits = {
      ...AMPLE,
      verifications: { address: { ...AMPLE.verifications.address, points: 3, seconds: 3600 } },
    };
    const strict = await register.serve({ signing: keys, limits });
    for (let n = 0; n < 3; n += 1) expect(await verdictOf('HC1:', strict)).toMatchObject({ verdict: 'BROKEN' });
    const refused = await post('/verify', { code: 'HC1:' }, {}, strict);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('publishes the list of revocations, signed, hashed, and part by part', async () => {
    const patients = [await aPatient(register, 722, { doses: 1 }), await aPatient(register, 723, { doses: 1 })];
    const [one, two] = [await issue(patients[0]!), await issue(patients[1]!)];
    const listed = async (after?: number): Promise<{ text: string; part: RevocationPart }> => {
      const text = await (await open(`/revocations${after === undefined ? '' : `?after=${after}`}`)).text();
      return { text, part: verifyJws(keys, REVOCATION_TYPE, text) as RevocationPart };
    };
    const { part: before } = await listed();
    const revoke = (patient: APatient) =>
      register.database.owner.query('update attestation set revoked_at = now() where patient_key = $1', [patient.key]);
    await revoke(patients[0]!);
    const { part: first } = await listed(before.last);
    await revoke(patients[1]!);
    await revoke(patients[1]!);
    const { part: second, text } = await listed(first.last);
    const entriesOf = ({ content, dataMatrix }: Issued) => {
      const read = verifyCertificate(content, dccKeysOf(keys));
      const uvci = read.valid ? (read.payload.v?.[0]?.ci ?? '') : '';
      return [uvciEntry(uvci), twoDDocEntry(dataMatrix)].map((entry) => entry.toString('base64url')).sort();
    };
    expect([...first.entries].sort()).toEqual(entriesOf(one));
    expect([...second.entries].sort()).toEqual(entriesOf(two));
    expect([first.after, second.after, second.more]).toEqual([before.last, first.last, false]);
    expect(second.exp - second.iat).toBe(86_400);
    expect((await listed(second.last)).part).toMatchObject({ entries: [], last: second.last });
    expect(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()).not.toContain('URN:');
    expect(
      await rows(`select 1 from pg_attribute where attrelid = 'revocation'::regclass and attname ~ 'patient|uvci'`),
    ).toEqual([]);
    expect((await open('/revocations?after=-1')).status).toBe(400);
  });
});

describe('a corrected step', () => {
  it('revokes its certificates and makes the new one in one act, for whoever had one', async () => {
    const [had, never] = [await aPatient(register, 730, { doses: 2 }), await aPatient(register, 731, { doses: 2 })];
    const before = await issue(had);
    const service = new ReissueService({ database: register.database, keys, clock: systemClock });
    const author = { requestId: before.id, recipient: 'PS', actor: 'test', article: 'décret 2021-1670' };
    const again = await service.reissue({ patientKey: had.key, rank: 2 }, author);
    expect(await verdictOf(before.content)).toMatchObject({ verdict: 'REVOKED' });
    expect(await verdictOf(String(again?.content))).toMatchObject({ verdict: 'VALID' });
    expect(await service.reissue({ patientKey: had.key, rank: 1 }, author)).toBeUndefined();
    expect(await service.reissue({ patientKey: never.key, rank: 2 }, author)).toBeUndefined();
    const stored = await rows<{ rank: number; revoked: boolean }>(
      'select rank, revoked_at is not null as revoked from attestation where patient_key = $1 order by issued_at, revoked desc',
      [had.key],
    );
    expect(stored).toEqual([
      { rank: 2, revoked: true },
      { rank: 2, revoked: false },
    ]);
    expect(await rows(`select 1 from trace where operation = 'reissueAttestation'`)).toHaveLength(1);
  });
});

describe('a rotation of keys', () => {
  it('under load: no request fails, both keys have signed, and everything verifies', async () => {
    const patients = await Promise.all([0, 1, 2, 3].map((n) => aPatient(register, 740 + n, { doses: 1 })));
    const first = keys.current('dcc', new Date());
    const issued: Issued[] = [];
    let isRunning = true;
    const load = patients.map(async (patient) => {
      while (isRunning) issued.push(await issue(patient));
    });
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    const isNext = () => !keys.current('dcc', new Date()).kid.equals(first.kid);
    await until(() => issued.length >= 8);
    const passphrase = readFileSync(path.join(folder, 'passphrase'));
    const order = { purpose: 'dcc', now: new Date() } as const;
    const authority = keys.current('authority', new Date());
    writeKeyFile(folder, 'dcc-next', await newEncryptedKey(order, passphrase, authority));
    await until(isNext);
    const old = keyFiles(folder).find((name) => name.startsWith('dcc-2')) ?? '';
    const text = JSON.parse(readFileSync(path.join(folder, old), 'utf8'));
    writeKeyFile(folder, old.replace('.key.json', ''), { ...text, retiredAt: new Date().toISOString() });
    const rotated = issued.length;
    await until(() => issued.length >= rotated + 8);
    isRunning = false;
    await Promise.all(load);
    expect(issued.filter((one) => !one)).toEqual([]);
    const kids = new Set<string>();
    for (const { content } of issued) {
      const read = verifyCertificate(content, dccKeysOf(keys));
      expect(read.valid).toBe(true);
      if (read.valid) kids.add(read.kid.toString('hex'));
    }
    expect(kids).toEqual(new Set([first.kid.toString('hex'), keys.current('dcc', new Date()).kid.toString('hex')]));
    expect(kids.size).toBe(2);
  });
});

describe('the command « verify »', () => {
  const lines: string[] = [];
  const run = (...args: string[]) => {
    lines.length = 0;
    return runProgram(['verify', ...args], {
      language: 'en',
      isTerminal: false,
      print: (line) => lines.push(line),
      tell: (line) => lines.push(line),
      openDatabase: async () => ({ ...register, clock: systemClock, close: async () => {} }) as never,
    });
  };
  const file = (name: string, content: Buffer | string) => {
    const target = path.join(folder, name);
    writeFileSync(target, content);
    return target;
  };

  it('reads a text, a picture or a PDF, by the published lists and no register', async () => {
    const patient = await aPatient(register, 750, { doses: 1 });
    const { content, dataMatrix } = await issue(patient);
    const trust = ['--trust-list', file('trust.json', await (await open('/trust-list')).text())];
    expect(await run(content, ...trust)).toBe(0);
    expect(lines.join('\n')).toContain('EU_DCC valid');
    expect(lines.join('\n')).toContain(patient.person.birthName);
    expect(await run(dataMatrix, ...trust, '--json')).toBe(0);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ verdict: 'VALID', kind: 'FR_2D_DOC' });
    expect(await run(file('code.txt', `${content}\n`), ...trust)).toBe(0);
    expect(await run(file('qr.png', await qrImage(content)), ...trust)).toBe(0);
    expect(await run(file('matrix.png', await dataMatrixImage(dataMatrix)), ...trust)).toBe(0);
    const pdf = Buffer.from(await (await page(PS, byCode(patient))).arrayBuffer());
    expect(await run(file('page.pdf', pdf), ...trust)).toBe(0);
    expect(lines.filter((line) => line.includes('valid'))).toHaveLength(2);
    expect(await run(file('empty.pdf', '%PDF-1.7'), ...trust)).toBe(1);
    expect(lines).toEqual(['no readable code']);
    expect(await run(`${content}0`, ...trust)).toBe(1);
    await register.database.owner.query('update attestation set revoked_at = now() where patient_key = $1', [
      patient.key,
    ]);
    const revocations = file('revoked.jws', await (await open('/revocations')).text());
    expect(await run(content, ...trust, '--revocations', revocations)).toBe(1);
    expect(lines.join('\n')).toContain('revoked');
    expect(await run(content, ...trust, '--revocations', file('false.jws', 'a.b.c'))).toBe(1);
  });

  it('or by the register itself', async () => {
    const { content } = await issue(await aPatient(register, 751, { doses: 1 }), PS, await register.serve());
    expect(await run(content)).toBe(0);
    expect(lines[0]).toContain('EU_DCC valid');
  });
});
