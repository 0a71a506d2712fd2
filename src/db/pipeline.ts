import { createHash } from 'node:crypto';
import type { Pool, PoolClient, Submittable } from 'pg';

/** A prepared statement: `name` is derived from the text, so that one text is parsed once per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export const statement = (text: string): Statement => ({
  name: `l${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`,
  text,
});

export interface Step {
  readonly statement: Statement;
  readonly values: readonly (string | null | Buffer)[];
}

/** One result row: columns in order, in PostgreSQL's text form. */
export type Row = (string | null)[];

interface Wire {
  parse(message: { name: string; text: string; types?: number[] }): void;
  bind(message: { portal: string; statement: string; values: readonly unknown[]; binary: boolean }): void;
  execute(message: { portal: string; rows: number }): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
  stream: { cork(): void; uncork(): void };
}

/** How many statements a connection keeps prepared; the least recently used is closed, so that memory is bounded. */
const PREPARED_LIMIT = 300;
const prepared = new WeakMap<object, Set<string>>();

/**
 * Several prepared statements in one round trip. Everything up to the single Sync is one implicit transaction
 * (PostgreSQL protocol, « pipelining »), so a `set_config(…, true)` in the first step holds for the next ones and no longer.
 */
class Pipeline implements Submittable {
  readonly results: Row[][];
  private current = 0;
  private failure: Error | undefined;

  constructor(
    private readonly steps: readonly Step[],
    private readonly done: (error: Error | undefined, results: Row[][]) => void,
  ) {
    this.results = steps.map(() => []);
  }

  submit(connection: unknown): void {
    const wire = connection as Wire;
    const known = prepared.get(wire) ?? new Set<string>();
    prepared.set(wire, known);
    wire.stream.cork();
    for (const step of this.steps) {
      this.prepare(wire, known, step.statement);
      wire.bind({ portal: '', statement: step.statement.name, values: step.values, binary: false });
      wire.execute({ portal: '', rows: 0 });
    }
    wire.sync();
    wire.stream.uncork();
  }

  private prepare(wire: Wire, known: Set<string>, { name, text }: Statement): void {
    if (known.delete(name)) {
      known.add(name);
      return;
    }
    if (known.size >= PREPARED_LIMIT) {
      const oldest = known.values().next().value as string;
      known.delete(oldest);
      wire.close({ type: 'S', name: oldest });
    }
    wire.parse({ name, text });
    known.add(name);
  }

  handleDataRow(message: { fields: Row }): void {
    this.results[this.current]?.push(message.fields);
  }

  handleCommandComplete(): void {
    this.current += 1;
  }

  handleEmptyQuery(): void {
    this.current += 1;
  }

  handleError(error: Error, connection: unknown): void {
    // Which statement was parsed before the failure is not known: forget them all, and close before parsing again.
    const known = prepared.get(connection as object);
    for (const step of this.steps) {
      if (known?.delete(step.statement.name)) (connection as Wire).close({ type: 'S', name: step.statement.name });
    }
    this.failure ??= error;
    this.finish();
  }

  handleReadyForQuery(): void {
    this.finish();
  }

  private finished = false;
  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.done(this.failure, this.results);
  }

  handleRowDescription(): void {}
  handlePortalSuspended(): void {}
  handleParseComplete(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}

/**
 * Runs the steps on one connection of the pool, in one round trip and one transaction.
 * @returns the rows of each step
 * @throws PostgreSQL's error of the first failing step; nothing of the pipeline is then kept
 */
export async function pipeline(pool: Pool, steps: readonly Step[], signal?: AbortSignal): Promise<Row[][]> {
  const client = await pool.connect();
  try {
    // Whoever asked may have gone while this waited for a connection.
    signal?.throwIfAborted();
    return await run(client, steps);
  } finally {
    client.release();
  }
}

const run = (client: PoolClient, steps: readonly Step[]): Promise<Row[][]> =>
  new Promise((resolve, reject) => {
    client.query(new Pipeline(steps, (error, results) => (error ? reject(error) : resolve(results))));
  });
