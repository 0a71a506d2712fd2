import type { Registrar } from '../patients/registration.js';
import { type Batch, BatchMaker } from './batch.js';
import { type Counters, combined, type ImportEntry, type ImportLedger, NOTHING } from './import-ledger.js';
import { BLOCK_BYTES, BlockReader, linesOf } from './line-blocks.js';
import type { Merge } from './merge.js';
import type { Announced, ReceivedFile } from './received-file.js';

export interface Progress extends Counters {
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface ImportRequest extends Announced {
  /** How much of the file is one transaction. */
  readonly blockBytes?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** A connection that stages and merges, and writes the progress in the same transaction. */
interface Lane {
  readonly merge: Merge;
  readonly ledger: ImportLedger;
}

export interface Course {
  readonly file: ReceivedFile;
  readonly lanes: readonly Lane[];
  readonly registrar: Registrar;
  readonly request: ImportRequest;
  readonly entry: ImportEntry;
  /** Byte of the file from which on lines are still to be merged. */
  readonly at: number;
}

/** The first line is the header. */
export const FIRST_LINE = 2;

/**
 * Three blocks are under way: one is merged, the next one is already with PostgreSQL on another connection, and the one
 * behind is checked and registered here. They commit in the file's order, each after the one before, so that whoever
 * comes twice is met in that order, and a crash leaves the beginning of the file and nothing else.
 */
export async function importBlocks({ file, lanes, registrar, request, entry, at }: Course): Promise<ImportEntry> {
  const reader = new BlockReader(file.text, request.blockBytes ?? BLOCK_BYTES);
  const maker = new BatchMaker(registrar);
  const underWay: Promise<ImportEntry>[] = [];
  const stopwatch = new Stopwatch();
  let last = Promise.resolve(entry);
  let line = FIRST_LINE + entry.linesRead;
  for (let from = at, turn = 0; from < file.text.size; turn += 1) {
    const block = await reader.read(from);
    await file.requireUnchanged();
    if (!block) break;
    const [bytes, next, first] = [block.bytes, block.next, line];
    const batch = await maker.make(() => linesOf(bytes, first));
    while (underWay.length >= lanes.length) await underWay.shift();
    const lane = lanes[turn % lanes.length] as Lane;
    last = follow(last, lane, { batch, next, stopwatch }, (after) => tell(request, file, after));
    underWay.push(last);
    line += batch.lines;
    from = next;
  }
  return last;
}

/** Time at work, block after block. */
class Stopwatch {
  private from = performance.now();

  /** Milliseconds since the last lap. */
  lap(): number {
    const [from, now] = [this.from, performance.now()];
    this.from = now;
    return now - from;
  }
}

/** Stages at once, and merges after the block before. */
function follow(
  before: Promise<ImportEntry>,
  { merge, ledger }: Lane,
  { batch, next, stopwatch }: { batch: Batch; next: number; stopwatch: Stopwatch },
  done: (after: ImportEntry) => void,
): Promise<ImportEntry> {
  const staged = merge.stage(batch);
  const merging = async (): Promise<ImportEntry> => {
    const [entry] = await Promise.all([before, staged.catch(() => undefined)]);
    const outcome = await merge.run(
      batch,
      { after: (result) => ledger.advance(entry, result, next, stopwatch.lap()) },
      staged,
    );
    const after = { ...entry, ...combined(entry, outcome, 1), bytesDone: next };
    done(after);
    return after;
  };
  const result = merging();
  // Whoever awaits the last block hears of a failure of any: the others need no listener of their own.
  result.catch(() => undefined);
  return result;
}

const tell = ({ onProgress }: ImportRequest, { text: { size } }: ReceivedFile, after: ImportEntry): void =>
  onProgress?.({ ...combined(after, NOTHING, 1), bytesDone: after.bytesDone, bytesTotal: size });
