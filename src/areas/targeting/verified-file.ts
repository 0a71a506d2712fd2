import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { LancetteError } from '../../kernel/errors.js';
import type { ByteSource } from './byte-source.js';

const READ_BYTES = 1 << 20;
const SHA256SUM = /^\\?([0-9a-f]{64})(?:[ \t][^\n]*)?\r?\n?$/i;

/**
 * The SHA-256 that was given beside a file, in the form of `sha256sum` (AIPD M1.24).
 * @throws INTEGRITY_MISSING
 */
export async function digestBeside(file: string): Promise<string> {
  const text = await readFile(`${file}.sha256`, 'latin1').catch(() => '');
  const digest = SHA256SUM.exec(text)?.[1];
  if (!digest) throw new LancetteError('INTEGRITY_MISSING');
  return digest.toLowerCase();
}

/** An open file whose whole content has the SHA-256 that was announced. */
export class VerifiedFile implements ByteSource {
  private constructor(
    private readonly handle: FileHandle,
    readonly size: number,
    readonly sha256: string,
    private readonly modified: bigint,
  ) {}

  /**
   * Opens the file once and reads it to its end before anyone gets it: what is imported later is what was verified here.
   * @throws FILE_UNREADABLE, INTEGRITY_MISMATCH
   */
  static async open(path: string, sha256: string): Promise<VerifiedFile> {
    const handle = await open(path, 'r').catch(() => {
      throw new LancetteError('FILE_UNREADABLE');
    });
    try {
      const { size, mtimeNs } = await statusOf(handle);
      const file = new VerifiedFile(handle, size, sha256.toLowerCase(), mtimeNs);
      if ((await digestOf(handle)) !== file.sha256) throw new LancetteError('INTEGRITY_MISMATCH');
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Nobody wrote to the file since it was verified.
   * @throws INTEGRITY_MISMATCH
   */
  async requireUnchanged(): Promise<void> {
    const { size, mtimeNs } = await statusOf(this.handle);
    if (size !== this.size || mtimeNs !== this.modified) throw new LancetteError('INTEGRITY_MISMATCH');
  }

  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    return this.handle.read(buffer, offset, length, position);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** A regular file: a device or a pipe has no content to verify first (SECURITY A67). */
async function statusOf(handle: FileHandle): Promise<{ size: number; mtimeNs: bigint }> {
  const status = await handle.stat({ bigint: true });
  if (!status.isFile()) throw new LancetteError('FILE_UNREADABLE');
  return { size: Number(status.size), mtimeNs: status.mtimeNs };
}

async function digestOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const block = Buffer.allocUnsafe(READ_BYTES);
  for (let at = 0; ; ) {
    const { bytesRead } = await handle.read(block, 0, READ_BYTES, at);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(block.subarray(0, bytesRead));
    at += bytesRead;
  }
}
