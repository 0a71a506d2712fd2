import { createHmac } from 'node:crypto';
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { createDataSource, type Tables } from './data-source.js';
import { KeepingPool } from './keeping-pool.js';
import { type Mapping, mappingOf } from './mapping.js';

/** Settings of every connection: one time zone, plans kept, and no statement longer than two seconds (SECURITY A56). */
const SESSION =
  '-c timezone=UTC -c plan_cache_mode=force_generic_plan -c statement_timeout=2000 -c idle_in_transaction_session_timeout=5000 -c jit=off';

export interface DatabaseOptions {
  readonly url: string;
  /** Secret from which the passwords of the roles are derived: the same for every instance of the application. */
  readonly roleSecret: Buffer;
  readonly tables: Tables;
  readonly poolSize?: number;
  /** Streaming replicas that serve lists; single records and writes stay on the primary. */
  readonly replicaUrls?: readonly string[];
}

/** The register's database: TypeORM for the owner, one login and one pool for each role (wall 3). */
export class Database {
  readonly mapping: Mapping;
  private readonly pools = new Map<string, pg.Pool>();
  private turn = 0;

  private constructor(
    readonly owner: DataSource,
    private readonly options: DatabaseOptions,
  ) {
    this.mapping = mappingOf(owner);
  }

  static async connect(options: DatabaseOptions): Promise<Database> {
    return new Database(await createDataSource(options.url, options.tables).initialize(), options);
  }

  /** HMAC-SHA-256 of the role's name: no password is stored anywhere. */
  readonly passwordOf = (role: string): string =>
    createHmac('sha256', this.options.roleSecret).update(role).digest('base64url');

  /** The pool of one role on the primary; connections open on demand. */
  pool(role: string): pg.Pool {
    return this.poolAt(this.options.url, role);
  }

  /** The pool of one role for lists: on the replicas in turn, on the primary when there is none. */
  listPool(role: string): pg.Pool {
    const { replicaUrls = [], url } = this.options;
    this.turn += 1;
    return this.poolAt(replicaUrls[this.turn % Math.max(1, replicaUrls.length)] ?? url, role);
  }

  /** The owner's own pool: for tests that take the third wall away, and for nothing else that serves a recipient. */
  ownerPool(): pg.Pool {
    return this.pools.get('') ?? this.open('', this.options.url);
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.end()));
    await this.owner.destroy();
  }

  private poolAt(server: string, role: string): pg.Pool {
    const existing = this.pools.get(`${role}@${server}`);
    if (existing) return existing;
    const url = new URL(server);
    url.username = role;
    url.password = this.passwordOf(role);
    return this.open(`${role}@${server}`, url.toString());
  }

  private open(name: string, connectionString: string): pg.Pool {
    const pool = new KeepingPool({
      connectionString,
      max: this.options.poolSize ?? 8,
      options: SESSION,
      connectionTimeoutMillis: 5000,
      idleTimeoutMillis: 60_000,
    });
    // A connection lost while idle is replaced at the next request; without a listener it would end the process.
    pool.on('error', () => undefined);
    this.pools.set(name, pool);
    return pool;
  }
}
