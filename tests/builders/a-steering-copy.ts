import { TABLES, type TableId, THRESHOLD_DEFAULT } from '../../src/law/indicators.js';
import type { Register } from './a-register.js';

/** What one declared table holds on one day under its keys. */
export interface Cell {
  readonly table: TableId;
  readonly day: string;
  readonly k1?: string;
  readonly k2?: string;
  readonly value: number;
}

/** What one protective move changes in one cell. */
export type Effect = Omit<Cell, 'value'> & { readonly move: number; readonly effect: number };

interface Published {
  readonly id: number;
  readonly asOf: string;
  readonly cells: readonly Cell[];
  readonly moves?: readonly Effect[];
  readonly threshold?: number;
}

/** Publishes these figures in the place of those that stand: everything before the instant is in. */
export async function publish(
  { database }: Register,
  { id, asOf, cells, moves = [], threshold = THRESHOLD_DEFAULT }: Published,
): Promise<void> {
  const client = await database.ownerPool().connect();
  try {
    await client.query('begin');
    for (const table of ['published_figure', 'publication', 'move'])
      await client.query(`delete from steering.${table}`);
    await client.query(
      'insert into steering.publication (id, as_of, published_at, threshold) values ($1, $2, now(), $3)',
      [...[id, asOf, threshold]],
    );
    await client.query(
      `insert into steering.published_figure (table_id, day, k1, k2, value)
       select "table", day, coalesce(k1, ''), coalesce(k2, ''), value
         from json_to_recordset($1) as c ("table" text, day date, k1 text, k2 text, value bigint)`,
      [JSON.stringify(cells)],
    );
    await client.query(
      `insert into steering.move (publication, move, table_id, k1, k2, day, effect)
       select $2, move, "table", coalesce(k1, ''), coalesce(k2, ''), day, effect
         from json_to_recordset($1) as m (move integer, "table" text, day date, k1 text, k2 text, effect smallint)`,
      [JSON.stringify(moves), id],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
}

export async function populated(
  { database }: Register,
  kind: 'department' | 'ageClass' | 'all',
  persons: Readonly<Record<string, number>>,
): Promise<void> {
  for (const [code, population] of Object.entries(persons))
    await database
      .ownerPool()
      .query(
        `insert into steering.population (kind, code, population, source, as_of) values ($1, $2, $3, 'essai', '2021-01-01')`,
        [kind, code, population],
      );
}

/** A figure of every declared table on one day, of a few values each: none of them small. */
export const aCellOfEach = (day: string, value = 40): Cell[] =>
  (Object.keys(TABLES) as TableId[]).map((table) => {
    const [first, second]: readonly string[] = TABLES[table].by;
    return { table, day, value, ...(first && { k1: VALUES[first] }), ...(second && { k2: VALUES[second] }) };
  });

const VALUES: Readonly<Record<string, string>> = {
  ...{ department: '75', ageClass: '80', sex: 'F', vaccine: 'EU/1/20/1528', rank: '1', stage: 'INITIAL' },
  ...{ placeCategory: '11', phase: 'P1', targetingType: 'MANUAL', channel: 'SMS', product: 'EU/1/20/1528' },
  flow: 'DELIVERED',
};
