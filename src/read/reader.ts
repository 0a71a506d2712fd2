import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { type Principal, perimeterStep } from '../access/principal.js';
import { standingStep, standingValues } from '../access/standing.js';
import { pipeline, type Row, type Step, sharedPipeline, stepOf } from '../db/pipeline.js';
import { type Sealer, sealContext } from '../db/sealing.js';
import { LancetteError } from '../kernel/errors.js';
import { type Compiled, ROW_BREAK, SEAL_MARK } from './compile.js';
import type { Cursors } from './cursors.js';
import type { Act, Source } from './plan.js';

/** One root field ready to run: where its rows come from and the statement it was compiled to. */
export interface Reading {
  readonly source: Source;
  readonly compiled: Compiled;
  /** Functions that only the role of whoever may have this answer can call. */
  readonly permits?: readonly Step[];
}

/** The JSON text of one root field, and what its trace must say. */
export interface Read {
  readonly text: string;
  /** Technical keys of the records disclosed. */
  readonly records: readonly string[];
  readonly count: number;
  readonly withheld: boolean;
}

export interface ReaderServices {
  readonly pool: Pool;
  /** Where lists may be read instead: a replica, when there is one. */
  readonly listPool?: () => Pool;
  readonly sealer: Sealer;
  readonly cursors: Cursors;
}

/** Whatever stands between the mark and the identifier is opened, or fails to open: no ciphertext passes for a value. */
const SEALED = new RegExp(`"${SEAL_MARK}((?:[^"\\\\]|\\\\.)*) ([0-9a-f-]{36})"`, 'g');

/** Runs compiled readings in one round trip and one transaction, on the recipient's own pool. */
export async function read(
  services: ReaderServices,
  principal: Principal,
  readings: readonly Reading[],
  signal?: AbortSignal,
): Promise<Read[]> {
  const { first, all } = transactionOf(services, principal, readings);
  // A replica may not know yet that an accreditation is revoked.
  const replicas = principal.accreditation ? undefined : services.listPool;
  // A page is work for a connection of its own; a single record is less work than the wake-up that it shares.
  const results = readings.every(({ source }) => source.options.page)
    ? await pipeline(replicas?.() ?? services.pool, all, signal)
    : await sharedPipeline(services.pool, all, signal);
  return readings.map((reading, index) => answer(services, principal, reading, results[index + first] ?? []));
}

/**
 * Records, then reads, in one round trip and one transaction.
 * @returns undefined when nothing was recorded
 */
export async function recordAndRead(
  services: ReaderServices,
  principal: Principal,
  act: Act,
  reading: Reading,
  signal?: AbortSignal,
): Promise<Read | undefined> {
  const { first, all } = transactionOf(services, principal, [reading], act.step);
  try {
    const results = await pipeline(services.pool, all, signal);
    return act.isDone(results[first - 1] ?? [])
      ? answer(services, principal, reading, results[first] ?? [])
      : undefined;
  } catch (error) {
    if (act.isRefusal(error)) return undefined;
    throw error;
  }
}

/** @returns all steps, and how many come before the readings; an act is the last of them */
function transactionOf(
  services: ReaderServices,
  principal: Principal,
  readings: readonly Reading[],
  act?: Step,
): { first: number; all: Step[] } {
  const perimeter = perimeterStep(principal, readings.find(({ source }) => source.options.care)?.source.options.care);
  // A recording without a perimeter would be anybody's.
  if (act && !perimeter) throw new LancetteError('FORBIDDEN_OPERATION', { article: 'art. 3' });
  const enter = perimeter ? [stepOf(perimeter)] : [];
  const permits = readings.flatMap((reading) => reading.permits ?? []);
  const first = [...permits, ...enter, ...(act ? [act] : [])];
  const steps = readings.map((reading) => ({
    statement: reading.compiled.statement,
    values: valuesOf(services, principal, reading),
  }));
  // Last, so that it sees whoever was suspended before the data was read: nothing of the transaction is used then.
  const last = readings.at(-1)?.compiled.connection ? [] : [stepOf(standingStep(principal))];
  return { first: first.length, all: [...first, ...steps, ...last] };
}

function valuesOf({ cursors }: ReaderServices, principal: Principal, { source, compiled }: Reading): (string | null)[] {
  const { page } = source.options;
  const standing = compiled.connection ? standingValues(principal) : [];
  const after = !page || page.after === null ? [] : cursors.open(page.after, bindingOf(principal, source));
  return [...standing, ...source.values, ...after];
}

/** What a cursor is bound to: the view, the list and its filter. */
const bindingOf = (principal: Principal, source: Source): string =>
  createHash('sha256')
    .update(JSON.stringify([principal.recipient, source.plan.key, source.values]))
    .digest('base64url');

function answer(
  services: ReaderServices,
  principal: Principal,
  { source, compiled }: Reading,
  found: readonly Row[],
): Read {
  const rows = compiled.connection ? rowsOf(found[0] ?? []) : found;
  const limit = source.options.page?.first ?? 1;
  const kept = rows.length > limit ? rows.slice(0, limit) : rows;
  const key = compiled.nodes + compiled.positions - 1;
  const text = compiled.connection
    ? compiled.connection.assemble({
        rows: pageRows(services, principal, source, compiled, kept),
        hasNextPage: rows.length > limit,
      })
    : (kept[0]?.[0] ?? 'null');
  return {
    text: compiled.sealed ? opened(services.sealer, text) : text,
    records: compiled.traced ? kept.map((row) => row[key] ?? '') : [],
    count: kept.length,
    withheld: compiled.conditional && kept.some((row) => row[key + 1] === 'true'),
  };
}

/** The rows of a page, of which each column came as one text; the last one told the caller's standing. */
function rowsOf(page: Row): Row[] {
  const columns = page.slice(0, -1).map((texts) => texts?.split(ROW_BREAK) ?? []);
  return (columns[0] ?? []).map((_, index) => columns.map((column) => column[index] ?? null));
}

function pageRows(
  { cursors }: ReaderServices,
  principal: Principal,
  source: Source,
  compiled: Compiled,
  rows: readonly Row[],
) {
  let binding: string | undefined;
  const cursorOf = (row: Row): string => {
    binding ??= bindingOf(principal, source);
    return cursors.seal(row.slice(compiled.nodes, compiled.nodes + compiled.positions) as string[], binding);
  };
  return rows.map((row) => ({ nodes: row as string[], cursor: () => cursorOf(row) }));
}

/** Opens the sealed values of a JSON text, each under the identifier of its own row. */
const opened = (sealer: Sealer, text: string): string =>
  text.replace(SEALED, (_, value: string, id: string) => JSON.stringify(sealer.open(value, sealContext(id))));
