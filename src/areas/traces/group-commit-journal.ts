import type { Pool } from 'pg';
import { arrayLiteral, pipeline, statement } from '../../db/pipeline.js';
import type { Journal, TraceEntry } from '../../read/journal.js';

/** One row per element of the JSON array; PostgreSQL gives the time. */
const INSERT =
  statement(`insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
select request_id, recipient, actor, operation, categories, outcome, article, records
from json_to_recordset($1::json) as t (request_id uuid, recipient text, actor text, operation text, categories text[],
  outcome text, article text, records bigint[])`);

interface Waiting {
  readonly entries: readonly TraceEntry[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits traces in batches that the answers wait for: while one batch is being written, the next one gathers, so that
 * many requests share one commit and none leaves before its trace is durable.
 */
export class GroupCommitJournal implements Journal {
  private waiting: Waiting[] = [];
  private writing = false;

  /** @param pool of the journal's own role, which may only insert */
  constructor(private readonly pool: Pool) {}

  write(entries: readonly TraceEntry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ entries, resolve, reject });
      if (!this.writing) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.writing = true;
    // Requests that arrive in the same turn of the event loop join the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await pipeline(this.pool, [{ statement: INSERT, values: [toJson(batch)] }]);
        for (const one of batch) one.resolve();
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    this.writing = false;
  }
}

const toJson = (batch: readonly Waiting[]): string =>
  JSON.stringify(
    batch.flatMap(({ entries }) =>
      entries.map((entry) => ({
        request_id: entry.requestId,
        recipient: entry.recipient,
        actor: entry.actor,
        operation: entry.operation,
        categories: arrayLiteral(entry.categories),
        outcome: entry.outcome,
        article: entry.article,
        // Technical keys, a hundred of a page: whatever is no number PostgreSQL refuses.
        records: `{${entry.records.join()}}`,
      })),
    ),
  );
