import type { Principal } from '../../src/access/principal.js';
import type { Exchange, TokenRequest } from '../../src/auth/exchange.js';
import { ERRORS } from '../../src/kernel/error-registry.js';
import { type ErrorCode, LancetteError } from '../../src/kernel/errors.js';
import { aJwksFile, askToken, declare } from '../builders/a-client.js';
import { aProfessionalIdentity } from '../builders/a-patient.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { ASSERTION_TYPE, aClientAssertion, aKey } from '../builders/a-token.js';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const key = aKey();
const now = () => Math.floor(Date.now() / 1000);

/** Believes whatever it is told: what stands around exchanges must hold without them. */
class CredulousExchange implements Exchange {
  readonly grantType = GRANT;
  failure?: ErrorCode | Error;
  handles({ parameters }: TokenRequest): boolean {
    return parameters.get('subject_token_type') === 'urn:test';
  }
  async exchange({ parameters }: TokenRequest): Promise<Principal> {
    if (this.failure instanceof Error) throw this.failure;
    if (this.failure) throw new LancetteError(this.failure);
    return JSON.parse(parameters.get('subject_token') ?? '');
  }
}
const credulous = new CredulousExchange();
const PS = as('PS', { professional: aProfessionalIdentity(1), consultationOnly: true, establishment: '750000001' });

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve({ exchanges: () => [credulous] });
  await declare(register, 'lps', '--recipient', 'ps', '--exchanges', '--jwks', aJwksFile({ k1: key }));
  await declare(register, 'spf', '--recipient', 'spf', '--jwks', aJwksFile({ k1: key }));
});
afterAll(() => register.close());
afterEach(() => {
  credulous.failure = undefined;
});

const credentials = (id: string) => ({
  client_assertion_type: ASSERTION_TYPE,
  client_assertion: aClientAssertion({ id, key, audience: register.config.issuer.id, now: now() }),
});
const exchange = (principal: Principal, rest: Record<string, string> = {}) => ({
  grant_type: GRANT,
  subject_token_type: 'urn:test',
  subject_token: JSON.stringify(principal),
  ...rest,
});
const good = () => ({ grant_type: 'client_credentials', scope: 'spf', ...credentials('spf') });
const origin = () => new URL(endpoint.url).origin;
const lastTraces = (n: number) =>
  register.database.owner.query(
    'select recipient, actor, operation, outcome, categories, article, records from trace order by id desc limit $1',
    [n],
  );
const trace = (fields: object) => ({ categories: [], article: null, records: [], ...fields });

describe('a token request', () => {
  it.each<[string, string, string]>([
    ['nothing', '', 'invalid_request'],
    ['no grant type', 'scope=spf', 'invalid_request'],
    ['an empty grant type', 'grant_type=', 'invalid_request'],
    ['a password', 'grant_type=password&username=a&password=b', 'unsupported_grant_type'],
    ['a code', 'grant_type=authorization_code&code=x', 'unsupported_grant_type'],
    ['a refresh token', 'grant_type=refresh_token&refresh_token=x', 'unsupported_grant_type'],
    ['a grant type twice', 'grant_type=client_credentials&grant_type=client_credentials', 'invalid_request'],
    ['a scope twice', 'grant_type=client_credentials&scope=spf&scope=ars', 'invalid_request'],
    ['a scope twice, once empty', 'grant_type=client_credentials&scope=spf&scope=', 'invalid_request'],
    ['a name twice, once encoded', 'grant_type=client_credentials&scope=spf&%73cope=ars', 'invalid_request'],
    ['broken escapes', 'grant_type=%zz', 'invalid_request'],
    ['escapes that are no UTF-8', 'grant_type=%ff', 'invalid_request'],
    ['too many parameters', Array.from({ length: 40 }, (_, i) => `p${i}=1`).join('&'), 'invalid_request'],
    ['JSON', '{"grant_type":"client_credentials"}', 'invalid_request'],
    ['an exchange that nobody handles', `grant_type=${GRANT}&subject_token_type=urn:other`, 'invalid_grant'],
  ])('with %s is refused', async (_, body, error) => {
    const answer = await askToken(endpoint, body);
    expect([answer.status, answer.body.error]).toEqual([400, error]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
  it.each<[string, Record<string, string>]>([
    ['JSON', { 'content-type': 'application/json' }],
    ['text', { 'content-type': 'text/plain' }],
    ['a form in parts', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['another charset', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16' }],
    ['compression', { 'content-encoding': 'gzip' }],
  ])('as %s is refused', async (_, headers) => {
    const answer = await askToken(endpoint, good(), headers);
    expect([answer.status, answer.body.error]).toEqual([415, 'invalid_request']);
  });
  it('longer than 100 kB is refused', async () => {
    const answer = await askToken(endpoint, `grant_type=client_credentials&x=${'x'.repeat(100_001)}`);
    expect([answer.status, answer.body.error]).toEqual([413, 'invalid_request']);
  });
  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('by %s is refused', async (method) => {
    const response = await fetch(`${origin()}/token`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
  it('is read from its body and from no address', async () => {
    const { grant_type, ...rest } = good();
    const response = await fetch(`${origin()}/token?grant_type=${grant_type}`, {
      method: 'POST',
      body: new URLSearchParams(rest),
    });
    expect(response.status).toBe(404);
  });
  it('is answered in words that RFC 6749 allows, without a value of the request', async () => {
    const answer = await askToken(endpoint, {
      grant_type: 'client_credentials',
      scope: 'secret-scope',
      client_id: 'secret',
    });
    expect(answer.text).not.toContain('secret');
    for (const { en } of Object.values(ERRORS)) {
      const described = en.replaceAll('’', "'");
      expect(described).toMatch(/^[\x20-\x7e]*$/);
    }
  });
});

describe('whoever an exchange proves', () => {
  const ask = (principal: Principal, rest: Record<string, string> = {}) =>
    askToken(endpoint, exchange(principal, { ...credentials('lps'), ...rest }));

  it('gets a token that says so, with the software through which it comes', async () => {
    const { status, body } = await ask(PS);
    expect([status, body]).toEqual([
      200,
      {
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'ps',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      },
    ]);
    const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
    const { subject, ...said } = PS;
    expect(claims).toMatchObject({ ...said, sub: subject, client: 'lps', client_id: 'lps', scope: 'ps' });
    expect((await ask({ ...PS, client: 'spf' })).status).toBe(200);
  });
  it('gets none that its software was not declared for', async () => {
    expect((await ask(as('SPF'))).body.error).toBe('unauthorized_client');
    expect((await ask(as('AUDITEUR'))).body.error).toBe('unauthorized_client');
  });
  it('gets none under another scope', async () => {
    for (const scope of ['medecin-traitant', 'PS', 'ps spf', 'spf'])
      expect((await ask(PS, { scope })).body.error).toBe('invalid_scope');
    expect((await ask(PS, { scope: 'ps' })).status).toBe(200);
  });
  it.each<[ErrorCode, number, string]>([
    ['INVALID_GRANT', 400, 'invalid_grant'],
    ['UNAUTHENTICATED', 401, 'invalid_client'],
    ['UNAVAILABLE', 503, 'temporarily_unavailable'],
    ['INTERNAL', 500, 'server_error'],
  ])('is refused as the exchange says: %s', async (code, status, error) => {
    credulous.failure = code;
    const answer = await ask(PS);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });
  it('is not shown why an exchange broke', async () => {
    credulous.failure = new Error('secret detail');
    const answer = await ask(PS);
    expect([answer.status, answer.body.error]).toEqual([500, 'server_error']);
    expect(answer.text).not.toContain('secret');
  });
});

describe('every success and failure is traced', () => {
  it('a token issued', async () => {
    await askToken(endpoint, good());
    const expected = { recipient: 'SPF', actor: 'spf', operation: 'client_credentials', outcome: 'AUTHENTICATED' };
    expect(await lastTraces(1)).toEqual([trace(expected)]);
  });
  it('a client that is not known, without what it said', async () => {
    await askToken(endpoint, { ...good(), client_assertion: 'secret' });
    const expected = { recipient: 'UNKNOWN', actor: 'anonymous', operation: 'client_credentials', outcome: 'REJECTED' };
    expect(await lastTraces(1)).toEqual([trace(expected)]);
  });
  it('a known client that asks too much', async () => {
    await askToken(endpoint, { ...good(), scope: 'ars' });
    const expected = { recipient: 'UNKNOWN', actor: 'spf', operation: 'client_credentials', outcome: 'REJECTED' };
    expect(await lastTraces(1)).toEqual([trace(expected)]);
  });
  it('a grant type that is not offered, without its name', async () => {
    await askToken(endpoint, 'grant_type=secret');
    const expected = { recipient: 'UNKNOWN', actor: 'anonymous', operation: 'token', outcome: 'REJECTED' };
    expect(await lastTraces(1)).toEqual([trace(expected)]);
  });
  it('a refused access token, before its answer leaves', async () => {
    const [{ n: before }] = await register.database.owner.query(
      `select count(*)::int as n from trace where operation = 'bearer'`,
    );
    const send = () =>
      endpoint.post({ headers: { 'content-type': 'application/json', authorization: 'Bearer secret' }, body: '{}' });
    expect((await Promise.all(Array.from({ length: 20 }, send))).map(({ status }) => status)).toEqual(
      Array(20).fill(401),
    );
    const [{ n: after }] = await register.database.owner.query(
      `select count(*)::int as n from trace where operation = 'bearer'`,
    );
    expect(after - before).toBe(20);
    expect(await lastTraces(1)).toEqual([
      trace({ recipient: 'UNKNOWN', actor: 'anonymous', operation: 'bearer', outcome: 'REJECTED' }),
    ]);
  });
  it('and what cannot be traced is not answered with a token', async () => {
    const mute = await register.serve({ journal: { write: async () => Promise.reject(new Error('full')) } });
    const answer = await askToken(mute, good());
    expect([answer.status >= 500, answer.text.includes('access_token')]).toEqual([true, false]);
  });
  it('where an auditor reads it', async () => {
    await askToken(endpoint, good());
    const { body } = await endpoint.ask(
      as('AUDITEUR'),
      '{ traces(first: 50) { edges { node { outcome actor operation } } } }',
    );
    expect(body.data.traces.edges.length).toBeGreaterThan(0);
  });
});

describe('what is published', () => {
  const get = async (path: string) => (await fetch(origin() + path)).json();
  it('are public keys and nothing private', async () => {
    const { keys } = (await get('/.well-known/jwks.json')) as { keys: Record<string, string>[] };
    expect(keys.map((one) => Object.keys(one).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']]);
  });
  it('is where to ask and how', async () => {
    const metadata = (await get('/.well-known/oauth-authorization-server')) as Record<string, unknown>;
    expect(metadata).toMatchObject({
      issuer: register.config.issuer.id,
      token_endpoint: `${origin()}/token`,
      jwks_uri: `${origin()}/.well-known/jwks.json`,
      grant_types_supported: ['client_credentials', GRANT],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'self_signed_tls_client_auth'],
    });
  });
  it('does not believe a Host that is not of this machine', async () => {
    const text = await hostile('/.well-known/oauth-authorization-server');
    expect(text).not.toContain('evil');
  });
  it.each([
    '/.well-known/',
    '/.well-known/openid-configuration',
    '/token/',
    '/authorize',
    '/.well-known/jwks.json?x=1',
  ])('%s is nothing', async (path) => expect((await fetch(origin() + path)).status).toBe(404));
});

async function hostile(path: string): Promise<string> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request(origin() + path, { headers: { host: 'evil.example' } }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end();
  });
}
