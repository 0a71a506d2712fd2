import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { createLocalJWKSet, createRemoteJWKSet, exportJWK, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Principal } from '../access/principal.js';
import type { Config } from '../config.js';
import type { Clock } from '../kernel/clock.js';
import { LancetteError } from '../kernel/errors.js';
import { RECIPIENT_IDS, recipientRule } from '../law/recipients.js';

/** What an access token must say beside the claims of RFC 9068. Unknown claims are ignored, missing ones refused. */
const Claims = z.object({
  sub: z.string().min(1).max(128),
  recipient: z.enum(RECIPIENT_IDS as [string, ...string[]]),
  professional: z
    .object({
      rpps: z.string().regex(/^(\d{11}|\d{9})$/),
      profession: z.string().max(10).optional(),
      practiceCategory: z.string().max(1).optional(),
      speciality: z.string().max(10).optional(),
      amNumber: z.string().optional(),
      familyName: z.string().max(80),
      firstName: z.string().max(80),
      category: z.string().max(40),
      phone: z.string().max(30).optional(),
      email: z.string().max(120).optional(),
      structureFiness: z.string().max(9).optional(),
    })
    .optional(),
  bodies: z
    .array(z.string().regex(/^[0-9A-Z]{3,9}$/))
    .max(200)
    .optional(),
  region: z
    .string()
    .regex(/^[0-9A-Z]{2}$/)
    .optional(),
  patient: z.uuid().optional(),
});

/** Lifetime of an access token: one hour (AIPD M1.14). */
export const TOKEN_SECONDS = 3600;
const CLOCK_TOLERANCE_SECONDS = 5;
/** Verified tokens that are remembered until they expire: a signature costs most of a small request. */
const REMEMBERED = 20_000;
const LONGEST_TOKEN = 4096;

/** Verifies access tokens (RFC 9068, ES256 or PS256) and turns them into principals. */
export class TokenVerifier {
  /** By the whole header, so that a token met again costs one look-up. */
  private readonly remembered = new Map<string, { principal: Principal; expiresAt: number }>();

  private constructor(
    private readonly keys: JWTVerifyGetKey,
    private readonly config: Pick<Config, 'audience' | 'issuer'>,
    private readonly clock: Clock,
  ) {}

  static async create(config: Config, clock: Clock): Promise<TokenVerifier> {
    const keys =
      config.issuer.kind === 'production'
        ? createRemoteJWKSet(new URL(config.issuer.jwksUrl))
        : createLocalJWKSet({ keys: [await publicJwk(demoKey(config))] });
    return new TokenVerifier(keys, config, clock);
  }

  /** @throws UNAUTHENTICATED, whatever is wrong with the token */
  async verify(authorization = ''): Promise<Principal> {
    const now = this.clock.now().getTime();
    const known = this.remembered.get(authorization);
    if (known && known.expiresAt > now) return known.principal;
    const token = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/.exec(authorization)?.[1];
    if (!token || token.length > LONGEST_TOKEN) throw new LancetteError('UNAUTHENTICATED');
    const fresh = await this.verifyAnew(token);
    if (this.remembered.size >= REMEMBERED) this.forget(now);
    this.remembered.set(authorization, fresh);
    return fresh.principal;
  }

  private async verifyAnew(token: string): Promise<{ principal: Principal; expiresAt: number }> {
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        algorithms: ['ES256', 'PS256'],
        issuer: this.config.issuer.id,
        audience: this.config.audience,
        typ: 'at+jwt',
        requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'],
        maxTokenAge: TOKEN_SECONDS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: this.clock.now(),
      });
      // Remembered no longer than it would be accepted anew: a token may outlive the hour of a session (AIPD M1.14).
      const until = Math.min(Number(payload.exp), Number(payload.iat) + TOKEN_SECONDS);
      return { principal: principalOf(payload), expiresAt: until * 1000 };
    } catch {
      throw new LancetteError('UNAUTHENTICATED');
    }
  }

  private forget(now: number): void {
    for (const [header, { expiresAt }] of this.remembered) if (expiresAt <= now) this.remembered.delete(header);
    if (this.remembered.size >= REMEMBERED) this.remembered.clear();
  }
}

/** A principal must carry what its perimeter is made of, or it reaches nothing. */
function principalOf(payload: unknown): Principal {
  const { sub, recipient, ...claims } = Claims.parse(payload);
  const principal = { recipient, subject: sub, ...claims } as Principal;
  const needs = {
    care: principal.professional,
    attending: principal.professional,
    ownBodies: principal.bodies?.length,
    ownRegion: principal.region,
    self: principal.patient,
  };
  const { rows } = recipientRule(principal.recipient);
  if (rows in needs && !needs[rows as keyof typeof needs]) throw new Error('the token lacks its perimeter');
  return principal;
}

/** Signs the tokens of a demonstration; it does not exist once a production issuer is configured. */
export class DemoIssuer {
  private readonly key: KeyObject;

  /** @throws when a production issuer is configured */
  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    this.key = demoKey(config);
  }

  /** An access token for this principal, valid for one hour. */
  async tokenFor(principal: Principal): Promise<string> {
    const { recipient, subject, ...claims } = principal;
    const now = Math.floor(this.clock.now().getTime() / 1000);
    return new SignJWT({
      recipient,
      client_id: 'lancette-demo',
      scope: recipient.toLowerCase().replaceAll('_', '-'),
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: kidOf(this.key) })
      .setIssuer(this.config.issuer.id)
      .setAudience(this.config.audience)
      .setSubject(subject)
      .setIssuedAt(now)
      .setExpirationTime(now + TOKEN_SECONDS)
      .setJti(randomUUID())
      .sign(this.key);
  }
}

function demoKey(config: Config): KeyObject {
  if (config.issuer.kind !== 'demo') throw new Error('the demo issuer does not exist beside a production issuer');
  if (!config.keys.demoIssuer) throw new Error('keys: demoIssuer is missing');
  return createPrivateKey(config.keys.demoIssuer.privateKey);
}

const publicJwk = async (key: KeyObject) => ({
  ...(await exportJWK(createPublicKey(key))),
  alg: 'ES256',
  use: 'sig',
  kid: kidOf(key),
});

const kidOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(createPublicKey(key).export({ type: 'spki', format: 'der' }))
    .digest('base64url')
    .slice(0, 16);
