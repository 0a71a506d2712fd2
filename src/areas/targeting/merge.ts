import { finished } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Mapping, typeMapOf } from '../../db/mapping.js';
import type { Sealer } from '../../db/sealing.js';
import { newInvitationCode } from '../../kernel/identifiers.js';
import type { Batch, RejectedLine } from './batch.js';
import { type Enrichment, enrichMet, type MetRow } from './enrichment.js';
import { rejectStatements, sealedRejects } from './reject-rows.js';
import { type StageStatements, stageStatements } from './stage.js';
import { fault } from './targeting-file.js';

/** What became of the lines of a batch: each line counts once. */
export interface Outcome {
  readonly linesRead: number;
  readonly personsCreated: number;
  readonly personsEnriched: number;
  readonly personsUnchanged: number;
  readonly linesRejected: number;
  readonly rejects: readonly RejectedLine[];
}

interface Around {
  readonly before?: () => Promise<unknown>;
  readonly after: (outcome: Outcome) => Promise<unknown>;
}

const NOBODY_MET: Enrichment = { enriched: 0, unchanged: 0, mismatches: new Set() };

/**
 * Unique violation, serialization failure, deadlock: somebody else took the same person in at the same moment. Foreign key:
 * the person objected, and left, between the look and the write; the next attempt targets again.
 */
const PASSING = ['23505', '40001', '40P01', '23503'];
const isPassing = (error: unknown): boolean => PASSING.includes((error as { code?: string }).code ?? '');
const ATTEMPTS = 10;

/**
 * A batch is lost whole or kept whole, so that its commit need not wait for the disk: a resumed import finds the last
 * batch that lasted. A staged batch may wait for its turn. The plans are those of small batches against a large register.
 */
const BEGIN = `begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
  set local synchronous_commit = off; set local enable_hashjoin = off; set local enable_mergejoin = off`;

/** Merges batches into the register over one connection, each in one transaction with whatever its caller adds. */
export class Merge {
  /** Whether the batch before met nobody known: the next one probably will not either. */
  private expectsNobody = true;

  private constructor(
    private readonly client: PoolClient,
    private readonly statements: StageStatements & ReturnType<typeof rejectStatements>,
    private readonly sealer: Sealer,
    private readonly importId: string,
  ) {}

  static async over(client: PoolClient, mapping: Mapping, sealer: Sealer, importId: string): Promise<Merge> {
    const statements = { ...stageStatements(mapping), ...rejectStatements(mapping) };
    const { rows } = await client.query<{ sequence: string }>('select pg_get_serial_sequence($1, $2) as sequence', [
      typeMapOf(mapping, 'Patient').table,
      'key',
    ]);
    await client.query(`${statements.create(rows[0]?.sequence ?? '')}`);
    return new Merge(client, statements, sealer, importId);
  }

  /** Begins the batch's transaction and brings its rows to PostgreSQL: nothing that anyone else could wait for. */
  async stage({ staged, rows }: Batch): Promise<void> {
    await this.client.query(BEGIN);
    if (staged === 0) return;
    const stream = this.client.query(copyFrom(this.statements.copy));
    stream.end(rows);
    await finished(stream);
  }

  /**
   * @param around what must be durable exactly when the batch is: done before it and after it, in its transaction
   * @param staged the batch's `stage`, when it was begun earlier
   * @throws what stopped it, after ten attempts if it was a race; nothing of the batch is then kept
   */
  async run(batch: Batch, around: Around, staged = this.stage(batch)): Promise<Outcome> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await (attempt === 1 ? staged : this.stage(batch));
        await around.before?.();
        const outcome = await this.merge(batch);
        await around.after(outcome);
        await this.client.query('commit');
        return outcome;
      } catch (error) {
        await this.client.query('rollback').catch(() => undefined);
        if (attempt === ATTEMPTS || !isPassing(error)) throw error;
      }
    }
  }

  private async merge(batch: Batch): Promise<Outcome> {
    const met = batch.staged > 0 ? await this.insertNew(batch) : 0;
    const enrichment = batch.staged > 0 ? await this.enrich(met > 0) : NOBODY_MET;
    const rejects = [...batch.rejects, ...mismatched(batch, enrichment.mismatches)];
    if (rejects.length > 0) {
      await this.client.query(this.statements.insertRejects, sealedRejects(this.sealer, this.importId, rejects));
    }
    return {
      linesRead: batch.lines,
      personsCreated: batch.staged - met,
      personsEnriched: enrichment.enriched,
      personsUnchanged: enrichment.unchanged,
      linesRejected: rejects.length,
      rejects,
    };
  }

  /** What the batch changes is remembered in the same transaction: see `TargetingBlock`. */
  private async enrich(someoneMet: boolean): Promise<Enrichment> {
    const { readMet, remember } = this.statements;
    const rows = someoneMet
      ? (await this.client.query<MetRow>({ text: readMet, values: [], rowMode: 'array' })).rows
      : [];
    const met = [...new Set(rows.map(([, key]) => key))];
    const remembered = await this.client.query<{ id: string }>(remember, [this.importId, met]);
    const block = remembered.rows[0]?.id ?? '';
    return rows.length > 0 ? enrichMet(this.client, this.statements, rows, block) : NOBODY_MET;
  }

  /** @returns how many lines are about a person who is already there */
  private async insertNew(batch: Batch): Promise<number> {
    if (this.expectsNobody && batch.repeated === 0 && (await this.insertAll())) return 0;
    const { rowCount } = await this.client.query(this.statements.markMet);
    await this.replaceTakenCodes();
    await this.client.query(this.statements.insertNew);
    const met = batch.repeated + (rowCount ?? 0);
    this.expectsNobody = met === 0;
    return met;
  }

  /** Looking everyone up first costs a tenth of a merge, in vain when all are new: the unique keys tell soon enough. */
  private async insertAll(): Promise<boolean> {
    await this.client.query('savepoint hopeful');
    try {
      await this.client.query(this.statements.insertNew);
      return true;
    } catch (error) {
      if (!isPassing(error)) throw error;
      await this.client.query('rollback to savepoint hopeful');
      return false;
    }
  }

  /** At 67 million codes, twelve of a million new ones are taken (DOMAIN §2.7). */
  private async replaceTakenCodes(): Promise<void> {
    for (;;) {
      const { rows } = await this.client.query<{ line: number }>(this.statements.takenCodes);
      if (rows.length === 0) return;
      for (const { line } of rows) await this.client.query(this.statements.recode, [line, newInvitationCode()]);
    }
  }
}

function* mismatched({ source }: Batch, lines: ReadonlySet<number>): Generator<RejectedLine> {
  if (lines.size === 0) return;
  for (const numbered of source()) {
    if (lines.has(numbered.line)) yield { ...numbered, ...fault('nir', 'IDENTITY_MISMATCH') };
  }
}
