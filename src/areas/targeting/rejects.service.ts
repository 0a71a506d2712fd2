import type { ClientBase } from 'pg';
import { roleOf } from '../../access/grants.js';
import { LancetteError } from '../../kernel/errors.js';
import { RETENTION } from '../../law/retention.js';
import { BatchMaker } from './batch.js';
import { type TargetingParts, withConnections } from './connections.js';
import { type Counters, combined, type ImportEntry, ImportLedger, NOTHING } from './import-ledger.js';
import { BlockReader, linesOf, type NumberedLine } from './line-blocks.js';
import { Merge } from './merge.js';
import type { OpenPgpFiles } from './openpgp.js';
import { type ReceivedFile, receive } from './received-file.js';
import { rejectContext, rejectStatements } from './reject-rows.js';
import { traced } from './run-ledger.js';
import { HEADER, isHeader } from './targeting-file.js';
import { digestBeside } from './verified-file.js';

/** A reject as everyone may see it: never the line itself. */
export interface RejectEntry {
  readonly importId: string;
  readonly line: number;
  readonly column: string;
  readonly code: string;
}

export interface RetryRequest {
  readonly importId: string;
  /** Corrected lines, each behind the number of the line that it replaces; without it the stored lines are tried again. */
  readonly file?: string | undefined;
  readonly openPgp?: OpenPgpFiles | undefined;
}

export interface RetryReport {
  readonly importId: string;
  readonly changes: Counters;
  /** Corrected lines that answer no open reject: they were left out. */
  readonly unknownLines: readonly number[];
}

export interface PurgeReport {
  readonly dryRun: boolean;
  readonly purged: number;
}

/** The header of corrections: the targeting file's, behind the number of the line in the file first given. */
export const CORRECTIONS_HEADER = `line;${HEADER}`;
const CORRECTION = /^"?(\d{1,9})"?;/;
const PAGE = 1000;
const NIL = '00000000-0000-0000-0000-000000000000';

/** Lines set aside for rework (AIPD, ciblage, c): listed without their content, and tried again. */
export class TargetingRejects {
  constructor(private readonly parts: TargetingParts) {}

  /** The rejects of one import, or of all, in their order, a page at a time. */
  async *listRejects(importId?: string): AsyncGenerator<RejectEntry> {
    const { database } = this.parts;
    const { listRejects } = rejectStatements(database.mapping);
    for (let last: RejectEntry | undefined; ; ) {
      const after = [last?.importId ?? NIL, last?.line ?? 0];
      const { rows } = await database
        .pool(roleOf('intake'))
        .query<RejectEntry>(listRejects, [importId ?? null, ...after, PAGE]);
      yield* rows;
      last = rows.at(-1);
      if (rows.length < PAGE) return;
    }
  }

  /**
   * A line that passes is merged and its reject goes, in one transaction; one that fails again keeps its latest reason.
   * @throws NOT_FOUND, IMPORT_ROLLED_BACK, INTEGRITY_MISSING, what `receive` throws, IMPORT_RUNNING, ROLLBACK_RUNNING
   */
  retryRejects(request: RetryRequest): Promise<RetryReport> {
    return traced(this.parts, {
      kind: 'RETRY',
      work: (about) => this.retry(request, about),
      volumes: ({ changes }) => changes,
    });
  }

  /**
   * Lines that were set aside longer ago than the law lets them be kept are gone for good (`law/retention.ts`).
   * @param dryRun counts them and erases none
   */
  purgeRejects({ dryRun = false } = {}): Promise<PurgeReport> {
    if (dryRun) return this.purge(true);
    return traced(this.parts, { kind: 'PURGE', work: () => this.purge(false), volumes: () => NOTHING });
  }

  private async purge(dryRun: boolean): Promise<PurgeReport> {
    const { database, clock } = this.parts;
    const { deleteExpired, countExpired } = rejectStatements(database.mapping);
    const values = [RETENTION.targetingRejects.duration, clock.now()];
    return withConnections(database, 1, async ([client]) => {
      if (!client) throw new Error('no connection');
      if (!dryRun) return { dryRun, purged: (await client.query(deleteExpired, values)).rowCount ?? 0 };
      const { rows } = await client.query<{ expired: number }>(countExpired, values);
      return { dryRun, purged: rows[0]?.expired ?? 0 };
    });
  }

  private async retry(
    { importId, file, openPgp }: RetryRequest,
    about: (importId: string) => void,
  ): Promise<RetryReport> {
    const corrections =
      file === undefined
        ? undefined
        : await receive({ file, sha256: await digestBeside(file), openPgp }, isCorrectionsHeader);
    try {
      return await withConnections(this.parts.database, 1, async ([client]) => {
        if (!client) throw new Error('no connection');
        const ledger = new ImportLedger(client, this.parts.database.mapping);
        const { sha256 } = await ledger.find(importId);
        about(importId);
        await ledger.lock(sha256);
        await ledger.lockRegister('shared');
        const entry = await ledger.find(importId);
        if (entry.rolledBack) throw new LancetteError('IMPORT_ROLLED_BACK');
        const pages = corrections ? correctionPages(corrections) : this.storedPages(client, importId);
        return this.retryPages(client, ledger, entry, pages);
      });
    } finally {
      await corrections?.close();
    }
  }

  private async retryPages(
    client: Parameters<typeof Merge.over>[0],
    ledger: ImportLedger,
    entry: ImportEntry,
    pages: AsyncIterable<NumberedLine[]>,
  ): Promise<RetryReport> {
    const { database, sealer, registrar } = this.parts;
    const { openRejects, deleteRejects } = rejectStatements(database.mapping);
    const merge = await Merge.over(client, database.mapping, sealer, entry.id);
    const maker = new BatchMaker(registrar);
    const unknownLines: number[] = [];
    for await (const page of pages) {
      const numbers = page.map(({ line }) => line);
      const open = new Set(
        (await client.query<{ line: number }>(openRejects, [entry.id, numbers])).rows.map(({ line }) => line),
      );
      unknownLines.push(...numbers.filter((line) => !open.has(line)));
      const known = page.filter(({ line }) => open.delete(line));
      if (known.length === 0) continue;
      const lines = known.map(({ line }) => line);
      let replaced: { code: string }[] = [];
      await merge.run(await maker.make(() => known), {
        before: async () => {
          replaced = (await client.query<{ code: string }>(deleteRejects, [entry.id, lines])).rows;
        },
        after: (outcome) => ledger.rework(entry.id, outcome, replaced),
      });
    }
    return { importId: entry.id, changes: combined(await ledger.find(entry.id), entry, -1), unknownLines };
  }

  private async *storedPages(client: ClientBase, importId: string): AsyncGenerator<NumberedLine[]> {
    const { readRejects } = rejectStatements(this.parts.database.mapping);
    for (let last = 0; ; ) {
      const { rows } = await client.query<{ line: number; sealedLine: string }>(readRejects, [importId, last, PAGE]);
      if (rows.length === 0) return;
      yield rows.map(({ line, sealedLine }) => ({
        line,
        text: this.parts.sealer.open(sealedLine, rejectContext(importId, line)),
      }));
      last = rows.at(-1)?.line ?? last;
    }
  }
}

/** @throws FILE_FORMAT when a line bears no number: which reject it corrects cannot be guessed */
async function* correctionPages(file: ReceivedFile): AsyncGenerator<NumberedLine[]> {
  const reader = new BlockReader(file.text);
  for (let block = await reader.read(file.start); block; block = await reader.read(block.next)) {
    await file.requireUnchanged();
    let page: NumberedLine[] = [];
    for (const { text } of linesOf(block.bytes, 1)) {
      page.push(correctionOf(text));
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    yield page;
  }
}

function isCorrectionsHeader(header: string): boolean {
  const [line, ...rest] = header.replace(/^\ufeff/, '').split(';');
  return line?.replaceAll('"', '') === 'line' && isHeader(rest.join(';'));
}

function correctionOf(text: string): NumberedLine {
  const number = CORRECTION.exec(text);
  if (!number) throw new LancetteError('FILE_FORMAT');
  return { line: Number(number[1]), text: text.slice(number[0].length) };
}
