import { finished } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Batch, BatchMaker } from './batch.js';
import { type TargetingParts, withConnections } from './connections.js';
import { Gain, isSamePerson } from './criteria.js';
import type { MetRow } from './enrichment.js';
import { FIRST_LINE, type ImportRequest } from './import-course.js';
import {
  type Counters,
  combined,
  ImportLedger,
  NOTHING,
  type Reasons,
  reasonsOf,
  withReasons,
} from './import-ledger.js';
import { BLOCK_BYTES, BlockReader, linesOf } from './line-blocks.js';
import { type ReceivedFile, receive } from './received-file.js';
import { type StageStatements, stageStatements } from './stage.js';
import { isHeader } from './targeting-file.js';

export interface PreviewReport {
  /** `DONE`, `STARTED`: this content was imported before, wholly or in part; what is told is what is left to do. */
  readonly previously: 'NEVER' | 'STARTED' | 'DONE';
  /** What an import would do now. */
  readonly changes: Counters;
  readonly rejectReasons: Reasons;
}

/** A person as the file, so far, and the register have him together. */
type Known = Parameters<typeof isSamePerson>[0] & { readonly gain: Gain };

/** Read-only: PostgreSQL itself refuses to write to the register in such a transaction, temporary tables excepted. */
const BEGIN = `begin read only; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
  set local enable_hashjoin = off; set local enable_mergejoin = off`;

/**
 * Tells what an import would do, and does nothing: the lines go the same way, as far as a temporary table, and are compared
 * with the register and with the lines before them. Whoever would be new is kept in a second one, not in memory.
 */
export class TargetingPreview {
  constructor(private readonly parts: TargetingParts) {}

  /** @throws what `receive` throws */
  async preview(request: ImportRequest): Promise<PreviewReport> {
    const file = await receive(request, isHeader);
    try {
      return await withConnections(this.parts.database, 1, ([client]) =>
        this.over(client as PoolClient, file, request),
      );
    } finally {
      await file.close();
    }
  }

  private async over(client: PoolClient, file: ReceivedFile, request: ImportRequest): Promise<PreviewReport> {
    const { mapping } = this.parts.database;
    const entry = await new ImportLedger(client, mapping).known(file.sha256);
    if (entry?.finished) return { previously: 'DONE', changes: NOTHING, rejectReasons: {} };
    const statements = stageStatements(mapping);
    await client.query(`${statements.create()}; ${statements.createForeseen}`);
    const reader = new BlockReader(file.text, request.blockBytes ?? BLOCK_BYTES);
    const maker = new BatchMaker(this.parts.registrar);
    let [changes, rejectReasons]: [Counters, Reasons] = [NOTHING, {}];
    let at = Math.max(file.start, entry?.bytesDone ?? 0);
    for (let line = FIRST_LINE + (entry?.linesRead ?? 0), block = await reader.read(at); block; ) {
      await file.requireUnchanged();
      const [bytes, first] = [block.bytes, line];
      const batch = await maker.make(() => linesOf(bytes, first));
      const { outcome, reasons } = await foresee(client, statements, batch);
      changes = combined(changes, outcome, 1);
      rejectReasons = withReasons(rejectReasons, reasons);
      line += batch.lines;
      at = block.next;
      request.onProgress?.({ ...changes, bytesDone: at, bytesTotal: file.text.size });
      block = await reader.read(at);
    }
    return { previously: entry && entry.linesRead > 0 ? 'STARTED' : 'NEVER', changes, rejectReasons };
  }
}

async function foresee(
  client: PoolClient,
  statements: StageStatements,
  batch: Batch,
): Promise<{ outcome: Counters; reasons: Reasons }> {
  await client.query(BEGIN);
  const rows = batch.staged > 0 ? await staged(client, statements, batch) : [];
  const counted = { personsCreated: 0, personsEnriched: 0, personsUnchanged: 0, mismatches: 0 };
  const changed = new Map<string, Known>();
  const people = new Map<string, Known>();
  for (const row of rows) {
    const [, index] = row;
    const fate = fateOf(row, people);
    counted[fate] += 1;
    const person = people.get(index);
    if (person && (fate === 'personsCreated' || fate === 'personsEnriched')) changed.set(index, person);
  }
  await remember(client, statements, changed);
  await client.query('commit');
  const { mismatches, ...persons } = counted;
  return {
    outcome: { ...persons, linesRead: batch.lines, linesRejected: batch.rejects.length + mismatches },
    reasons: withReasons(reasonsOf(batch.rejects), mismatches > 0 ? { IDENTITY_MISMATCH: mismatches } : {}),
  };
}

async function staged(client: PoolClient, { copy, readForeseen }: StageStatements, batch: Batch): Promise<MetRow[]> {
  const stream = client.query(copyFrom(copy));
  stream.end(batch.rows);
  await finished(stream);
  return (await client.query<MetRow>({ text: readForeseen, values: [], rowMode: 'array' })).rows;
}

type Fate = 'personsCreated' | 'personsEnriched' | 'personsUnchanged' | 'mismatches';

/** What an import would count the line as; `people` learns from it, as the register would. */
function fateOf(row: MetRow, people: Map<string, Known>): Fate {
  const [, index, sex, , birthName, , firstName, , medical, , nonMedical] = row;
  const given = { sex, birthName, firstName };
  const known = people.get(index) ?? registered(row);
  const person = known ?? { ...given, gain: new Gain({ medical: null, nonMedical: null }) };
  people.set(index, person);
  if (!isSamePerson(given, person)) return 'mismatches';
  const gains = person.gain.take({ medical, nonMedical });
  if (!known) return 'personsCreated';
  return gains ? 'personsEnriched' : 'personsUnchanged';
}

/** The person whom the register, or a block before, has under this index. */
function registered(row: MetRow): Known | undefined {
  const [, , , sex, , birthName, , firstName, , medical, , nonMedical] = row;
  if (sex === null) return undefined;
  return { sex, birthName, firstName, gain: new Gain({ medical, nonMedical }) };
}

async function remember(
  client: PoolClient,
  { foresee: statement }: StageStatements,
  changed: ReadonlyMap<string, Known>,
): Promise<void> {
  if (changed.size === 0) return;
  const people = [...changed].map(([index, { sex, birthName, firstName, gain }]) => ({
    ...{ index, sex, birthName, firstName },
    ...gain.all,
  }));
  await client.query(statement, [
    people.map(({ index }) => index),
    people.map(({ sex }) => sex),
    people.map(({ birthName }) => birthName),
    people.map(({ firstName }) => firstName),
    people.map(({ medical }) => medical),
    people.map(({ nonMedical }) => nonMedical),
  ]);
}
