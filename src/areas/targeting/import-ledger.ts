import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { type Mapping, typeMapOf } from '../../db/mapping.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Outcome } from './merge.js';

/** The counters of an import, one for each fate of a line: together they make `linesRead`. */
export const COUNTERS = [
  'linesRead',
  'personsCreated',
  'personsEnriched',
  'personsUnchanged',
  'linesRejected',
] as const;
export type Counters = Readonly<Record<(typeof COUNTERS)[number], number>>;

export const NOTHING: Counters = {
  linesRead: 0,
  personsCreated: 0,
  personsEnriched: 0,
  personsUnchanged: 0,
  linesRejected: 0,
};

export const combined = (a: Counters, b: Counters, sign: 1 | -1): Counters =>
  Object.fromEntries(COUNTERS.map((counter) => [counter, a[counter] + sign * b[counter]])) as Counters;

export interface ImportEntry extends Counters {
  readonly id: string;
  readonly sha256: string;
  readonly bytesDone: number;
  readonly finished: boolean;
}

/** After a kill -9, PostgreSQL may still be at work for the dead process. */
const LOCK_WAIT_MS = 10_000;
const LOCK_POLL_MS = 100;

/** The row of each file taken in: its volumes, and where it stands (AIPD M1.58). */
export class ImportLedger {
  private readonly table: string;
  private readonly name: (property: string) => string;

  constructor(
    private readonly client: ClientBase,
    mapping: Mapping,
  ) {
    const { table, columns } = typeMapOf(mapping, 'TargetingImport');
    this.table = table;
    this.name = (property) => columns.get(property)?.name ?? '';
  }

  /**
   * One process at a time works on a file; the lock goes with the connection, so that a crash leaves none behind.
   * @throws IMPORT_RUNNING
   */
  async lock(what: string): Promise<void> {
    for (const until = Date.now() + LOCK_WAIT_MS; ; await sleep(LOCK_POLL_MS)) {
      const { rows } = await this.client.query<{ ours: boolean }>(
        `select pg_try_advisory_lock(hashtextextended('lancette.targeting.' || $1, 0)) as ours`,
        [what],
      );
      if (rows[0]?.ours) return;
      if (Date.now() > until) throw new LancetteError('IMPORT_RUNNING');
    }
  }

  /** The entry of a file, by its content whatever its name: made when there is none. */
  async enter(sha256: string, at: Date): Promise<ImportEntry> {
    const [id, digest, startedAt] = ['id', 'sha256', 'startedAt'].map(this.name);
    await this.client.query(
      `insert into ${this.table} (${id}, ${digest}, ${startedAt}) values ($1, $2, $3) on conflict (${digest}) do nothing`,
      [randomUUID(), sha256, at],
    );
    return this.read(digest ?? '', sha256);
  }

  /** @throws NOT_FOUND */
  find(importId: string): Promise<ImportEntry> {
    return this.read(this.name('id'), importId);
  }

  /** The blocks up to `next` are merged: part of the transaction that merges them. */
  async advance({ id, bytesDone }: ImportEntry, outcome: Outcome, next: number): Promise<void> {
    const done = this.name('bytesDone');
    const { rowCount } = await this.client.query(
      `update ${this.table} set ${done} = $3, ${this.additions(4)} where ${this.name('id')} = $1 and ${done} = $2`,
      [id, bytesDone, next, ...COUNTERS.map((counter) => outcome[counter])],
    );
    if (rowCount !== 1) throw new LancetteError('IMPORT_RUNNING');
  }

  /** Lines that were rejects have found another fate: part of the transaction that gives it to them. */
  async rework(id: string, outcome: Outcome, replaced: number): Promise<void> {
    const changes = { ...outcome, linesRead: 0, linesRejected: outcome.linesRejected - replaced };
    await this.client.query(`update ${this.table} set ${this.additions(2)} where ${this.name('id')} = $1`, [
      id,
      ...COUNTERS.map((counter) => changes[counter]),
    ]);
  }

  async finish(id: string, at: Date): Promise<void> {
    await this.client.query(
      `update ${this.table} set ${this.name('finishedAt')} = $2 where ${this.name('id')} = $1 and ${this.name('finishedAt')} is null`,
      [id, at],
    );
  }

  private additions(first: number): string {
    return COUNTERS.map(this.name)
      .map((column, index) => `${column} = ${column} + $${first + index}`)
      .join(', ');
  }

  private async read(column: string, value: string): Promise<ImportEntry> {
    const counters = COUNTERS.map((counter) => `${this.name(counter)} as "${counter}"`).join(', ');
    const { rows } = await this.client.query<ImportEntry & { bytesDone: string }>(
      `select ${this.name('id')} as id, ${this.name('sha256')} as sha256, ${this.name('bytesDone')} as "bytesDone", ${this.name('finishedAt')} is not null as finished, ${counters}
         from ${this.table} where ${column} = $1`,
      [value],
    );
    if (!rows[0]) throw new LancetteError('NOT_FOUND');
    return { ...rows[0], bytesDone: Number(rows[0].bytesDone) };
  }
}
