import { LancetteError } from '../../kernel/errors.js';
import { type ByteSource, fill } from './byte-source.js';
import { linesOf } from './line-blocks.js';
import { isEncrypted, type OpenPgpFiles, requireSignature } from './openpgp.js';
import { LINE_LIMIT } from './targeting-file.js';
import { VerifiedFile } from './verified-file.js';

/** How a file was announced. */
export interface Announced {
  readonly file: string;
  /** Given beside the file, hexadecimal, over the file as it came (AIPD M1.24). */
  readonly sha256: string;
  readonly openPgp?: OpenPgpFiles | undefined;
}

/** A file whose content may be read: it is what was announced, and it is text of this format. */
export interface ReceivedFile {
  readonly sha256: string;
  /** The text: the file itself, or what it decrypts to. */
  readonly text: ByteSource;
  /** Where the line behind the header begins. */
  readonly start: number;
  requireUnchanged(): Promise<void>;
  close(): Promise<void>;
}

const SAMPLE_BYTES = 1 << 18;
const LF = 10;

/**
 * In this order, and nothing is looked at before what comes before it is right: the SHA-256, the signature, the encryption,
 * the encoding, the line endings, the header.
 * @param isHeader whether a first line is that of the format expected
 * @throws FILE_UNREADABLE, INTEGRITY_MISMATCH, SIGNATURE_MISSING, SIGNATURE_INVALID, DECRYPTION_KEY_MISSING,
 *   FILE_ENCRYPTION, FILE_ENCODING, FILE_LINE_ENDINGS, FILE_FORMAT
 */
export async function receive(
  { file: path, sha256, openPgp = {} }: Announced,
  isHeader: (line: string) => boolean,
): Promise<ReceivedFile> {
  const file = await VerifiedFile.open(path, sha256);
  try {
    await requireSignature(path, file, openPgp);
    const text = await decrypted(file, openPgp);
    const start = await headerEnd(text, isHeader);
    return {
      sha256: file.sha256,
      text,
      start,
      requireUnchanged: () => file.requireUnchanged(),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function decrypted(file: ByteSource, openPgp: OpenPgpFiles): Promise<ByteSource> {
  const head = await fill(file, Buffer.alloc(Math.min(64, file.size)), 0);
  if (!isEncrypted(head)) return file;
  const { DecryptedContent } = await import('./decrypted-content.js');
  return DecryptedContent.open(file, openPgp);
}

async function headerEnd(text: ByteSource, isHeader: (line: string) => boolean): Promise<number> {
  const sample = await fill(text, Buffer.alloc(Math.min(SAMPLE_BYTES, text.size)), 0);
  requireUtf8(sample);
  const head = sample.subarray(0, LINE_LIMIT);
  const feed = head.indexOf(LF);
  const first = linesOf(head.subarray(0, feed === -1 ? head.length : feed), 1).next().value?.text ?? '';
  // A lone CR as the end of the first line: every other one would be a control character within a single, endless line.
  if (first.includes('\r') && isHeader(first.split('\r', 1)[0] ?? '')) throw new LancetteError('FILE_LINE_ENDINGS');
  if (!isHeader(first)) throw new LancetteError('FILE_FORMAT');
  return feed === -1 ? text.size : feed + 1;
}

/** Lines of a sample that are not UTF-8, from which on it is not a few lines that are poisoned, but the whole file. */
const MOSTLY = 5;

/**
 * UTF-16 and UTF-32 show by their mark or their NULs. Latin-1 (or any other eight-bit code) shows when accents are wrong
 * more often than right; a poisoned line in a good file stays one reject (SECURITY F23).
 */
function requireUtf8(sample: Buffer): void {
  const mark = sample.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff' || sample.subarray(0, 64).includes(0))
    throw new LancetteError('FILE_ENCODING');
  let [wrong, right] = [0, 0];
  for (const { text } of linesOf(sample.subarray(0, sample.lastIndexOf(LF) + 1), 1)) {
    if (text.includes('\ufffd')) wrong += 1;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: whatever is beyond ASCII
    else if (/[^\u0000-\u007f]/.test(text)) right += 1;
  }
  if (wrong >= MOSTLY && wrong > right) throw new LancetteError('FILE_ENCODING');
}
