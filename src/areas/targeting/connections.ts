import type { PoolClient } from 'pg';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import type { Sealer } from '../../db/sealing.js';
import type { Clock } from '../../kernel/clock.js';
import type { Registrar } from '../patients/registration.js';

/** What the services of targeting stand on. */
export interface TargetingParts {
  readonly database: Database;
  readonly registrar: Registrar;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

/** Connections of the intake, thrown away afterwards with their stages and locks. */
export async function withConnections<T>(
  database: Database,
  count: number,
  work: (clients: readonly PoolClient[]) => Promise<T>,
): Promise<T> {
  const clients: PoolClient[] = [];
  try {
    while (clients.length < count) {
      const client = await database.pool(roleOf('intake')).connect();
      // A connection that dies makes its next query fail; without a listener it would end the process.
      client.on('error', () => undefined);
      clients.push(client);
    }
    return await work(clients);
  } finally {
    for (const client of clients) client.release(true);
  }
}
