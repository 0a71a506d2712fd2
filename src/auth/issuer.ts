import { createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { exportJWK, type JWK, SignJWT } from 'jose';
import type { Principal } from '../access/principal.js';
import type { Config } from '../config.js';
import type { Clock } from '../kernel/clock.js';
import { scopeOf } from '../law/machines.js';
import { thumbprintOf } from './key-thumbprint.js';

/** Lifetime of an access token: one hour (AIPD M1.14). */
export const TOKEN_SECONDS = 3600;
/** The one algorithm of this service's own tokens. */
export const TOKEN_ALGORITHM = 'ES256';

/** What a token is bound to (`cnf`): a TLS client certificate (RFC 8705) or a DPoP key (RFC 9449). */
export interface Binding {
  /** SHA-256 thumbprint of the certificate, base64url. */
  readonly x5t?: string;
  /** SHA-256 thumbprint of the key (RFC 7638), base64url. */
  readonly jkt?: string;
}

export interface IssuerKeys {
  /** Identifier of the key that signs new tokens. */
  readonly current: string;
  /** Every key whose tokens are still believed, by identifier. */
  readonly keys: ReadonlyMap<string, KeyObject>;
}

/**
 * The keys of this service's tokens: those of the keys file in production, the demonstration's own otherwise, so that
 * production never believes a demonstration.
 * @throws naming what is missing or no P-256 key, never its value
 */
export function issuerKeysOf({ issuer, keys }: Pick<Config, 'issuer' | 'keys'>): IssuerKeys {
  if (issuer.kind === 'production') {
    if (!keys.issuer) throw new Error('keys: issuer is missing');
    const all = Object.entries(keys.issuer.keys).map(([kid, pem]) => [kid, p256(pem, `issuer.keys.${kid}`)] as const);
    return { current: keys.issuer.current, keys: new Map(all) };
  }
  if (!keys.demoIssuer) throw new Error('keys: demoIssuer is missing');
  const key = p256(keys.demoIssuer.privateKey, 'demoIssuer');
  const kid = thumbprintOf(createPublicKey(key)).slice(0, 16);
  return { current: kid, keys: new Map([[kid, key]]) };
}

function p256(pem: string, name: string): KeyObject {
  const key = parsed(pem);
  if (key?.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error(`keys: ${name} is no P-256 private key in PEM`);
  return key;
}

function parsed(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** Signs this service's access tokens (RFC 9068) and publishes the keys by which they are verified. */
export class TokenIssuer {
  private readonly keys: IssuerKeys;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    this.keys = issuerKeysOf(config);
  }

  /** An access token for this principal, valid for one hour, signed by the current key. */
  async tokenFor(principal: Principal, binding: Binding = {}): Promise<string> {
    const { recipient, subject, ...claims } = principal;
    const now = Math.floor(this.clock.now().getTime() / 1000);
    return new SignJWT({
      recipient,
      client_id: principal.client ?? principal.establishment ?? 'lancette',
      scope: scopeOf(recipient),
      ...claims,
      ...confirmation(binding),
    })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: 'at+jwt', kid: this.keys.current })
      .setIssuer(this.config.issuer.id)
      .setAudience(this.config.audience)
      .setSubject(subject)
      .setIssuedAt(now)
      .setExpirationTime(now + TOKEN_SECONDS)
      .setJti(randomUUID())
      .sign(this.keys.keys.get(this.keys.current) as KeyObject);
  }

  /** The public keys, current or still believed (RFC 7517). */
  async jwks(): Promise<{ keys: JWK[] }> {
    const all = [...this.keys.keys].map(async ([kid, key]) => ({
      ...(await exportJWK(createPublicKey(key))),
      alg: TOKEN_ALGORITHM,
      use: 'sig',
      kid,
    }));
    return { keys: await Promise.all(all) };
  }
}

const confirmation = ({ x5t, jkt }: Binding): object =>
  x5t || jkt ? { cnf: { ...(x5t && { 'x5t#S256': x5t }), ...(jkt && { jkt }) } } : {};

/** Signs the tokens of a demonstration; it does not exist once a production issuer is configured. */
export class DemoIssuer extends TokenIssuer {
  /** @throws when a production issuer is configured */
  constructor(config: Config, clock: Clock) {
    if (config.issuer.kind !== 'demo') throw new Error('the demo issuer does not exist beside a production issuer');
    super(config, clock);
  }
}
