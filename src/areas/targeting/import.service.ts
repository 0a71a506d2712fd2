import type { PoolClient } from 'pg';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import type { Sealer } from '../../db/sealing.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Registrar } from '../patients/registration.js';
import { type Batch, BatchMaker } from './batch.js';
import { COUNTERS, type Counters, type ImportEntry, ImportLedger } from './import-ledger.js';
import { BLOCK_BYTES, BlockReader, linesOf } from './line-blocks.js';
import { Merge, type Outcome } from './merge.js';
import { type Fault, isFault, isHeader, LINE_LIMIT, parseLine } from './targeting-file.js';
import { VerifiedFile } from './verified-file.js';

export interface Progress extends Counters {
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface ImportRequest {
  readonly file: string;
  /** Given beside the file, hexadecimal (AIPD M1.24). */
  readonly sha256: string;
  /** How much of the file is one transaction. */
  readonly blockBytes?: number;
  readonly onProgress?: (progress: Progress) => void;
}

export interface ImportReport {
  readonly importId: string;
  /** `ALREADY_DONE`: this content was imported before, under whatever name; nothing was done. */
  readonly outcome: 'DONE' | 'RESUMED' | 'ALREADY_DONE';
  /** What this run changed, and what the file has brought in all. */
  readonly changes: Counters;
  readonly totals: Counters;
}

/** What the services of targeting stand on. */
export interface TargetingParts {
  readonly database: Database;
  readonly registrar: Registrar;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

/** The first line is the header. */
const FIRST_LINE = 2;

/** Takes targeting files in (AIPD, ciblage, c): whole, once, resumable, in memory that does not grow with the file. */
export class TargetingImporter {
  constructor(private readonly parts: TargetingParts) {}

  /**
   * Verifies the file, then merges it block by block; each block commits with the place that it reached. A run that was
   * killed goes on from there when the same file comes again.
   * @throws FILE_UNREADABLE, INTEGRITY_MISMATCH, FILE_FORMAT, IMPORT_RUNNING
   */
  async importTargeting(request: ImportRequest): Promise<ImportReport> {
    const file = await VerifiedFile.open(request.file, request.sha256);
    try {
      const start = await headerEnd(file);
      return await withConnection(this.parts.database, (client) => this.importVerified(client, file, start, request));
    } finally {
      await file.close();
    }
  }

  /** Checks every line as an import would; needs no register and writes nothing. */
  static async check(request: ImportRequest, onReject: (line: number, fault: Fault) => void): Promise<Counters> {
    const file = await VerifiedFile.open(request.file, request.sha256);
    try {
      return await checkLines(file, await headerEnd(file), request, onReject);
    } finally {
      await file.close();
    }
  }

  private async importVerified(
    client: PoolClient,
    file: VerifiedFile,
    start: number,
    request: ImportRequest,
  ): Promise<ImportReport> {
    const { database, sealer, clock } = this.parts;
    const ledger = new ImportLedger(client, database.mapping);
    await ledger.lock(file.sha256);
    const entry = await ledger.enter(file.sha256, clock.now());
    if (entry.finished) return reportOf('ALREADY_DONE', entry, entry);
    const merge = await Merge.over(client, database.mapping, sealer, entry.id);
    const last = await this.mergeBlocks({ file, ledger, merge, request, entry, start });
    await ledger.finish(entry.id, clock.now());
    return reportOf(entry.bytesDone > 0 ? 'RESUMED' : 'DONE', entry, last);
  }

  /** While PostgreSQL merges one block, the next one is checked and registered here: two cores, one file. */
  private async mergeBlocks({ file, ledger, merge, request, entry, start }: Course): Promise<ImportEntry> {
    const reader = new BlockReader(file.handle, request.blockBytes ?? BLOCK_BYTES);
    const maker = new BatchMaker(this.parts.registrar);
    let merging = Promise.resolve(entry);
    let line = FIRST_LINE + entry.linesRead;
    for (let at = Math.max(start, entry.bytesDone); at < file.size; ) {
      const block = await reader.read(at);
      await file.requireUnchanged();
      if (!block) break;
      const [bytes, next, first] = [block.bytes, block.next, line];
      const batch = await maker.make(() => linesOf(bytes, first));
      const before = await merging;
      merging = mergeBlock({ merge, ledger, batch, before, next });
      merging.then(
        (after) => request.onProgress?.({ ...countersOf(after), bytesDone: after.bytesDone, bytesTotal: file.size }),
        () => undefined, // awaited below
      );
      line += batch.lines;
      at = next;
    }
    return merging;
  }
}

interface Course {
  readonly file: VerifiedFile;
  readonly ledger: ImportLedger;
  readonly merge: Merge;
  readonly request: ImportRequest;
  readonly entry: ImportEntry;
  readonly start: number;
}

async function mergeBlock(step: {
  merge: Merge;
  ledger: ImportLedger;
  batch: Batch;
  before: ImportEntry;
  next: number;
}): Promise<ImportEntry> {
  const { merge, ledger, batch, before, next } = step;
  const outcome = await merge.run(batch, {
    after: (result) => ledger.advance(before, result, next),
  });
  return { ...before, ...plus(before, outcome), bytesDone: next };
}

/** A connection of the intake, thrown away afterwards with its stage and its lock. */
export async function withConnection<T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await database.pool(roleOf('intake')).connect();
  // A connection that dies makes its next query fail; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    return await work(client);
  } finally {
    client.release(true);
  }
}

/** @throws FILE_FORMAT */
async function headerEnd({ handle, size }: VerifiedFile): Promise<number> {
  const head = Buffer.alloc(LINE_LIMIT);
  const { bytesRead } = await handle.read(head, 0, LINE_LIMIT, 0);
  const feed = head.subarray(0, bytesRead).indexOf(10);
  const [first] = linesOf(head.subarray(0, feed === -1 ? bytesRead : feed), 1);
  if (!first || !isHeader(first.text)) throw new LancetteError('FILE_FORMAT');
  return feed === -1 ? size : feed + 1;
}

async function checkLines(
  file: VerifiedFile,
  start: number,
  { blockBytes, onProgress }: ImportRequest,
  onReject: (line: number, fault: Fault) => void,
): Promise<Counters> {
  const reader = new BlockReader(file.handle, blockBytes);
  const counters = { ...NONE };
  for (let block = await reader.read(start); block; block = await reader.read(block.next)) {
    for (const { line, text } of linesOf(block.bytes, FIRST_LINE + counters.linesRead)) {
      counters.linesRead += 1;
      const result = parseLine(text);
      if (!isFault(result)) continue;
      counters.linesRejected += 1;
      onReject(line, result);
    }
    onProgress?.({ ...counters, bytesDone: block.next, bytesTotal: file.size });
  }
  return counters;
}

const NONE = { linesRead: 0, personsCreated: 0, personsEnriched: 0, personsUnchanged: 0, linesRejected: 0 };

const combined = (a: Counters, b: Counters, sign: 1 | -1): Counters =>
  Object.fromEntries(COUNTERS.map((counter) => [counter, a[counter] + sign * b[counter]])) as Counters;
const plus = (entry: Counters, outcome: Outcome): Counters => combined(entry, outcome, 1);
const countersOf = (entry: Counters): Counters => combined(entry, NONE, 1);

const reportOf = (outcome: ImportReport['outcome'], before: ImportEntry, after: ImportEntry): ImportReport => ({
  importId: before.id,
  outcome,
  changes: combined(after, before, -1),
  totals: countersOf(after),
});
