import type { PoolClient } from 'pg';
import { typeMapOf } from '../../db/mapping.js';
import { sealContext } from '../../db/sealing.js';
import { isErrorCode, LancetteError } from '../../kernel/errors.js';
import { type TargetingParts, withConnections } from './connections.js';
import { ImportLedger, NOTHING } from './import-ledger.js';
import { rejectStatements } from './reject-rows.js';
import { traced } from './run-ledger.js';

export interface RollbackReport {
  readonly importId: string;
  /** `ALREADY_DONE`: it was taken back before; nothing was done. */
  readonly outcome: 'DONE' | 'RESUMED' | 'ALREADY_DONE';
  /** What this run did: persons erased, and persons who lost the criteria that the file had added. */
  readonly personsRemoved: number;
  readonly personsRestored: number;
  /** Persons among the erased ones who had been sent an invitation, whose code leads nowhere from now on. */
  readonly personsInvited: number;
}

export interface RollbackProgress {
  readonly blocksDone: number;
  readonly blocksTotal: number;
}

interface BlockOutcome {
  readonly removed: number;
  readonly restored: number;
  readonly invited: number;
}

/**
 * Takes a whole import back while nobody of it has entered the pathway: the persons whom it created are erased, those whom
 * it met lose the criteria that it added, its rejects go. Block by block, each in one transaction: a run that was killed
 * is finished by the next one, and until then nobody of the import can enter the pathway and no other import runs.
 */
export class TargetingRollback {
  constructor(private readonly parts: TargetingParts) {}

  /** @throws NOT_FOUND, IMPORT_RUNNING, IMPORT_UNTRACKED, IMPORT_IN_PATHWAY, IMPORT_BUILT_UPON; nothing has changed then */
  rollBack(importId: string, onProgress?: (progress: RollbackProgress) => void): Promise<RollbackReport> {
    return traced(this.parts, {
      kind: 'ROLLBACK',
      work: (about) =>
        withConnections(this.parts.database, 1, ([client]) =>
          this.rollBackOver(client as PoolClient, importId, about, onProgress),
        ),
      volumes: () => NOTHING,
    });
  }

  private async rollBackOver(
    client: PoolClient,
    importId: string,
    about: (importId: string) => void,
    onProgress?: (progress: RollbackProgress) => void,
  ): Promise<RollbackReport> {
    const { database, clock } = this.parts;
    const ledger = new ImportLedger(client, database.mapping);
    const entry = await ledger.find(importId);
    about(entry.id);
    await ledger.lock(entry.sha256);
    await ledger.lockRegister('alone');
    const sum = { removed: 0, restored: 0, invited: 0 };
    if ((await ledger.find(importId)).rolledBack) return reportOf(importId, 'ALREADY_DONE', sum);
    await client.query('set statement_timeout = 0; set idle_in_transaction_session_timeout = 0');
    const blocks = await this.blocksOf(client, importId);
    if (!entry.rollbackBegun) await this.begin(client, ledger, importId);
    for (const [index, block] of blocks.entries()) {
      const { removed, restored, invited } = await this.withdraw(client, block);
      sum.removed += removed;
      sum.restored += restored;
      sum.invited += invited;
      onProgress?.({ blocksDone: index + 1, blocksTotal: blocks.length });
    }
    await client.query(rejectStatements(database.mapping).deleteImport, [importId]);
    await ledger.markRolledBack(importId, clock.now());
    return reportOf(importId, entry.rollbackBegun ? 'RESUMED' : 'DONE', sum);
  }

  /** From the mark on nobody of the import enters the pathway, so that what is found afterwards stays true. */
  private async begin(client: PoolClient, ledger: ImportLedger, importId: string): Promise<void> {
    await this.requireNoObstacle(client, importId);
    await client.query('select lancette.begin_rollback($1)', [importId]);
    try {
      await this.requireNoObstacle(client, importId);
    } catch (error) {
      await ledger.abandonRollback(importId);
      throw error;
    }
  }

  private async requireNoObstacle(client: PoolClient, importId: string): Promise<void> {
    const { rows } = await client.query<{ obstacle: string | null }>(
      'select lancette.rollback_obstacle($1) as obstacle',
      [importId],
    );
    const obstacle = rows[0]?.obstacle;
    if (obstacle) throw new LancetteError(isErrorCode(obstacle) ? obstacle : 'INTERNAL');
  }

  /** The latest first, so that what was added to a person goes before the person. */
  private async blocksOf(client: PoolClient, importId: string): Promise<string[]> {
    const { table, columns } = typeMapOf(this.parts.database.mapping, 'TargetingBlock');
    const [id, owner] = ['id', 'importId'].map((property) => columns.get(property)?.name);
    const { rows } = await client.query<{ id: string }>(
      `select ${id} as id from ${table} where ${owner} = $1 order by ${id} desc`,
      [importId],
    );
    return rows.map((row) => row.id);
  }

  private async withdraw(client: PoolClient, block: string): Promise<BlockOutcome> {
    const nirs = await this.nirIndexesOf(client, block);
    const { rows } = await client.query<BlockOutcome>('select * from lancette.withdraw_block($1, $2)', [block, nirs]);
    return rows[0] ?? { removed: 0, restored: 0, invited: 0 };
  }

  /** Where the persons of a block are found from their NIR: only here can a sealed NIR be opened. */
  private async nirIndexesOf(client: PoolClient, block: string): Promise<Buffer[]> {
    const { database, sealer, registrar } = this.parts;
    const blocks = typeMapOf(database.mapping, 'TargetingBlock');
    const patients = typeMapOf(database.mapping, 'Patient');
    const column = (property: string) => patients.columns.get(property)?.name;
    const { rows } = await client.query<{ id: string; nir: string; born: string }>(
      `select p.${column('id')} as id, p.${column('nir')} as nir, p.${column('birthDate')} as born
         from ${blocks.table} b cross join unnest(b.${blocks.columns.get('created')?.name}) r
         join ${patients.table} p on p.${column('key')} >= lower(r) and p.${column('key')} < upper(r)
        where b.${blocks.columns.get('id')?.name} = $1`,
      [block],
    );
    return rows.map(({ id, nir, born }) => registrar.indexOf(sealer.open(nir, sealContext(id)), born));
  }
}

const reportOf = (
  importId: string,
  outcome: RollbackReport['outcome'],
  { removed, restored, invited }: BlockOutcome,
): RollbackReport => ({
  importId,
  outcome,
  personsRemoved: removed,
  personsRestored: restored,
  personsInvited: invited,
});
