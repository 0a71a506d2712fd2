import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import type { Principal } from '../../src/access/principal.js';
import { ALL_WALLS, type ApplicationOptions, createApplication, prepareDatabase } from '../../src/application.js';
import type { Registrar } from '../../src/areas/patients/registration.js';
import { DemoIssuer } from '../../src/auth/tokens.js';
import { type Config, DEMONSTRATION, newKeys, parseKeys } from '../../src/config.js';
import { Database } from '../../src/db/database.js';
import type { Sealer } from '../../src/db/sealing.js';
import { TABLES } from '../../src/entities.js';
import { type Clock, systemClock } from '../../src/kernel/clock.js';
import { LIMITS, type Limits } from '../../src/law/limits.js';
import type { Recipient } from '../../src/law/recipients.js';
import { createRegistrar, createSealer } from '../../src/services.js';

/** Roles belong to the whole cluster, so every register of a run derives their passwords from the same secret. */
const ROLE_SECRET = Buffer.alloc(32, 7).toString('base64url');
const KEYS = parseKeys({ ...newKeys(), roles: ROLE_SECRET });

/** Limits that no test meets by chance, and a grid that costs no time. */
export const AMPLE: Limits = amply();
/** Tests ask much at once from one address. */
const CROWDED = { connectionsPerAddress: 2000 };

function amply(): Limits {
  const ample = (tree: object): object =>
    Object.fromEntries(
      Object.entries(tree).map(([name, value]) => {
        if (name === 'points' || name === 'freeMisses') return [name, 1_000_000_000];
        if (name === 'lease') return [name, 1_000_000];
        return [name, typeof value === 'object' ? ample(value) : value];
      }),
    );
  return { ...(ample(LIMITS) as Limits), gridMilliseconds: 1 };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the tests that know their shape
  readonly body: any;
}

export interface Register {
  readonly database: Database;
  readonly config: Config;
  readonly registrar: Registrar;
  readonly sealer: Sealer;
  /** Starts one more application over the same database, for instance with walls taken away. */
  serve(options?: Partial<ApplicationOptions>): Promise<Endpoint>;
  close(): Promise<void>;
}

export interface Endpoint {
  readonly url: string;
  readonly server: Server;
  /** Sends a document as this principal and reads the answer. */
  ask(principal: Principal, query: string, variables?: object, headers?: Record<string, string>): Promise<Answer>;
  /** Sends whatever is given. */
  post(init: RequestInit): Promise<Answer>;
  tokenFor(principal: Principal): Promise<string>;
}

/**
 * Migrates once for a whole run: registers are copies of the database that this makes, which costs a tenth.
 * @returns its name
 */
export async function aTemplate(cluster: string): Promise<string> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  await onCluster(cluster, `create database ${name}`);
  const database = await connect(urlOf(cluster, name));
  await prepareDatabase(database);
  await database.close();
  return name;
}

function urlOf(cluster: string, name: string): string {
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  return url.toString();
}

const connect = (url: string): Promise<Database> =>
  Database.connect({ url, roleSecret: KEYS.roles, tables: TABLES, poolSize: 6 });

/** An empty register in a database of its own: migrated, with its walls up. */
export async function aRegister(clock: Clock = systemClock): Promise<Register> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const cluster = clusterUrl();
  const template = process.env.LANCETTE_TEST_TEMPLATE;
  await onCluster(cluster, `create database ${name}${template ? ` template ${template} strategy file_copy` : ''}`);
  const url = urlOf(cluster, name);
  const database = await connect(url);
  if (!template) await prepareDatabase(database);
  const config: Config = {
    databaseUrl: url,
    replicaUrls: [],
    port: 0,
    dataDir: '',
    audience: 'https://register.test/graphql',
    logLevel: 'silent',
    keys: KEYS,
    adverseEffectPortal: 'https://portail.example/declaration',
    ...DEMONSTRATION,
  };
  const servers: Server[] = [];
  return {
    database,
    config,
    registrar: createRegistrar(KEYS),
    sealer: createSealer(KEYS),
    serve: async (options = {}) => {
      const server = await createApplication({
        config,
        database,
        clock,
        walls: ALL_WALLS,
        limits: AMPLE,
        patience: CROWDED,
        ...options,
      });
      servers.push(server);
      return anEndpoint(server, new DemoIssuer(config, clock));
    },
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await database.close();
      await onCluster(cluster, `drop database ${name} with (force)`);
    },
  };
}

async function anEndpoint(server: Server, issuer: DemoIssuer): Promise<Endpoint> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const tokens = new Map<string, Promise<string>>();
  const tokenFor = (principal: Principal) => {
    const key = JSON.stringify(principal);
    const token = tokens.get(key) ?? issuer.tokenFor(principal);
    tokens.set(key, token);
    return token;
  };
  const post = async (init: RequestInit): Promise<Answer> => {
    const response = await fetch(url, { method: 'POST', ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  };
  return {
    url,
    server,
    tokenFor,
    post,
    ask: async (principal, query, variables, headers) =>
      post({
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await tokenFor(principal)}`,
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function clusterUrl(): string {
  const url = process.env.LANCETTE_TEST_CLUSTER;
  if (!url) throw new Error('tests run through « npm test », which starts PostgreSQL');
  return url;
}

export async function onCluster(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A caller of this kind, with a perimeter where one is needed. */
export const as = (recipient: Recipient, rest: Partial<Principal> = {}): Principal => ({
  recipient,
  subject: `test-${recipient.toLowerCase()}`,
  ...rest,
});
