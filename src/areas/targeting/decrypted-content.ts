import { decrypt, decryptSessionKeys, enums, type PrivateKey, readMessage } from 'openpgp';
import { LancetteError } from '../../kernel/errors.js';
import { type ByteSource, fill } from './byte-source.js';
import { decryptionKeysIn, isArmored, type OpenPgpFiles, streamOf } from './openpgp.js';

/** Longest text that one byte of an encrypted file may stand for: what is beyond is a bomb (SECURITY A67). */
const LARGEST_RATIO = 100;
const AES_256 = 'aes256';

/**
 * The text of an encrypted file, never written anywhere in clear. It is decrypted twice: once to its end, so that nothing
 * is read before the whole is known to be authentic, and again while it is read. Only what is between two reads is held.
 */
export class DecryptedContent implements ByteSource {
  private chunks: Uint8Array[] = [];
  /** Place of the first chunk held, and of the first byte not yet decrypted. */
  private from = 0;
  private to = 0;
  private text: AsyncIterator<Uint8Array> | undefined;

  private constructor(
    private readonly encrypted: ByteSource,
    private readonly keys: readonly PrivateKey[],
    readonly size: number,
  ) {}

  /** @throws DECRYPTION_KEY_MISSING, FILE_ENCRYPTION */
  static async open(encrypted: ByteSource, files: OpenPgpFiles): Promise<DecryptedContent> {
    const keys = await decryptionKeysIn(files);
    try {
      let size = 0;
      for await (const chunk of textOf(encrypted, keys)) {
        size += chunk.length;
        if (size > LARGEST_RATIO * encrypted.size) throw new LancetteError('FILE_ENCRYPTION');
      }
      return new DecryptedContent(encrypted, keys, size);
    } catch {
      // What openpgp says may quote what it read.
      throw new LancetteError('FILE_ENCRYPTION');
    }
  }

  async read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    if (this.text === undefined || position < this.from) this.restart();
    while (this.to <= position && (await this.next(position)));
    if (this.to <= position) return { bytesRead: 0 };
    let [bytesRead, at] = [0, this.from];
    for (const chunk of this.chunks) {
      const skipped = Math.max(0, position + bytesRead - at);
      const part = chunk.subarray(skipped, skipped + Math.max(0, length - bytesRead));
      buffer.set(part, offset + bytesRead);
      bytesRead += part.length;
      at += chunk.length;
    }
    return { bytesRead };
  }

  private restart(): void {
    this.text = textOf(this.encrypted, this.keys)[Symbol.asyncIterator]();
    this.chunks = [];
    this.from = 0;
    this.to = 0;
  }

  /** @returns whether there was more; what lies before `position` is dropped */
  private async next(position: number): Promise<boolean> {
    const { value, done } = (await this.text?.next()) ?? { value: undefined, done: true };
    if (done || value === undefined) return false;
    this.chunks.push(value);
    this.to += value.length;
    while (this.chunks[0] && this.from + this.chunks[0].length <= position)
      this.from += this.chunks.shift()?.length ?? 0;
    return true;
  }
}

/**
 * The text, as it is decrypted; its end comes only when the whole is authentic.
 * @throws when no key opens it, it is not encrypted with AES-256, or it was altered
 */
async function* textOf(encrypted: ByteSource, keys: readonly PrivateKey[]): AsyncGenerator<Uint8Array> {
  const decryptionKeys = [...keys];
  const message = await messageIn(encrypted);
  const [sessionKey] = await decryptSessionKeys({ message, decryptionKeys });
  if (!sessionKey || (await cipherOf(message, sessionKey.algorithm)) !== AES_256)
    throw new LancetteError('FILE_ENCRYPTION');
  const { data } = await decrypt({
    message,
    sessionKeys: { data: sessionKey.data, algorithm: AES_256 },
    format: 'binary',
    config: { allowUnauthenticatedStream: true },
  });
  yield* data as unknown as AsyncIterable<Uint8Array>;
}

async function messageIn(encrypted: ByteSource) {
  const head = await fill(encrypted, Buffer.alloc(Math.min(64, encrypted.size)), 0);
  const stream = streamOf(encrypted);
  if (!isArmored(head)) return readMessage({ binaryMessage: stream });
  const text = stream.pipeThrough(new TextDecoderStream('latin1') as never) as ReadableStream<string>;
  return readMessage({ armoredMessage: text });
}

/** In the older form of the message the session key names its cipher, in the newer one the message itself. */
async function cipherOf(
  message: Awaited<ReturnType<typeof readMessage>>,
  ofSessionKey: string | null,
): Promise<string | null> {
  const packet = message.packets.findPacket(enums.packet.symEncryptedIntegrityProtectedData) as
    | { version: number; cipherAlgorithm: number | null }
    | undefined;
  if (packet?.version !== 2) return ofSessionKey;
  return packet.cipherAlgorithm === enums.symmetric.aes256 ? AES_256 : null;
}
