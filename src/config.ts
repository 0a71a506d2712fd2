import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Limits } from './law/limits.js';
import { limitsWith } from './limits/figures.js';

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
  /** Other figures than the law's for limits (`law/limits.ts`), as JSON. */
  LANCETTE_LIMITS_FILE: z.string().optional(),
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
  /** Undefined: the law's own figures. */
  readonly limits?: Limits | undefined;
  /** `demo` exists only when no production issuer is configured. */
  readonly issuer:
    | { readonly kind: 'production'; readonly id: string; readonly jwksUrl: string }
    | { readonly kind: 'demo'; readonly id: string };
}

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
    limits: env.LANCETTE_LIMITS_FILE
      ? limitsWith(JSON.parse(readFileSync(env.LANCETTE_LIMITS_FILE, 'utf8')))
      : undefined,
    keys: env.LANCETTE_KEYS_FILE ? readKeys(env.LANCETTE_KEYS_FILE) : demoKeys(dataDir),
    issuer: production
      ? { kind: 'production', id: String(env.LANCETTE_ISSUER), jwksUrl: String(env.LANCETTE_JWKS_URL) }
      : { kind: 'demo', id: DEMO_ISSUER },
  };
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
  };
}
