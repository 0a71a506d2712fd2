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

const fixed = new Map<string, Statement>();

/** A step of one of the few fixed texts that enter a perimeter, ask for a permit or for a standing: each is named once. */
export function stepOf({ text, values }: { readonly text: string; readonly values: Step['values'] }): Step {
  const known = fixed.get(text) ?? statement(text);
  fixed.set(text, known);
  return { statement: known, values };
}

/** An array as a value of a step: PostgreSQL reads it from one string, where a backslash stands for what follows it. */
export const arrayLiteral = (values: readonly (string | number)[]): string =>
  `{${values.map((value) => `"${String(value).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;

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
 * Pipelines that are chained travel in one write, each with its own Sync and so in its own transaction: the first one
 * writes for all, the others only listen for their answers.
 */
class Pipeline implements Submittable {
  readonly results: Row[][];
  next: Pipeline | undefined;
  private current = 0;
  private written = false;
  private finished = false;

  constructor(
    private readonly client: PoolClient,
    private readonly steps: readonly Step[],
    private readonly done: (error: Error | undefined, results: Row[][]) => void,
  ) {
    this.results = steps.map(() => []);
  }

  submit(connection: unknown): void {
    if (this.written) return;
    const wire = connection as Wire;
    const known = prepared.get(wire) ?? new Set<string>();
    prepared.set(wire, known);
    const fresh = new Set<string>();
    wire.stream.cork();
    for (let one: Pipeline | undefined = this; one; one = one.next) one.write(wire, known, fresh);
    wire.stream.uncork();
  }

  /** @param fresh statements that pipelines before this one in the same write have parsed, unless they fail before */
  private write(wire: Wire, known: Set<string>, fresh: Set<string>): void {
    const own = new Set<string>();
    for (const { statement, values } of this.steps) {
      if (fresh.has(statement.name) && !own.has(statement.name)) parseAgain(wire, statement);
      else if (!parsed(wire, known, statement)) fresh.add(statement.name);
      own.add(statement.name);
      wire.bind({ portal: '', statement: statement.name, values, binary: false });
      wire.execute({ portal: '', rows: 0 });
    }
    wire.sync();
    this.written = true;
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
    for (const { statement } of this.steps)
      if (known?.delete(statement.name)) (connection as Wire).close({ type: 'S', name: statement.name });
    this.finish(error);
  }

  handleReadyForQuery(): void {
    this.finish();
  }

  /** The next pipeline of the write is the one that listens from now on; after an error, once its Sync has been answered. */
  private finish(error?: Error): void {
    if (this.finished) return;
    this.finished = true;
    if (this.next) this.client.query(this.next);
    this.done(error, this.results);
  }

  handleRowDescription(): void {}
  handlePortalSuspended(): void {}
  handleParseComplete(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}

/** Whether the connection has the statement already; it is parsed otherwise. */
function parsed(wire: Wire, known: Set<string>, { name, text }: Statement): boolean {
  if (known.delete(name)) {
    known.add(name);
    return true;
  }
  if (known.size >= PREPARED_LIMIT) {
    const oldest = known.values().next().value as string;
    known.delete(oldest);
    wire.close({ type: 'S', name: oldest });
  }
  wire.parse({ name, text });
  known.add(name);
  return false;
}

/** To close what does not exist is no error, to parse what exists would be one. */
function parseAgain(wire: Wire, { name, text }: Statement): void {
  wire.close({ type: 'S', name });
  wire.parse({ name, text });
}

interface Job {
  readonly steps: readonly Step[];
  readonly signal: AbortSignal | undefined;
  readonly done: (error: Error | undefined, results: Row[][]) => void;
}

/**
 * Runs the steps on one connection of the pool, in one round trip and one transaction.
 * @returns the rows of each step
 * @throws PostgreSQL's error of the first failing step; nothing of the pipeline is then kept
 */
export const pipeline = (pool: Pool, steps: readonly Step[], signal?: AbortSignal): Promise<Row[][]> =>
  new Promise((resolve, reject) => {
    void send(pool, [{ steps, signal, done: (error, results) => (error ? reject(error) : resolve(results)) }]);
  });

/** How many pipelines share a write: more would wait for each other while other connections are idle. */
const SHARED_LIMIT = 4;
const gathering = new WeakMap<Pool, Job[]>();

/**
 * The same for what only reads and never waits for a lock: pipelines asked for in one turn of the event loop share a
 * connection and a write, since a small read costs the system less than its wake-up does.
 */
export const sharedPipeline = (pool: Pool, steps: readonly Step[], signal?: AbortSignal): Promise<Row[][]> =>
  new Promise((resolve, reject) => {
    const job: Job = { steps, signal, done: (error, results) => (error ? reject(error) : resolve(results)) };
    const gathered = gathering.get(pool);
    if (gathered) gathered.push(job);
    else {
      gathering.set(pool, [job]);
      setImmediate(() => sendGathered(pool));
    }
  });

function sendGathered(pool: Pool): void {
  const jobs = gathering.get(pool) ?? [];
  gathering.delete(pool);
  for (let from = 0; from < jobs.length; from += SHARED_LIMIT) void send(pool, jobs.slice(from, from + SHARED_LIMIT));
}

async function send(pool: Pool, asked: readonly Job[]): Promise<void> {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    for (const { done } of asked) done(error as Error, []);
    return;
  }
  // Whoever asked may have gone while this waited for a connection.
  for (const { signal, done } of asked) if (signal?.aborted) done(signal.reason as Error, []);
  const jobs = asked.filter(({ signal }) => !signal?.aborted);
  if (jobs.length === 0) {
    client.release();
    return;
  }
  // Without a listener, a connection lost while it is at work would end the process; its pipelines hear of it by themselves.
  let lost = false;
  const lose = (): void => {
    lost = true;
  };
  client.on('error', lose);
  let waiting = jobs.length;
  const pipelines = jobs.map(
    ({ steps, done }) =>
      new Pipeline(client, steps, (error, results) => {
        waiting -= 1;
        if (waiting === 0) {
          client.off('error', lose);
          client.release(lost);
        }
        done(error, results);
      }),
  );
  for (const [index, one] of pipelines.entries()) one.next = pipelines[index + 1];
  client.query(pipelines[0] as Pipeline);
}
