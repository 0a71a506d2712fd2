import { createPublicKey, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Principal } from '../access/principal.js';
import type { Config } from '../config.js';
import type { Clock } from '../kernel/clock.js';
import { LancetteError } from '../kernel/errors.js';
import { type Confirmation, claimsOf } from './claims.js';
import type { DpopProofs } from './dpop.js';
import { issuerKeysOf, TOKEN_ALGORITHM, TOKEN_SECONDS } from './issuer.js';
import { readJwt } from './strict-jwt.js';

export { DemoIssuer, TOKEN_SECONDS } from './issuer.js';

const CLOCK_TOLERANCE_SECONDS = 5;
/** Verified tokens that are remembered until they expire: a signature costs most of a small request. */
const REMEMBERED = 20_000;
const LONGEST_TOKEN = 4096;
const PRESENTED = /^(Bearer|DPoP) ([A-Za-z0-9._-]+)$/;

/** What a request shows of its caller. */
export interface Call {
  readonly authorization: string | undefined;
  /** Proof of possession (RFC 9449), when there is one. */
  readonly dpop?: string;
  readonly method: string;
  /** Address of the request as the caller knows it, without query. */
  readonly url: string;
  /** SHA-256 thumbprint (base64url) of the TLS client certificate, when there is one. */
  readonly certificate?: string;
}

interface Verified {
  readonly principal: Principal;
  readonly expiresAt: number;
  /** What the token is bound to: it is worth nothing without the proof, each time. */
  readonly confirmation?: Confirmation;
}

/** Verifies this service's own access tokens (RFC 9068) and turns them into principals. */
export class TokenVerifier {
  /** By the whole header, so that a token met again costs one look-up. */
  private readonly remembered = new Map<string, Verified>();
  private readonly keys: ReadonlyMap<unknown, KeyObject>;

  /** @throws when a key of the issuer is missing or no P-256 key */
  constructor(
    private readonly config: Pick<Config, 'audience' | 'issuer' | 'keys'>,
    private readonly clock: Clock,
    private readonly proofs: DpopProofs,
  ) {
    this.keys = new Map([...issuerKeysOf(config).keys].map(([kid, key]) => [kid, createPublicKey(key)]));
  }

  /** @throws UNAUTHENTICATED, whatever is wrong with the token or its proof; UNAVAILABLE when a proof's first use cannot be told */
  async verify(call: Call): Promise<Principal> {
    const { authorization = '' } = call;
    const now = this.clock.now().getTime();
    const known = this.remembered.get(authorization);
    const verified = known && known.expiresAt > now ? known : await this.remember(authorization, now);
    const [, scheme] = verified.confirmation ? (PRESENTED.exec(authorization) ?? []) : [];
    if (verified.confirmation) await this.requireProof(call, verified.confirmation, scheme);
    else if (!authorization.startsWith('Bearer ')) throw new LancetteError('UNAUTHENTICATED');
    return verified.principal;
  }

  private async remember(authorization: string, now: number): Promise<Verified> {
    const token = PRESENTED.exec(authorization)?.[2];
    if (!token) throw new LancetteError('UNAUTHENTICATED');
    const fresh = await this.verifyAnew(token).catch(() => {
      throw new LancetteError('UNAUTHENTICATED');
    });
    if (this.remembered.size >= REMEMBERED) this.forget(now);
    this.remembered.set(authorization, fresh);
    return fresh;
  }

  private async verifyAnew(token: string): Promise<Verified> {
    const { header } = readJwt(token, ['alg', 'typ', 'kid'], LONGEST_TOKEN);
    const key = this.keys.get(header.kid);
    if (!key) throw new Error('no such key');
    const { payload } = await jwtVerify(token, key, {
      algorithms: [TOKEN_ALGORITHM],
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
    return { ...claimsOf(payload, this.config.issuer.kind), expiresAt: until * 1000 };
  }

  private async requireProof(call: Call, { jkt, x5t }: Confirmation, scheme: string | undefined): Promise<void> {
    // A token bound to a key is no bearer token: whoever found it must not use it as one (RFC 9449 §7.2).
    if ((scheme === 'DPoP') !== (jkt !== undefined)) throw new LancetteError('UNAUTHENTICATED');
    if (x5t !== undefined && call.certificate !== x5t) throw new LancetteError('UNAUTHENTICATED');
    if (jkt === undefined) return;
    const text = PRESENTED.exec(call.authorization ?? '')?.[2] ?? '';
    await this.proofs.verify(call.dpop ?? '', { ...call, token: { text, jkt } }).catch((error) => {
      const known = error instanceof LancetteError && error.code !== 'INVALID_DPOP_PROOF';
      throw known ? error : new LancetteError('UNAUTHENTICATED');
    });
  }

  private forget(now: number): void {
    for (const [header, { expiresAt }] of this.remembered) if (expiresAt <= now) this.remembered.delete(header);
    if (this.remembered.size >= REMEMBERED) this.remembered.clear();
  }
}
