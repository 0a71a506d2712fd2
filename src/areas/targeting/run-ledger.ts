import { randomUUID } from 'node:crypto';
import { roleOf } from '../../access/grants.js';
import { type Mapping, typeMapOf } from '../../db/mapping.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Category } from '../../law/categories.js';
import { GroupCommitJournal } from '../traces/group-commit-journal.js';
import { operator } from '../traces/operator.js';
import { type TargetingParts, withConnections } from './connections.js';
import { COUNTERS, type Counters } from './import-ledger.js';
import type { RunKind } from './targeting-run.js';

/** How each batch is called in the traces that the auditor reads, and which categories it writes. */
const OPERATIONS: Readonly<Record<RunKind, string>> = {
  IMPORT: 'importTargeting',
  RETRY: 'retryRejects',
  ROLLBACK: 'rollbackTargeting',
  PURGE: 'purgeRejects',
};
const CATEGORIES: readonly Category[] = ['1°', '2°', '3°', '4°', '6°a', '7°'];

interface Run<T> {
  readonly kind: RunKind;
  /** @param about tells which import the run turned out to concern */
  readonly work: (about: (importId: string) => void) => Promise<T>;
  readonly volumes: (result: T) => Counters;
}

/**
 * Runs a batch and leaves its trace, whatever becomes of it (AIPD M1.58): a row in the ledger of runs with its volumes, its
 * duration and the code of its error, and a trace that names who launched it (AIPD M1.12). The row is there before the
 * batch begins: what cannot be traced is not done.
 */
export async function traced<T>(parts: TargetingParts, { kind, work, volumes }: Run<T>): Promise<T> {
  const { clock } = parts;
  const [id, began] = [randomUUID(), performance.now()];
  await write(parts, ({ insert }) => [insert, [id, kind, clock.now()]]);
  let importId: string | null = null;
  const end = (error: string | null, counters?: Counters) =>
    finish(parts, { id, kind, importId, error, counters, milliseconds: performance.now() - began });
  let result: T;
  try {
    result = await work((about) => {
      importId = about;
    });
  } catch (error) {
    // The failure itself matters more than one that hides its trace: the run then stays unfinished in the ledger.
    await end(codeOf(error)).catch(() => undefined);
    throw error;
  }
  await end(null, volumes(result));
  return result;
}

interface Ended {
  readonly id: string;
  readonly kind: RunKind;
  readonly importId: string | null;
  readonly error: string | null;
  readonly counters?: Counters | undefined;
  readonly milliseconds: number;
}

async function finish(parts: TargetingParts, ended: Ended): Promise<void> {
  const { id, kind, importId, error, counters, milliseconds } = ended;
  const volumes = COUNTERS.map((counter) => counters?.[counter] ?? 0);
  await write(parts, ({ update }) => [
    update,
    [id, importId, parts.clock.now(), Math.round(milliseconds), error, ...volumes],
  ]);
  await new GroupCommitJournal(parts.database.pool(roleOf('journal'))).write([
    {
      requestId: id,
      recipient: 'OPERATEUR',
      actor: operator(),
      operation: OPERATIONS[kind],
      categories: error === null ? CATEGORIES : [],
      outcome: error === null ? 'RECORDED' : 'REJECTED',
      article: 'AIPD M1.58',
      records: [],
    },
  ]);
}

/** A code, never a message: messages may hold values. */
const codeOf = (error: unknown): string =>
  error instanceof LancetteError ? error.code : `INTERNAL ${(error as { code?: string }).code ?? ''}`.trim();

const write = (
  { database }: TargetingParts,
  what: (statements: ReturnType<typeof statementsOf>) => [string, unknown[]],
): Promise<void> =>
  withConnections(database, 1, async ([client]) => {
    await client?.query(...what(statementsOf(database.mapping)));
  });

function statementsOf(mapping: Mapping) {
  const { table, columns } = typeMapOf(mapping, 'TargetingRun');
  const name = (property: string) => columns.get(property)?.name ?? '';
  const set = (properties: readonly string[], first: number) =>
    properties.map((property, index) => `${name(property)} = $${first + index}`).join(', ');
  return {
    insert: `insert into ${table} (${['id', 'kind', 'startedAt'].map(name).join(', ')}) values ($1, $2, $3)`,
    update: `update ${table} set ${set(['importId', 'finishedAt', 'durationMilliseconds', 'error', ...COUNTERS], 2)}
      where ${name('id')} = $1`,
  };
}
