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
  readonly rollbackBegun: boolean;
  readonly rolledBack: boolean;
}

/** How many rejects more, or less, for each reason code. */
export type Reasons = Readonly<Record<string, number>>;

export function reasonsOf(rejects: readonly { readonly code: string }[], sign: 1 | -1 = 1): Record<string, number> {
  const reasons: Record<string, number> = {};
  for (const { code } of rejects) reasons[code] = (reasons[code] ?? 0) + sign;
  return reasons;
}

export function withReasons(reasons: Reasons, more: Reasons): Reasons {
  const sum: Record<string, number> = { ...reasons };
  for (const [code, count] of Object.entries(more)) sum[code] = (sum[code] ?? 0) + count;
  return Object.fromEntries(Object.entries(sum).filter(([, count]) => count !== 0));
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

  /**
   * Imports run beside each other; while one is being taken back none does, so that none meets a person about to go.
   * @throws ROLLBACK_RUNNING also when a run that took an import back was killed: it must be finished first
   */
  async lockRegister(mode: 'shared' | 'alone'): Promise<void> {
    const lock = mode === 'shared' ? 'pg_try_advisory_lock_shared' : 'pg_try_advisory_lock';
    for (const until = Date.now() + LOCK_WAIT_MS; ; await sleep(LOCK_POLL_MS)) {
      const { rows } = await this.client.query<{ ours: boolean }>(
        `select ${lock}(hashtextextended('lancette.targeting.rollback', 0)) as ours`,
      );
      if (rows[0]?.ours) break;
      if (Date.now() > until) throw new LancetteError(mode === 'shared' ? 'ROLLBACK_RUNNING' : 'IMPORT_RUNNING');
    }
    if (mode === 'shared' && (await this.underWay())) throw new LancetteError('ROLLBACK_RUNNING');
  }

  /** Whether an import is marked as being taken back. */
  private async underWay(): Promise<boolean> {
    const [begun, done] = ['rollbackBegunAt', 'rolledBackAt'].map(this.name);
    const { rowCount } = await this.client.query(
      `select from ${this.table} where ${begun} is not null and ${done} is null limit 1`,
    );
    return (rowCount ?? 0) > 0;
  }

  /** The entry of a file, by its content whatever its name: made when there is none. */
  async enter(sha256: string, at: Date): Promise<ImportEntry> {
    const [id, digest, startedAt] = ['id', 'sha256', 'startedAt'].map(this.name);
    await this.client.query(
      `insert into ${this.table} (${id}, ${digest}, ${startedAt}) values ($1, $2, $3) on conflict (${digest}) where ${this.name('rolledBackAt')} is null do nothing`,
      [randomUUID(), sha256, at],
    );
    return this.read(`${digest} = $1 and ${this.name('rolledBackAt')} is null`, sha256);
  }

  /** @throws NOT_FOUND */
  find(importId: string): Promise<ImportEntry> {
    return this.read(`${this.name('id')} = $1`, importId);
  }

  /** What is known of a file that is not rolled back, without making an entry. */
  async known(sha256: string): Promise<ImportEntry | undefined> {
    const condition = `${this.name('sha256')} = $1 and ${this.name('rolledBackAt')} is null`;
    return this.read(condition, sha256).catch((error) => {
      if (error instanceof LancetteError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
  }

  /** The blocks up to `next` are merged: part of the transaction that merges them. */
  async advance({ id, bytesDone }: ImportEntry, outcome: Outcome, next: number, milliseconds: number): Promise<void> {
    const done = this.name('bytesDone');
    const { rowCount } = await this.client.query(
      `update ${this.table} set ${done} = $3, ${this.additions(4)} where ${this.name('id')} = $1 and ${done} = $2`,
      [id, bytesDone, next, ...this.added(outcome, milliseconds, reasonsOf(outcome.rejects))],
    );
    if (rowCount !== 1) throw new LancetteError('IMPORT_RUNNING');
  }

  /** Lines that were rejects have found another fate: part of the transaction that gives it to them. */
  async rework(id: string, outcome: Outcome, replaced: readonly { readonly code: string }[]): Promise<void> {
    const changes = { ...outcome, linesRead: 0, linesRejected: outcome.linesRejected - replaced.length };
    const reasons = withReasons(reasonsOf(outcome.rejects), reasonsOf(replaced, -1));
    await this.client.query(`update ${this.table} set ${this.additions(2)} where ${this.name('id')} = $1`, [
      id,
      ...this.added(changes, 0, reasons),
    ]);
  }

  async finish(id: string, at: Date): Promise<void> {
    await this.client.query(
      `update ${this.table} set ${this.name('finishedAt')} = $2 where ${this.name('id')} = $1 and ${this.name('finishedAt')} is null`,
      [id, at],
    );
  }

  /** Nothing of the import is left: its content may be imported anew. */
  async markRolledBack(id: string, at: Date): Promise<void> {
    await this.client.query(
      `update ${this.table} set ${this.name('rolledBackAt')} = $2 where ${this.name('id')} = $1`,
      [id, at],
    );
  }

  /** As if nobody had asked for it. */
  async abandonRollback(id: string): Promise<void> {
    await this.client.query(
      `update ${this.table} set ${this.name('rollbackBegunAt')} = null where ${this.name('id')} = $1`,
      [id],
    );
  }

  private additions(first: number): string {
    const sums = [...COUNTERS, 'durationMilliseconds']
      .map(this.name)
      .map((column, index) => `${column} = ${column} + $${first + index}`);
    const reasons = this.name('rejectReasons');
    return `${sums.join(', ')}, ${reasons} = (select coalesce(jsonb_object_agg(code, number), '{}') from (
      select code, sum(number) as number from (
        select key as code, value::int as number from jsonb_each_text(${reasons})
        union all select key, value::int from jsonb_each_text($${first + sums.length}::jsonb)) both_of
      group by code having sum(number) <> 0) counted)`;
  }

  private added(counters: Counters, milliseconds: number, reasons: Reasons): unknown[] {
    return [...COUNTERS.map((counter) => counters[counter]), Math.round(milliseconds), JSON.stringify(reasons)];
  }

  private async read(condition: string, value: string): Promise<ImportEntry> {
    const counters = COUNTERS.map((counter) => `${this.name(counter)} as "${counter}"`).join(', ');
    const { rows } = await this.client.query<ImportEntry & { bytesDone: string }>(
      `select ${this.name('id')} as id, ${this.name('sha256')} as sha256, ${this.name('bytesDone')} as "bytesDone", ${this.name('finishedAt')} is not null as finished,
              ${this.name('rollbackBegunAt')} is not null as "rollbackBegun", ${this.name('rolledBackAt')} is not null as "rolledBack", ${counters}
         from ${this.table} where ${condition}`,
      [value],
    );
    if (!rows[0]) throw new LancetteError('NOT_FOUND');
    return { ...rows[0], bytesDone: Number(rows[0].bytesDone) };
  }
}
