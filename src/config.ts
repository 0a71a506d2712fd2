import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { newKeys } from './keys-file.js';
import { isThreshold } from './law/indicator-rights.js';
import { THRESHOLD_DEFAULT } from './law/indicators.js';
import type { Limits } from './law/limits.js';
import { limitsWith } from './limits/figures.js';
import { parseSendingSettings, type SendingSettings } from './sending/settings.js';

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
  /** Signs the links to the ANSM's portal (ES256); without it, none is made. */
  handoff: z.object({ kid: z.string(), privateKey: z.string() }).optional(),
  attestation: z.object({ privateKey: z.string(), kid: secret(8), notAfter: z.string() }),
  demoIssuer: z.object({ privateKey: z.string() }).optional(),
  /** Keys of this service's access tokens in production, P-256 in PEM: `current` signs, every listed one is believed. */
  issuer: z
    .object({ current: z.string(), keys: z.record(z.string(), z.string()) })
    .refine(({ current, keys }) => Object.hasOwn(keys, current), 'current names no key')
    .optional(),
  /** Signs manifests of trusted documents; a server needs the public key only. */
  trustedDocuments: z.object({ publicKey: z.string(), privateKey: z.string().optional() }).optional(),
});
export type Keys = z.infer<typeof Keys>;
/** The same as the keys file has it. */
export type KeysFile = z.input<typeof Keys>;
export { newKeys };

/** An origin as browsers write it: nothing after the host. */
const isOrigin = (text: string): boolean => URL.parse(text)?.origin === text && isSafeAddress(text);

/** Plain HTTP is for this machine only: tokens of persons travel on these addresses. */
export const isSafeAddress = (text: string): boolean => {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
};
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

const identifier = z.string().min(1).max(200);
/** This API as a client of an identity provider, and which of the provider's tokens it accepts. */
const Upstream = z.strictObject({
  issuer: z.string().refine(isSafeAddress, 'https, or http on loopback'),
  clientId: identifier,
  credential: z.union([
    z.strictObject({
      privateKey: z.string(),
      kid: z.string().optional(),
      alg: z.enum(['ES256', 'PS256']).default('ES256'),
    }),
    z.strictObject({ secret: z.string().min(32) }),
  ]),
  /**
   * How an access token is verified: asked for, in JSON (RFC 7662) or in an answer that the provider signs (RFC 9701), or
   * read by the provider's keys when it is a JWT.
   */
  check: z.enum(['introspection', 'signed-introspection', 'jwt']),
  /** Key of this API for which the provider encrypts what it signs (FranceConnect v2); P-256 or RSA, in PEM. */
  encryption: z
    .strictObject({ privateKey: z.string(), alg: z.enum(['ECDH-ES', 'RSA-OAEP-256']).default('ECDH-ES') })
    .optional(),
  /** Expected audience of the token, where the provider names one. */
  audience: identifier.optional(),
  /** Client at the provider to client here: a token is exchanged by the software to which it was issued, and no other. */
  clients: z.record(identifier, identifier),
  minimumAcr: z.enum(['eidas1', 'eidas2', 'eidas3']),
  /** Longest remaining lifetime of a token, in seconds. */
  longestLifetime: z.number().int().min(10).max(3600).default(300),
});
const Identity = z
  .strictObject({
    psc: Upstream.optional(),
    /** Health data ask for a substantial level (DOMAIN §5.3). `nirClaim`: claim in which the insurance vouches for the NIR. */
    franceConnect: Upstream.extend({
      minimumAcr: Upstream.shape.minimumAcr.default('eidas2'),
      nirClaim: identifier.optional(),
    }).optional(),
    insurance: Upstream.optional(),
  })
  .refine((all) => {
    const issuers = Object.values(all).flatMap((one) => one?.issuer ?? []);
    return new Set(issuers).size === issuers.length;
  }, 'each provider has an issuer of its own');
export type UpstreamConfig = z.infer<typeof Upstream>;
export type IdentityConfig = z.infer<typeof Identity>;

/** Where nothing else is configured: controlled, by the law's threshold, and published before the offices open. */
export const INDICATORS = { open: false, threshold: THRESHOLD_DEFAULT } as const;
export const PUBLICATION = { at: '04:00' } as const;

const HOUR = /^([01]\d|2[0-3]):[0-5]\d$/;
const Environment = z.object({
  DATABASE_URL: z.string().optional(),
  DATABASE_REPLICA_URLS: z.string().default(''),
  PORT: z.coerce.number().int().min(0).max(65535).default(4000),
  /** Folder of the embedded database and the demonstration's keys; `.data` in the checkout by default. */
  LANCETTE_DATA: z.string().default(path.resolve(import.meta.dirname, '../..', '.data')),
  LANCETTE_KEYS_FILE: z.string().optional(),
  /** Public base URL of this service in production, which issues its own tokens. Without it, a demo issuer. */
  LANCETTE_ISSUER: z.string().refine(isOrigin, 'https://host, or http on loopback, without path').optional(),
  LANCETTE_JWKS_URL: z.undefined('no longer exists: this service issues its own tokens').optional(),
  /** Header in which a proxy on this machine hands over the client certificate, in base64 DER. */
  LANCETTE_CERTIFICATE_HEADER: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'the name of a header')
    .optional(),
  /** Certificate and key (PEM files) with which this server speaks TLS itself. */
  LANCETTE_TLS_CERTIFICATE_FILE: z.string().optional(),
  LANCETTE_TLS_KEY_FILE: z.string().optional(),
  /** Identity providers (Pro Santé Connect, FranceConnect, insurance), and the table of professions in the law's place. */
  LANCETTE_IDENTITY_FILE: z.string().optional(),
  LANCETTE_PROFESSIONS_FILE: z.string().optional(),
  LANCETTE_AUDIENCE: z.string().default('https://lancette.example/graphql'),
  /** `required`: every DPoP proof bears a nonce of this service (RFC 9449 §8), so that none can be made in advance. */
  LANCETTE_DPOP_NONCE: z.enum(['off', 'required']).default('off'),
  /** Other figures than the law's for limits (`law/limits.ts`), as JSON. */
  LANCETTE_LIMITS_FILE: z.string().optional(),
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
  /** OpenPGP keys of the exchange of targeting files: this register's private ones, their passphrase, the senders' public ones. */
  LANCETTE_TARGETING_KEY_FILE: z.string().optional(),
  LANCETTE_TARGETING_PASSPHRASE_FILE: z.string().optional(),
  LANCETTE_TARGETING_SENDERS_FILE: z.string().optional(),
  /** Where messages leave: SMTP, SMS gateway, portals, letters (docs/invitations.md). */
  LANCETTE_SENDING_FILE: z.string().optional(),
  /** Address of the ANSM's portal for adverse effects, to which a signed context is handed over. */
  LANCETTE_ADVERSE_EFFECT_PORTAL: z.string().refine(isSafeAddress, 'https, or http on loopback').optional(),
  /** Folder of the signing keys, the file of the passphrase that opens them, and of the PIN of a PKCS#11 token. */
  LANCETTE_SIGNING_FOLDER: z.string().optional(),
  LANCETTE_SIGNING_PASSPHRASE_FILE: z.string().optional(),
  LANCETTE_SIGNING_PIN_FILE: z.string().optional(),
  /** `open`: figures without disclosure control leave to whoever asks for them so, as Santé publique France published. */
  LANCETTE_OPEN_DATA: z.enum(['controlled', 'open']).default(INDICATORS.open ? 'open' : 'controlled'),
  /** Number of persons or doses under which an indicator is withheld. */
  LANCETTE_INDICATORS_THRESHOLD: z.coerce.number().refine(isThreshold, '5, 10 or 11').default(INDICATORS.threshold),
  /** When indicators are published: each day at this hour of Paris, or, for a demonstration, every so many seconds. */
  LANCETTE_PUBLISH_AT: z.string().regex(HOUR, 'HH:MM').default(PUBLICATION.at),
  LANCETTE_PUBLISH_EVERY: z.coerce.number().int().min(1).max(86_400).optional(),
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
  /** Identity providers; the one that is absent has no exchange. */
  readonly identity?: IdentityConfig;
  readonly professionsFile?: string;
  /** Files of OpenPGP keys for targeting files; with `sendersFile` every file must be signed. */
  readonly targeting?: {
    readonly keyFile?: string | undefined;
    readonly passphraseFile?: string | undefined;
    readonly sendersFile?: string | undefined;
  };
  /** Undefined: nothing leaves. */
  readonly sending?: SendingSettings;
  /** Undefined: the law's own figures. */
  readonly limits?: Limits | undefined;
  readonly surface: SurfaceConfig;
  /** Undefined: no adverse effect is handed over. */
  readonly adverseEffectPortal?: string | undefined;
  /** `demo` exists only when no production issuer is configured. */
  readonly issuer:
    | { readonly kind: 'production'; readonly id: string }
    | { readonly kind: 'demo'; readonly id: string };
  /** Absent: certificates are signed by the key of the keys file, and there are neither 2D-DOC nor lists. */
  readonly signing?: SigningConfig;
  readonly certificateHeader?: string;
  /** Whether DPoP proofs must bear a nonce of this service. */
  readonly dpopNonce?: boolean;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Whether figures may leave without disclosure control, and under how many persons or doses one is withheld. */
  readonly indicators: { readonly open: boolean; readonly threshold: number };
  readonly publication: { readonly at: string } | { readonly everySeconds: number };
}

/** Where the signing keys are. */
export interface SigningConfig {
  readonly folder: string;
  readonly passphraseFile: string;
  readonly pinFile?: string;
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
const DEMO_SURFACE: SurfaceConfig = {
  introspection: 'views',
  trustedDocumentsOnly: [],
  trustedProxies: [],
  drainSeconds: 0,
};
const PRODUCTION_SURFACE: SurfaceConfig = { introspection: 'off', trustedProxies: [], drainSeconds: 5 };

/** No address of the real portal stands here: a name that is reserved for examples (RFC 2606). */
const DEMO_PORTAL = 'https://portail.example/declaration';
const DEMO_ISSUER = { kind: 'demo', id: 'urn:lancette:demo-issuer' } as const;

/** A demonstration, but for where its data and its keys are. */
export const DEMONSTRATION = {
  surface: DEMO_SURFACE,
  issuer: DEMO_ISSUER,
  indicators: INDICATORS,
  publication: PUBLICATION,
} as const satisfies Partial<Config>;

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
  const production = env.LANCETTE_ISSUER;
  if (production && !env.LANCETTE_KEYS_FILE)
    throw new Error('configuration: LANCETTE_KEYS_FILE is compulsory with a production issuer');
  const dataDir = path.resolve(env.LANCETTE_DATA);
  const keys = env.LANCETTE_KEYS_FILE ? readKeys(env.LANCETTE_KEYS_FILE) : demoKeys(dataDir);
  if (production && !keys.issuer) throw new Error('keys: issuer is missing, and LANCETTE_ISSUER is given');
  return {
    databaseUrl: env.DATABASE_URL,
    replicaUrls: env.DATABASE_REPLICA_URLS.split(',').filter(Boolean),
    port: env.PORT,
    dataDir,
    audience: env.LANCETTE_AUDIENCE,
    logLevel: env.LANCETTE_LOG_LEVEL,
    keys,
    issuer: production ? { kind: 'production', id: production } : DEMO_ISSUER,
    signing: signingOf(env, production ? undefined : path.join(dataDir, 'signing')),
    certificateHeader: env.LANCETTE_CERTIFICATE_HEADER,
    dpopNonce: env.LANCETTE_DPOP_NONCE === 'required',
    tls: readTls(env.LANCETTE_TLS_CERTIFICATE_FILE, env.LANCETTE_TLS_KEY_FILE),
    identity: env.LANCETTE_IDENTITY_FILE ? readIdentity(env.LANCETTE_IDENTITY_FILE) : undefined,
    professionsFile: env.LANCETTE_PROFESSIONS_FILE,
    limits: env.LANCETTE_LIMITS_FILE ? limitsWith(jsonIn(env.LANCETTE_LIMITS_FILE, 'limits')) : undefined,
    targeting: {
      keyFile: env.LANCETTE_TARGETING_KEY_FILE,
      passphraseFile: env.LANCETTE_TARGETING_PASSPHRASE_FILE,
      sendersFile: env.LANCETTE_TARGETING_SENDERS_FILE,
    },
    sending: env.LANCETTE_SENDING_FILE
      ? parseSendingSettings(readSecret(env.LANCETTE_SENDING_FILE, 'LANCETTE_SENDING_FILE'))
      : undefined,
    adverseEffectPortal: env.LANCETTE_ADVERSE_EFFECT_PORTAL ?? (production ? undefined : DEMO_PORTAL),
    indicators: { open: env.LANCETTE_OPEN_DATA === 'open', threshold: env.LANCETTE_INDICATORS_THRESHOLD },
    surface: surfaceOf(env, production ? PRODUCTION_SURFACE : DEMO_SURFACE),
    publication: env.LANCETTE_PUBLISH_EVERY
      ? { everySeconds: env.LANCETTE_PUBLISH_EVERY }
      : { at: env.LANCETTE_PUBLISH_AT },
  };
}

/** @param demo folder of a demonstration, which makes its keys itself */
function signingOf(env: z.infer<typeof Environment>, demo: string | undefined): SigningConfig | undefined {
  const folder = env.LANCETTE_SIGNING_FOLDER ?? demo;
  if (!folder) return undefined;
  const passphraseFile = env.LANCETTE_SIGNING_PASSPHRASE_FILE ?? (demo && path.join(folder, 'passphrase'));
  if (!passphraseFile)
    throw new Error('configuration: LANCETTE_SIGNING_FOLDER and LANCETTE_SIGNING_PASSPHRASE_FILE go together');
  const pinFile = env.LANCETTE_SIGNING_PIN_FILE;
  for (const file of [passphraseFile, pinFile]) if (file && existsSync(file)) requireOwnersOnly(file, 'signing');
  return { folder, passphraseFile, pinFile };
}

function readTls(certificate: string | undefined, key: string | undefined): Config['tls'] {
  if (!certificate && !key) return undefined;
  if (!certificate || !key)
    throw new Error('configuration: LANCETTE_TLS_CERTIFICATE_FILE and LANCETTE_TLS_KEY_FILE go together');
  requireOwnersOnly(key, 'LANCETTE_TLS_KEY_FILE');
  return { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
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

const readKeys = (file: string): Keys => parseKeys(readSecret(file, 'keys'));

export function parseIdentity(json: unknown): IdentityConfig {
  const parsed = Identity.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Error(
    `identity: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  );
}

const readIdentity = (file: string): IdentityConfig => parseIdentity(readSecret(file, 'identity'));

function readSecret(file: string, what: string): unknown {
  requireOwnersOnly(file, what);
  return jsonIn(file, what);
}

/** The parser's own words would show what is in the file. */
function jsonIn(file: string, what: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${what}: the file is not JSON`);
  }
}

function requireOwnersOnly(file: string, name: string): void {
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
    throw new Error(`${name}: the file must be readable by its owner only (chmod 600)`);
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
