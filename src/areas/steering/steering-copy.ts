import type { ClientBase, PoolClient } from 'pg';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { type FoldResult, foldInto, PREPARE_FOLD, PUBLISHED } from './fold.js';
import { BASE_CELLS, rollup } from './rollup.js';

/** What was published, for whoever asks how fresh a figure is. */
export interface Publication {
  readonly id: number;
  /** Whatever was committed before this moment is in. */
  readonly asOf: Date;
  readonly publishedAt: Date;
}

export interface RebuildResult {
  readonly cells: number;
  readonly figures: number;
}

/** Decides, in the transaction that publishes, what of the figures is withheld. */
export interface Protection {
  /** Below it a count is small; what was published under another one is due again. */
  readonly threshold: number;
  protect(client: ClientBase, publication: number): Promise<void>;
}

/** When a publication is due: each day at an hour of Paris (`HH:MM`), or some seconds after the one before. */
export type PublicationTime = { readonly at: string } | { readonly everySeconds: number };

/** Changes that one transaction takes: some tenths of a second, whatever an import has left in the log. */
export const MOST_CHANGES = 20_000;

const LOCK = `hashtext('lancette.steering')`;
/** Whether a publication is not due again; a day begins at its hour of Paris, seconds are those of any clock. */
const FRESH = {
  at: `published_at at time zone 'Europe/Paris' >= date_trunc('day', (now() at time zone 'Europe/Paris') - $1::interval) + $1::interval`,
  everySeconds: `published_at >= now() - $1::interval`,
} as const;

/**
 * Keeps the de-identified copy (AIPD, base de pilotage). Everything happens in schema `steering`, by a role that reads no
 * table of the register, and under one lock: of several servers one folds, counts or publishes at a time.
 */
export class SteeringCopy {
  private readonly pool;

  constructor(
    database: Database,
    private readonly protection: Protection,
  ) {
    this.pool = database.pool(roleOf('steering'));
  }

  /**
   * Adds what the log holds to the cells, in one transaction: killed at any point, it has happened or it has not.
   * @param most changes to take at a time; fewer were there when fewer are answered
   */
  async fold(most = MOST_CHANGES): Promise<FoldResult> {
    const result = await this.transaction(
      (client) => foldInto(client, most),
      ({ restart }) => !restart,
    );
    if (result.restart) await this.rebuild();
    return result;
  }

  /** Folds until the log is empty. @returns how many changes were taken */
  async drain(most = MOST_CHANGES): Promise<number> {
    for (let taken = 0; ; ) {
      const { changes, restart } = await this.fold(most);
      taken += changes;
      if (changes < most && !restart) return taken;
    }
  }

  /**
   * Counts the register from zero, with the same result. Neither the register nor the log is locked: one snapshot gives the
   * steps and, with them or not at all, the changes that they left; what is under way stays in the log.
   */
  async rebuild(): Promise<RebuildResult> {
    const client = await this.connection();
    try {
      // The lock comes before the snapshot: a fold that ends meanwhile would otherwise take what this one sees.
      await client.query(
        `set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; select pg_advisory_lock(${LOCK})`,
      );
      await client.query(`begin isolation level repeatable read; set local work_mem = '128MB'`);
      await client.query('select steering.recount()');
      const { rowCount } = await client.query(
        `insert into steering.figure (table_id, k1, k2, day, value) ${rollup(BASE_CELLS)}`,
      );
      await client.query(
        'insert into steering.unpublished select distinct day from steering.figure on conflict do nothing',
      );
      const { rows } = await client.query<{ cells: string }>(CELLS);
      await client.query('commit');
      return { cells: Number(rows[0]?.cells), figures: rowCount ?? 0 };
    } finally {
      // The lock goes with the connection, and so does a transaction that failed.
      client.release(true);
    }
  }

  /** Publishes every whole day before today as it stands now. */
  async publish(): Promise<Publication> {
    return (await this.publishWhen('true', null)) as Publication;
  }

  /** The same when it is due, whatever other servers do. @returns undefined when it was not */
  publishIfDue(time: PublicationTime): Promise<Publication | undefined> {
    const [fresh, interval] =
      'at' in time ? ([FRESH.at, time.at] as const) : ([FRESH.everySeconds, `${time.everySeconds} seconds`] as const);
    return this.publishWhen(
      `not exists (select from steering.publication where ${fresh} and threshold = ${this.protection.threshold})`,
      interval,
    );
  }

  private async publishWhen(due: string, interval: string | null): Promise<Publication | undefined> {
    const isDue = async (client: ClientBase): Promise<boolean> =>
      (await client.query<{ due: boolean }>(`select ${due} as due`, interval === null ? [] : [interval])).rows[0]
        ?.due ?? false;
    for (;;) {
      // Nearly everything is folded before, in small transactions.
      if (!(await this.transaction(isDue, () => true))) return undefined;
      await this.drain();
      const published = await this.transaction(
        async (client) =>
          (await isDue(client)) ? this.publishFrom(client) : { restart: false, publication: undefined },
        ({ restart }) => !restart,
      );
      if (!published.restart) return published.publication;
      await this.rebuild();
    }
  }

  /** The moment comes first, then the rest of the log: what was committed before the one is seen by the other. */
  private async publishFrom(client: ClientBase): Promise<{ restart: boolean; publication: Publication | undefined }> {
    const { rows: moments } = await client.query<{ asOf: string; today: string }>(MOMENT);
    const { asOf, today } = moments[0] as { asOf: string; today: string };
    const { restart } = await foldInto(client, null);
    if (restart) return { restart, publication: undefined };
    await client.query(PREPARE_DUE);
    await client.query(TAKE_DUE, [today]);
    for (const table of PUBLISHED) for (const statement of copied(table)) await client.query(statement);
    const { rows } = await client.query<{ id: string; asOf: Date; publishedAt: Date }>(RECORD, [
      asOf,
      this.protection.threshold,
    ]);
    const [{ id, ...moment }] = rows as [{ id: string; asOf: Date; publishedAt: Date }];
    const publication = { id: Number(id), ...moment };
    await this.protection.protect(client, publication.id);
    return { restart: false, publication };
  }

  /** @param keep whether what was done is to last */
  private async transaction<T>(work: (client: PoolClient) => Promise<T>, keep: (result: T) => boolean): Promise<T> {
    const client = await this.connection();
    let lost = true;
    try {
      await client.query(`begin; ${PREPARE_FOLD}; select pg_advisory_xact_lock(${LOCK})`);
      const result = await work(client);
      await client.query(keep(result) ? 'commit' : 'rollback');
      lost = false;
      return result;
    } finally {
      client.off('error', unheard);
      client.release(lost);
    }
  }

  /** Without a listener, a connection that is lost at work would end the process; the query at work hears of it by itself. */
  private async connection(): Promise<PoolClient> {
    const client = await this.pool.connect();
    client.on('error', unheard);
    return client;
  }
}

const unheard = (): void => undefined;

const CELLS = `select (select count(*) from steering.dose) + (select count(*) from steering.person) + (select count(*) from steering.stock) as cells`;

/** As text: a JavaScript date would lose microseconds. */
const MOMENT = `select at::text as "asOf", (at at time zone 'Europe/Paris')::date::text as today from clock_timestamp() at`;

const PREPARE_DUE = 'create temp table if not exists due (day date primary key) on commit delete rows';
const TAKE_DUE = `with gone as (delete from steering.unpublished where day < $1::date returning day) insert into pg_temp.due select day from gone`;

/** Only what differs is written, of the days that have moved since the last publication: it costs what has changed. */
const copied = ({ from, to, keys, value }: (typeof PUBLISHED)[number]): string[] => {
  const same = keys.map((key) => `f.${key} = p.${key}`).join(' and ');
  return [
    `delete from steering.${to} p using pg_temp.due d where p.day = d.day and not exists (select from steering.${from} f where ${same})`,
    `insert into steering.${to} as p (${keys.join(', ')}, ${value}) select ${keys.map((key) => `f.${key}`).join(', ')}, f.${value}
       from steering.${from} f join pg_temp.due d on d.day = f.day
       on conflict (${keys.join(', ')}) do update set ${value} = excluded.${value} where p.${value} <> excluded.${value}`,
  ];
};

const RECORD = `insert into steering.publication as p (id, as_of, published_at, threshold) values (1, $1::timestamptz, clock_timestamp(), $2)
  on conflict ((true)) do update set id = p.id + 1, as_of = excluded.as_of, published_at = excluded.published_at, threshold = excluded.threshold
  returning id, as_of as "asOf", published_at as "publishedAt"`;
