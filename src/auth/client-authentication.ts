import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { LancetteError } from '../kernel/errors.js';
import type { RemoteKeys } from './client-keys.js';
import type { ClientRegister, RegisteredClient } from './client-register.js';
import type { Replay } from './replay.js';
import { readJwt } from './strict-jwt.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Longest time from its signature to its end that an assertion may have, in seconds. */
const ASSERTION_SECONDS = 300;
const CLOCK_TOLERANCE_SECONDS = 5;
const LONGEST_ASSERTION = 8192;
const TYPES: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt'];

const AssertionClaims = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string()).length(1)]),
  exp: z.number(),
  iat: z.number().optional(),
  jti: z.string().min(8).max(128),
});

/** What a token request shows of the client that sends it. */
export interface ClientProof {
  readonly parameters: ReadonlyMap<string, string>;
  /** SHA-256 thumbprint (base64url) of the TLS client certificate, when there is one. */
  readonly certificate?: string;
  /** The names under which this service may be addressed: its issuer and its token endpoint. */
  readonly audiences: readonly string[];
  readonly now: Date;
}

export interface AuthenticatedClient {
  readonly client: RegisteredClient;
  readonly by: 'assertion' | 'certificate';
}

interface Parts {
  readonly clients: Pick<ClientRegister, 'find'>;
  readonly remoteKeys: RemoteKeys;
  readonly replay: Replay;
}

/** Authenticates OAuth clients by a signed assertion (RFC 7523) or by their TLS certificate (RFC 8705 §2.2). */
export class ClientAuthentication {
  constructor(private readonly parts: Parts) {}

  /**
   * @returns undefined when the request names no client
   * @throws UNAUTHENTICATED whatever is wrong; UNAVAILABLE when an assertion's first use cannot be told
   */
  async authenticate(proof: ClientProof): Promise<AuthenticatedClient | undefined> {
    const { parameters } = proof;
    const assertion = parameters.get('client_assertion');
    if (parameters.has('client_secret')) throw new LancetteError('UNAUTHENTICATED');
    if (assertion !== undefined || parameters.has('client_assertion_type'))
      return { client: await this.byAssertion(assertion ?? '', proof), by: 'assertion' };
    const id = parameters.get('client_id');
    return id === undefined ? undefined : { client: await this.byCertificate(id, proof), by: 'certificate' };
  }

  private async byCertificate(id: string, { certificate }: ClientProof): Promise<RegisteredClient> {
    const client = await this.parts.clients.find(id);
    if (!client || !certificate || !client.certificates.includes(certificate))
      throw new LancetteError('UNAUTHENTICATED');
    return client;
  }

  private async byAssertion(assertion: string, proof: ClientProof): Promise<RegisteredClient> {
    const { client, claims } = await this.verified(assertion, proof).catch((error) => {
      throw error instanceof LancetteError ? error : new LancetteError('UNAUTHENTICATED');
    });
    const until = new Date((claims.exp + CLOCK_TOLERANCE_SECONDS) * 1000);
    if (await this.parts.replay.firstUse('client-assertion', `${client.id} ${claims.jti}`, until)) return client;
    throw new LancetteError('UNAUTHENTICATED');
  }

  private async verified(assertion: string, { parameters, certificate, audiences, now }: ClientProof) {
    if (parameters.get('client_assertion_type') !== ASSERTION_TYPE) throw new Error('another kind of assertion');
    const read = readJwt(assertion, ['alg', 'typ', 'kid', 'x5t', 'x5t#S256'], LONGEST_ASSERTION);
    if (!TYPES.includes(read.header.typ) || typeof read.header.kid !== 'string')
      throw new Error('another kind of token');
    const claims = AssertionClaims.parse(read.claims);
    const id = parameters.get('client_id') ?? claims.sub;
    if (claims.iss !== id || claims.sub !== id) throw new Error('two clients');
    const client = await this.parts.clients.find(id);
    if (!client) throw new Error('no such client');
    if (certificate && client.certificates.length > 0 && !client.certificates.includes(certificate))
      throw new Error('the connection is of somebody else');
    await jwtVerify(assertion, this.keysOf(client), {
      algorithms: ['ES256', 'PS256'],
      issuer: id,
      subject: id,
      audience: [...audiences],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: now,
      ...(claims.iat !== undefined && { maxTokenAge: ASSERTION_SECONDS }),
    });
    const longest = now.getTime() / 1000 + ASSERTION_SECONDS + CLOCK_TOLERANCE_SECONDS;
    if (claims.exp > longest) throw new Error('an assertion that lasts too long');
    return { client, claims };
  }

  private keysOf({ jwks, jwksUri }: RegisteredClient): JWTVerifyGetKey {
    if (jwksUri) return (header) => this.parts.remoteKeys.keyAt(jwksUri, header);
    if (jwks) return createLocalJWKSet(jwks as JSONWebKeySet);
    throw new Error('a client without keys');
  }
}
