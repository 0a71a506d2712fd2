import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.js';
import { LancetteError } from '../kernel/errors.js';
import type { DpopNonces } from './dpop-nonces.js';
import type { Replay } from './replay.js';
import { readJwt } from './strict-jwt.js';

/** Oldest proof that is accepted, in seconds, beside the tolerance of clocks. */
const PROOF_SECONDS = 60;
const CLOCK_TOLERANCE_SECONDS = 5;
const LONGEST_PROOF = 4096;

/** A public key on P-256 and nothing else: a proof that carries its private key proves nothing. */
const ProofKey = z.strictObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  kid: z.string().optional(),
  alg: z.literal('ES256').optional(),
  use: z.literal('sig').optional(),
});
const ProofClaims = z.object({
  jti: z.string().min(1).max(128),
  htm: z.string(),
  htu: z.string().max(512),
  iat: z.number(),
  ath: z.string().optional(),
  nonce: z.string().max(128).optional(),
});

/** The request that a proof must be about. */
export interface ProvenRequest {
  readonly method: string;
  /** As the caller knows it, without query. */
  readonly url: string;
  /** The access token that goes with the proof, and the key it is bound to. */
  readonly token?: { readonly text: string; readonly jkt: string };
}

/** Verifies proofs of possession (RFC 9449 §4.3); each is good once, on whatever instance. */
export class DpopProofs {
  constructor(
    private readonly replay: Replay,
    private readonly clock: Clock,
    /** Where proofs must bear a nonce of this service. */
    private readonly nonces?: DpopNonces,
  ) {}

  /**
   * @returns the thumbprint of the key that made the proof (RFC 7638)
   * @throws INVALID_DPOP_PROOF whatever is wrong; USE_DPOP_NONCE when it only lacks a good nonce; UNAVAILABLE when its
   * first use cannot be told
   */
  async verify(proof: string, request: ProvenRequest): Promise<string> {
    const { jkt, jti, iat, nonce } = await this.read(proof, request).catch(() => {
      throw new LancetteError('INVALID_DPOP_PROOF');
    });
    if (this.nonces && !this.nonces.isGood(nonce)) throw new LancetteError('USE_DPOP_NONCE');
    const until = new Date((iat + PROOF_SECONDS + 2 * CLOCK_TOLERANCE_SECONDS) * 1000);
    if (await this.replay.firstUse('dpop', `${jkt} ${jti}`, until)) return jkt;
    throw new LancetteError('INVALID_DPOP_PROOF');
  }

  private async read(proof: string, request: ProvenRequest) {
    const { header } = readJwt(proof, ['alg', 'typ', 'jwk'], LONGEST_PROOF);
    const key = ProofKey.parse(header.jwk);
    const { payload } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: ['ES256'],
      typ: 'dpop+jwt',
      maxTokenAge: PROOF_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: this.clock.now(),
    });
    const claims = ProofClaims.parse(payload);
    const jkt = await calculateJwkThumbprint(key);
    requireSame(claims.htm, request.method);
    requireSame(withoutQuery(claims.htu), withoutQuery(request.url));
    if (request.token) {
      requireSame(claims.ath, createHash('sha256').update(request.token.text).digest('base64url'));
      requireSame(jkt, request.token.jkt);
    }
    return { jkt, jti: claims.jti, iat: claims.iat, nonce: claims.nonce };
  }
}

function requireSame(given: string | undefined, expected: string): void {
  if (given !== expected) throw new Error('the proof is about another request');
}

/** Normalised as RFC 3986 §6.2.2 and §6.2.3 want, query and fragment aside (RFC 9449 §4.3). */
function withoutQuery(text: string): string {
  const { origin, pathname, username, password } = new URL(text);
  if (username || password || origin === 'null') throw new Error('no address');
  return origin + pathname;
}
