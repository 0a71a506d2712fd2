import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { parseIdentity, type UpstreamConfig } from '../../src/config.js';

/** One answer of the provider, whatever it should have been. */
export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body?: string | object;
  /** Sends the caller on to an honest answer of the same kind. */
  readonly redirect?: true;
  /** The honest answer, and this many characters more. */
  readonly padding?: number;
}

export type Place = 'discovery' | 'jwks' | 'introspection' | 'userinfo';

export interface ForgedProvider {
  readonly issuer: string;
  readonly key: KeyObject;
  readonly publicKey: KeyObject;
  /** What each address answers until the next `reset`; absent: an honest answer. */
  answers: Partial<Record<Place, Reply>>;
  /** How often each address was asked since the start. */
  readonly asked: Record<Place, number>;
  /** Claims of an honest introspection. */
  active: Record<string, unknown>;
  /** Claims of an honest UserInfo. */
  person: Record<string, unknown>;
  config(given?: Partial<UpstreamConfig>): UpstreamConfig;
  /** An access token signed by this provider. */
  token(claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>, key?: KeyObject): Promise<string>;
  close(): Promise<void>;
}

export const SUBJECT = 'f:550dc1c8:899700366240';
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

/** A provider that can be told to lie, for what an honest one never does. */
export async function aForgedProvider(person: Record<string, unknown>): Promise<ForgedProvider> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const honest = (place: Place): Reply =>
    ({
      discovery: {
        body: {
          issuer,
          jwks_uri: `${issuer}/jwks`,
          userinfo_endpoint: `${issuer}/userinfo`,
          introspection_endpoint: `${issuer}/introspection`,
        },
      },
      jwks: { body: { keys: [jwk] } },
      introspection: {
        body: { iss: issuer, active: true, iat: inSeconds(0), exp: inSeconds(120), ...provider.active },
      },
      userinfo: { body: { sub: SUBJECT, ...provider.person } },
    })[place];
  const provider: ForgedProvider = {
    issuer,
    key: privateKey,
    publicKey,
    answers: {},
    asked: { discovery: 0, jwks: 0, introspection: 0, userinfo: 0 },
    active: { sub: SUBJECT, client_id: 'lps', acr: 'eidas1' },
    person,
    config: (given = {}) => {
      const base = { issuer, clientId: 'lancette', credential: { secret: 'x'.repeat(32) }, check: 'jwt' };
      const { psc } = parseIdentity({ psc: { ...base, clients: { lps: 'lps' }, minimumAcr: 'eidas1', ...given } });
      return psc as UpstreamConfig;
    },
    token: (claims = {}, header = {}, key = privateKey) =>
      new SignJWT({
        ...{ iss: issuer, sub: SUBJECT, client_id: 'lps', acr: 'eidas1', iat: inSeconds(0), exp: inSeconds(120) },
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...header })
        .sign(key),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('request', (request, response) => {
    const place = placeOf(request.url ?? '');
    provider.asked[place] += 1;
    const url = request.url ?? '';
    const told = url.endsWith(HONEST) ? undefined : provider.answers[place];
    const {
      status,
      type = 'application/json',
      body = '',
      redirect,
    } = told?.padding ? padded(honest(place), told.padding) : (told ?? honest(place));
    const location = redirect && url + HONEST;
    response.writeHead(status ?? (location ? 302 : 200), { 'content-type': type, ...(location ? { location } : {}) });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return provider;
}

const padded = ({ body }: Reply, padding: number): Reply => ({
  body: { ...(body as object), filler: 'x'.repeat(padding) },
});
const HONEST = '?honest';
const placeOf = (url: string): Place =>
  url.startsWith('/.well-known') ? 'discovery' : (url.slice(1).replace(/\?.*/, '') as Place);
