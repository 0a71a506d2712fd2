import { createHash, type KeyObject } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Binding, TokenIssuer } from '../../src/auth/issuer.js';
import { aCertificate, aFile, aJwksFile, askToken, type Certificate, declare } from '../builders/a-client.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import {
  ASSERTION_TYPE,
  aClientAssertion,
  aKey,
  anRsaKey,
  aProof,
  es256,
  hmac,
  jktOf,
  jwt,
  type Proof,
  ps256,
  publicJwk,
  unsigned,
} from '../builders/a-token.js';

const clock = { at: Date.parse('2021-06-01T12:00:00Z'), now: () => new Date(clock.at) };
const seconds = () => Math.floor(clock.at / 1000);
const holder = aKey();
const stranger = aKey();
const REFUSED =
  '{"errors":[{"message":"Jeton absent, expiré ou non valable.","extensions":{"code":"UNAUTHENTICATED"}}]}';

let register: Register;
let plain: Endpoint;
let url: string;
let issuer: TokenIssuer;
beforeAll(async () => {
  register = await aRegister(clock);
  plain = await register.serve();
  url = plain.url;
  issuer = new TokenIssuer(register.config, clock);
});
afterAll(() => register.close());

const tokenFor = (binding: Binding) => issuer.tokenFor(as('SPF'), binding);
const QUERY = JSON.stringify({ query: '{ __typename }' });

async function ask(authorization: string, headers: Record<string, string> = {}, body = QUERY) {
  const answer = await plain.post({ headers: { 'content-type': 'application/json', authorization, ...headers }, body });
  return [answer.status, answer.status === 200 ? '' : answer.text];
}
const GOOD = [200, ''];
const BAD = [401, REFUSED];

describe('a token bound to a DPoP key', () => {
  let token: string;
  beforeAll(async () => {
    token = await tokenFor({ jkt: jktOf(holder) });
  });
  const proof = (changes: Partial<Proof> = {}) => aProof({ key: holder, url, now: seconds(), token, ...changes });

  it('is accepted with a proof for this request, each time a new one', async () => {
    expect(await ask(`DPoP ${token}`, { dpop: proof() })).toEqual(GOOD);
    expect(await ask(`DPoP ${token}`, { dpop: proof() })).toEqual(GOOD);
  });
  it('is accepted by an address that differs by what does not count', async () => {
    for (const htu of [`${url}?x=1`, `${url}#x`, url.replace('http', 'HTTP')])
      expect(await ask(`DPoP ${token}`, { dpop: proof({ claims: { htu } }) })).toEqual(GOOD);
  });
  it('is accepted within a minute and the tolerance of clocks', async () => {
    for (const iat of [seconds() - 60, seconds() - 64, seconds() + 4])
      expect(await ask(`DPoP ${token}`, { dpop: proof({ claims: { iat } }) })).toEqual(GOOD);
  });

  const text = (header: object, claims: object) =>
    jwt({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk(holder), ...header }, claims, es256(holder));
  const full = () => ({
    htm: 'POST',
    htu: url,
    iat: seconds(),
    jti: 'jti-of-a-proof',
    ath: createHash('sha256').update(token).digest('base64url'),
  });
  const CASES: Record<string, () => string> = {
    'no proof': () => '',
    nonsense: () => 'a.b.c',
    'the token as its own proof': () => token,
    'a proof by another key': () => proof({ key: stranger }),
    'a proof by another key that shows the right one': () => proof({ signer: es256(stranger) }),
    'a proof without key': () => proof({ header: { jwk: undefined } }),
    'a proof with its private key': () => proof({ header: { jwk: holder.export({ format: 'jwk' }) } }),
    'a proof with a shared key': () =>
      proof({
        header: { alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } },
        signer: hmac('sha256', Buffer.from('AAAA', 'base64')),
      }),
    'an unsigned proof': () => proof({ header: { alg: 'none' }, signer: unsigned }),
    'a proof by RSA': () => {
      const rsa = anRsaKey();
      return proof({ header: { alg: 'PS256', jwk: publicJwk(rsa) }, signer: ps256(rsa) });
    },
    'a key on another curve': () => proof({ header: { jwk: publicJwk(aKey('P-384')) } }),
    'a key that is not on its curve': () => proof({ header: { jwk: { ...publicJwk(holder), x: 'A'.repeat(43) } } }),
    'a jku beside the key': () => proof({ header: { jku: 'https://evil.example' } }),
    'a kid beside the key': () => proof({ header: { kid: 'x' } }),
    'a crit header': () => proof({ header: { crit: ['exp'], exp: 1 } }),
    'typ JWT': () => proof({ header: { typ: 'JWT' } }),
    'typ at+jwt': () => proof({ header: { typ: 'at+jwt' } }),
    'no typ': () => proof({ header: { typ: undefined } }),
    'another method': () => proof({ claims: { htm: 'GET' } }),
    'the method in lower case': () => proof({ claims: { htm: 'post' } }),
    'no method': () => proof({ claims: { htm: undefined } }),
    'another path': () => proof({ claims: { htu: new URL('/token', url).toString() } }),
    'another host': () => proof({ claims: { htu: 'https://evil.example/graphql' } }),
    'another port': () => proof({ claims: { htu: 'http://127.0.0.1:1/graphql' } }),
    'another scheme': () => proof({ claims: { htu: url.replace('http:', 'https:') } }),
    'the right address as a name and password': () => proof({ claims: { htu: url.replace('//', '//evil@') } }),
    'the path alone': () => proof({ claims: { htu: '/graphql' } }),
    'an address in a list': () => proof({ claims: { htu: [url] } }),
    'no address': () => proof({ claims: { htu: undefined } }),
    'an address that goes on': () => proof({ claims: { htu: `${url}/` } }),
    'too old': () => proof({ claims: { iat: seconds() - 66 } }),
    'an hour old': () => proof({ claims: { iat: seconds() - 3600 } }),
    'of the future': () => proof({ claims: { iat: seconds() + 6 } }),
    'without time': () => proof({ claims: { iat: undefined } }),
    'a time in text': () => proof({ claims: { iat: String(seconds()) } }),
    expired: () => proof({ claims: { exp: seconds() - 6 } }),
    'not valid before long': () => proof({ claims: { nbf: seconds() + 60 } }),
    'no identifier': () => proof({ claims: { jti: undefined } }),
    'an empty identifier': () => proof({ claims: { jti: '' } }),
    'an identifier without end': () => proof({ claims: { jti: 'x'.repeat(129) } }),
    'the hash of another token': () => proof({ token: 'another' }),
    'no hash of the token': () => proof({ claims: { ath: undefined } }),
    'the token in place of its hash': () => proof({ claims: { ath: token } }),
    'a claim twice': () =>
      text({}, full()).replace(
        /\.[^.]*\./,
        () => `.${Buffer.from(`{"htm":"GET",${JSON.stringify(full()).slice(1)}`).toString('base64url')}.`,
      ),
    'two proofs': () => `${proof()}, ${proof()}`,
    'a proof without end': () => proof({ claims: { padding: 'x'.repeat(5000) } }),
  };
  it.each(Object.entries(CASES))('is refused with: %s', async (_, forged) => {
    expect(await ask(`DPoP ${token}`, { dpop: forged() })).toEqual(BAD);
  });

  it('is refused with no header at all, and as a bearer token, even with its proof', async () => {
    expect(await ask(`DPoP ${token}`)).toEqual(BAD);
    expect(await ask(`Bearer ${token}`)).toEqual(BAD);
    expect(await ask(`Bearer ${token}`, { dpop: proof() })).toEqual(BAD);
    expect(await ask(`dpop ${token}`, { dpop: proof() })).toEqual(BAD);
  });
  it('takes a proof once, and so does another instance', async () => {
    const other = await register.serve();
    const once = proof();
    expect(await ask(`DPoP ${token}`, { dpop: once })).toEqual(GOOD);
    expect(await ask(`DPoP ${token}`, { dpop: once })).toEqual(BAD);
    const there = aProof({ key: holder, url: other.url, now: seconds(), token, claims: { htu: other.url } });
    const send = () =>
      other.post({
        headers: { 'content-type': 'application/json', authorization: `DPoP ${token}`, dpop: there },
        body: QUERY,
      });
    const statuses = (await Promise.all(Array.from({ length: 8 }, send))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });
  it('does not lend its key to a token that is bound to none', async () => {
    const unbound = await tokenFor({});
    expect(await ask(`Bearer ${unbound}`)).toEqual(GOOD);
    expect(await ask(`DPoP ${unbound}`, { dpop: proof({ token: unbound }) })).toEqual(BAD);
    expect(await ask(`Bearer ${unbound}`)).toEqual(GOOD);
  });
  it('does not outlive its proof’s memory: the used proof is swept only once it is too old', async () => {
    const once = proof();
    expect(await ask(`DPoP ${token}`, { dpop: once })).toEqual(GOOD);
    const [before] = await register.database.owner.query('select count(*)::int as n from used_proof');
    clock.at += 200_000;
    try {
      expect(await ask(`DPoP ${token}`, { dpop: proof() })).toEqual(GOOD);
      expect(await ask(`DPoP ${token}`, { dpop: once })).toEqual(BAD);
      const left = async () => (await register.database.owner.query('select count(*)::int as n from used_proof'))[0].n;
      for (let tries = 0; (await left()) > 1 && tries < 500; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect([before.n > 1, await left()]).toEqual([true, 1]);
    } finally {
      clock.at -= 200_000;
    }
  });
});

describe('a token bound to a TLS certificate', () => {
  let server: Endpoint;
  let agency: Certificate;
  let other: Certificate;
  let token: string;
  beforeAll(async () => {
    [agency, other] = [aCertificate('agency'), aCertificate('other')];
    const tls = aCertificate('server');
    server = await register.serve({ config: { ...register.config, tls } });
    token = await tokenFor({ x5t: agency.thumbprint });
  });

  const post = (path: string, headers: OutgoingHttpHeaders, body: string, certificate?: Certificate) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const { port } = server.server.address() as AddressInfo;
      const { cert, key } = certificate ?? {};
      const sent = request(
        { host: '127.0.0.1', port, path, method: 'POST', cert, key, headers, rejectUnauthorized: false, agent: false },
        (response) => {
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  const graphql = async (authorization: string, certificate?: Certificate, headers: OutgoingHttpHeaders = {}) => {
    const all = { 'content-type': 'application/json', authorization, ...headers };
    const { status, text } = await post('/graphql', all, QUERY, certificate);
    return [status, status === 200 ? '' : text];
  };

  it('is accepted on a connection opened with it, and on no other', async () => {
    expect(await graphql(`Bearer ${token}`, agency)).toEqual(GOOD);
    expect(await graphql(`Bearer ${token}`, other)).toEqual(BAD);
    expect(await graphql(`Bearer ${token}`)).toEqual(BAD);
    expect(await graphql(`Bearer ${token}`, agency)).toEqual(GOOD);
  });
  it('is refused in the clear', async () => expect(await ask(`Bearer ${token}`)).toEqual(BAD));
  it('is refused under another scheme', async () => expect(await graphql(`DPoP ${token}`, agency)).toEqual(BAD));
  it.each(['x-ssl-client-der', 'x-ssl-client-cert', 'x-forwarded-client-cert', 'x-client-cert'])(
    'is not accepted by the header %s, which no configuration names',
    async (header) => {
      expect(await ask(`Bearer ${token}`, { [header]: agency.der.toString('base64') })).toEqual(BAD);
      expect(await graphql(`Bearer ${token}`, other, { [header]: agency.der.toString('base64') })).toEqual(BAD);
    },
  );
  it('with a DPoP key besides needs both', async () => {
    const both = await tokenFor({ x5t: agency.thumbprint, jkt: jktOf(holder) });
    const { port } = server.server.address() as AddressInfo;
    const proof = () => aProof({ key: holder, url: `https://127.0.0.1:${port}/graphql`, now: seconds(), token: both });
    const host = { host: `127.0.0.1:${port}` };
    expect(await graphql(`DPoP ${both}`, agency, { ...host, dpop: proof() })).toEqual(GOOD);
    expect(await graphql(`DPoP ${both}`, other, { ...host, dpop: proof() })).toEqual(BAD);
    expect(await graphql(`DPoP ${both}`, agency, host)).toEqual(BAD);
    expect(await graphql(`Bearer ${both}`, agency, { ...host, dpop: proof() })).toEqual(BAD);
  });

  describe('behind a proxy that the configuration names', () => {
    let proxied: Endpoint;
    beforeAll(async () => {
      proxied = await register.serve({ config: { ...register.config, certificateHeader: 'X-SSL-Client-DER' } });
    });
    const through = async (headers: Record<string, string>) => {
      const all = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers };
      return (await proxied.post({ headers: all, body: QUERY })).status;
    };
    it('is accepted with the certificate that the proxy hands over', async () =>
      expect(await through({ 'x-ssl-client-der': agency.der.toString('base64') })).toBe(200));
    it.each<[string, () => Record<string, string>]>([
      ['no header', () => ({})],
      ['an empty header', () => ({ 'x-ssl-client-der': '' })],
      ['another certificate', () => ({ 'x-ssl-client-der': other.der.toString('base64') })],
      [
        'two certificates',
        () => ({ 'x-ssl-client-der': `${other.der.toString('base64')}, ${agency.der.toString('base64')}` }),
      ],
      ['its thumbprint', () => ({ 'x-ssl-client-der': agency.thumbprint })],
      ['its PEM form', () => ({ 'x-ssl-client-der': encodeURIComponent(agency.cert) })],
      ['nonsense', () => ({ 'x-ssl-client-der': 'AAAA' })],
      ['its base64url form', () => ({ 'x-ssl-client-der': agency.der.toString('base64url') })],
      ['another header', () => ({ 'x-ssl-client-cert': agency.der.toString('base64') })],
    ])('is refused with %s', async (_, headers) => expect(await through(headers())).toBe(401));
  });

  describe('is issued', () => {
    const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const requestToken = async (
      fields: Record<string, string>,
      certificate?: Certificate,
      headers: OutgoingHttpHeaders = {},
    ) => {
      const { status, text } = await post(
        '/token',
        { ...type, ...headers },
        form({ grant_type: 'client_credentials', ...fields }),
        certificate,
      );
      return { status, body: JSON.parse(text) };
    };
    let key: KeyObject;
    beforeAll(async () => {
      key = aKey();
      const pem = aFile(agency.cert, 'pem');
      await declare(register, 'by-tls', '--recipient', 'spf', '--certificate', pem);
      await declare(
        register,
        'bound',
        '--recipient',
        'spf',
        '--jwks',
        aJwksFile({ k1: key }),
        '--binding',
        'certificate',
      );
      await declare(register, 'both', '--recipient', 'spf', '--jwks', aJwksFile({ k1: key }), '--certificate', pem);
    });
    const assertion = (id: string) => ({
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: aClientAssertion({ id, key, audience: register.config.issuer.id, now: seconds() }),
      scope: 'spf',
    });

    it('to a client known by its certificate, and to nobody else', async () => {
      const fields = { client_id: 'by-tls', scope: 'spf' };
      const { status, body } = await requestToken(fields, agency);
      expect([status, body.token_type]).toEqual([200, 'Bearer']);
      expect(await graphql(`Bearer ${body.access_token}`, agency)).toEqual(GOOD);
      expect(await graphql(`Bearer ${body.access_token}`, other)).toEqual(BAD);
      expect(await graphql(`Bearer ${body.access_token}`)).toEqual(BAD);
      for (const certificate of [other, undefined])
        expect(await requestToken(fields, certificate)).toMatchObject({
          status: 401,
          body: { error: 'invalid_client' },
        });
      expect(await requestToken({ client_id: 'bound', scope: 'spf' }, agency)).toMatchObject({ status: 401 });
    });
    it('to a client declared so, which gets no other', async () => {
      expect(await requestToken(assertion('bound'))).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
      const { body } = await requestToken(assertion('bound'), other);
      expect(await graphql(`Bearer ${body.access_token}`, other)).toEqual(GOOD);
      expect(await graphql(`Bearer ${body.access_token}`, agency)).toEqual(BAD);
    });
    it('to nobody on the connection of somebody else', async () => {
      expect(await requestToken(assertion('both'), other)).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      });
      expect(await requestToken(assertion('both'), agency)).toMatchObject({ status: 200 });
    });
  });
});

describe('where proofs must bear a nonce of this service (RFC 9449 §8)', () => {
  let demanding: Endpoint;
  let token: string;
  const began = clock.at;
  beforeAll(async () => {
    demanding = await register.serve({ config: { ...register.config, dpopNonce: true } });
    token = await tokenFor({ jkt: jktOf(holder) });
    await declare(register, 'bound', '--recipient', 'spf', '--binding', 'dpop', '--jwks', aJwksFile({ k1: holder }));
  });
  afterEach(() => {
    clock.at = began;
  });

  const call = (nonce?: string, claims: object = {}) =>
    demanding.post({
      headers: {
        'content-type': 'application/json',
        authorization: `DPoP ${token}`,
        dpop: aProof({ key: holder, url: demanding.url, now: seconds(), token, claims: { nonce, ...claims } }),
      },
      body: QUERY,
    });
  const offered = async () => (await call()).headers.get('dpop-nonce') ?? '';

  it('a proof without one is told which, and is no failure to authenticate; with it, it is accepted', async () => {
    const traces = await register.database.owner.query('select from trace');
    const answer = await call();
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([401, 'USE_DPOP_NONCE']);
    expect(answer.headers.get('www-authenticate')).toBe('DPoP error="use_dpop_nonce"');
    expect(await register.database.owner.query('select from trace')).toHaveLength(traces.length);
    const next = await call(answer.headers.get('dpop-nonce') ?? '');
    expect([next.status, next.headers.get('dpop-nonce')]).toEqual([200, await offered()]);
  });
  it('is good until the end of the next minute, on every instance, and never after', async () => {
    const nonce = await offered();
    clock.at = began + 60_000;
    expect((await call(nonce)).status).toBe(200);
    clock.at = began + 121_000;
    expect((await call(nonce)).status).toBe(401);
    clock.at = began - 60_000;
    expect((await call(nonce)).status).toBe(401);
  });
  it.each<[string, (nonce: string) => unknown]>([
    ['invented', () => 'AAAA'],
    ['empty', () => ''],
    ['cut', (nonce) => nonce.slice(0, -1)],
    ['of another minute under the same digest', (nonce) => nonce.replace(/^[^.]+/, (slot) => `${slot}0`)],
    ['in a list', (nonce) => [nonce]],
  ])('refuses one that is %s', async (_, forged) => {
    expect((await call(undefined, { nonce: forged(await offered()) })).status).toBe(401);
  });
  it('serves once with one proof', async () => {
    const claims = { nonce: await offered(), jti: 'the same proof' };
    expect([(await call(undefined, claims)).status, (await call(undefined, claims)).status]).toEqual([200, 401]);
  });
  it('is asked for at the token endpoint as well, in the words of OAuth', async () => {
    const audience = register.config.issuer.id;
    const at = new URL('/token', demanding.url).href;
    const ask = (nonce?: string) =>
      askToken(
        demanding,
        {
          ...{ grant_type: 'client_credentials', scope: 'spf', client_assertion_type: ASSERTION_TYPE },
          client_assertion: aClientAssertion({ id: 'bound', key: holder, audience, now: seconds() }),
        },
        { dpop: aProof({ key: holder, url: at, now: seconds(), claims: { nonce } }) },
      );
    const first = await ask();
    expect([first.status, first.body.error]).toEqual([400, 'use_dpop_nonce']);
    const second = await ask(first.headers.get('dpop-nonce') ?? '');
    expect([second.status, second.body.token_type]).toEqual([200, 'DPoP']);
  });
  it('elsewhere no nonce is offered', async () => {
    const answer = await plain.post({
      headers: {
        'content-type': 'application/json',
        authorization: `DPoP ${token}`,
        dpop: aProof({ key: holder, url, now: seconds(), token }),
      },
      body: QUERY,
    });
    expect([answer.status, answer.headers.get('dpop-nonce')]).toEqual([200, null]);
  });
});
