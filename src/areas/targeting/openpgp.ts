import { readFile, stat } from 'node:fs/promises';
import type { Key, PrivateKey, Signature } from 'openpgp';
import { LancetteError } from '../../kernel/errors.js';
import type { ByteSource } from './byte-source.js';

/** Where the keys of exchanges lie (RFC 9580), armoured or binary. */
export interface OpenPgpFiles {
  /** Private keys of this register, which open what is encrypted for it; readable by their owner only. */
  readonly keyFile?: string | undefined;
  /** Passphrase of these keys, if they have one. */
  readonly passphraseFile?: string | undefined;
  /** Public keys of the senders. With them, no file without a valid signature of one of them is taken. */
  readonly sendersFile?: string | undefined;
}

/** Loaded when there is something to open or to verify: most commands have neither. */
const openpgp = () => import('openpgp');

const READ_BYTES = 1 << 18;

/** A source as a stream of the web, from its beginning. */
export function streamOf(source: ByteSource): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const block = Buffer.allocUnsafe(READ_BYTES);
        const { bytesRead } = await source.read(block, 0, READ_BYTES, at);
        at += bytesRead;
        if (bytesRead === 0) controller.close();
        else controller.enqueue(new Uint8Array(block.buffer, block.byteOffset, bytesRead));
      },
    },
    { highWaterMark: 1 },
  );
}

/**
 * The detached signature beside a file (`.sig` binary, `.asc` armoured) is that of a known sender, over the file as it came.
 * One that nobody could check is refused like a false one.
 * @throws SIGNATURE_MISSING where senders are configured, SIGNATURE_INVALID
 */
export async function requireSignature(path: string, source: ByteSource, { sendersFile }: OpenPgpFiles): Promise<void> {
  const given = await signatureBeside(path);
  if (!given && sendersFile === undefined) return;
  if (!given) throw new LancetteError('SIGNATURE_MISSING');
  try {
    const { createMessage, verify } = await openpgp();
    const verificationKeys = await keysIn(sendersFile ?? '');
    const message = await createMessage({ binary: streamOf(source) });
    const { data, signatures } = await verify({
      message,
      signature: await given(),
      verificationKeys,
      format: 'binary',
    });
    // The library replaces the reader of the stream that it was given: it must be asked for, and read to its end.
    const reader = data.getReader();
    while (!(await reader.read()).done);
    if (signatures.length === 0) throw new LancetteError('SIGNATURE_INVALID');
    // Every signature of the file counts: a false one beside a true one is no proof.
    for (const { verified } of signatures) await verified;
  } catch {
    throw new LancetteError('SIGNATURE_INVALID');
  }
}

async function signatureBeside(path: string): Promise<(() => Promise<Signature>) | undefined> {
  const binarySignature = await readFile(`${path}.sig`).catch(() => undefined);
  if (binarySignature) return async () => (await openpgp()).readSignature({ binarySignature });
  const armoredSignature = await readFile(`${path}.asc`, 'latin1').catch(() => undefined);
  if (armoredSignature === undefined) return undefined;
  return async () => (await openpgp()).readSignature({ armoredSignature });
}

async function keysIn(file: string): Promise<Key[]> {
  const { readKeys } = await openpgp();
  const bytes = await readFile(file);
  return isArmored(bytes) ? readKeys({ armoredKeys: bytes.toString('latin1') }) : readKeys({ binaryKeys: bytes });
}

/**
 * The private keys of this register, unlocked.
 * @throws DECRYPTION_KEY_MISSING when there is none, others may read the file, or the passphrase is not theirs
 */
export async function decryptionKeysIn({ keyFile, passphraseFile }: OpenPgpFiles): Promise<PrivateKey[]> {
  try {
    const { decryptKey, readPrivateKeys } = await openpgp();
    const bytes = await readOwned(keyFile);
    const keys = isArmored(bytes)
      ? await readPrivateKeys({ armoredKeys: bytes.toString('latin1') })
      : await readPrivateKeys({ binaryKeys: bytes });
    const passphrase =
      passphraseFile === undefined ? undefined : (await readOwned(passphraseFile)).toString().trimEnd();
    return await Promise.all(
      keys.map((privateKey) => (privateKey.isDecrypted() ? privateKey : decryptKey({ privateKey, passphrase }))),
    );
  } catch {
    throw new LancetteError('DECRYPTION_KEY_MISSING');
  }
}

async function readOwned(file: string | undefined): Promise<Buffer> {
  if (file === undefined) throw new Error('no file');
  if (process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0) throw new Error('readable by others');
  return readFile(file);
}

export const isArmored = (bytes: Buffer): boolean => bytes.subarray(0, 10).toString('latin1') === '-----BEGIN';

/** Tags of the packets with which an encrypted message begins: a session key for a public key, or for a passphrase. */
const ENCRYPTED = [1, 3];
const ARMORED_MESSAGE = '-----BEGIN PGP MESSAGE-----';

/** Whether a file begins as an encrypted OpenPGP message (RFC 9580 §4.2), and not as text. */
export function isEncrypted(head: Buffer): boolean {
  if (head.subarray(0, ARMORED_MESSAGE.length).toString('latin1') === ARMORED_MESSAGE) return true;
  const first = head[0] ?? 0;
  if ((first & 0x80) === 0) return false;
  return ENCRYPTED.includes((first & 0x40) === 0 ? (first >> 2) & 0x0f : first & 0x3f);
}
