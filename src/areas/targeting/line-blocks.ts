import { type ByteSource, fill } from './byte-source.js';
import { LINE_LIMIT } from './targeting-file.js';

const LF = 10;
const CR = 13;

/** How much of a file is one transaction: some 7,500 lines, and what a reading holds in memory. */
export const BLOCK_BYTES = 1 << 20;
const LEAST_BLOCK = 2 * LINE_LIMIT;
/** A block may be looked at again until it is merged: see `importBlocks`. */
const BLOCKS_AT_ONCE = 3;

/** Whole lines of a file, and where the next ones begin. */
export interface Block {
  readonly bytes: Buffer;
  readonly next: number;
}

/**
 * Reads a file as blocks of whole lines. A block depends on nothing but where it begins, so that a reading taken up again
 * after a crash sees the blocks that an uninterrupted one would have seen.
 */
export class BlockReader {
  private readonly buffers: Buffer[];

  constructor(
    private readonly source: ByteSource,
    bytes = BLOCK_BYTES,
  ) {
    const size = Math.max(bytes, LEAST_BLOCK);
    this.buffers = Array.from({ length: BLOCKS_AT_ONCE }, () => Buffer.allocUnsafe(size));
  }

  /** The block that begins there, or undefined at the end. It is good until the third next call. */
  async read(from: number): Promise<Block | undefined> {
    const buffer = this.buffers.shift() as Buffer;
    this.buffers.push(buffer);
    const bytes = await fill(this.source, buffer, from);
    if (bytes.length === 0) return undefined;
    if (bytes.length < buffer.length) return { bytes, next: from + bytes.length };
    const end = bytes.lastIndexOf(LF) + 1;
    if (end > 0) return { bytes: bytes.subarray(0, end), next: from + end };
    return { bytes: bytes.subarray(0, LINE_LIMIT + 1), next: await this.endOfLine(from + bytes.length, buffer.length) };
  }

  /** Passes over a line that is longer than a block, without holding it (SECURITY A67). */
  private async endOfLine(from: number, size: number): Promise<number> {
    const passing = Buffer.allocUnsafe(size);
    for (let at = from; ; ) {
      const bytes = await fill(this.source, passing, at);
      const end = bytes.indexOf(LF) + 1;
      if (end > 0 || bytes.length === 0) return at + end;
      at += bytes.length;
    }
  }
}

/** A line, decoded and without its line break, under the number that an editor shows. */
export interface NumberedLine {
  readonly line: number;
  readonly text: string;
}

/** The lines of a block. One that is too long is cut, just long enough to be refused as such. */
export function* linesOf(bytes: Buffer, first: number): Generator<NumberedLine> {
  for (let from = 0, line = first; from < bytes.length; line++) {
    const feed = bytes.indexOf(LF, from);
    const next = feed === -1 ? bytes.length : feed + 1;
    let end = feed === -1 ? bytes.length : feed;
    if (bytes[end - 1] === CR && end > from) end -= 1;
    const tooLong = end - from > LINE_LIMIT;
    yield {
      line,
      text: tooLong ? bytes.toString('latin1', from, from + LINE_LIMIT + 1) : bytes.toString('utf8', from, end),
    };
    from = next;
  }
}
