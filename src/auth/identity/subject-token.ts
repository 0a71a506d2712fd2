import { createHash } from 'node:crypto';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import type { UpstreamConfig } from '../../config.js';
import { type BoundedAnswer, boundedFetch, jsonOf } from './bounded-fetch.js';
import { clientCredential } from './client-credential.js';
import type { Provider } from './provider.js';
import { claimsOfSigned } from './signed-answer.js';

/** What a provider says of one of its access tokens, once verified. */
export interface SubjectToken {
  readonly subject: string;
  /** The client at the provider to which the token was issued. */
  readonly issuedTo: string;
  readonly expiresAt: Date;
  /** The same for every way of writing the same token. */
  readonly id: string;
}

/** Characters of a bearer token (RFC 6750 §2.1); Pro Santé Connect's reach two thousand. */
const WRITTEN = /^[A-Za-z0-9._~+/-]{16,8000}=*$/;
/** Asymmetric only: with a shared secret, whoever verifies could sign. */
const ALGORITHMS = ['ES256', 'ES384', 'PS256', 'PS384', 'RS256', 'RS384', 'RS512'];
const CLOCK_TOLERANCE_SECONDS = 5;
const LEVELS = ['eidas1', 'eidas2', 'eidas3'];

const Facts = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(200),
  exp: z.number().int(),
  iat: z.number().int().optional(),
  nbf: z.number().optional(),
  acr: z.enum(LEVELS as [string, ...string[]]),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  client_id: z.string().optional(),
  azp: z.string().optional(),
  jti: z.string().optional(),
});
type Facts = z.infer<typeof Facts>;

/**
 * Verifies an access token of this provider (RFC 7662, or RFC 9068 for one that is a JWT).
 * @throws whatever is wrong: form, signature, issuer, client, audience, level, life
 */
export async function verifySubjectToken(
  token: string,
  { config, provider, now }: { config: UpstreamConfig; provider: Provider; now: Date },
): Promise<SubjectToken> {
  if (!WRITTEN.test(token)) throw new Error('subject token: form');
  const said =
    config.check === 'jwt' ? await read(token, provider, now) : await introspect(token, config, provider, now);
  const facts = Facts.parse(said);
  requireLife(facts, config.longestLifetime, now);
  if (facts.iss !== config.issuer) throw new Error('subject token: issuer');
  if (config.audience && ![facts.aud].flat().includes(config.audience)) throw new Error('subject token: audience');
  if (LEVELS.indexOf(facts.acr) < LEVELS.indexOf(config.minimumAcr)) throw new Error('subject token: level');
  return {
    subject: facts.sub,
    issuedTo: clientOf(facts),
    expiresAt: new Date((facts.exp + CLOCK_TOLERANCE_SECONDS) * 1000),
    id: idOf(token, facts),
  };
}

/** Active is not enough: a provider's clock, or a token meant to last, must not lengthen what is accepted here. */
function requireLife({ exp, iat, nbf }: Facts, longest: number, now: Date): void {
  const seconds = now.getTime() / 1000;
  if (exp + CLOCK_TOLERANCE_SECONDS <= seconds || exp - seconds > longest + CLOCK_TOLERANCE_SECONDS)
    throw new Error('subject token: life');
  if (Math.max(iat ?? 0, nbf ?? 0) > seconds + CLOCK_TOLERANCE_SECONDS) throw new Error('subject token: not yet');
}

function clientOf({ client_id, azp }: Facts): string {
  const client = client_id ?? azp;
  if (!client || (azp && azp !== client)) throw new Error('subject token: client');
  return client;
}

async function read(token: string, provider: Provider, now: Date): Promise<unknown> {
  const { payload, protectedHeader } = await jwtVerify(token, provider.keys, {
    algorithms: ALGORITHMS,
    issuer: provider.issuer,
    currentDate: now,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  });
  // RFC 9068, or Keycloak, which Pro Santé Connect runs on: an ID token is typed otherwise there.
  const isAccessToken = /^(application\/)?at\+jwt$/i.test(protectedHeader.typ ?? '') || payload.typ === 'Bearer';
  if (!isAccessToken || 'nonce' in payload || 'at_hash' in payload) throw new Error('subject token: no access token');
  return payload;
}

async function introspect(token: string, config: UpstreamConfig, provider: Provider, now: Date): Promise<unknown> {
  if (!provider.introspection) throw new Error('identity provider: no introspection');
  const { parameters, headers } = await clientCredential(config, provider.issuer);
  const answer = await boundedFetch(provider.introspection, {
    method: 'POST',
    headers: { accept: config.check === 'introspection' ? 'application/json' : SIGNED, ...headers },
    body: new URLSearchParams({ ...parameters, token, token_type_hint: 'access_token' }),
  });
  const said = config.check === 'introspection' ? jsonOf(answer) : await signedIn(answer, config, provider, now);
  const type = said.token_type ?? 'Bearer';
  // A token bound to a key (DPoP) is not proved by being shown; a refresh token has no type.
  if (said.active !== true || type !== 'Bearer' || said.cnf) throw new Error('subject token: not active');
  return said;
}

const SIGNED = 'application/token-introspection+jwt';

/** RFC 9701 §5: what is said of the token is one claim of the answer, and never to be taken for a token itself. */
async function signedIn(answer: BoundedAnswer, config: UpstreamConfig, provider: Provider, now: Date) {
  const { encryption, clientId: audience } = config;
  const { token_introspection: said } = await claimsOfSigned(answer, {
    provider,
    audience,
    encryption,
    type: SIGNED,
    now,
  });
  return z.record(z.string(), z.unknown()).parse(said);
}

/**
 * By its identifier, or else by what is signed: a signature can be written in more than one way (ECDSA's s and −s), and
 * the same token must not be new twice.
 */
function idOf(token: string, { iss, jti }: Facts): string {
  const parts = token.split('.');
  const own = jti ?? (parts.length === 3 ? `${parts[0]}.${parts[1]}` : token);
  return createHash('sha256').update(`${iss}\n${own}`).digest('base64url');
}
