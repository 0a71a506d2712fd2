import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const secret = (bytes: number) =>
  z
    .string()
    .transform((text) => Buffer.from(text, 'base64url'))
    .refine((key) => key.length >= bytes, `at least ${bytes} bytes, base64url`);

const space = z.object({
  k1: secret(48),
  v1: z.number().int().positive(),
  k2: secret(32),
  v2: z.number().int().positive(),
});

/** Every secret of the register, in one file that only its owner may read (SECURITY §4.10). */
const Keys = z.object({
  nirIndex: secret(32),
  sealing: z.object({ current: z.string(), keys: z.record(z.string(), secret(32)) }),
  cursors: secret(32),
  roles: secret(32),
  pseudonyms: z.object({ COVID: space, ARS: space, SNDS: space }),
  attestation: z.object({ privateKey: z.string(), kid: secret(8), notAfter: z.string() }),
  demoIssuer: z.object({ privateKey: z.string() }).optional(),
  /** Signs manifests of trusted documents; a server needs the public key only. */
  trustedDocuments: z.object({ publicKey: z.string(), privateKey: z.string().optional() }).optional(),
});
export type Keys = z.infer<typeof Keys>;

const Environment = z.object({
  DATABASE_URL: z.string().optional(),
  DATABASE_REPLICA_URLS: z.string().default(''),
  PORT: z.coerce.number().int().min(0).max(65535).default(4000),
  /** Folder of the embedded database and the demonstration's keys; `.data` in the checkout by default. */
  LANCETTE_DATA: z.string().default(path.resolve(import.meta.dirname, '../..', '.data')),
  LANCETTE_KEYS_FILE: z.string().optional(),
  /** Production issuer of access tokens: its identifier and the address of its keys. Without it, a demo issuer. */
  LANCETTE_ISSUER: z.string().optional(),
  LANCETTE_JWKS_URL: z.url().optional(),
  LANCETTE_AUDIENCE: z.string().default('https://lancette.example/graphql'),
  /** `views`: each recipient may ask for the schema of its own view; `off` by default beside a production issuer. */
  LANCETTE_INTROSPECTION: z.enum(['views', 'off']).optional(),
  /** Manifest of trusted documents; its signature lies beside it, in the same name with `.jws`. */
  LANCETTE_TRUSTED_DOCUMENTS: z.string().optional(),
  /** Scopes of the recipients who may send nothing else, instead of those that the law lists. Empty: nobody. */
  LANCETTE_TRUSTED_DOCUMENTS_ONLY: z.string().optional(),
  /** Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed; none by default. */
  LANCETTE_TRUSTED_PROXIES: z.string().default(''),
  LANCETTE_MAX_CONNECTIONS: z.coerce.number().int().min(1).optional(),
  LANCETTE_MAX_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).optional(),
  /** Seconds between « not ready » and the end of listening, when the process is told to stop. */
  LANCETTE_DRAIN_SECONDS: z.coerce.number().min(0).max(300).optional(),
  LANCETTE_LOG_LEVEL: z.enum(['info', 'warn', 'error', 'silent']).default('warn'),
});

export interface Config {
  readonly databaseUrl: string | undefined;
  readonly replicaUrls: readonly string[];
  readonly port: number;
  readonly dataDir: string;
  readonly audience: string;
  readonly logLevel: string;
  readonly keys: Keys;
  readonly surface: SurfaceConfig;
  /** `demo` exists only when no production issuer is configured. */
  readonly issuer:
    | { readonly kind: 'production'; readonly id: string; readonly jwksUrl: string }
    | { readonly kind: 'demo'; readonly id: string };
}

/** How the endpoint shows itself. */
export interface SurfaceConfig {
  readonly introspection: 'views' | 'off';
  readonly trustedDocuments?: { readonly bytes: Buffer; readonly signature: string };
  /** Scopes of the recipients who may send nothing but trusted documents; undefined: those that the law lists. */
  readonly trustedDocumentsOnly?: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly drainSeconds: number;
}

/** What a demonstration shows: everything that may be shown at all. */
export const DEMO_SURFACE: SurfaceConfig = {
  introspection: 'views',
  trustedDocumentsOnly: [],
  trustedProxies: [],
  drainSeconds: 0,
};
const PRODUCTION_SURFACE: SurfaceConfig = { introspection: 'off', trustedProxies: [], drainSeconds: 5 };

export const DEMO_ISSUER = 'urn:lancette:demo-issuer';

/**
 * The whole configuration, checked.
 * @throws a sentence naming the variable at fault, never its value; nothing starts then
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success)
    throw new Error(
      `configuration: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
    );
  const env = parsed.data;
  if (Boolean(env.LANCETTE_ISSUER) !== Boolean(env.LANCETTE_JWKS_URL)) {
    throw new Error('configuration: LANCETTE_ISSUER and LANCETTE_JWKS_URL go together');
  }
  const production = env.LANCETTE_ISSUER && env.LANCETTE_JWKS_URL;
  if (production && !env.LANCETTE_KEYS_FILE)
    throw new Error('configuration: LANCETTE_KEYS_FILE is compulsory with a production issuer');
  const dataDir = path.resolve(env.LANCETTE_DATA);
  return {
    databaseUrl: env.DATABASE_URL,
    replicaUrls: env.DATABASE_REPLICA_URLS.split(',').filter(Boolean),
    port: env.PORT,
    dataDir,
    audience: env.LANCETTE_AUDIENCE,
    logLevel: env.LANCETTE_LOG_LEVEL,
    keys: env.LANCETTE_KEYS_FILE ? readKeys(env.LANCETTE_KEYS_FILE) : demoKeys(dataDir),
    surface: surfaceOf(env, production ? PRODUCTION_SURFACE : DEMO_SURFACE),
    issuer: production
      ? { kind: 'production', id: String(env.LANCETTE_ISSUER), jwksUrl: String(env.LANCETTE_JWKS_URL) }
      : { kind: 'demo', id: DEMO_ISSUER },
  };
}

function surfaceOf(env: z.infer<typeof Environment>, usual: SurfaceConfig): SurfaceConfig {
  const list = (text: string): string[] => text.split(',').flatMap((part) => part.trim() || []);
  const file = env.LANCETTE_TRUSTED_DOCUMENTS;
  const only = env.LANCETTE_TRUSTED_DOCUMENTS_ONLY;
  return {
    introspection: env.LANCETTE_INTROSPECTION ?? usual.introspection,
    trustedDocuments: file ? readManifest(file) : undefined,
    trustedDocumentsOnly: only === undefined ? usual.trustedDocumentsOnly : list(only),
    trustedProxies: list(env.LANCETTE_TRUSTED_PROXIES),
    maxConnections: env.LANCETTE_MAX_CONNECTIONS,
    maxConnectionsPerAddress: env.LANCETTE_MAX_CONNECTIONS_PER_ADDRESS,
    drainSeconds: env.LANCETTE_DRAIN_SECONDS ?? usual.drainSeconds,
  };
}

function readManifest(file: string): SurfaceConfig['trustedDocuments'] {
  try {
    return { bytes: readFileSync(file), signature: readFileSync(`${file}.jws`, 'utf8') };
  } catch {
    throw new Error('configuration: LANCETTE_TRUSTED_DOCUMENTS: the manifest or its .jws cannot be read');
  }
}

export function parseKeys(json: unknown): Keys {
  const parsed = Keys.safeParse(json);
  if (!parsed.success)
    throw new Error(
      `keys: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
    );
  return parsed.data;
}

function readKeys(file: string): Keys {
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new Error('keys: the file must be readable by its owner only (chmod 600)');
  }
  return parseKeys(JSON.parse(readFileSync(file, 'utf8')));
}

/** Keys of a demonstration, made once and kept beside its data. */
function demoKeys(dataDir: string): Keys {
  const file = path.join(dataDir, 'keys.json');
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(file, JSON.stringify(newKeys(), null, 2), { mode: 0o600, flag: 'wx' });
    chmodSync(file, 0o600);
  }
  return readKeys(file);
}

/** A fresh set of keys in the form of the keys file: every level and space has its own, none derived from another. */
export function newKeys(): z.input<typeof Keys> {
  const random = (bytes: number) => randomBytes(bytes).toString('base64url');
  const newSpace = () => ({ k1: random(48), v1: 1, k2: random(32), v2: 1 });
  const pem = () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const pair = () => {
    const privateKey = pem();
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    return { privateKey, publicKey };
  };
  return {
    nirIndex: random(32),
    sealing: { current: '1', keys: { '1': random(32) } },
    cursors: random(32),
    roles: random(32),
    pseudonyms: { COVID: newSpace(), ARS: newSpace(), SNDS: newSpace() },
    attestation: {
      privateKey: pem(),
      kid: random(8),
      notAfter: new Date(Date.now() + 2 * 365 * 86_400_000).toISOString(),
    },
    demoIssuer: { privateKey: pem() },
    trustedDocuments: pair(),
  };
}
