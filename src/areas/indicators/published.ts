import type { Pool } from 'pg';
import { pipeline, type Row, statement, stepOf } from '../../db/pipeline.js';
import { addDays } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import { type Dimension, QUASI_IDENTIFIERS, TABLES, type TableId } from '../../law/indicators.js';
import { BoundedCache } from './bounded-cache.js';
import { Release } from './disclosure/release.js';

/** A declared table as it was published, whole. */
export interface PublishedTable {
  /** Changes with each publication, and with each load of populations. */
  readonly version: string;
  /** Under which a number of persons or doses is withheld by the moves of this publication. */
  readonly threshold: number;
  /** Everything that was committed before this instant is in (RFC 3339, UTC). */
  readonly asOf: string;
  /** First day with a figure in this table, and last day that the publication covers. */
  readonly first: string;
  readonly last: string;
  /** Values of both dimensions that have a figure; '' where the table has fewer. */
  readonly keys: readonly (readonly [string, string])[];
  /** Persons by department or age class, by what the table is told by; '' for the whole population. */
  readonly populations: ReadonlyMap<string, number>;
  readonly controlled: Release;
  /** The same without protection; made when it is first asked for. */
  readonly open: () => Release;
  /** Figures and effects of moves that are kept in memory. */
  readonly size: number;
}

/** Days travel as whole numbers since this one. */
const DAWN = '2020-01-01';
const names = new Map<number, string>();
function dayAt(offset: number): string {
  const name = names.get(offset) ?? addDays(DAWN, offset);
  names.set(offset, name);
  return name;
}

/**
 * One statement for one answer: which publication stands and, unless it is the known one, the whole table with its
 * protective moves, by their primary keys. What it costs depends on cells and days, never on persons.
 */
const PUBLISHED = statement(`
with standing as (
  select id, to_char(as_of at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as as_of,
         ((as_of at time zone 'Europe/Paris')::date - 1)::text as last,
         concat_ws('-', id, extract(epoch from as_of), threshold, '') || coalesce((select md5(string_agg(concat_ws(';', kind, code, population), ',' order by kind, code))
                                  from steering.population), '') as version, threshold
    from steering.publication)
select s.version, s.as_of, s.last, s.threshold, case when s.version = $2 then null else (
  select json_agg(json_build_array(k1, k2, days, counts)) from (
    select k1, k2, array_agg(day - date '2020-01-01') as days, array_agg(value) as counts
      from steering.published_figure where table_id = $1 group by k1, k2) figure) end,
  case when s.version = $2 then null else (
  select json_agg(json_build_array(k1, k2, moves, days, effects)) from (
    select k1, k2, array_agg(move) as moves, array_agg(day - date '2020-01-01') as days, array_agg(effect) as effects
      from steering.move where publication = s.id and table_id = $1 group by k1, k2) effect) end,
  case when s.version = $2 then null else (
  select json_agg(json_build_array(case when kind = 'all' then '' else code end, population))
    from steering.population where kind = $3) end
  from standing s`);

/** A whole table is read once for each publication: it may take longer than an ordinary statement. */
const PATIENTLY = stepOf({ text: `select set_config('statement_timeout', '15000', true)`, values: [] });

const AS_OF = statement(
  `select to_char(as_of at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from steering.publication`,
);

type Figures = readonly (readonly [string, string, readonly number[], readonly number[]])[];
type Moves = readonly (readonly [string, string, readonly number[], readonly number[], readonly number[]])[];

/** Figures and effects kept in memory, of all tables together: those of a whole campaign. */
const MOST_KEPT = 3_000_000;

/**
 * The published figures, read through the role `indicators`, which reads nothing else. A table is kept in memory until
 * another publication stands: an answer then costs one look at one row.
 */
export class PublishedFigures {
  private readonly tables = new BoundedCache<PublishedTable>(MOST_KEPT, ({ size }) => size);

  /** @param pool of the role `indicators` */
  constructor(private readonly pool: Pool) {}

  /**
   * The table as it stands now. Whoever asks while it is being read shares that reading.
   * @throws INDICATORS_NOT_PUBLISHED
   */
  table(id: TableId): Promise<PublishedTable> {
    return this.tables.once(id, () => this.read(id));
  }

  /** The instant that the figures stand at, or null when nothing was published. */
  async asOf(): Promise<string | null> {
    const [rows = []] = await pipeline(this.pool, [{ statement: AS_OF, values: [] }]);
    return rows[0]?.[0] ?? null;
  }

  private async read(id: TableId): Promise<PublishedTable> {
    const kept = this.tables.known(id);
    const values = [id, kept?.version ?? null, populationKind(id)];
    const [, rows = []] = await pipeline(this.pool, [PATIENTLY, { statement: PUBLISHED, values }]);
    const [row] = rows;
    if (!row) throw new LancetteError('INDICATORS_NOT_PUBLISHED');
    return kept && kept.version === row[0] ? kept : this.tables.keep(id, publishedTable(row));
  }
}

/** By what the population that a table covers is told; of the whole country where it is told by neither. */
function populationKind(id: TableId): 'department' | 'ageClass' | 'all' | null {
  const by: readonly Dimension[] = TABLES[id].by;
  const told = by.filter((dimension) => QUASI_IDENTIFIERS.includes(dimension));
  if (TABLES[id].measure === 'STOCK' || told.length > 1 || told[0] === 'sex') return null;
  return (told[0] as 'department' | 'ageClass' | undefined) ?? 'all';
}

function publishedTable([version, asOf, last, threshold, figures, moves, populations]: Row): PublishedTable {
  const figured = JSON.parse(figures ?? '[]') as Figures;
  const moved = JSON.parse(moves ?? '[]') as Moves;
  const released = (effects: Moves) => new Release(cellsOf(figured), effectsOf(effects));
  let open: Release | undefined;
  return {
    version: version ?? '',
    threshold: Number(threshold),
    asOf: asOf ?? '',
    first: figured.length > 0 ? dayAt(earliest(figured)) : (last ?? ''),
    last: last ?? '',
    keys: figured.map(([k1, k2]) => [k1, k2] as const),
    populations: new Map(JSON.parse(populations ?? '[]') as [string, number][]),
    controlled: released(moved),
    open: () => {
      open ??= released([]);
      return open;
    },
    size: [...figured, ...moved].reduce((sum, [, , offsets]) => sum + offsets.length, 0),
  };
}

const earliest = (figures: Figures): number =>
  figures.reduce((first, [, , days]) => days.reduce((a, b) => Math.min(a, b), first), Number.POSITIVE_INFINITY);

function* cellsOf(figures: Figures) {
  for (const [k1, k2, days, counts] of figures)
    for (const [at, day] of days.entries()) yield { k1, k2, day: dayAt(day), value: counts[at] ?? 0 };
}

function* effectsOf(moves: Moves) {
  for (const [k1, k2, numbers, days, effects] of moves)
    for (const [at, move] of numbers.entries())
      yield { move, k1, k2, day: dayAt(days[at] ?? 0), effect: effects[at] ?? 0 };
}
