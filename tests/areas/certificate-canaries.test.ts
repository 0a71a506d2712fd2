import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Principal } from '../../src/access/principal.js';
import { verifyCertificate } from '../../src/formats/dcc/verify.js';
import { codesOfPdf } from '../../src/formats/pdf/codes.js';
import { TaggedPdf } from '../../src/formats/pdf/document.js';
import { FolderKeyring } from '../../src/signing/folder.js';
import { dccKeysOf } from '../../src/signing/keyring.js';
import { ensureDemoFolder } from '../../src/signing/new-keys.js';
import { aCanaryWorld, type Canary, type CanaryWorld, type Inhabitant } from '../builders/a-canary-world.js';
import { everythingIn, popplerOf } from '../builders/a-pdf-text.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { grantedTo } from '../law/comparing.js';
import { type Field, type Recipient, TRANSCRIBED_RECIPIENTS } from '../law/transcription.js';

/** The certificate's data set (AIPD M1.81), its rank excepted. */
const DATA_SET: readonly Field[] = [
  'Patient.birthName',
  'Patient.firstNames',
  'Patient.birthDate',
  'InjectionStep.vaccine',
];

let register: Register;
let world: CanaryWorld;
let endpoint: Endpoint;
let keys: FolderKeyring;
/** The one of the canary world whose vaccine may be certified. */
let person: Inhabitant;
beforeAll(async () => {
  register = await aRegister();
  world = await aCanaryWorld(register);
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'lancette-canaries-')), 'signing');
  await ensureDemoFolder(folder, new Date());
  keys = new FolderKeyring({ folder, passphrase: readFileSync(path.join(folder, 'passphrase')) });
  endpoint = await register.serve({ signing: keys });
  person = world.people.J as Inhabitant;
});
afterAll(() => register.close());

/** Whoever hands out certificates, and how each names the person. */
const issuers = (): [Recipient, Principal, object][] => [
  ['PS', world.principal('PS'), { code: person.code, birthDate: person.birthDate }],
  ['PS', world.principal('PS'), { nir: person.nir, birthDate: person.birthDate }],
  ['AGENT_ATTESTATION', world.principal('AGENT_ATTESTATION'), { patientId: person.id }],
  ['PATIENT', as('PATIENT', { patient: person.id }), {}],
];

const post = async (at: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(new URL(at, endpoint.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const page = async (principal: Principal, body: object) =>
  post('/attestations/pdf', body, { authorization: `Bearer ${await endpoint.tokenFor(principal)}` });

/**
 * The canaries in these texts, under any disguise, whoever may see them: no category is granted to the operator. A rank is
 * nobody's, and any syntax has such numbers.
 */
const canariesIn = (...texts: string[]): Canary[] =>
  world.leaks('OPERATEUR', texts.join('\n')).filter(({ field }) => field !== 'InjectionStep.rank');
const named = (canaries: readonly Canary[]): string[] =>
  [...new Set(canaries.map(({ field, person: letter }) => `${field} of ${letter}`))].sort();
const ofDataSet = (): string[] => DATA_SET.map((field) => `${field} of ${person.letter}`).sort();

const headersOf = ({ headers }: Response): string =>
  [...headers]
    .filter(([name]) => name !== 'date')
    .flat()
    .join('\n');

/** What is drawn as codes, read and unpacked. */
async function statementsOf(pdf: Buffer): Promise<string[]> {
  const codes = (await codesOfPdf(pdf)).map(({ text }) => text);
  return codes.map((text) => {
    if (!text.startsWith('HC1:')) return text;
    const read = verifyCertificate(text, dccKeysOf(keys));
    return read.valid ? JSON.stringify(read.payload) : read.reason;
  });
}

describe('at the doors of certificates, no value of the register leaves but the data set (AIPD M1.81)', () => {
  it('on the printed page: in its words, its metadata, its codes or its headers, whoever may ask for it', async () => {
    for (const [recipient, principal, body] of issuers()) {
      for (const field of DATA_SET) expect(grantedTo(recipient).has(field)).toBe(true);
      const answer = await page(principal, body);
      expect([recipient, answer.status]).toEqual([recipient, 200]);
      const pdf = Buffer.from(await answer.arrayBuffer());
      const statements = await statementsOf(pdf);
      expect(statements).toHaveLength(2);
      expect(named(canariesIn(...statements))).toEqual(ofDataSet());
      expect(named(canariesIn(everythingIn(pdf)))).toEqual(ofDataSet());
      const poppler = [popplerOf('pdftotext', pdf), popplerOf('pdfinfo', pdf, '-struct-text')];
      for (const text of poppler) if (text !== undefined) expect(named(canariesIn(text))).toEqual(ofDataSet());
      const described = [popplerOf('pdfinfo', pdf), popplerOf('pdfinfo', pdf, '-meta')];
      expect(canariesIn(headersOf(answer), ...described.map((text) => text ?? ''))).toEqual([]);
    }
  });

  it('in the answer to the mutation: the codes alone say it', async () => {
    const query = `mutation ($input: AttestationInput) { issueAttestation(input: $input) {
      id kind issuedAt expiresAt content dataMatrix revokedAt } }`;
    for (const [, principal, input] of issuers()) {
      const { body, text, headers } = await endpoint.ask(principal, query, { input });
      const { content, dataMatrix } = body.data.issueAttestation;
      const read = verifyCertificate(content, dccKeysOf(keys));
      expect(named(canariesIn(JSON.stringify(read.valid && read.payload), dataMatrix))).toEqual(ofDataSet());
      const around = text.replace(JSON.stringify(content), '').replace(JSON.stringify(dataMatrix), '');
      expect(canariesIn(around, [...headers].flat().join('\n'))).toEqual([]);
    }
  });

  it('nothing at all when the page is refused, for whoever has no right to it, or of another person', async () => {
    const others = ['A', 'C', 'F'].map((letter) => world.people[letter] as Inhabitant);
    const refused: [Principal, object][] = [
      ...TRANSCRIBED_RECIPIENTS.filter((one) => !['PS', 'AGENT_ATTESTATION', 'PATIENT'].includes(one)).map(
        (one): [Principal, object] => [world.principal(one), { patientId: person.id }],
      ),
      [
        { ...world.principal('PS'), consultationOnly: true },
        { code: person.code, birthDate: person.birthDate },
      ],
      [world.principal('PS'), { code: person.code, birthDate: '1999-09-09' }],
      [as('PATIENT', { patient: person.id }), { patientId: 7 }],
      ...others.map((one): [Principal, object] => [
        world.principal('PS'),
        { code: one.code, birthDate: one.birthDate },
      ]),
      ...others.map((one): [Principal, object] => [world.principal('AGENT_ATTESTATION'), { patientId: one.id }]),
    ];
    for (const [principal, body] of refused) {
      const answer = await page(principal, body);
      expect([principal.recipient, answer.status < 400]).toEqual([principal.recipient, false]);
      expect(canariesIn(await answer.text(), headersOf(answer))).toEqual([]);
    }
  });

  it('nothing at all at the doors that are open to all, although they know of a revoked certificate', async () => {
    const codes = (await codesOfPdf(Buffer.from(await (await page(...pageOfPatient())).arrayBuffer()))).map(
      ({ text }) => text,
    );
    await register.database.owner.query('update attestation set revoked_at = now() where patient_key = $1', [
      person.key,
    ]);
    const answers = [
      ...(await Promise.all(codes.map((code) => post('/verify', { code })))),
      ...(await Promise.all([{ code: 'HC1:' }, { code: 7 }, {}].map((body) => post('/verify', body)))),
      ...(await Promise.all(
        ['/trust-list', '/trust-list.pem', '/revocations', '/revocations?after=1', '/revocations?after=x'].map((at) =>
          fetch(new URL(at, endpoint.url)),
        ),
      )),
    ];
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts.slice(0, 2).map((text) => JSON.parse(text).verdict)).toEqual(['REVOKED', 'REVOKED']);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400, 400, 200, 200, 200, 200, 400]);
    expect(named(canariesIn(...texts, ...answers.map(headersOf)))).toEqual([]);
  });

  it('and what hides in a PDF would be seen: in its title, in its metadata, outside its page', async () => {
    const birthName = world.canaries.find(
      ({ field, person: letter }) => field === 'Patient.birthName' && letter === 'J',
    );
    const hidden = new TaggedPdf({ title: birthName?.value ?? '', createdAt: new Date(0) });
    expect(named(canariesIn(everythingIn(await hidden.bytes())))).toEqual(['Patient.birthName of J']);
    const outside = new TaggedPdf({ title: 'Essai', createdAt: new Date(0) });
    outside.paragraph(person.nir, { box: { x: 5000, y: 5000, width: 300 } });
    expect(named(canariesIn(everythingIn(await outside.bytes())))).toEqual(['Patient.nir of J']);
  });
});

const pageOfPatient = (): [Principal, object] => [as('PATIENT', { patient: person.id }), {}];
