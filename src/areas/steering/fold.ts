import type { ClientBase } from 'pg';
import { FLOWS } from '../../law/indicators.js';
import { rollup } from './rollup.js';

/** What became of the log in one transaction. */
export interface FoldResult {
  /** Changes taken from the log. */
  readonly changes: number;
  /** Whether the register must be counted anew: the changes then do not say everything. */
  readonly restart: boolean;
}

/** What was taken, in a table of the connection: nothing but these rows is looked at, however large the copy is. */
export const PREPARE_FOLD = `create temp table if not exists taken (like steering.change including defaults) on commit delete rows;
  set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; set local work_mem = '64MB'`;

const DIMENSIONS = [
  ...['measure', 'day', 'department', 'age_class', 'sex', 'product', 'rank', 'stage', 'place_category'],
  ...['site', 'phase', 'targeting_type', 'channel'],
].join(', ');

/**
 * A null parameter is no limit. Whoever takes holds the lock of the copy, so that no row is taken twice. A place is declared
 * or moved (PLACED): doses of it that were counted before were counted as used elsewhere, or not at all.
 */
const TAKE = `with gone as (delete from steering.change where ctid = any (array(select ctid from steering.change limit $1::bigint)) returning *),
  kept as (insert into pg_temp.taken (${DIMENSIONS}, delta)
    select ${DIMENSIONS}, sum(delta) from gone group by ${DIMENSIONS} having sum(delta) <> 0 or measure = 'REMAINING')
  select count(*) as changes, coalesce(bool_or(case measure when 'RESTART' then true
    when 'PLACED' then exists (select from steering.site where site.site = gone.site) else false end), false) as restart from gone`;

/** Doses given in a declared place are doses that it used. */
const USED = `insert into pg_temp.taken (measure, day, department, product, delta)
  select 'USED', day, place.department, product, sum(delta) from pg_temp.taken join steering.place using (site)
   where measure = 'INJECTED' group by 2, 3, 4 having sum(delta) <> 0`;

/** What remains is shown on the day of the last refresh: what was shown before moves to it. */
const REFRESHED = `select greatest(max(day), (select max(day) from steering.stock where measure = 'REMAINING')) as day
  from pg_temp.taken where measure = 'REMAINING' having count(*) > 0`;
const REMAINING = [
  `update pg_temp.taken set day = refreshed.day from (${REFRESHED}) refreshed where measure = 'REMAINING'`,
  `insert into pg_temp.taken (measure, day, department, product, delta)
   select 'REMAINING', moved.day, department, product, moved.delta from steering.stock cross join (${REFRESHED}) refreshed
    cross join lateral (values (stock.day, -count), (refreshed.day, count)) moved (day, delta)
    where measure = 'REMAINING' and stock.day < refreshed.day`,
];

const merge = (table: string, keys: readonly string[], value: string, source: string): string => `
  merge into steering.${table} t using (${source}) s on ${keys.map((key) => `t.${key} = s.${key}`).join(' and ')}
   when matched and t.${value} + s.delta = 0 then delete
   when matched then update set ${value} = t.${value} + s.delta
   when not matched then insert (${keys.join(', ')}, ${value}) values (${keys.map((key) => `s.${key}`).join(', ')}, s.delta)`;

const summed = (columns: readonly string[], measures: readonly string[]): string =>
  `select ${columns.join(', ')}, sum(delta)::bigint as delta from pg_temp.taken
    where measure in (${measures.map((one) => `'${one}'`).join(', ')})
    group by ${columns.map((_, at) => at + 1).join(', ')} having sum(delta) <> 0`;

const DOSE = ['day', 'department', 'age_class', 'sex', 'vaccine', 'rank', 'stage', 'place_category'];
const PERSON = ['day', 'measure', 'department', 'age_class', 'sex', 'phase', 'targeting_type', 'channel'];
const STOCK = ['day', 'department', 'product', 'measure'];
const SITE = ['day', 'place_category', 'site'];
export const FIGURE = ['table_id', 'k1', 'k2', 'day'];
/** The tables that a publication copies: their keys, and the column of their count. */
export const PUBLISHED = [
  { from: 'figure', to: 'published_figure', keys: FIGURE, value: 'value' },
  { from: 'dose', to: 'published_base', keys: DOSE, value: 'count' },
  { from: 'site', to: 'published_site', keys: SITE, value: 'count' },
] as const;

const MERGES = [
  merge(
    'dose',
    DOSE,
    'count',
    summed(
      DOSE.map((key) => (key === 'vaccine' ? 'product as vaccine' : key)),
      ['INJECTED'],
    ),
  ),
  merge('site', SITE, 'count', summed(SITE, ['INJECTED'])),
  merge('person', PERSON, 'count', summed(PERSON, ['TARGETED', 'INVITED', 'ELIGIBLE'])),
  merge('stock', STOCK, 'count', summed(STOCK, FLOWS)),
  merge('figure', FIGURE, 'value', rollup('pg_temp.taken')),
  'insert into steering.unpublished select distinct day from pg_temp.taken on conflict do nothing',
];

/** Cells are met by their key, one probe each, whatever the statistics say: no cell is read that does not change. */
const BY_KEY = ['hashjoin', 'mergejoin', 'seqscan'];
const planned = (turn: 'on' | 'off'): string => BY_KEY.map((way) => `set local enable_${way} = ${turn}`).join('; ');

/**
 * Takes changes from the log and adds them to cells and figures, in the transaction of the client, which holds the lock of
 * the copy and has run `PREPARE_FOLD`. When the register must be counted anew nothing is added: the caller rolls back.
 * @param most changes to take; null takes all
 */
export async function foldInto(client: ClientBase, most: number | null): Promise<FoldResult> {
  const { rows } = await client.query<{ changes: string; restart: boolean }>(TAKE, [most]);
  const result = { changes: Number(rows[0]?.changes ?? 0), restart: rows[0]?.restart ?? false };
  if (result.restart || result.changes === 0) return result;
  await client.query(USED);
  for (const statement of REMAINING) await client.query(statement);
  await client.query(planned('off'));
  for (const statement of MERGES) await client.query(statement);
  await client.query(planned('on'));
  return result;
}
