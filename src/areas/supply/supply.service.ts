import { randomUUID } from 'node:crypto';
import { operationRight } from '../../access/decide.js';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { findProduct } from '../../formats/dcc/value-sets.js';
import { isDay, isInstant } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import { type Batch, type CheckCells, readBatch } from './batch-file.js';
import { MOVEMENT_KINDS } from './supply-movement.js';

export const SUPPLY_HEADER = 'finess;product;lotNumber;kind;quantity;at';
export const OPENINGS_HEADER = 'finess;fromDay;untilDay;weekday;opensAt;closesAt';

export interface SupplyReport {
  /** Lines taken in; 0 when the file was taken in before. */
  readonly recorded: number;
  /** Lots of places that have a level now. */
  readonly lots: number;
}

/** One row of the supply as the operator reads it. */
export interface LevelRow {
  readonly finess: string;
  readonly product: string;
  readonly lotNumber: string;
  readonly received: number;
  readonly sent: number;
  readonly broken: number;
  readonly used: number;
  readonly remaining: number;
}

const FINESS = /^\d[0-9AB]\d{7}$/;
const VACCINE = /^EU\/1\/\d\d\/\d{4}$/;
/** A consumable has a code of the supplier: no text that could say anything else. */
const CONSUMABLE = /^[A-Z0-9][A-Z0-9-]{1,31}$/;
const LOT = /^[A-Z0-9-]{4,12}$/;
const QUANTITY = /^(0|[1-9]\d{0,7})$/;
const HOUR = /^([01]\d|2[0-3]):[0-5]\d$/;

const isProduct = (code: string): boolean =>
  VACCINE.test(code) ? findProduct(code) !== undefined : CONSUMABLE.test(code);

/** The first column that is wrong. */
const checkMovement: CheckCells = ([finess = '', product = '', lot = '', kind = '', quantity = '', at = '']) => {
  if (!FINESS.test(finess)) return 'finess';
  if (!isProduct(product)) return 'product';
  if (!(LOT.test(lot) || (lot === '' && !VACCINE.test(product)))) return 'lotNumber';
  if (!MOVEMENT_KINDS.some((one) => one === kind)) return 'kind';
  if (!QUANTITY.test(quantity) || (quantity === '0' && kind !== 'LEFT')) return 'quantity';
  return isInstant(at) ? undefined : 'at';
};

const checkOpening: CheckCells = ([finess = '', from = '', until = '', weekday = '', opens = '', closes = '']) => {
  if (!FINESS.test(finess)) return 'finess';
  if (!isDay(from)) return 'fromDay';
  if (!isDay(until) || until < from) return 'untilDay';
  if (!/^[1-7]$/.test(weekday)) return 'weekday';
  if (!HOUR.test(opens)) return 'opensAt';
  return HOUR.test(closes) && closes > opens ? undefined : 'closesAt';
};

const column = (index: number, type: string): string => `(row.value->>${index})::${type}`;
const ROWS = 'json_array_elements($1::json) with ordinality as row(value, line)';

const INSERT_MOVEMENTS = `insert into supply_movement (finess, product, lot_number, kind, quantity, at, batch, line)
  select ${[column(0, 'text'), column(1, 'text'), column(2, 'text'), column(3, 'text'), column(4, 'integer'), column(5, 'timestamptz')].join(', ')}, $2, row.line + 1
    from ${ROWS} on conflict (batch, line) do nothing`;
const FORGET_OPENINGS = `delete from site_opening where finess in (select ${column(0, 'text')} from ${ROWS})`;
const INSERT_OPENINGS = `insert into site_opening (finess, from_day, until_day, weekday, opens_at, closes_at)
  select ${[column(0, 'text'), column(1, 'date'), column(2, 'date'), column(3, 'smallint'), column(4, 'text'), column(5, 'text')].join(', ')} from ${ROWS}`;
const TRACE = `insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
  values ($1, 'OPERATEUR', $2, $3, '{}', 'RECORDED', $4, '{}')`;
const LEVELS = `select finess, product, lot_number as "lotNumber", received, sent, broken, used, remaining
  from supply_level order by finess, product, lot_number`;

const FOREIGN_KEY_VIOLATION = '23503';
const UNIQUE_VIOLATION = '23505';
/** Who acts: whoever may start a command on the operator's machine. */
const OPERATOR = 'command line';

/**
 * What the places of vaccination receive, lose and have left (AIPD, finalités, 2°). No recipient of the decree is named for
 * it: the operator brings files and reads levels; the public service sees which vaccines a place has, and never how many.
 */
export class SupplyService {
  constructor(private readonly database: Database) {}

  /** Takes in movements, once a file, and computes the levels anew. @throws what `readBatch` throws; NOT_FOUND for an unknown place */
  async importMovements(path: string): Promise<SupplyReport> {
    const batch = await readBatch(path, SUPPLY_HEADER, checkMovement);
    return this.transaction('importSupply', async (query) => {
      const recorded = await query(INSERT_MOVEMENTS, [JSON.stringify(batch.rows), batch.sha256]);
      return { recorded: recorded.rowCount ?? 0, lots: await refresh(query) };
    });
  }

  /** The hours of each place named in the file become those of the file. @returns how many lines @throws as above */
  async importOpenings(path: string): Promise<number> {
    const { rows }: Batch = await readBatch(path, OPENINGS_HEADER, checkOpening);
    return this.transaction('importOpenings', async (query) => {
      const all = JSON.stringify(rows);
      await query(FORGET_OPENINGS, [all]);
      return (await query(INSERT_OPENINGS, [all])).rowCount ?? 0;
    });
  }

  /** Counts the injections recorded since; to be run as often as the offer should be fresh. @returns how many lots */
  refresh(): Promise<number> {
    return this.transaction('refreshSupply', refresh);
  }

  async levels(): Promise<LevelRow[]> {
    return (await this.database.pool(roleOf('supply')).query<LevelRow>(LEVELS)).rows;
  }

  private async transaction<T>(operation: string, work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.database.pool(roleOf('supply')).connect();
    const query: Query = (text, values) => client.query(text, values);
    try {
      await query('begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0');
      const result = await work(query);
      const { article } = operationRight('OPERATEUR', 'supplyLevels');
      await query(TRACE, [randomUUID(), OPERATOR, operation, article]);
      await query('commit');
      return result;
    } catch (error) {
      await query('rollback').catch(() => undefined);
      const { code } = error as { code?: string };
      if (code === FOREIGN_KEY_VIOLATION) throw new LancetteError('NOT_FOUND', { field: 'finess' });
      if (code === UNIQUE_VIOLATION) throw new LancetteError('INVALID_INPUT', { field: 'opensAt' });
      throw error;
    } finally {
      client.release();
    }
  }
}

type Query = (
  text: string,
  values?: unknown[],
) => Promise<{ rowCount: number | null; rows: Record<string, unknown>[] }>;

const refresh = async (query: Query): Promise<number> =>
  Number((await query('select lancette.refresh_supply() as lots')).rows[0]?.lots ?? 0);
