import { type Dimension, FLOWS, type Measure, TABLES, type TableId } from '../../law/indicators.js';

/** Where a dimension stands in a cell, as text; `vaccine` and `product` are one column of the log. */
const COLUMNS: Readonly<Record<Dimension, string>> = {
  department: 'c.department',
  ageClass: 'c.age_class',
  sex: 'c.sex',
  vaccine: 'c.product',
  product: 'c.product',
  rank: 'c.rank::text',
  stage: 'c.stage',
  placeCategory: 'c.place_category::text',
  phase: 'c.phase',
  targetingType: 'c.targeting_type',
  channel: 'c.channel',
  flow: 'c.measure',
};

const MEASURED: Readonly<Record<Measure, readonly string[]>> = {
  INJECTED: ['INJECTED'],
  TARGETED: ['TARGETED'],
  INVITED: ['INVITED'],
  ELIGIBLE: ['ELIGIBLE'],
  STOCK: FLOWS,
};

const column = (dimension: Dimension | undefined): string => (dimension ? COLUMNS[dimension] : `''`);

/** The cells of a measure in each declared table that counts it: one row of figures each. */
function rollupOf(measure: Measure, cells: string): string {
  const places = (Object.keys(TABLES) as TableId[]).flatMap((id) => {
    const { measure: counted, by } = TABLES[id] as { measure: Measure; by: readonly Dimension[] };
    return counted === measure ? [`('${id}', ${column(by[0])}, ${column(by[1])})`] : [];
  });
  const measured = MEASURED[measure].map((one) => `'${one}'`).join(', ');
  return `select v.table_id, v.k1, v.k2, c.day, c.delta from ${cells} c
    cross join lateral (values ${places.join(', ')}) v (table_id, k1, k2) where c.measure in (${measured})`;
}

/**
 * Every declared table, summed up from cells with the columns of the log: nothing else is ever counted.
 * @param cells a table, or a sub-select in parentheses
 */
export const rollup = (cells: string): string =>
  `select table_id, k1, k2, day, sum(delta)::bigint as delta from (${(Object.keys(MEASURED) as Measure[])
    .map((measure) => rollupOf(measure, cells))
    .join('\n union all ')}) every_table group by 1, 2, 3, 4 having sum(delta) <> 0`;

/** The base cells with the columns of the log. */
export const BASE_CELLS = `(
  select 'INJECTED' as measure, day, department, age_class, sex, vaccine as product, rank, stage, place_category, '' as phase, '' as targeting_type,
         '' as channel, count as delta from steering.dose
  union all select measure, day, department, age_class, sex, '', 0, '', 0, phase, targeting_type, channel, count from steering.person
  union all select measure, day, department, '', '', product, 0, '', 0, '', '', '', count from steering.stock)`;
