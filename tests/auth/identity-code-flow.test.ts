import { createHash, randomBytes } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { demoAccounts } from '../../src/demo/accounts.js';
import { type DemoIdentityProvider, startDemoIdentityProvider } from '../../src/demo/identity-provider.js';
import { DemoBrowser, demoLogin } from '../../src/demo/login.js';
import { REDIRECT_URI } from '../../src/demo/provider.js';
// For what it does to jest's globals.
import '../builders/an-identity-world.js';

const VERIFIER = randomBytes(32).toString('base64url');
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

let provider: DemoIdentityProvider;
beforeAll(async () => {
  provider = await startDemoIdentityProvider({ port: 0, accounts: demoAccounts() });
});
afterAll(() => provider?.close());

const authorization = (given: Record<string, string | undefined> = {}): string => {
  const parameters = {
    ...{ client_id: 'lps-demo', response_type: 'code', scope: 'openid scope_all', redirect_uri: REDIRECT_URI },
    ...{ state: 'state', nonce: 'nonce', code_challenge: CHALLENGE, code_challenge_method: 'S256' },
    ...given,
  };
  const kept = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${provider.issuers.psc}/auth?${new URLSearchParams(kept)}`;
};
const codeOf = async (given: Record<string, string> = {}): Promise<string> =>
  (await new DemoBrowser().logIn(authorization(given), 'nurse')).searchParams.get('code') ?? '';
const redeem = async (given: Record<string, string | undefined>): Promise<Response> => {
  const parameters = {
    ...{ grant_type: 'authorization_code', client_id: 'lps-demo' },
    ...{ redirect_uri: REDIRECT_URI, code_verifier: VERIFIER },
    ...given,
  };
  const kept = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return fetch(`${provider.issuers.psc}/token`, { method: 'POST', body: new URLSearchParams(kept) });
};

describe('the code flow of the demonstration', () => {
  it('gives a token to whoever holds the verifier', async () => {
    expect((await redeem({ code: await codeOf() })).status).toBe(200);
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['no verifier', { code_verifier: undefined }],
    ['another verifier', { code_verifier: randomBytes(32).toString('base64url') }],
    ['the challenge for a verifier', { code_verifier: CHALLENGE }],
    ['a short verifier', { code_verifier: VERIFIER.slice(0, 20) }],
    ['another software', { client_id: 'lps-inconnu' }],
    ['another address', { redirect_uri: `${REDIRECT_URI}/` }],
    ['no address', { redirect_uri: undefined }],
    ['another grant', { grant_type: 'password' }],
  ])('gives none for a code with %s', async (_, given) => {
    expect((await redeem({ code: await codeOf(), ...given })).status).toBe(400);
  });

  it('gives none for a code used twice, invented, or of another issuer', async () => {
    const code = await codeOf();
    expect((await redeem({ code })).status).toBe(200);
    for (const used of [code, 'A'.repeat(43), '']) expect((await redeem({ code: used })).status).toBe(400);
    const elsewhere = authorization({ client_id: 'caisse-demo' }).replace('/psc/', '/insurance/');
    const back = await new DemoBrowser().logIn(elsewhere, 'agent-0001');
    expect((await redeem({ code: back.searchParams.get('code') ?? '' })).status).toBe(400);
  });

  it('says which issuer answers (RFC 9207), with the state that was sent', async () => {
    const back = await new DemoBrowser().logIn(authorization(), 'nurse');
    expect(back.searchParams.get('iss')).toBe(provider.issuers.psc);
    expect(back.searchParams.get('state')).toBe('state');
  });

  it('answers with the state and the nonce of this login: those of another one are refused by the software', async () => {
    const server = { issuer: provider.issuers.psc };
    const client = { client_id: 'lps-demo', id_token_signed_response_alg: 'ES256' };
    const login = async (state: string, nonce: string) => {
      const back = await new DemoBrowser().logIn(authorization({ state, nonce }), 'nurse');
      const answer = await redeem({ code: back.searchParams.get('code') ?? '' });
      return { back, tokens: (await answer.json()) as { id_token: string } };
    };
    const logins = [await login('state-1', 'nonce-1'), await login('state-2', 'nonce-2')] as const;
    for (const [at, { back, tokens }] of logins.entries()) {
      const [own, other] = [at + 1, 2 - at];
      expect(oauth.validateAuthResponse(server, client, back, `state-${own}`).get('state')).toBe(`state-${own}`);
      expect(() => oauth.validateAuthResponse(server, client, back, `state-${other}`)).toThrow(/state/);
      expect(() => oauth.validateAuthResponse(server, client, back)).toThrow(/state/);
      const elsewhere = { issuer: provider.issuers.insurance };
      expect(() => oauth.validateAuthResponse(elsewhere, client, back, `state-${own}`)).toThrow(/iss/);
      const received = (expectedNonce: string) =>
        oauth.processAuthorizationCodeResponse(server, client, Response.json(tokens), { expectedNonce });
      await expect(received(`nonce-${own}`)).resolves.toMatchObject({ id_token: tokens.id_token });
      await expect(received(`nonce-${other}`)).rejects.toThrow(/nonce/);
    }
  });

  it('sends no second code for an answer that is shown again: state, nonce and code are spent together', async () => {
    const back = await new DemoBrowser().logIn(authorization({ state: 'once', nonce: 'once' }), 'nurse');
    const code = back.searchParams.get('code') ?? '';
    const first = (await (await redeem({ code })).json()) as { access_token: string };
    const again = await redeem({ code });
    expect([again.status, await again.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
    // RFC 6749 §4.1.2: the token of a code that was used twice is worth nothing either.
    const claims = await fetch(`${provider.issuers.psc}/me`, {
      headers: { authorization: `Bearer ${first.access_token}` },
    });
    expect(claims.status).toBe(401);
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with a plain challenge', { code_challenge: VERIFIER, code_challenge_method: 'plain' }],
    ['with a challenge of no method, hence plain', { code_challenge_method: undefined }],
    ['with an unknown method', { code_challenge_method: 'S512' }],
    ['for a token at once', { response_type: 'token' }],
    ['for an ID token at once', { response_type: 'id_token' }],
  ])('sends nobody back with a code when asked %s', async (_, given) => {
    const answer = await new DemoBrowser().logIn(authorization(given), 'nurse').catch(() => undefined);
    expect(answer?.searchParams.get('code') ?? undefined).toBeUndefined();
    expect(answer?.hash.includes('token=') ?? false).toBe(false);
  });

  it.each([
    `${REDIRECT_URI}/`,
    `${REDIRECT_URI}/../other`,
    `${REDIRECT_URI}?x=1`,
    `${REDIRECT_URI}#x`,
    `${REDIRECT_URI}%2e`,
    'http://127.0.0.1/Callback',
    'http://127.0.0.1/',
    'http://127.0.0.1',
    'http://127.0.0.2/callback',
    'http://localhost/callback',
    'http://[::1]/callback',
    'http://0.0.0.0/callback',
    'http://127.0.0.1.example.org/callback',
    'http://127.0.0.1@example.org/callback',
    'http://example.org/callback',
    'https://127.0.0.1/callback',
    'ftp://127.0.0.1/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    '//127.0.0.1/callback',
    '/callback',
    'callback',
    '',
    '*',
  ])('is refused on the spot for the address « %s »', async (redirect_uri) => {
    const response = await fetch(authorization({ redirect_uri }), { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
  });

  it('shows its people without a password, and logs nobody else in', async () => {
    const page = await fetch(authorization(), { redirect: 'manual' });
    expect(page.headers.get('location')).toContain('/psc/interaction/');
    const login = { issuer: provider.issuers.psc, client: 'lps-demo' };
    await expect(demoLogin({ ...login, account: 'nobody' })).rejects.toThrow('demo login: status 400');
    expect((await demoLogin({ ...login, account: 'nurse' })).expires_in).toBe(120);
  });

  it('lets nobody but the API introspect', async () => {
    const { access_token } = await demoLogin({ issuer: provider.issuers.psc, client: 'lps-demo', account: 'nurse' });
    const body = new URLSearchParams({ token: access_token, client_id: 'lps-demo' });
    const response = await fetch(`${provider.issuers.psc}/token/introspection`, { method: 'POST', body });
    expect(JSON.stringify(await response.json())).not.toContain('"active":true');
  });
});
