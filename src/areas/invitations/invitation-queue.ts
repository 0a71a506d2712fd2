import type { ClientBase, Pool } from 'pg';
import type { PgBoss } from 'pg-boss';
import { QUEUE_SCHEMA } from '../../access/queue-wall.js';

const QUEUE = 'invitation-batches';
/** A batch is tried again as long as its provider is away: about a day, at most an hour apart. */
const POLICY = {
  policy: 'standard',
  retryLimit: 60,
  retryDelay: 30,
  retryBackoff: true,
  retryDelayMax: 3600,
  expireInSeconds: 6 * 3600,
  retentionSeconds: 180 * 86_400,
} as const;

interface Executor {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] } | { rows: unknown[] }[]>;
}

const databaseOf = (executor: Pool | ClientBase) => ({
  executeSql: async (text: string, values?: unknown[]) => {
    const result = await (executor as Executor).query(text, values);
    return Array.isArray(result) ? (result.at(-1) ?? { rows: [] }) : result;
  },
});

/** Nothing runs beside what is asked: no clock of jobs, no maintenance that would need the owner's rights. */
const QUIET = { schema: QUEUE_SCHEMA, schedule: false, supervise: false, createSchema: false } as const;

/** Loaded with the first queue: a server that only answers has none. */
async function bossWith(options: ConstructorParameters<typeof PgBoss>[0]): Promise<PgBoss> {
  const { PgBoss } = await import('pg-boss');
  return new PgBoss(options as never);
}

async function withBoss<T>(boss: PgBoss, work: (boss: PgBoss) => Promise<T>): Promise<T> {
  // Without a listener an error event would end the process; whoever waits for the call hears of it anyway.
  boss.on('error', () => undefined);
  await boss.start();
  try {
    return await work(boss);
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** Makes the queue's schema, or brings it up to date: with the owner's rights, like every migration. */
export async function prepareQueue(owner: ClientBase): Promise<void> {
  const { rows } = await owner.query('select to_regclass($1) is not null as there', [`${QUEUE_SCHEMA}.version`]);
  const boss = await bossWith({ ...QUIET, createSchema: true, migrate: true, db: databaseOf(owner) });
  await withBoss(boss, async () => {
    if (!rows[0]?.there || !(await boss.getQueue(QUEUE))) await boss.createQueue(QUEUE, POLICY);
  });
}

export interface BatchJob {
  /** Identifier of the batch, and of its job. */
  readonly id: string;
  /** First day on which it may be worked, `YYYY-MM-DD`. */
  readonly day: string;
}

export interface TakenBatch {
  readonly id: string;
  /** Whether it will not be tried again. */
  readonly last: boolean;
}

/**
 * The queue of batches: one job each, of the same identifier. A job says that a batch is due and nothing about anyone;
 * what keeps a message from leaving twice is the message's own row, so a job worked twice does no harm.
 */
export class InvitationQueue {
  private constructor(
    private readonly boss: PgBoss,
    private readonly pool: Pool,
  ) {}

  /** @param pool of the queue's own role */
  static async open(pool: Pool): Promise<InvitationQueue> {
    const boss = await bossWith({ ...QUIET, migrate: false, db: databaseOf(pool) });
    boss.on('error', () => undefined);
    await boss.start();
    return new InvitationQueue(boss, pool);
  }

  /** Adds jobs in the transaction of this connection: they exist when it commits, and not otherwise. */
  async add(client: ClientBase, jobs: readonly BatchJob[]): Promise<void> {
    const db = databaseOf(client);
    for (let from = 0; from < jobs.length; from += 1000) {
      const some = jobs.slice(from, from + 1000);
      await this.boss.insert(
        QUEUE,
        some.map(({ id, day }) => ({ id, startAfter: new Date(`${day}T00:00:00Z`) })),
        { db },
      );
    }
  }

  /** @returns a batch that is due and that nobody is working, or undefined */
  async take(): Promise<TakenBatch | undefined> {
    const [job] = await this.boss.fetch(QUEUE, { batchSize: 1, includeMetadata: true });
    return job && { id: job.id, last: job.retryCount >= job.retryLimit };
  }

  async done(batch: string): Promise<void> {
    await this.boss.complete(QUEUE, batch);
  }

  /** Its provider was away: it is tried again later. */
  async putOff(batch: string): Promise<void> {
    await this.boss.fail(QUEUE, batch);
  }

  /** Batches that a worker has taken and not given back: dead, if nobody holds their lock. */
  async taken(): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>(
      `select id from ${QUEUE_SCHEMA}.job where name = $1 and state = 'active'`,
      [QUEUE],
    );
    return rows.map(({ id }) => id);
  }

  /** The worker of this batch is dead: it may be taken again at once, and it does not count as a try. */
  async release(batch: string): Promise<void> {
    await this.pool.query(
      `update ${QUEUE_SCHEMA}.job set state = 'retry', start_after = now(), started_on = null where name = $1 and id = $2 and state = 'active'`,
      [QUEUE, batch],
    );
  }

  /** Jobs done long ago: what became of their batch is in the register. pg-boss's own maintenance would want the owner's rights. */
  async sweep(): Promise<void> {
    await this.pool.query(
      `delete from ${QUEUE_SCHEMA}.job where name = $1 and state in ('completed', 'failed') and completed_on < now() - interval '30 days'`,
      [QUEUE],
    );
  }

  close(): Promise<void> {
    return this.boss.stop({ graceful: false });
  }
}
