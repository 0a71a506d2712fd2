import { LancetteError } from '../../kernel/errors.js';
import { digestBeside, VerifiedFile } from '../targeting/verified-file.js';

/** Larger files are to be cut: a batch is one transaction. */
const MOST_BYTES = 32 * 2 ** 20;

/** Where the line is wrong; undefined when it is right. */
export type CheckCells = (cells: readonly string[]) => string | undefined;

export interface Batch {
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  readonly rows: readonly (readonly string[])[];
}

/**
 * A small file of the operator: UTF-8, `;` between columns without quotes, one header; its SHA-256 beside it (AIPD M1.24).
 * One wrong line refuses the whole file, since half a delivery would be a wrong stock.
 * @throws FILE_UNREADABLE, INTEGRITY_MISSING, INTEGRITY_MISMATCH, FILE_FORMAT; INVALID_INPUT naming line and column, never the value
 */
export async function readBatch(path: string, header: string, check: CheckCells): Promise<Batch> {
  const file = await VerifiedFile.open(path, await digestBeside(path));
  try {
    if (file.size > MOST_BYTES) throw new LancetteError('FILE_FORMAT');
    const text = decoded(await wholeOf(file));
    await file.requireUnchanged();
    const [first, ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
    if (first !== header) throw new LancetteError('FILE_FORMAT');
    const columns = header.split(';').length;
    const rows = lines.flatMap((line, index) => (line === '' && index === lines.length - 1 ? [] : [line.split(';')]));
    for (const [index, cells] of rows.entries()) {
      const wrong = cells.length === columns ? check(cells) : 'line';
      if (wrong) throw new LancetteError('INVALID_INPUT', { field: `${index + 2}:${wrong}` });
    }
    return { sha256: file.sha256, rows };
  } finally {
    await file.close();
  }
}

/** @throws INTEGRITY_MISMATCH when the file has become shorter */
async function wholeOf(file: VerifiedFile): Promise<Buffer> {
  const bytes = Buffer.alloc(file.size);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
    if (bytesRead === 0) throw new LancetteError('INTEGRITY_MISMATCH');
    at += bytesRead;
  }
  return bytes;
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new LancetteError('FILE_FORMAT');
  }
}
