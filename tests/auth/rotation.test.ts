import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oauth from 'oauth4webapi';
import { TokenIssuer } from '../../src/auth/issuer.js';
import type { Config, Keys } from '../../src/config.js';
import { systemClock } from '../../src/kernel/clock.js';
import { aJwksFile, askToken, declare, jwksOf } from '../builders/a-client.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { ASSERTION_TYPE, aClientAssertion, aKey } from '../builders/a-token.js';

const now = () => Math.floor(Date.now() / 1000);
const pem = () => aKey().export({ type: 'pkcs8', format: 'pem' }).toString();
const [old, young] = [pem(), pem()];
const key = aKey();
const ISSUER = 'https://register.test';

let register: Register;
beforeAll(async () => {
  register = await aRegister();
  await declare(register, 'spf', '--recipient', 'spf', '--jwks', aJwksFile({ k1: key }));
});
afterAll(() => register.close());

const withKeys = (issuer: Keys['issuer'], id = ISSUER): Config => ({
  ...register.config,
  issuer: { kind: 'production', id },
  keys: { ...register.config.keys, issuer },
});
const use = async (endpoint: Endpoint, token: string) => {
  const { status } = await endpoint.post({
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ __typename }' }),
  });
  return status;
};
const ask = async (endpoint: Endpoint) => {
  const assertion = aClientAssertion({ id: 'spf', key, audience: ISSUER, now: now() });
  const form = { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion, scope: 'spf' };
  return (await askToken(endpoint, { grant_type: 'client_credentials', ...form })).body.access_token as string;
};

describe('the keys of this service’s tokens', () => {
  const step = (current: string, keys: Record<string, string>) =>
    register.serve({ config: withKeys({ current, keys }) });

  it('are replaced under load, instance after instance, without a failure', async () => {
    // The three states of a rotation, each on its own instance, as while instances restart one by one.
    const announced = await step('old', { old, young });
    const turned = await step('young', { old, young });
    const instances = [announced, turned];
    const statuses: number[] = [];
    for (let round = 0; round < 15; round += 1) {
      const tokens = await Promise.all(Array.from({ length: 8 }, (_, index) => ask(instances[index % 2] as Endpoint)));
      statuses.push(...(await Promise.all(tokens.flatMap((token) => instances.map((one) => use(one, token))))));
    }
    expect([statuses.length, statuses.filter((status) => status !== 200)]).toEqual([240, []]);
  });
  it('that signed are not believed once they are withdrawn, nor before they are listed', async () => {
    const before = await step('old', { old });
    const after = await step('young', { young });
    const [ofOld, ofYoung] = [await ask(before), await ask(after)];
    expect(await Promise.all([use(before, ofOld), use(after, ofYoung)])).toEqual([200, 200]);
    expect(await Promise.all([use(before, ofYoung), use(after, ofOld)])).toEqual([401, 401]);
  });
  it('are all published, under the names by which tokens call them', async () => {
    const turned = await step('young', { old, young });
    const { keys } = (await (await fetch(new URL('/.well-known/jwks.json', turned.url))).json()) as {
      keys: { kid: string }[];
    };
    expect(keys.map(({ kid }) => kid)).toEqual(['old', 'young']);
    const header = JSON.parse(Buffer.from((await ask(turned)).split('.')[0] ?? '', 'base64url').toString());
    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'young' });
  });
  it('do not answer to each other’s names', async () => {
    const crossed = await step('old', { old: young, young: old });
    const honest = new TokenIssuer(withKeys({ current: 'old', keys: { old } }), systemClock);
    expect(await use(crossed, await honest.tokenFor(as('SPF')))).toBe(401);
  });
});

describe('the keys of a client', () => {
  let remote: Server;
  let served: object;
  let reads = 0;
  beforeAll(async () => {
    remote = createServer((_, response) => {
      reads += 1;
      response.end(JSON.stringify(served));
    });
    await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
    const uri = `http://127.0.0.1:${(remote.address() as AddressInfo).port}/`;
    await declare(register, 'remote', '--recipient', 'dmp', '--jwks-uri', uri);
  });
  afterAll(() => new Promise((resolve) => remote.close(resolve)));

  it('are replaced under load without a failure, and read once for each change', async () => {
    const clock = { at: Date.now(), now: () => new Date(clock.at) };
    const endpoint = await register.serve({ clock });
    const [first, second] = [aKey(), aKey()];
    const send = async (by: typeof first, kid: string) => {
      const seconds = Math.floor(clock.at / 1000);
      const client_assertion = aClientAssertion({
        id: 'remote',
        key: by,
        kid,
        audience: register.config.issuer.id,
        now: seconds,
      });
      const form = {
        grant_type: 'client_credentials',
        scope: 'dmp',
        client_assertion_type: ASSERTION_TYPE,
        client_assertion,
      };
      return (await askToken(endpoint, form)).status;
    };
    served = jwksOf({ first });
    const before = await Promise.all(Array.from({ length: 20 }, () => send(first, 'first')));
    served = jwksOf({ first, second });
    clock.at += 10_000;
    const during = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? send(first, 'first') : send(second, 'second'))),
    );
    expect([...before, ...during].filter((status) => status !== 200)).toEqual([]);
    expect(reads).toBe(2);
  });
});

it('another implementation of OAuth finds this service, gets a token bound by DPoP and calls with it', async () => {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const config = withKeys({ current: 'young', keys: { young } }, issuer);
  const { createApplication } = await import('../../src/application.js');
  const server = await createApplication({ config, database: register.database });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  try {
    const insecure = { [oauth.allowInsecureRequests]: true };
    const discovered = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure });
    const authority = await oauth.processDiscoveryResponse(new URL(issuer), discovered);
    const pair = await oauth.generateKeyPair('ES256', { extractable: true });
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const { aFile } = await import('../builders/a-client.js');
    const { kty, crv, x, y } = jwk;
    await declare(
      register,
      'second',
      '--recipient',
      'spf',
      '--jwks',
      aFile(JSON.stringify({ keys: [{ kty, crv, x, y, kid: 'k' }] })),
    );
    const client = { client_id: 'second' };
    const auth = oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'k' });
    const DPoP = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
    const asked = await oauth.clientCredentialsGrantRequest(
      authority,
      client,
      auth,
      { scope: 'spf' },
      { DPoP, ...insecure },
    );
    const { access_token, token_type } = await oauth.processClientCredentialsResponse(authority, client, asked);
    expect(token_type).toBe('dpop');
    const headers = new Headers({ 'content-type': 'application/json' });
    const call = () =>
      oauth.protectedResourceRequest(
        access_token,
        'POST',
        new URL(`${issuer}/graphql`),
        headers,
        JSON.stringify({ query: '{ __typename }' }),
        {
          DPoP,
          ...insecure,
        },
      );
    expect([(await call()).status, (await call()).status]).toEqual([200, 200]);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
