import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { draftCertificate } from '../../src/formats/dcc/issue.js';
import { newUvci } from '../../src/formats/dcc/uvci.js';
import { verifyCertificate } from '../../src/formats/dcc/verify.js';
import { FolderKeyring } from '../../src/signing/folder.js';
import { dccKeysOf } from '../../src/signing/keyring.js';
import { localKey, newPrivateKey } from '../../src/signing/local-key.js';
import { ensureDemoFolder } from '../../src/signing/new-keys.js';
import { aSigningToken, missingForToken, PIN, SOFTHSM } from '../builders/a-signing-token.js';
import { anOutsideAuthority, daysFromNow, type OutsideAuthority } from '../builders/an-outside-authority.js';
import { lancette, type Ran } from '../builders/some-commands.js';
import { itWhere, lacking } from '../builders/where-present.js';

const data = mkdtempSync(path.join(tmpdir(), 'lancette-outside-'));
const folder = path.join(data, 'signing');
const before = process.env.LANCETTE_DATA;
let authority: OutsideAuthority;
beforeAll(async () => {
  process.env.LANCETTE_DATA = data;
  // Before everything that these tests ask for.
  await ensureDemoFolder(folder, daysFromNow(-1));
  authority = await anOutsideAuthority();
});
afterAll(() => {
  if (before === undefined) delete process.env.LANCETTE_DATA;
  else process.env.LANCETTE_DATA = before;
});

const signingKeys = (...args: string[]): Promise<Ran> => lancette('signing-keys', ...args);

const SUBJECT = ['--organisation', 'Essai', '--common-name', 'Signataire d’essai'];
const file = (name: string, content: string): string => {
  const target = path.join(data, name);
  writeFileSync(target, content);
  return target;
};
const ring = () => new FolderKeyring({ folder, passphrase: readFileSync(path.join(folder, 'passphrase')) });
const waitingIn = (text: string): string => /\S+\.request\.json/.exec(text)?.[0] ?? '';
const files = () => readdirSync(folder).sort();

/** A key that waits, and its request. */
async function aWaitingKey(purpose = 'dcc', ...options: string[]): Promise<{ waiting: string; request: string }> {
  const { code, printed, told } = await signingKeys('request', purpose, ...SUBJECT, ...options);
  expect(code).toBe(0);
  return { waiting: waitingIn(told), request: printed };
}

const importing = (waiting: string, certificates: string, ...options: string[]) =>
  signingKeys('import', waiting, '--certificate', file('answer.pem', certificates), ...options);

describe('a certificate of an outside authority', () => {
  it('is asked for by a request that shows no private key, and until it comes the key neither signs nor is believed', async () => {
    const known = ring().trusted.length;
    const { waiting, request } = await aWaitingKey();
    expect(request).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----\n[^-]+\n-----END CERTIFICATE REQUEST-----$/);
    const text = readFileSync(path.join(folder, waiting), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ purpose: 'dcc', source: { kind: 'encrypted-file' } });
    expect(text).not.toContain('PRIVATE');
    expect(ring().trusted).toHaveLength(known);
  });

  it.each(['ES256', 'PS256'] as const)(
    'comes, and its key signs certificates that verify under it (%s)',
    async (algorithm) => {
      const { waiting, request } = await aWaitingKey('dcc', '--algorithm', algorithm);
      const leaf = await authority.certificateFor(request);
      const { code, printed } = await importing(waiting, leaf + authority.pem);
      expect(code).toBe(0);
      expect(printed).toContain(new X509Certificate(authority.pem).fingerprint256);
      expect(files()).not.toContain(waiting);
      const keys = ring();
      const signer = keys.current('dcc', new Date());
      expect(signer.chain.map(String)).toEqual([leaf, authority.pem].map((pem) => String(new X509Certificate(pem))));
      const now = new Date();
      const { message, finish } = draftCertificate({
        name: { familyName: 'ESSAI' },
        birthDate: '1980-01-02',
        vaccination: {
          ...{ product: 'EU/1/20/1528', doseNumber: 1, seriesDoses: 2, date: '2021-05-01', issuer: 'CNAM' },
          uvci: newUvci(),
        },
        signer,
        issuedAt: now,
        expiresAt: daysFromNow(30),
      });
      expect(verifyCertificate(finish(await signer.sign(message)), dccKeysOf(keys), now).valid).toBe(true);
      expect((await signingKeys('list')).printed).toContain(/dcc-\S+\.key\.json/.exec(printed)?.[0]);
    },
  );

  it('of a 2D-DOC signer takes the names that the authority gave it, once', async () => {
    const names = ['--two-d-doc', 'FR99AB01'];
    const { waiting, request } = await aWaitingKey('two-d-doc');
    const chain = (await authority.certificateFor(request, { usages: undefined })) + authority.pem;
    expect((await importing(waiting, chain)).told).toContain('(SIGNER_CERTIFICATE: NAMES)');
    expect((await importing(waiting, chain, ...names)).code).toBe(0);
    expect(ring().current('two-d-doc', new Date()).twoDDoc).toEqual({ authority: 'FR99', certificate: 'AB01' });
    const other = await aWaitingKey('two-d-doc');
    const again = (await authority.certificateFor(other.request, { usages: undefined })) + authority.pem;
    expect((await importing(other.waiting, again, ...names)).told).toContain('(SIGNER_CERTIFICATE: NAMES)');
  });

  it('waits for its hour, or for that of its certificate', async () => {
    const { waiting, request } = await aWaitingKey('lists');
    const begins = daysFromNow(10);
    const leaf = await authority.certificateFor(request, { usages: undefined, notBefore: begins });
    expect(
      (await importing(waiting, leaf + authority.pem, '--active-from', daysFromNow(9).toISOString())).told,
    ).toContain('(SIGNER_CERTIFICATE: PERIOD)');
    expect((await importing(waiting, leaf + authority.pem)).code).toBe(0);
    const kidOn = (day: number) => ring().current('lists', daysFromNow(day)).kid;
    expect(kidOn(11)).not.toEqual(kidOn(9));
  });

  describe('is refused, by a code that says why, and the key goes on waiting', () => {
    let waiting: string;
    let request: string;
    beforeAll(async () => {
      ({ waiting, request } = await aWaitingKey());
    });
    const other = localKey(newPrivateKey('ES256'));
    const short = anOutsideAuthority(30);
    const namesake = anOutsideAuthority();
    const cases: readonly [string, string, () => Promise<string>][] = [
      [
        'when it is of another key',
        'KEY',
        async () => (await authority.certificateFor(request, { publicKey: other.publicKey })) + authority.pem,
      ],
      [
        'when it has ended',
        'PERIOD',
        async () => (await authority.certificateFor(request, { notAfter: daysFromNow(-0.5) })) + authority.pem,
      ],
      [
        'when it would end after its authority',
        'PERIOD',
        async () => (await (await short).certificateFor(request)) + (await short).pem,
      ],
      [
        'when it is for tests',
        'USAGE',
        async () => (await authority.certificateFor(request, { usages: ['t', 'r'] })) + authority.pem,
      ],
      ['when its authority is missing', 'CHAIN', () => authority.certificateFor(request)],
      [
        'when another authority of the same name signed it',
        'CHAIN',
        async () => (await (await namesake).certificateFor(request)) + authority.pem,
      ],
      [
        'when a signer signed it, that is no authority',
        'CHAIN',
        async () => {
          const signer = await authority.certificateFor(request, { publicKey: other.publicKey });
          const leaf = await authority.certificateFor(
            request,
            {},
            { ...other, certificate: new X509Certificate(signer) },
          );
          return leaf + signer + authority.pem;
        },
      ],
      [
        'when it comes after its authority',
        'KEY',
        async () => authority.pem + (await authority.certificateFor(request)),
      ],
      ['when there is none', 'UNREADABLE', async () => 'bonjour'],
      [
        'when it is cut off',
        'UNREADABLE',
        async () => (await authority.certificateFor(request)).replace(/\n[^-\n]+\n-----END/, '\n-----END'),
      ],
    ];
    it.each(cases)('%s', async (_, fault, chain) => {
      const there = files();
      const { code, told } = await importing(waiting, await chain());
      expect([code, told]).toEqual([1, expect.stringContaining(`(SIGNER_CERTIFICATE: ${fault})`)]);
      expect(files()).toEqual(there);
    });
  });

  describe('made by OpenSSL', () => {
    const openssl = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: data, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return stdout;
    };
    /** What an authority of OpenSSL answers to a request, under these extensions. */
    const answered = (request: string, ...extensions: string[]): string => {
      file('openssl-request.pem', request);
      file('openssl.cnf', extensions.join('\n'));
      const certificate = [
        '-CA',
        'openssl-ca.pem',
        '-CAkey',
        'openssl-ca.key',
        '-days',
        '300',
        '-extfile',
        'openssl.cnf',
      ];
      openssl('x509', '-req', '-in', 'openssl-request.pem', '-out', 'openssl-leaf.pem', ...certificate);
      return ['openssl-leaf.pem', 'openssl-ca.pem'].map((name) => readFileSync(path.join(data, name), 'utf8')).join('');
    };

    itWhere(lacking('openssl'))(
      'for a request that it reads, is taken; without the right to sign it is not',
      async () => {
        const self = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3000', '-subj', '/C=FR/O=Etat/CN=CSCA'];
        openssl('req', ...self, '-keyout', 'openssl-ca.key', '-out', 'openssl-ca.pem');
        const { waiting, request } = await aWaitingKey();
        const usage = 'extendedKeyUsage=1.3.6.1.4.1.1847.2021.1.2';
        for (const extension of ['keyUsage=critical,keyEncipherment', 'basicConstraints=critical,CA:TRUE'])
          expect((await importing(waiting, answered(request, usage, extension))).told).toContain(
            '(SIGNER_CERTIFICATE: USAGE)',
          );
        const asked = openssl('req', '-in', 'openssl-request.pem', '-noout', '-verify', '-text');
        expect(asked).toContain('CN = Signataire d');
        expect(asked).toContain('1.3.6.1.4.1.1847.2021.1.2');
        const chain = answered(
          request,
          usage,
          'keyUsage=critical,digitalSignature',
          'basicConstraints=critical,CA:FALSE',
        );
        expect((await importing(waiting, chain)).code).toBe(0);
        const [leaf] = ring().current('dcc', new Date()).chain;
        expect([leaf?.subject, leaf?.keyUsage]).toEqual([
          'C=FR\nO=Essai\nCN=Signataire d’essai',
          ['1.3.6.1.4.1.1847.2021.1.2'],
        ]);
      },
    );
  });
});

describe('a request', () => {
  it('is refused without a name that a certificate may bear, or for half a token', async () => {
    const there = files();
    const [organisation, name] = [
      ['--organisation', 'Essai'],
      ['--common-name', 'Essai'],
    ] as const;
    expect((await signingKeys('request', 'dcc', ...organisation)).code).toBe(2);
    expect((await signingKeys('request', 'authority', ...SUBJECT)).code).toBe(2);
    for (const bad of [
      ['--country', 'fr'],
      ['--organisation', 'x'.repeat(65)],
      ['--common-name', 'a\u202eb'],
      ['--token', 'x'],
    ])
      expect((await signingKeys('request', 'dcc', ...organisation, ...name, ...bad)).code).toBe(1);
    expect(files()).toEqual(there);
  });

  it('that is not in the folder has no answer', async () => {
    const { told } = await importing('../elsewhere.request.json', authority.pem);
    expect(told).toContain('(FILE_UNREADABLE)');
    expect((await signingKeys('import', 'x', '--certificate', path.join(data, 'absent.pem'))).told).toContain(
      '(FILE_UNREADABLE)',
    );
  });
});

describe('a key of a PKCS#11 token (SoftHSM2), by the commands', () => {
  const pinFile = path.join(data, 'pin');
  /** In a process of their own: the token's library reads where its files are from the environment of the process. */
  const inOwnProcess = (conf: string, pin: string, ...commands: string[][]): Ran[] => {
    writeFileSync(pinFile, pin, { mode: 0o600 });
    const env = { ...process.env, SOFTHSM2_CONF: conf, LANCETTE_SIGNING_PIN_FILE: pinFile };
    const script = path.join(import.meta.dirname, '../builders/some-commands.js');
    const options = { env, encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync(process.execPath, [script, JSON.stringify(commands)], options);
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Ran[];
  };
  const keyOf = (key: string, token = 'lancette', library = SOFTHSM ?? '') =>
    ['--library', library, '--token', token, '--key', key] as const;
  const request = (...place: string[]) => ['signing-keys', 'request', 'dcc', ...SUBJECT, ...place, '--generate'];
  const declare = (purpose: string, ...rest: string[]) => ['signing-keys', 'declare-token', purpose, ...rest];

  itWhere(missingForToken())(
    'is made there, certified outside, and takes office; what is not so is told by its part',
    async () => {
      const conf = aSigningToken();
      const [asked] = inOwnProcess(conf, PIN, request(...keyOf('dcc-1')));
      const leaf = await authority.certificateFor(asked?.printed ?? '');
      const chain = ['--certificate', file('token.pem', leaf + authority.pem)] as const;
      const faults: [string[], string][] = [
        [request(...keyOf('dcc-1')), 'SIGNING_TOKEN: KEY'],
        [declare('dcc', ...keyOf('absent'), ...chain), 'SIGNING_TOKEN: KEY'],
        [declare('dcc', ...keyOf('dcc-1', 'absent'), ...chain), 'SIGNING_TOKEN: TOKEN'],
        [declare('dcc', ...keyOf('dcc-1', 'lancette', data), ...chain), 'SIGNING_TOKEN: LIBRARY'],
        [declare('lists', ...keyOf('dcc-1'), ...chain), 'SIGNER_CERTIFICATE: USAGE'],
      ];
      const there = files().length;
      const [imported, trusted, declared, ...refused] = inOwnProcess(
        conf,
        PIN,
        ['signing-keys', 'import', waitingIn(asked?.told ?? ''), ...chain],
        ['trust-list'],
        // Another office of the same key, which has its certificate already.
        declare('dcc', ...keyOf('dcc-1'), ...chain),
        ...faults.map(([args]) => args),
      );
      expect([imported, declared]).toEqual(Array(2).fill(expect.objectContaining({ code: 0, told: '' })));
      expect(trusted?.printed).toContain(new X509Certificate(leaf).raw.toString('base64'));
      expect(refused).toEqual(
        faults.map(([, fault]) => ({ code: 1, printed: '', told: expect.stringContaining(`(${fault})`) })),
      );
      const [badly] = inOwnProcess(conf, '999999', declare('dcc', ...keyOf('dcc-1'), ...chain));
      expect(badly?.told).toContain('(SIGNING_TOKEN: PIN)');
      // The one that waited became a key file, and one was declared.
      expect(files()).toHaveLength(there + 1);
      const texts = files().map((name) => readFileSync(path.join(folder, name), 'utf8'));
      expect(texts.filter((text) => text.includes('"pkcs11"'))).toHaveLength(2);
      for (const text of texts) expect(text).not.toContain(PIN);
    },
  );
});
