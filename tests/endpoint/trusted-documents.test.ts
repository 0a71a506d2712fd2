import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CompactSign, importPKCS8 } from 'jose';
import type { CommandContext } from '../../src/cli/context.js';
import { runProgram } from '../../src/cli/program.js';
import { newKeys, readConfig, type SurfaceConfig } from '../../src/config.js';
import { documentId, type Manifest, signManifest } from '../../src/endpoint/trusted-documents.js';
import type { Recipient } from '../../src/law/recipients.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let privateKey: string;
beforeAll(async () => {
  register = await aRegister();
  privateKey = register.config.keys.trustedDocuments?.privateKey ?? '';
});
afterAll(() => register.close());

const RIGHTS = '{ myRights { category grant article } }';
const PAGE = 'query Page($n: Int! = 5) { patients(first: $n) { edges { node { ageClass } } } }';
const codeOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.code;

const manifestOf = (documents: [string, Recipient[]][], rest: object = {}): Buffer =>
  Buffer.from(
    JSON.stringify({
      version: 1,
      documents: Object.fromEntries(
        documents.map(([document, recipients]) => [documentId(document), { recipients, document }]),
      ),
      ...rest,
    }),
  );
const GOOD: [string, Recipient[]][] = [
  [RIGHTS, ['PILOTAGE', 'SPF']],
  [PAGE, ['SPF']],
];

async function serveWith(bytes: Buffer, rest: Partial<SurfaceConfig> & { signature?: string } = {}): Promise<Endpoint> {
  const { signature = await signManifest(bytes, privateKey), ...given } = rest;
  const surface = { ...register.config.surface, trustedDocuments: { bytes, signature }, ...given };
  return register.serve({ config: { ...register.config, surface } });
}

async function send(endpoint: Endpoint, recipient: Recipient, body: object): Promise<Answer> {
  const authorization = `Bearer ${await endpoint.tokenFor(as(recipient))}`;
  return endpoint.post({ headers: { authorization, 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

describe('a trusted document', () => {
  let endpoint: Endpoint;
  beforeAll(async () => {
    endpoint = await serveWith(manifestOf(GOOD), { trustedDocumentsOnly: ['pilotage'] });
  });

  it('is answered by its identifier, as its text would be', async () => {
    const named = await send(endpoint, 'SPF', { documentId: documentId(PAGE), variables: { n: 3 } });
    const written = await send(endpoint, 'SPF', { query: PAGE, variables: { n: 3 } });
    expect([named.status, named.text]).toEqual([200, written.text]);
  });
  it('is what a dashboard may ask for, by identifier or by text', async () => {
    expect(
      (await send(endpoint, 'PILOTAGE', { documentId: documentId(RIGHTS) })).body.data.myRights.length,
    ).toBeGreaterThan(0);
    expect((await send(endpoint, 'PILOTAGE', { query: RIGHTS })).status).toBe(200);
  });
  it.each([
    '{ __typename }',
    `${RIGHTS} `,
    '{ myRights { label } }',
    '{ __schema { types { name } } }',
    'nonsense',
    '',
  ])('is the only thing that a dashboard may ask for, and %j is none', async (query) => {
    const answer = await send(endpoint, 'PILOTAGE', { query });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'UNTRUSTED_DOCUMENT']);
  });
  it('is for its recipients only', async () => {
    for (const recipient of ['PILOTAGE', 'ANSM', 'DREES'] as const) {
      const answer = await send(endpoint, recipient, { documentId: documentId(PAGE) });
      expect([answer.status, codeOf(answer)]).toEqual([403, 'UNTRUSTED_DOCUMENT']);
    }
  });
  it.each([`sha256:${'0'.repeat(64)}`, documentId('{ __typename }')])('is not %s, which nobody signed', async (id) => {
    const answer = await send(endpoint, 'SPF', { documentId: id });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'UNTRUSTED_DOCUMENT']);
  });
  it.each([
    ['both an identifier and a text', { documentId: documentId(RIGHTS), query: RIGHTS }],
    ['an identifier of another form', { documentId: documentId(RIGHTS).slice(7) }],
    ['an identifier in capitals', { documentId: documentId(RIGHTS).toUpperCase() }],
    ['an identifier that is a list', { documentId: [documentId(RIGHTS)] }],
    ['a name of the prototype', { documentId: '__proto__' }],
    ['null', { documentId: null }],
    ['a persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: documentId(RIGHTS).slice(7) } } }],
  ])('is not named by %s', async (_, body) => {
    const answer = await send(endpoint, 'SPF', body);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'INVALID_REQUEST']);
  });
  it('leaves the others free to write their own', async () => {
    expect((await send(endpoint, 'SPF', { query: '{ __typename }' })).status).toBe(200);
  });
});

describe('the server does not start', () => {
  const refused = async (bytes: Buffer, rest: Parameters<typeof serveWith>[1], message: RegExp) =>
    expect(serveWith(bytes, rest)).rejects.toThrow(message);
  const strange = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const signedAs = async (payload: string, header: object, key = privateKey) =>
    new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ alg: 'ES256', ...header })
      .sign(await importPKCS8(key, 'ES256'));
  const bytes = manifestOf(GOOD);

  it('on a manifest that was changed by one byte', async () => {
    const signature = await signManifest(bytes, privateKey);
    const changed = Buffer.from(bytes.toString().replace('"PILOTAGE"', '"REMUNERATION"'));
    await refused(changed, { signature }, /not signed/);
    await refused(Buffer.concat([bytes, Buffer.from(' ')]), { signature }, /not signed/);
  });
  it('on the signature of another key, of another manifest, of another kind, or none', async () => {
    const typ = 'lancette-manifest+jws';
    await refused(bytes, { signature: await signManifest(bytes, strange) }, /not signed/);
    await refused(bytes, { signature: await signManifest(manifestOf([]), privateKey) }, /not signed/);
    await refused(bytes, { signature: await signedAs(documentId(bytes), { typ: 'at+jwt' }) }, /not signed/);
    await refused(bytes, { signature: await signedAs(bytes.toString(), { typ }) }, /not signed/);
    const none = [{ alg: 'none', typ }, documentId(bytes)].map((part) =>
      Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'),
    );
    for (const signature of ['', 'x', '..', `${none.join('.')}.`]) await refused(bytes, { signature }, /not signed/);
  });
  it.each<[string, Buffer, RegExp]>([
    [
      'a document that its recipient’s view lacks',
      manifestOf([[PAGE, ['PILOTAGE']]]),
      /not valid in the view of PILOTAGE/,
    ],
    ['a document that does not parse', manifestOf([['{', ['SPF']]]), /not valid/],
    ['a document beyond the limits', manifestOf([[`{ ${'a '.repeat(300)}}`, ['SPF']]]), /not valid/],
    ['a document for nobody', manifestOf([[RIGHTS, []]]), /for nobody/],
    [
      'a document for no recipient of the law',
      manifestOf([[RIGHTS, ['EVERYONE' as Recipient]]]),
      /not valid in the view/,
    ],
    [
      'a document under another digest',
      manifestOf([], { documents: { [documentId('x')]: { recipients: ['SPF'], document: RIGHTS } } }),
      /digest/,
    ],
    ['another version', manifestOf(GOOD, { version: 2 }), /version/],
  ])('on %s', async (_, manifest, message) => {
    await refused(manifest, {}, message);
  });
  it('on a scope that is no recipient’s', async () => {
    await refused(bytes, { trustedDocumentsOnly: ['everyone'] }, /LANCETTE_TRUSTED_DOCUMENTS_ONLY/);
  });
  it('on a manifest without a key to check it', async () => {
    const surface = { ...register.config.surface, trustedDocuments: { bytes, signature: '' } };
    const keys = { ...register.config.keys, trustedDocuments: undefined };
    await expect(register.serve({ config: { ...register.config, keys, surface } })).rejects.toThrow(
      'trustedDocuments is missing',
    );
  });
});

describe('the configuration', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-surface-'));
  const keysFile = path.join(folder, 'keys.json');
  writeFileSync(keysFile, JSON.stringify(newKeys()), { mode: 0o600 });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const production = {
    LANCETTE_ISSUER: 'https://issuer.test',
    LANCETTE_KEYS_FILE: keysFile,
  };

  it('of production is strict unless it is told otherwise', () => {
    expect(readConfig(production).surface).toMatchObject({
      introspection: 'off',
      trustedProxies: [],
      trustedDocumentsOnly: undefined,
    });
    const told = {
      LANCETTE_INTROSPECTION: 'views',
      LANCETTE_TRUSTED_DOCUMENTS_ONLY: 'pilotage, remuneration',
      LANCETTE_TRUSTED_PROXIES: '10.0.0.1,10.1.0.0/16',
    };
    expect(readConfig({ ...production, ...told }).surface).toMatchObject({
      introspection: 'views',
      trustedDocumentsOnly: ['pilotage', 'remuneration'],
      trustedProxies: ['10.0.0.1', '10.1.0.0/16'],
    });
  });
  it('of production holds dashboards to the manifest, even where there is none', async () => {
    const surface = { ...readConfig(production).surface };
    const strict = await register.serve({ config: { ...register.config, surface } });
    expect(codeOf(await strict.ask(as('PILOTAGE'), '{ __typename }'))).toBe('UNTRUSTED_DOCUMENT');
    expect((await strict.ask(as('SPF'), '{ __typename }')).status).toBe(200);
  });
  it('refuses a manifest that is not there, and an unknown word', () => {
    expect(() => readConfig({ ...production, LANCETTE_TRUSTED_DOCUMENTS: path.join(folder, 'none.json') })).toThrow(
      'LANCETTE_TRUSTED_DOCUMENTS',
    );
    expect(() => readConfig({ ...production, LANCETTE_INTROSPECTION: 'on' })).toThrow('LANCETTE_INTROSPECTION');
  });

  describe('« lancette trust-documents »', () => {
    const documents = path.join(folder, 'documents');
    const out = path.join(folder, 'manifest.json');
    const lines: string[] = [];
    const context: CommandContext = {
      language: 'en',
      openDatabase: () => Promise.reject(new Error('no register is needed')),
      print: (line) => lines.push(line),
      tell: (line) => lines.push(line),
      isTerminal: false,
    };
    const run = async (...args: string[]) => {
      lines.length = 0;
      const before = process.env.LANCETTE_KEYS_FILE;
      process.env.LANCETTE_KEYS_FILE = keysFile;
      try {
        return await runProgram(['trust-documents', documents, '--out', out, ...args], context);
      } finally {
        if (before === undefined) delete process.env.LANCETTE_KEYS_FILE;
        else process.env.LANCETTE_KEYS_FILE = before;
      }
    };
    const put = (scope: string, name: string, text: string) => {
      mkdirSync(path.join(documents, scope), { recursive: true });
      writeFileSync(path.join(documents, scope, name), text);
    };

    it('signs what lies in the folder of each scope, and a server takes it', async () => {
      put('pilotage', 'rights.graphql', RIGHTS);
      put('spf', 'rights.graphql', RIGHTS);
      put('spf', 'page.graphql', PAGE);
      expect(await run('--json')).toBe(0);
      const ids = [documentId(RIGHTS), documentId(PAGE)].sort();
      expect(JSON.parse(lines[0] ?? '').documents.sort()).toEqual(ids);
      const config = readConfig({
        LANCETTE_KEYS_FILE: keysFile,
        LANCETTE_TRUSTED_DOCUMENTS: out,
        LANCETTE_TRUSTED_DOCUMENTS_ONLY: 'pilotage',
      });
      const keys = { ...register.config.keys, trustedDocuments: config.keys.trustedDocuments };
      const endpoint = await register.serve({ config: { ...register.config, keys, surface: config.surface } });
      expect((await send(endpoint, 'PILOTAGE', { documentId: documentId(RIGHTS) })).status).toBe(200);
      expect(codeOf(await send(endpoint, 'PILOTAGE', { query: PAGE }))).toBe('UNTRUSTED_DOCUMENT');
      const { documents: signed } = JSON.parse(readFileSync(out, 'utf8')) as Manifest;
      expect(signed[documentId(RIGHTS)]?.recipients).toEqual(['PILOTAGE', 'SPF']);
    });
    it('signs nothing when a document is not valid in its view, or a folder is no scope', async () => {
      const before = readFileSync(out, 'utf8');
      put('pilotage', 'wrong.graphql', PAGE);
      expect(await run()).toBe(1);
      expect(lines.join()).toContain('not valid in the view of PILOTAGE');
      rmSync(path.join(documents, 'pilotage', 'wrong.graphql'));
      put('everyone', 'rights.graphql', RIGHTS);
      expect(await run()).toBe(1);
      expect(lines.join()).toContain('scope of no recipient');
      expect(readFileSync(out, 'utf8')).toBe(before);
    });
  });
});
