import type { Pool, PoolClient } from 'pg';
import { ageOn, type Dose, isComplete } from '../../src/areas/injection/schedule.js';
import { AGE_CLASSES } from '../../src/law/indicators.js';

interface Row {
  readonly key: string;
  readonly rank: number;
  readonly vaccine: string;
  readonly day: string;
  readonly birth_date: string;
  readonly infection_date: string | null;
}

const PERSONS_AT_ONCE = 20_000;

/** In the order of persons and ranks, so many persons at a time. */
async function* everyDose(client: PoolClient): AsyncGenerator<Row> {
  const { rows: ends } = await client.query('select coalesce(max(key), 0)::int as last from patient');
  for (let from = 0; from <= ends[0].last; from += PERSONS_AT_ONCE) {
    const { rows } = await client.query<Row>(
      `select i.patient_key::text as key, i.rank, i.vaccine, (i.performed_at at time zone 'Europe/Paris')::date::text as day,
              p.birth_date, h.infection_date
         from injection_step i join patient p on p.key = i.patient_key left join patient_health h on h.patient_key = p.key
        where i.patient_key >= $1 and i.patient_key < $2 order by i.patient_key, i.rank`,
      [from, from + PERSONS_AT_ONCE],
    );
    yield* rows;
  }
}

/**
 * Fills `steering.figure` by counting every injection of the register one by one: the brute-force count of the three tables
 * by which a replay is compared. The day is that of Paris, the stage that of the schedules, the age that of the day.
 */
export async function countEverything(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('set statement_timeout = 0');
    await count(client);
  } finally {
    client.release(true);
  }
}

async function count(client: PoolClient): Promise<void> {
  await client.query('create schema if not exists steering');
  await client.query(`create table if not exists steering.figure (table_id text not null, day date not null, k1 text not null,
    k2 text not null, value bigint not null, primary key (table_id, k1, k2, day))`);
  const cells = new Map<string, number>();
  const add = (...cell: string[]) => cells.set(cell.join('|'), (cells.get(cell.join('|')) ?? 0) + 1);
  let history: Dose[] = [];
  let person = '';
  for await (const row of everyDose(client)) {
    if (row.key !== person) history = [];
    person = row.key;
    const known = { birthDate: row.birth_date, infectionDate: row.infection_date };
    const before = isComplete(known, history);
    history.push({ vaccine: row.vaccine, on: row.day });
    const stage = before ? 'BOOSTER' : isComplete(known, history) ? 'COMPLETE' : 'INITIAL';
    const age = ageOn(row.birth_date, row.day);
    add('doses-by-vaccine-and-rank', row.day, row.vaccine, String(row.rank));
    add('doses-by-vaccine-and-stage', row.day, row.vaccine, stage);
    add('doses-by-age-and-rank', row.day, AGE_CLASSES.find(({ upTo }) => age <= upTo)?.code ?? '', String(row.rank));
  }
  await client.query('delete from steering.figure');
  await client.query(
    `insert into steering.figure (table_id, day, k1, k2, value)
     select c[1], c[2]::date, c[3], c[4], n from (select string_to_array(cell, '|') as c, n from unnest($1::text[], $2::bigint[]) as t(cell, n)) x`,
    [[...cells.keys()], [...cells.values()]],
  );
}
