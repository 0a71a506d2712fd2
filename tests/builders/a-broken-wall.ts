import { wallDifferences } from '../../src/access/catalog.js';
import type { DatabaseWall } from '../../src/access/grants.js';
import type { Database } from '../../src/db/database.js';

/** What the check of the start says of a wall broken in a transaction that is never committed: roles are everybody's. */
export async function differencesAfter(
  database: Database,
  wall: DatabaseWall,
  statements: readonly string[],
): Promise<string[]> {
  const client = await database.ownerPool().connect();
  try {
    await client.query('begin');
    for (const statement of statements) await client.query(statement);
    return await wallDifferences(client, wall);
  } finally {
    await client.query('rollback');
    client.release();
  }
}
