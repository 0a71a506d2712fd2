import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { LancetteError } from '../../kernel/errors.js';
import type { Category } from '../../law/categories.js';
import type { Range } from './cohorts.js';
import { type Part, parseRanges, rangesText } from './parts.js';

/** What a part writes of a person: the performance of the vaccination, an infection date, and who injected. */
const CATEGORIES: readonly Category[] = ['5°', '6°d', '8°'];
const INSERT = `insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
  values ($1, 'OPERATEUR', $2, $3, $4, 'RECORDED', 'AIPD M1.58', '{}')`;

/** A request of the traces that is found again: the same words are the same request. */
function requestOf(words: string): string {
  const hex = createHash('sha256').update(`lancette.replay ${words}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const REPLAY = requestOf('register');
const PART = 'replayPart ';

/**
 * Where a replay stands, told by its own traces, which nobody can change: which replay the register belongs to, which
 * targeting files it made, which persons have their steps.
 */
export class ReplayLedger {
  private readonly parts: string;

  constructor(
    private readonly client: ClientBase,
    /** Of the files, the scale, the period, the seed and the plan that came of them: the same replay, or another one. */
    private readonly digest: string,
    private readonly actor: string,
  ) {
    this.parts = requestOf(`${digest} parts`);
  }

  /** @throws REPLAY_RUNNING; the lock goes with the connection */
  async lock(): Promise<void> {
    const { rows } = await this.client.query<{ ours: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('lancette.replay', 0)) as ours`,
    );
    if (!rows[0]?.ours) throw new LancetteError('REPLAY_RUNNING');
  }

  /**
   * Begins or goes on: this replay and nobody else is in the register.
   * @throws REPLAY_OTHER, REPLAY_REGISTER_IN_USE
   */
  async enter(): Promise<void> {
    const begun = await this.requireOwn();
    await this.requireNobodyElse();
    if (!begun) await this.write(REPLAY, `replay ${this.digest}`, []);
  }

  /**
   * @returns whether this replay was begun here
   * @throws REPLAY_OTHER
   */
  async requireOwn(): Promise<boolean> {
    const begun = (await this.operationsOf(REPLAY)).filter((operation) => operation.startsWith('replay '));
    if (begun.some((operation) => operation !== `replay ${this.digest}`)) throw new LancetteError('REPLAY_OTHER');
    return begun.length > 0;
  }

  /** A file of targeting is declared before it is imported: whom it brings is whom the replay made. */
  async declareFile(sha256: string): Promise<void> {
    const operation = `replayTargeting ${sha256}`;
    if (!(await this.operationsOf(REPLAY)).includes(operation)) await this.write(REPLAY, operation, []);
  }

  /** Whose steps are in, however the run that wrote them cut its parts. */
  async persons(): Promise<Range[]> {
    return (await this.operationsOf(this.parts)).flatMap((operation) => parseRanges(operation.slice(PART.length)));
  }

  /** Of the transaction that writes the steps of the part. */
  async conclude(client: ClientBase, { ranges }: Part): Promise<void> {
    await client.query(INSERT, [this.parts, this.actor, PART + rangesText(ranges), CATEGORIES]);
  }

  /** What the register holds, counted: nobody but the replay is in it. */
  async contents(): Promise<{ persons: number; doses: number }> {
    const { rows } = await this.client.query<{ persons: number; doses: number }>(
      'select (select count(*)::int from patient) as persons, (select count(*)::int from injection_step) as doses',
    );
    return rows[0] ?? { persons: 0, doses: 0 };
  }

  /** Whoever came by another way than the files of a replay: by hand, by an import, by the demonstration. */
  private async requireNobodyElse(): Promise<void> {
    const files = (await this.operationsOf(REPLAY)).flatMap(
      (operation) => /^replayTargeting (\w+)$/.exec(operation)?.[1] ?? [],
    );
    const { rows } = await this.client.query<{ strangers: boolean }>(
      `select exists (select from patient p where not p.key <@ coalesce((select range_agg(r)
         from targeting_import i join targeting_block b on b.import_id = i.id, unnest(b.created) r
        where i.sha256 = any ($1)), '{}'::int8multirange)) as strangers`,
      [files],
    );
    if (rows[0]?.strangers) throw new LancetteError('REPLAY_REGISTER_IN_USE');
  }

  private async operationsOf(request: string): Promise<string[]> {
    const { rows } = await this.client.query<{ operation: string }>(
      'select operation from trace where request_id = $1',
      [request],
    );
    return rows.map(({ operation }) => operation);
  }

  private async write(request: string, operation: string, categories: readonly Category[]): Promise<void> {
    await this.client.query(INSERT, [request, this.actor, operation, categories]);
  }
}
