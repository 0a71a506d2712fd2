import { createPublicKey } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mayBeMachine, needsRegion, scopeOf } from '../../src/law/machines.js';
import { RECIPIENT_IDS } from '../../src/law/recipients.js';
import { aFile, aJwksFile, askToken, declare, jwksOf, operator } from '../builders/a-client.js';
import { type Answer, aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import {
  ASSERTION_TYPE,
  type Assertion,
  aClientAssertion,
  aKey,
  anRsaKey,
  aProof,
  es256,
  hmac,
  jktOf,
  part,
  ps256,
  publicJwk,
  rs256,
  unsigned,
} from '../builders/a-token.js';

const clock = { at: Date.parse('2021-06-01T12:00:00Z'), now: () => new Date(clock.at) };
const seconds = () => Math.floor(clock.at / 1000);
const key = aKey();
const rsa = anRsaKey();
const weak = anRsaKey(1024);
const stranger = aKey();
const MACHINES = RECIPIENT_IDS.filter(mayBeMachine);

let register: Register;
let endpoint: Endpoint;
let audience: string;
beforeAll(async () => {
  register = await aRegister(clock);
  endpoint = await register.serve();
  audience = new URL('/token', endpoint.url).toString();
  const keys = ['--jwks', aJwksFile({ k1: key, r1: rsa })];
  await declare(register, 'spf', '--recipient', 'spf', ...keys);
  await declare(register, 'other', '--recipient', 'dmp', '--jwks', aJwksFile({ k1: stranger }));
  await declare(register, 'dpop', '--recipient', 'spf', ...keys, '--binding', 'dpop');
  await declare(
    register,
    'all',
    ...MACHINES.flatMap((one) => ['--recipient', scopeOf(one)]),
    '--region',
    '11',
    ...keys,
  );
  await declare(register, 'lps', '--recipient', 'ps', '--exchanges', ...keys);
});
afterAll(() => register.close());

const assertion = (changes: Partial<Assertion> = {}) =>
  aClientAssertion({ id: 'spf', key, audience, now: seconds(), ...changes });
const form = (client_assertion: string, rest: Record<string, string> = {}) => ({
  grant_type: 'client_credentials',
  scope: 'spf',
  client_assertion_type: ASSERTION_TYPE,
  client_assertion,
  ...rest,
});
const outcome = ({ status, body }: Answer) => [status, body.error ?? body.token_type];
const use = (token: string, scheme = 'Bearer', headers: Record<string, string> = {}) =>
  endpoint.post({
    headers: { 'content-type': 'application/json', authorization: `${scheme} ${token}`, ...headers },
    body: JSON.stringify({ query: '{ myRights { category } }' }),
  });
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('an agency by its signed assertion', () => {
  it('gets a token of one hour and makes its first call', async () => {
    const answer = await askToken(endpoint, form(assertion()));
    expect(outcome(answer)).toEqual([200, 'Bearer']);
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'spf',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(claimsOf(answer.body.access_token)).toEqual({
      iss: register.config.issuer.id,
      aud: register.config.audience,
      sub: 'spf',
      client_id: 'spf',
      client: 'spf',
      recipient: 'SPF',
      scope: 'spf',
      iat: seconds(),
      exp: seconds() + 3600,
      jti: expect.any(String),
    });
    expect((await use(answer.body.access_token)).status).toBe(200);
  });
  it('may sign by RSA-PSS, name the issuer or the endpoint, and say its name twice', async () => {
    const good = [
      assertion({ kid: 'r1', header: { alg: 'PS256' }, signer: ps256(rsa) }),
      assertion({ audience: register.config.issuer.id }),
      assertion({ claims: { aud: [audience] } }),
      assertion({ header: { typ: undefined } }),
      assertion({ header: { typ: 'client-authentication+jwt' } }),
      assertion({ claims: { iat: undefined } }),
      assertion({ claims: { exp: seconds() + 300 } }),
    ];
    for (const one of good) expect(outcome(await askToken(endpoint, form(one)))).toEqual([200, 'Bearer']);
    expect(outcome(await askToken(endpoint, form(assertion(), { client_id: 'spf' })))).toEqual([200, 'Bearer']);
  });

  const FORGED: Record<string, () => string> = {
    nonsense: () => 'a.b.c',
    'no signature': () => assertion({ signer: unsigned }),
    'alg none': () => assertion({ header: { alg: 'none' }, signer: unsigned }),
    'HS256 by the public key': () =>
      assertion({
        header: { alg: 'HS256' },
        signer: hmac('sha256', createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()),
      }),
    'HS256 by the public coordinate': () =>
      assertion({ header: { alg: 'HS256' }, signer: hmac('sha256', String(publicJwk(key).x)) }),
    RS256: () => assertion({ kid: 'r1', header: { alg: 'RS256' }, signer: rs256(rsa) }),
    'PS256 by the name of the other key': () => assertion({ header: { alg: 'PS256' }, signer: ps256(rsa) }),
    'ES256 by the name of the RSA key': () => assertion({ kid: 'r1' }),
    'another key': () => assertion({ key: stranger }),
    'another key, shown in the header': () => assertion({ key: stranger, header: { jwk: publicJwk(stranger) } }),
    'its own key, shown in the header': () => assertion({ header: { jwk: publicJwk(key) } }),
    'another key, behind jku': () => assertion({ key: stranger, header: { jku: 'https://evil.example/jwks' } }),
    'a crit header': () => assertion({ header: { crit: ['exp'] } }),
    'b64 false': () => assertion({ header: { b64: false } }),
    'no kid': () => assertion({ header: { kid: undefined } }),
    'an unknown kid': () => assertion({ kid: 'k2' }),
    'a kid of the prototype': () => assertion({ kid: '__proto__' }),
    'typ at+jwt': () => assertion({ header: { typ: 'at+jwt' } }),
    'typ dpop+jwt': () => assertion({ header: { typ: 'dpop+jwt' } }),
    'another issuer': () => assertion({ claims: { iss: 'other' } }),
    'another subject': () => assertion({ claims: { sub: 'other' } }),
    'an unknown client': () => assertion({ id: 'nobody' }),
    'another client’s name, by one’s own key': () => assertion({ id: 'other' }),
    'a client in SQL': () => assertion({ id: "' or true --" }),
    'a client in a list': () => assertion({ claims: { iss: ['spf'], sub: ['spf'] } }),
    'no audience': () => assertion({ claims: { aud: undefined } }),
    'another audience': () => assertion({ audience: 'https://evil.example/token' }),
    'our audience and another': () => assertion({ claims: { aud: [audience, 'https://evil.example'] } }),
    'an empty audience': () => assertion({ claims: { aud: [] } }),
    'the audience of access tokens': () => assertion({ audience: register.config.audience }),
    'an audience that goes on': () => assertion({ audience: `${audience}/` }),
    'no expiry': () => assertion({ claims: { exp: undefined } }),
    'an expiry in text': () => assertion({ claims: { exp: String(seconds() + 60) } }),
    expired: () => assertion({ claims: { exp: seconds() - 6 } }),
    'an expiry too far': () => assertion({ claims: { exp: seconds() + 306 } }),
    'an expiry in milliseconds': () => assertion({ claims: { exp: clock.at } }),
    'issued tomorrow': () => assertion({ claims: { iat: seconds() + 86_400 } }),
    'issued long ago': () => assertion({ claims: { iat: seconds() - 3600 } }),
    'not valid yet': () => assertion({ claims: { nbf: seconds() + 60 } }),
    'no identifier': () => assertion({ claims: { jti: undefined } }),
    'a short identifier': () => assertion({ claims: { jti: '1' } }),
    'an identifier without end': () => assertion({ claims: { jti: 'x'.repeat(129) } }),
    'an identifier that is no text': () => assertion({ claims: { jti: [1, 2, 3] } }),
    'claims in a list': () => `${assertion().split('.')[0]}.${part([])}.x`,
    'a claim twice': () => assertion().replace(/\.[^.]*\./, `.${part('{"iss":"spf","iss":"other"}')}.`),
    'another claim after signing': () =>
      assertion().replace(
        /\.[^.]*\./,
        `.${part({ iss: 'spf', sub: 'spf', aud: audience, exp: seconds() + 60, jti: '12345678' })}.`,
      ),
    'an assertion without end': () => assertion({ claims: { padding: 'x'.repeat(9000) } }),
    'an encrypted one with many rounds': () =>
      [part({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2e9, p2s: 'AA' }), 'a', 'b', 'c', 'd'].join('.'),
  };
  const CONSTANT = JSON.stringify({
    error: 'invalid_client',
    error_description: 'The OAuth client is unknown or its proof is not accepted.',
  });
  it('is forged in at least forty ways', () => expect(Object.keys(FORGED).length).toBeGreaterThanOrEqual(40));
  it.each(Object.entries(FORGED))('is refused, in the same words as any other: %s', async (_, forged) => {
    const answer = await askToken(endpoint, form(forged()));
    expect([answer.status, answer.text]).toEqual([401, CONSTANT]);
  });
  it.each<[string, () => Record<string, string>]>([
    ['another client_id', () => form(assertion(), { client_id: 'other' })],
    ['another kind of assertion', () => form(assertion(), { client_assertion_type: 'urn:x' })],
    ['a SAML assertion', () => form(assertion(), { client_assertion_type: ASSERTION_TYPE.replace('jwt', 'saml2') })],
    ['no assertion', () => ({ ...form(''), client_assertion: '' })],
    ['no kind of assertion', () => form(assertion(), { client_assertion_type: '' })],
    ['a secret besides', () => form(assertion(), { client_secret: 'x' })],
    ['a name alone', () => ({ grant_type: 'client_credentials', scope: 'spf', client_id: 'spf' })],
    [
      'a name and a secret',
      () => ({ grant_type: 'client_credentials', scope: 'spf', client_id: 'spf', client_secret: 'x' }),
    ],
    ['nothing', () => ({ grant_type: 'client_credentials', scope: 'spf' })],
  ])('is refused with %s', async (_, request) => {
    expect((await askToken(endpoint, request())).text).toBe(CONSTANT);
  });
  it('is refused with a header of another way of authentication besides', async () => {
    for (const authorization of ['Basic c3BmOng=', 'Bearer x', ''])
      expect(outcome(await askToken(endpoint, form(assertion()), { authorization }))).toEqual([401, 'invalid_client']);
  });

  it('uses an assertion once, on whatever instance and however fast', async () => {
    const other = await register.serve();
    const once = assertion({ audience: register.config.issuer.id });
    const tries = [endpoint, other, endpoint, other, endpoint, other].map((one) => askToken(one, form(once)));
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 401, 401, 401, 401, 401]);
  });
  it('does not use up the identifier of another client', async () => {
    const claims = { jti: 'the-same-for-both' };
    expect((await askToken(endpoint, form(assertion({ claims })))).status).toBe(200);
    const other = assertion({ id: 'other', key: stranger, claims });
    expect((await askToken(endpoint, form(other, { scope: 'dmp' }))).status).toBe(200);
  });
});

describe('a scope', () => {
  const ask = async (id: string, scope?: string) =>
    askToken(endpoint, form(assertion({ id }), scope === undefined ? { scope: '' } : { scope }));

  it.each(RECIPIENT_IDS)('%s is granted only to a machine that was declared for it', async (recipient) => {
    const expected = mayBeMachine(recipient) ? [200, 'Bearer'] : [400, 'invalid_scope'];
    const answer = await ask('all', scopeOf(recipient));
    expect(outcome(answer)).toEqual(expected);
    if (answer.status === 200) {
      const { recipient: of, region } = claimsOf(answer.body.access_token);
      expect([of, region]).toEqual([recipient, needsRegion(recipient) ? '11' : undefined]);
      expect((await use(answer.body.access_token)).status).toBe(200);
    }
  });
  it.each(RECIPIENT_IDS.filter((one) => one !== 'SPF'))('%s is refused to the client of another', async (recipient) => {
    expect(outcome(await ask('spf', scopeOf(recipient)))).toEqual([400, 'invalid_scope']);
  });
  it.each([
    undefined,
    'SPF',
    'spf dmp',
    'spf spf',
    'dmp spf',
    'openid',
    '*',
    'spf\0',
    ' spf',
    'spf,dmp',
    '__proto__',
    'spf\tdmp',
  ])('« %s » is refused: it is not one recipient', async (scope) =>
    expect(outcome(await ask('all', scope))).toEqual([400, 'invalid_scope']),
  );
  it('of a professional is not granted to a software on its own', async () => {
    expect(outcome(await ask('lps', 'ps'))).toEqual([400, 'invalid_scope']);
  });
  it.each(['audience', 'resource'])('does not reach another service: %s', async (name) => {
    const elsewhere = form(assertion(), { [name]: 'https://evil.example' });
    expect(outcome(await askToken(endpoint, elsewhere))).toEqual([400, 'invalid_target']);
    const here = form(assertion(), { [name]: register.config.audience });
    expect(outcome(await askToken(endpoint, here))).toEqual([200, 'Bearer']);
  });
  it.each(['recipient', 'region', 'subject', 'sub', 'client', 'bodies', 'requested_token_type', 'actor_token'])(
    'is not widened by the parameter %s',
    async (name) => {
      const { body } = await askToken(endpoint, form(assertion(), { [name]: 'ARS' }));
      expect(claimsOf(body.access_token)).toMatchObject({ recipient: 'SPF', sub: 'spf', client: 'spf', scope: 'spf' });
      expect(Object.keys(claimsOf(body.access_token))).not.toContain('region');
    },
  );
});

describe('a client declared for DPoP', () => {
  const ask = (headers?: Record<string, string>) => askToken(endpoint, form(assertion({ id: 'dpop' })), headers);
  const proof = (changes = {}) => aProof({ key, url: audience, now: seconds(), ...changes });

  it('gets a token bound to the key of its proof', async () => {
    const { body } = await ask({ dpop: proof() });
    expect([body.token_type, claimsOf(body.access_token).cnf]).toEqual(['DPoP', { jkt: jktOf(key) }]);
    const token = body.access_token;
    expect((await use(token)).status).toBe(401);
    expect((await use(token, 'DPoP', { dpop: aProof({ key, url: endpoint.url, now: seconds(), token }) })).status).toBe(
      200,
    );
  });
  it('gets none without a good proof for this address', async () => {
    const once = proof();
    expect(outcome(await ask({ dpop: once }))).toEqual([200, 'DPoP']);
    for (const dpop of [
      once,
      proof({ url: endpoint.url }),
      proof({ method: 'GET' }),
      proof({ signer: es256(stranger) }),
      'x',
    ])
      expect(outcome(await ask({ dpop }))).toEqual([400, 'invalid_dpop_proof']);
    expect(outcome(await ask())).toEqual([400, 'invalid_dpop_proof']);
  });
});

describe('keys at an address', () => {
  let remote: Server;
  let served: unknown;
  let reads = 0;
  let status = 200;
  const [first, second] = [aKey(), aKey()];
  beforeAll(async () => {
    remote = createServer((_, response) => {
      reads += 1;
      response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {});
      response.end(typeof served === 'string' ? served : JSON.stringify(served));
    });
    await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
    served = jwksOf({ a: first });
    const uri = `http://127.0.0.1:${(remote.address() as AddressInfo).port}/jwks`;
    await declare(register, 'remote', '--recipient', 'spf', '--jwks-uri', uri);
  });
  afterAll(() => new Promise((resolve) => remote.close(resolve)));
  const ask = async (by: typeof first, kid: string) =>
    (await askToken(endpoint, form(assertion({ id: 'remote', key: by, kid })))).status;

  it('are read once, and anew when a signature names another', async () => {
    expect([await ask(first, 'a'), await ask(first, 'a'), reads]).toEqual([200, 200, 1]);
    served = jwksOf({ a: first, b: second });
    clock.at += 6000;
    expect([await ask(second, 'b'), await ask(first, 'a'), reads]).toEqual([200, 200, 2]);
  });
  it('are not read at every forged name', async () => {
    clock.at += 6000;
    const before = reads;
    expect(await Promise.all(Array.from({ length: 20 }, (_, index) => ask(stranger, `forged-${index}`)))).toEqual(
      Array(20).fill(401),
    );
    expect(reads - before).toBe(1);
  });
  it('end when they are withdrawn', async () => {
    served = jwksOf({ b: second });
    clock.at += 11 * 60_000;
    expect([await ask(first, 'a'), await ask(second, 'b')]).toEqual([401, 200]);
  });
  it.each<[string, number, unknown]>([
    ['a failure', 500, ''],
    ['a redirection', 302, ''],
    ['no JSON', 200, '<html>'],
    ['too much', 200, `{"keys":[],"x":"${'x'.repeat(70_000)}"}`],
    ['a private key', 200, { keys: [{ ...stranger.export({ format: 'jwk' }), kid: 'evil' }] }],
    ['a shared key', 200, { keys: [{ kty: 'oct', k: 'AAAA', kid: 'evil' }] }],
    [
      'two keys of one name',
      200,
      {
        keys: [
          { ...publicJwk(stranger), kid: 'evil' },
          { ...publicJwk(key), kid: 'evil' },
        ],
      },
    ],
  ])('are not replaced by %s', async (_, answered, content) => {
    [status, served] = [answered, content];
    clock.at += 6000;
    expect([await ask(stranger, 'evil'), await ask(second, 'b')]).toEqual([401, 200]);
    status = 200;
  });
});

describe('an operator', () => {
  const keys = () => ['--jwks', aJwksFile({ k1: key })];
  const jwks = (...all: object[]) => ['--jwks', aFile(JSON.stringify({ keys: all }))];

  it.each<[string, () => string[]]>([
    ['without proof', () => ['--recipient', 'spf']],
    ['of a professional without exchanges', () => ['--recipient', 'ps', ...keys()]],
    ['of a person without exchanges', () => ['--recipient', 'patient', ...keys()]],
    ['of an agency without its region', () => ['--recipient', 'ars', ...keys()]],
    ['of an unknown region', () => ['--recipient', 'ars', '--region', '99', ...keys()]],
    ['of a region for nothing', () => ['--recipient', 'spf', '--region', '11', ...keys()]],
    ['with keys here and there', () => ['--recipient', 'spf', ...keys(), '--jwks-uri', 'https://a.example/jwks']],
    ['with keys in the clear', () => ['--recipient', 'spf', '--jwks-uri', 'http://a.example/jwks']],
    ['with keys in a file', () => ['--recipient', 'spf', '--jwks-uri', 'file:///etc/passwd']],
    ['with keys behind a password', () => ['--recipient', 'spf', '--jwks-uri', 'https://a:b@a.example/']],
    ['with a private key', () => ['--recipient', 'spf', ...jwks({ ...key.export({ format: 'jwk' }), kid: 'k1' })]],
    ['with a shared key', () => ['--recipient', 'spf', ...jwks({ kty: 'oct', k: 'AAAA', kid: 'k1' })]],
    ['with a weak key', () => ['--recipient', 'spf', ...jwks({ ...publicJwk(weak), kid: 'k1' })]],
    ['with a key without name', () => ['--recipient', 'spf', ...jwks(publicJwk(key))]],
    ['with a key for encryption', () => ['--recipient', 'spf', ...jwks({ ...publicJwk(key), kid: 'k1', use: 'enc' })]],
    ['with no key', () => ['--recipient', 'spf', ...jwks()]],
    ['with no JSON', () => ['--recipient', 'spf', '--jwks', aFile('x')]],
    ['with no certificate', () => ['--recipient', 'spf', '--certificate', aFile('x')]],
  ])('declares no client %s', async (_, options) => {
    const { code, said } = await operator(register, 'declare-client', '--id', 'bad', ...options());
    expect([code, said]).toEqual([1, expect.stringContaining('CLIENT_DECLARATION')]);
  });
  it('declares no client under a name that is none', async () => {
    for (const id of ['', 'a b', "x'--", '../x', 'x'.repeat(65)])
      expect((await operator(register, 'declare-client', '--id', id, '--recipient', 'spf', ...keys())).code).toBe(1);
  });
  it('is told a file that cannot be read, and a scope that is none', async () => {
    const told = await operator(register, 'declare-client', '--id', 'x', '--recipient', 'spf', '--jwks', '/nowhere');
    expect(told.said).toContain('FILE_UNREADABLE');
    expect((await operator(register, 'declare-client', '--id', 'x', '--recipient', 'nobody', ...keys())).code).toBe(2);
  });
  it('replaces the keys of a client, and the old ones are worth nothing at once', async () => {
    await declare(register, 'rotating', '--recipient', 'spf', ...keys());
    const ask = async (by: typeof key) =>
      (await askToken(endpoint, form(assertion({ id: 'rotating', key: by })))).status;
    expect(await ask(key)).toBe(200);
    await declare(register, 'rotating', '--recipient', 'spf', '--jwks', aJwksFile({ k1: stranger }));
    expect([await ask(key), await ask(stranger)]).toEqual([401, 200]);
  });
  it('disables a client, which gets no token from then on, even declared anew', async () => {
    await declare(register, 'ending', '--recipient', 'spf', ...keys());
    const ask = async () => (await askToken(endpoint, form(assertion({ id: 'ending' })))).status;
    expect(await ask()).toBe(200);
    expect(await operator(register, 'disable-client', '--id', 'ending')).toEqual({ code: 0, said: 'client désactivé' });
    expect(await ask()).toBe(401);
    await declare(register, 'ending', '--recipient', 'spf', ...keys());
    expect(await ask()).toBe(401);
    expect((await operator(register, 'disable-client', '--id', 'ending')).code).toBe(1);
    expect((await operator(register, 'disable-client', '--id', 'nobody')).code).toBe(1);
  });
});
