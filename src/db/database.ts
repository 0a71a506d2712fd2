import { createHmac } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource } from './data-source.js';
import { type Mapping, mappingOf } from './mapping.js';

/** Settings of every connection: one time zone, plans kept, and no statement longer than two seconds (SECURITY A56). */
const SESSION =
  '-c timezone=UTC -c plan_cache_mode=force_generic_plan -c statement_timeout=2000 -c idle_in_transaction_session_timeout=5000 -c jit=off';

export interface DatabaseOptions {
  readonly url: string;
  /** Secret from which the passwords of the roles are derived: the same for every instance of the application. */
  readonly roleSecret: Buffer;
  readonly poolSize?: number;
}

/** The register's database: TypeORM for the owner, one login and one pool for each role (wall 3). */
export class Database {
  readonly mapping: Mapping;
  private readonly pools = new Map<string, pg.Pool>();

  private constructor(
    readonly owner: DataSource,
    private readonly options: DatabaseOptions,
  ) {
    this.mapping = mappingOf(owner);
  }

  static async connect(options: DatabaseOptions): Promise<Database> {
    return new Database(await createDataSource(options.url).initialize(), options);
  }

  /** HMAC-SHA-256 of the role's name: no password is stored anywhere. */
  readonly passwordOf = (role: string): string =>
    createHmac('sha256', this.options.roleSecret).update(role).digest('base64url');

  /** The pool of one role; connections open on demand. */
  pool(role: string): pg.Pool {
    const existing = this.pools.get(role);
    if (existing) return existing;
    const url = new URL(this.options.url);
    url.username = role;
    url.password = this.passwordOf(role);
    return this.open(role, url.toString());
  }

  /** The owner's own pool: for tests that take the third wall away, and for nothing else that serves a recipient. */
  ownerPool(): pg.Pool {
    return this.pools.get('') ?? this.open('', this.options.url);
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.end()));
    await this.owner.destroy();
  }

  private open(role: string, connectionString: string): pg.Pool {
    const pool = new pg.Pool({
      connectionString,
      max: this.options.poolSize ?? 8,
      options: SESSION,
      connectionTimeoutMillis: 5000,
      idleTimeoutMillis: 60_000,
    });
    // A connection lost while idle is replaced at the next request; without a listener it would end the process.
    pool.on('error', () => undefined);
    this.pools.set(role, pool);
    return pool;
  }
}
