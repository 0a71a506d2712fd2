import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kidOf } from '../../src/formats/dcc/cose.js';
import { certificateRequest } from '../../src/signing/certificate-request.js';
import { EncryptedKey, openKey, sealKey } from '../../src/signing/encrypted-key.js';
import { FolderKeyring, keyFiles, writeKeyFile } from '../../src/signing/folder.js';
import { signJws, verifyJws } from '../../src/signing/jws.js';
import { localKey, newPrivateKey } from '../../src/signing/local-key.js';
import { chainFor, ensureDemoFolder, newEncryptedKey } from '../../src/signing/new-keys.js';
import { pkcs11Binding } from '../../src/signing/pkcs11.js';
import { signingKeyOf } from '../../src/signing/signing-key.js';
import { keysOfTrustList, trustList, trustListPem } from '../../src/signing/trust-list.js';
import { aSigningToken, missingForToken, PIN, SOFTHSM } from '../builders/a-signing-token.js';
import { itWhere } from '../builders/where-present.js';

const DAY = 86_400_000;
const began = new Date(Math.floor(Date.now() / 1000) * 1000);
const later = (days: number) => new Date(began.getTime() + days * DAY);

const template = path.join(mkdtempSync(path.join(tmpdir(), 'lancette-keys-')), 'signing');
beforeAll(() => ensureDemoFolder(template, began));

/** A folder of its own for each test, of the same keys: they cost time to make. */
async function aFolder(): Promise<{ folder: string; passphrase: Buffer }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lancette-keys-'));
  cpSync(template, folder, { recursive: true });
  return { folder, passphrase: readFileSync(path.join(folder, 'passphrase')) };
}

/** How often a ring of these tests looks at its folder again, in milliseconds. */
const freshness = 30;
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 2 * freshness));

describe('a key in a file', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const passphrase = Buffer.from('a passphrase');
  const sealed = EncryptedKey.parse(sealKey(privateKey, passphrase, 'dcc leaf'));

  it('opens by its passphrase, in its own file, and says no more when it does not', () => {
    expect(openKey(sealed, passphrase, 'dcc leaf').equals(privateKey)).toBe(true);
    const closed = 'signing: a key file does not open';
    expect(() => openKey(sealed, Buffer.from('another'), 'dcc leaf')).toThrow(closed);
    expect(() => openKey(sealed, passphrase, 'lists leaf')).toThrow(closed);
    const flipped = { ...sealed, key: Buffer.from(sealed.key) };
    flipped.key[0] = (flipped.key[0] ?? 0) ^ 1;
    expect(() => openKey(flipped, passphrase, 'dcc leaf')).toThrow(closed);
  });

  it('is derived at a cost that no file may lower or raise without bound', () => {
    const written = sealKey(privateKey, passphrase, '');
    for (const N of [1024, 2 ** 24])
      expect(EncryptedKey.safeParse({ ...written, kdf: { ...written.kdf, N } }).success).toBe(false);
  });
});

describe('certificates of signers', () => {
  it('chain to their authority, name their usage, and end with it at the latest', async () => {
    const { folder, passphrase } = await aFolder();
    const ring = new FolderKeyring({ folder, passphrase });
    const signer = ring.current('dcc', later(1));
    const [leaf, authority] = signer.chain;
    expect(leaf?.checkIssued(authority as X509Certificate)).toBe(true);
    expect(leaf?.verify((authority as X509Certificate).publicKey)).toBe(true);
    expect([authority?.ca, leaf?.ca]).toEqual([true, false]);
    expect(leaf?.keyUsage).toEqual(['1.3.6.1.4.1.1847.2021.1.2']);
    expect(signer.usages).toEqual(new Set(['v']));
    expect(signer.notBefore).toEqual(began);
    expect(signer.notAfter).toEqual(later(730));
    const short = await newEncryptedKey({ purpose: 'authority', now: began, days: 3 }, passphrase);
    const key = localKey(openKey(EncryptedKey.parse(short.source), passphrase, `authority ${hashOf(short.chain[0])}`));
    const near = signingKeyOf(key, { purpose: 'authority', chain: short.chain, activeFrom: began });
    const [end] = await chainFor(localKey(newPrivateKey('ES256')), { purpose: 'dcc', now: began }, near);
    expect(new Date(new X509Certificate(end as string).validTo)).toEqual(later(3));
  });

  it('are read by OpenSSL, as are requests for them, under both algorithms', async () => {
    const { folder, passphrase } = await aFolder();
    const authority = new FolderKeyring({ folder, passphrase }).current('authority', later(1));
    for (const algorithm of ['ES256', 'PS256'] as const) {
      const key = localKey(newPrivateKey(algorithm));
      const [leaf, root] = await chainFor(key, { purpose: 'dcc', now: began }, authority);
      writeFileSync(path.join(folder, 'leaf.pem'), leaf as string);
      writeFileSync(path.join(folder, 'root.pem'), root as string);
      const subject = { country: 'FR', organisation: 'Essai', commonName: 'signataire d’essai' };
      writeFileSync(path.join(folder, 'request.pem'), await certificateRequest(subject, key));
      const openssl = (...args: string[]) => spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
      if (openssl('version').error) return;
      const chained = openssl('verify', '-x509_strict', '-purpose', 'any', '-CAfile', 'root.pem', 'leaf.pem');
      expect(chained.stdout + chained.stderr).toBe('leaf.pem: OK\n');
      expect(openssl('req', '-in', 'request.pem', '-noout', '-verify').status).toBe(0);
    }
  });

  it('are refused when they are of another key, or broken', async () => {
    const { folder, passphrase } = await aFolder();
    const authority = new FolderKeyring({ folder, passphrase }).current('authority', later(1));
    const key = localKey(newPrivateKey('ES256'));
    const chain = await chainFor(key, { purpose: 'dcc', now: began }, authority);
    const statement = { purpose: 'dcc' as const, activeFrom: began };
    expect(() => signingKeyOf(localKey(newPrivateKey('ES256')), { ...statement, chain })).toThrow('another key');
    expect(() => signingKeyOf(key, { ...statement, chain: [chain[0]!, chain[0]!] })).toThrow('chain');
    expect(() => signingKeyOf(key, { ...statement, chain: [] })).toThrow('without a certificate');
  });
});

describe('a folder of keys', () => {
  it('rotates while it is in use: the next key waits for its hour, the last one stays believed', async () => {
    const { folder, passphrase } = await aFolder();
    const ring = new FolderKeyring({ folder, passphrase, freshness });
    const first = ring.current('dcc', later(1));
    const authority = ring.current('authority', later(1));
    const order = { purpose: 'dcc', now: began, activeFrom: later(10) } as const;
    writeKeyFile(folder, 'dcc-next', await newEncryptedKey(order, passphrase, authority));
    await aWhile();
    expect(ring.current('dcc', later(9)).kid).toEqual(first.kid);
    const second = ring.current('dcc', later(10));
    expect(second.kid).not.toEqual(first.kid);
    change(folder, first.kid, { retiredAt: later(10).toISOString() });
    await aWhile();
    expect(ring.current('dcc', later(11)).kid).toEqual(second.kid);
    expect(ring.trusted.map(({ kid }) => kid.toString('hex'))).toContain(first.kid.toString('hex'));
    change(folder, first.kid, { distrustedAt: later(12).toISOString() });
    await aWhile();
    expect(ring.trusted.map(({ kid }) => kid.toString('hex'))).not.toContain(first.kid.toString('hex'));
  });

  it('is not opened when a file is not whole, and keeps its keys when one breaks later', async () => {
    const { folder, passphrase } = await aFolder();
    const failures: Error[] = [];
    const ring = new FolderKeyring({ folder, passphrase, freshness, onFailure: (error) => failures.push(error) });
    writeFileSync(path.join(folder, 'zz.key.json'), '{"version": 1}');
    expect(() => new FolderKeyring({ folder, passphrase })).toThrow('zz.key.json: not a key file');
    expect(() => new FolderKeyring({ folder, passphrase: Buffer.from('x') })).toThrow('does not open');
    await aWhile();
    expect(ring.has('dcc', later(1))).toBe(true);
    expect(failures.map(({ message }) => message)).toEqual(['zz.key.json: not a key file']);
  });

  it('signs nothing before its certificate begins or once it has ended', async () => {
    const ring = new FolderKeyring(await aFolder());
    for (const day of [-1, 730]) expect(ring.has('dcc', later(day))).toBe(false);
    expect(() => ring.current('lists', later(730))).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
  });

  it('publishes its public keys for verifiers, as JWKS and as PEM, and no private one', async () => {
    const ring = new FolderKeyring(await aFolder());
    const text = JSON.stringify(trustList(ring));
    expect(text).not.toMatch(/"d":|"p":|PRIVATE/);
    const read = keysOfTrustList(text);
    expect(read.trusted.map(({ purpose }) => purpose).sort()).toEqual(['dcc', 'lists', 'two-d-doc']);
    for (const key of read.trusted) {
      const own = ring.trusted.find(({ kid }) => kid.equals(key.kid));
      expect(key.publicKey.equals(own!.publicKey)).toBe(true);
      expect([key.notBefore, key.notAfter, key.twoDDoc]).toEqual([own!.notBefore, own!.notAfter, own!.twoDDoc]);
      await expect(key.sign(Buffer.alloc(1))).rejects.toThrow();
    }
    expect(trustListPem(ring).match(/BEGIN CERTIFICATE/g)).toHaveLength(4);
    expect(() => keysOfTrustList('{"keys":[{}]}')).toThrow('not a trust list');
  });

  it('signs lists that are taken for nothing else', async () => {
    const ring = new FolderKeyring(await aFolder());
    const jws = await signJws(ring.current('lists', later(1)), 'one+jwt', { n: 1 });
    expect(verifyJws(ring, 'one+jwt', jws)).toEqual({ n: 1 });
    expect(verifyJws(ring, 'other+jwt', jws)).toBeUndefined();
    expect(verifyJws(ring, 'one+jwt', `${jws.slice(0, -4)}AAAA`)).toBeUndefined();
    // A signer of certificates is believed for certificates only.
    const wrong = await signJws(ring.current('dcc', later(1)), 'one+jwt', { n: 2 });
    expect(verifyJws(ring, 'one+jwt', wrong)).toBeUndefined();
    expect(verifyJws(ring, 'one+jwt', '..')).toBeUndefined();
  });
});

describe('a key in a PKCS#11 token (SoftHSM2)', () => {
  itWhere(missingForToken())('signs as a key file does, in turn', async () => {
    const { folder } = await aFolder();
    // In a process of its own: the token's library reads where its files are from the environment of the process.
    const script = path.join(import.meta.dirname, '../builders/a-token-signer.js');
    const env = { ...process.env, SOFTHSM2_CONF: aSigningToken() };
    const { stdout, stderr } = spawnSync(process.execPath, [script, SOFTHSM as string, folder, PIN], {
      env,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const { spki, signatures } = JSON.parse(stdout) as { spki: string; signatures: string[] };
    const publicKey = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
    expect(signatures).toHaveLength(40);
    signatures.forEach((signature, n) => {
      const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
      expect(verify('sha256', Buffer.from(`message ${n}`), options, Buffer.from(signature, 'base64'))).toBe(true);
    });
    expect(readFileSync(path.join(folder, 'dcc-token.key.json'), 'utf8')).not.toContain('PRIVATE');
  });

  it('says how to install what it needs', () => {
    const before = process.env.LANCETTE_PKCS11JS;
    process.env.LANCETTE_PKCS11JS = tmpdir();
    try {
      expect(() => pkcs11Binding()).toThrow('npm install --no-save pkcs11js');
    } finally {
      if (before === undefined) delete process.env.LANCETTE_PKCS11JS;
      else process.env.LANCETTE_PKCS11JS = before;
    }
  });
});

const hashOf = (leaf: string | undefined): string =>
  createHash('sha256')
    .update(leaf ?? '')
    .digest('hex');

/** Writes into the file of a key, as the command does. */
function change(folder: string, kid: Buffer, members: object): void {
  for (const name of keyFiles(folder)) {
    const file = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    const { raw } = new X509Certificate(file.chain[0]);
    if (!kidOf(raw).equals(kid)) continue;
    writeKeyFile(folder, name.replace('.key.json', ''), { ...file, ...members });
  }
}
