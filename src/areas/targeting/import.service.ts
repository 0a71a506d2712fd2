import type { PoolClient } from 'pg';
import { type TargetingParts, withConnections } from './connections.js';
import { FIRST_LINE, type ImportRequest, importBlocks } from './import-course.js';
import { type Counters, combined, type ImportEntry, ImportLedger, NOTHING } from './import-ledger.js';
import { BlockReader, linesOf } from './line-blocks.js';
import { Merge } from './merge.js';
import { type ReceivedFile, receive } from './received-file.js';
import { traced } from './run-ledger.js';
import { type Fault, isFault, isHeader, parseLine } from './targeting-file.js';

export type { TargetingParts } from './connections.js';
export type { ImportRequest, Progress } from './import-course.js';

export interface ImportReport {
  readonly importId: string;
  /** `ALREADY_DONE`: this content was imported before, under whatever name; nothing was done. */
  readonly outcome: 'DONE' | 'RESUMED' | 'ALREADY_DONE';
  /** What this run changed, and what the file has brought in all. */
  readonly changes: Counters;
  readonly totals: Counters;
}

interface Verified {
  readonly file: ReceivedFile;
  readonly request: ImportRequest;
  readonly about: (importId: string) => void;
}

/** One connection merges while the other one is given the next rows. */
const LANES = 2;

/** Takes targeting files in (AIPD, ciblage, c): whole, once, resumable, in memory that does not grow with the file. */
export class TargetingImporter {
  constructor(private readonly parts: TargetingParts) {}

  /**
   * Verifies the file, then merges it block by block; each block commits with the place that it reached. A run that was
   * killed goes on from there when the same file comes again.
   * @throws what `receive` throws, IMPORT_RUNNING, ROLLBACK_RUNNING
   */
  importTargeting(request: ImportRequest): Promise<ImportReport> {
    return traced(this.parts, {
      kind: 'IMPORT',
      work: (about) => this.import(request, about),
      volumes: ({ changes }) => changes,
    });
  }

  private async import(request: ImportRequest, about: (importId: string) => void): Promise<ImportReport> {
    const file = await receive(request, isHeader);
    try {
      return await withConnections(this.parts.database, LANES, (clients) =>
        this.importVerified(clients, { file, request, about }),
      );
    } finally {
      await file.close();
    }
  }

  /** Checks every line as an import would; needs no register and writes nothing. */
  static async check(request: ImportRequest, onReject: (line: number, fault: Fault) => void): Promise<Counters> {
    const file = await receive(request, isHeader);
    try {
      return await checkLines(file, request, onReject);
    } finally {
      await file.close();
    }
  }

  private async importVerified(
    clients: readonly PoolClient[],
    { file, request, about }: Verified,
  ): Promise<ImportReport> {
    const { database, registrar, sealer, clock } = this.parts;
    const ledgers = clients.map((client) => new ImportLedger(client, database.mapping));
    const ledger = ledgers[0] as ImportLedger;
    await ledger.lock(file.sha256);
    await ledger.lockRegister('shared');
    const entry = await ledger.enter(file.sha256, clock.now());
    about(entry.id);
    if (entry.finished) return reportOf('ALREADY_DONE', entry, entry);
    const merges = await Promise.all(clients.map((client) => Merge.over(client, database.mapping, sealer, entry.id)));
    const lanes = merges.map((merge, index) => ({ merge, ledger: ledgers[index] as ImportLedger }));
    const last = await importBlocks({
      file,
      lanes,
      registrar,
      request,
      entry,
      at: Math.max(file.start, entry.bytesDone),
    });
    await ledger.finish(entry.id, clock.now());
    return reportOf(entry.bytesDone > 0 ? 'RESUMED' : 'DONE', entry, last);
  }
}

async function checkLines(
  file: ReceivedFile,
  { blockBytes, onProgress }: ImportRequest,
  onReject: (line: number, fault: Fault) => void,
): Promise<Counters> {
  const reader = new BlockReader(file.text, blockBytes);
  const counters = { ...NOTHING };
  for (let block = await reader.read(file.start); block; block = await reader.read(block.next)) {
    for (const { line, text } of linesOf(block.bytes, FIRST_LINE + counters.linesRead)) {
      counters.linesRead += 1;
      const result = parseLine(text);
      if (!isFault(result)) continue;
      counters.linesRejected += 1;
      onReject(line, result);
    }
    onProgress?.({ ...counters, bytesDone: block.next, bytesTotal: file.text.size });
  }
  return counters;
}

const reportOf = (outcome: ImportReport['outcome'], before: ImportEntry, after: ImportEntry): ImportReport => ({
  importId: before.id,
  outcome,
  changes: combined(after, before, -1),
  totals: combined(after, NOTHING, 1),
});
