import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createMessage, decryptKey, encrypt, enums, generateKey, type PrivateKey, type PublicKey, sign } from 'openpgp';
import type { OpenPgpFiles } from '../../../src/areas/targeting/openpgp.js';
import { HEADER } from '../../../src/areas/targeting/targeting-file.js';
import { aTargetedPerson, type Cells, lineOf } from '../../builders/a-targeting-file.js';
import { aTargetingWorld, command, stateOf, type TargetingWorld } from '../../builders/a-targeting-world.js';

const blockBytes = 16_384;
const PASSPHRASE = 'une phrase de passe';

let world: TargetingWorld;
let register: { privateKey: PrivateKey; publicKey: PublicKey };
let sender: { privateKey: PrivateKey; publicKey: PublicKey };
let stranger: { privateKey: PrivateKey; publicKey: PublicKey };
let keys: OpenPgpFiles;

beforeAll(async () => {
  world = await aTargetingWorld();
  const pair = (name: string, passphrase?: string) =>
    generateKey({
      ...{ userIDs: [{ name }], format: 'object', config: { aeadProtect: true } },
      ...(passphrase && { passphrase }),
    });
  [register, sender, stranger] = await Promise.all([pair('register', PASSPHRASE), pair('sender'), pair('stranger')]);
  keys = {
    keyFile: secret('register.key', register.privateKey.armor()),
    passphraseFile: secret('passphrase', `${PASSPHRASE}\n`),
    sendersFile: secret('senders.asc', sender.publicKey.armor()),
  };
});
beforeEach(() => world.empty());
afterAll(() => world.close());

function secret(name: string, content: string | Uint8Array, mode = 0o600): string {
  const file = `${world.folder}/${name}`;
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const lines = (from: number, to: number, cells: Partial<Cells> = {}) =>
  Array.from({ length: to - from }, (_, at) => lineOf(aTargetedPerson(from + at, cells)));
const textOf = (content: string[]) => Buffer.from(`${[HEADER, ...content].join('\n')}\n`);

/** A file of these bytes, announced by its SHA-256. */
function announced(name: string, bytes: Uint8Array): { file: string; sha256: string } {
  const file = `${world.folder}/${name}`;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(file, bytes);
  writeFileSync(`${file}.sha256`, `${sha256}  ${name}\n`);
  for (const end of ['.sig', '.asc']) rmSync(`${file}${end}`, { force: true });
  return { file, sha256 };
}

async function encrypted(text: Buffer, config: object = {}, to = register.publicKey): Promise<Uint8Array> {
  const message = await createMessage({ binary: new Uint8Array(text) });
  return (await encrypt({ message, encryptionKeys: to, format: 'binary', config })) as Uint8Array;
}

async function signatureOf(file: string, by = sender.privateKey, format: 'binary' | 'armored' = 'binary') {
  const message = await createMessage({ binary: new Uint8Array(readFileSync(file)) });
  return sign({ message, signingKeys: by, detached: true, format: format as 'binary' });
}

const refusal = async (file: { file: string; sha256: string }, openPgp: OpenPgpFiles = {}) => {
  try {
    await world.importer.importTargeting({ ...file, openPgp, blockBytes });
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};
const isEmpty = async () => (await world.count('patient')) + (await world.count('targeting_import')) === 0;

describe('an encrypted file', () => {
  it.each<[string, object]>([
    ['with AES-256 and a detection code (RFC 4880)', {}],
    ['compressed', { preferredCompressionAlgorithm: enums.compression.zlib }],
    ['with AES-256 in authenticated chunks (RFC 9580)', { aeadProtect: true }],
  ])('%s is taken in like the clear one, block by block', async (_, config) => {
    await world.importer.importTargeting({ ...world.file('clear.csv', lines(0, 300)), blockBytes });
    const { imports: _clear, ...clear } = await stateOf(world);
    await world.empty();
    const file = announced('a.csv.pgp', await encrypted(textOf(lines(0, 300)), config));
    const { sendersFile: _any, ...opening } = keys;
    const report = await world.importer.importTargeting({ ...file, openPgp: opening, blockBytes });
    expect(report).toMatchObject({ outcome: 'DONE', changes: { linesRead: 300, personsCreated: 300 } });
    expect(await stateOf(world)).toMatchObject(clear);
  });

  it('whose import was cut short goes on where it stopped', async () => {
    const { sendersFile: _any, ...openPgp } = keys;
    const file = announced('a.csv.pgp', await encrypted(textOf(lines(0, 300))));
    let blocks = 0;
    const onProgress = () => {
      blocks += 1;
      if (blocks === 2) throw new Error('cut short');
    };
    await expect(world.importer.importTargeting({ ...file, openPgp, blockBytes, onProgress })).rejects.toThrow();
    const report = await world.importer.importTargeting({ ...file, openPgp, blockBytes });
    expect(report).toMatchObject({ outcome: 'RESUMED', totals: { linesRead: 300, personsCreated: 300 } });
    expect(report.changes.linesRead).toBeLessThan(300);
    expect(await stateOf(world)).toMatchObject({ persons: 300, codes: 300, consistent: 300 });
  });

  it('for another key, with another cipher, or altered where its SHA-256 could not tell is refused, and nothing of it read', async () => {
    const text = textOf(lines(0, 300));
    const right = await encrypted(text);
    const altered = Uint8Array.from(right);
    altered[altered.length - 40] = (altered[altered.length - 40] ?? 0) ^ 1;
    const { sendersFile: _any, ...opening } = keys;
    expect(await refusal(announced('a.pgp', await encrypted(text, {}, stranger.publicKey)), opening)).toBe(
      'FILE_ENCRYPTION',
    );
    expect(await refusal(announced('b.pgp', altered), opening)).toBe('FILE_ENCRYPTION');
    expect(await refusal(announced('c.pgp', right.subarray(0, right.length - 5)), opening)).toBe('FILE_ENCRYPTION');
    const aes128 = await generateKey({
      userIDs: [{ name: 'register' }],
      format: 'object',
      config: { preferredSymmetricAlgorithm: enums.symmetric.aes128 },
    });
    const file = announced(
      'd.pgp',
      await encrypted(text, { preferredSymmetricAlgorithm: enums.symmetric.aes128 }, aes128.publicKey),
    );
    expect(await refusal(file, { keyFile: secret('aes128.key', aes128.privateKey.armor()) })).toBe('FILE_ENCRYPTION');
    expect(await isEmpty()).toBe(true);
  });

  it('that is a bomb is refused', async () => {
    const bomb = textOf(['x'.repeat(8_000_000)]);
    const { sendersFile: _any, ...opening } = keys;
    const config = { preferredCompressionAlgorithm: enums.compression.zlib };
    expect(await refusal(announced('a.pgp', await encrypted(bomb, config)), opening)).toBe('FILE_ENCRYPTION');
  });

  it('without a key, with a key that others may read, or the wrong passphrase is refused', async () => {
    const file = announced('a.pgp', await encrypted(textOf(lines(0, 3))));
    const open = secret('open.key', register.privateKey.armor(), 0o644);
    for (const openPgp of [
      {},
      { keyFile: keys.keyFile },
      { keyFile: keys.keyFile, passphraseFile: secret('wrong', 'une autre') },
      { keyFile: open, passphraseFile: keys.passphraseFile },
      { keyFile: `${world.folder}/none` },
    ]) {
      expect(await refusal(file, openPgp)).toBe('DECRYPTION_KEY_MISSING');
    }
    expect(await isEmpty()).toBe(true);
  });
});

describe('a detached signature', () => {
  it('of a known sender lets the file in, binary or armoured, clear or encrypted; the command line takes the keys', async () => {
    const { sendersFile } = keys;
    const clear = announced('a.csv', textOf(lines(0, 3)));
    writeFileSync(`${clear.file}.sig`, (await signatureOf(clear.file)) as Uint8Array);
    expect(await refusal(clear, { sendersFile })).toBeUndefined();
    const sealed = announced('b.csv.pgp', await encrypted(textOf(lines(3, 6))));
    writeFileSync(`${sealed.file}.asc`, String(await signatureOf(sealed.file, sender.privateKey, 'armored')));
    const options = ['--key', keys.keyFile, '--passphrase-file', keys.passphraseFile, '--senders', sendersFile];
    const run = await command(world, ['import-targeting', sealed.file, '--json', ...options.map(String)]);
    expect(run).toMatchObject({ exitCode: 0 });
    expect(await world.count('patient')).toBe(6);
  });

  it('that is missing, a stranger’s, of another file, or that nobody could check keeps the file out', async () => {
    const { sendersFile } = keys;
    const file = announced('a.csv', textOf(lines(0, 3)));
    expect(await refusal(file, { sendersFile })).toBe('SIGNATURE_MISSING');
    writeFileSync(`${file.file}.sig`, (await signatureOf(file.file, stranger.privateKey)) as Uint8Array);
    expect(await refusal(file, { sendersFile })).toBe('SIGNATURE_INVALID');
    const other = announced('b.csv', textOf(lines(3, 6)));
    writeFileSync(`${other.file}.sig`, (await signatureOf(other.file)) as Uint8Array);
    copyFileSync(`${other.file}.sig`, `${file.file}.sig`);
    expect(await refusal(file, { sendersFile })).toBe('SIGNATURE_INVALID');
    expect(await refusal(other, {})).toBe('SIGNATURE_INVALID');
    writeFileSync(`${file.file}.sig`, 'no signature');
    expect(await refusal(file, { sendersFile })).toBe('SIGNATURE_INVALID');
    expect(await isEmpty()).toBe(true);
    expect(await decryptKey({ privateKey: register.privateKey, passphrase: PASSPHRASE })).toBeDefined();
  });
});

describe('the form of a file', () => {
  it.each<[string, Buffer, string]>([
    ['UTF-16 with its mark', Buffer.from(`\ufeff${HEADER}\n`, 'utf16le'), 'FILE_ENCODING'],
    ['UTF-16 the other way round', Buffer.from(`\ufeff${HEADER}\n`, 'utf16le').swap16(), 'FILE_ENCODING'],
    ['UTF-16 without a mark', Buffer.from(`${HEADER}\n`, 'utf16le'), 'FILE_ENCODING'],
    ['Latin-1', Buffer.from(textOf(lines(0, 200)).toString(), 'latin1'), 'FILE_ENCODING'],
    [
      'lines that end with CR alone',
      Buffer.from(textOf(lines(0, 5)).toString().replaceAll('\n', '\r')),
      'FILE_LINE_ENDINGS',
    ],
    ['another separator', Buffer.from(HEADER.replaceAll(';', ',')), 'FILE_FORMAT'],
    ['nothing at all', Buffer.alloc(0), 'FILE_FORMAT'],
  ])('%s is refused as a whole, with its reason', async (_, bytes, code) => {
    expect(await refusal(announced('a.csv', bytes))).toBe(code);
    expect(await isEmpty()).toBe(true);
  });

  it('a few lines in Latin-1 are rejects of their own; LF and CRLF may be mixed', async () => {
    const accents = { birthName: 'LEFÈVRE' };
    const good = lines(0, 20, accents).join('\r\n');
    const bytes = Buffer.concat([
      Buffer.from(`${HEADER}\n${good}\n`),
      Buffer.from(lines(20, 22, accents).join('\n'), 'latin1'),
    ]);
    const report = await world.importer.importTargeting(announced('a.csv', bytes));
    expect(report.changes).toMatchObject({ linesRead: 22, personsCreated: 20, linesRejected: 2 });
    expect(await world.query('select distinct code from targeting_reject')).toEqual([{ code: 'ENCODING' }]);
  });
});
