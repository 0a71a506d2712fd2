import { generateKeyPairSync } from 'node:crypto';
import { CompactEncrypt, SignJWT, UnsecuredJWT } from 'jose';
import type { Principal } from '../../src/access/principal.js';
import type { TokenRequest } from '../../src/auth/exchange.js';
import { Insurance } from '../../src/auth/identity/insurance.js';
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE } from '../../src/auth/identity/token-exchange.js';
import { Upstream } from '../../src/auth/identity/upstream.js';
import { parseIdentity, type UpstreamConfig } from '../../src/config.js';
import { LancetteError } from '../../src/kernel/errors.js';
import type { Recipient } from '../../src/law/recipients.js';
import {
  aForgedProvider,
  type ForgedProvider,
  type Place,
  type Reply,
  SUBJECT,
} from '../builders/a-forged-provider.js';
import { aClient, aReplay, REFUSED, refusalOf } from '../builders/an-identity-world.js';

/** Who says that he cannot answer refuses nobody. */
const UNAVAILABLE = JSON.stringify({ code: 'UNAVAILABLE', message: new LancetteError('UNAVAILABLE').message });
const AGENT = { agent_id: 'AGENT-0001', given_name: 'CLAIRE', family_name: 'VIDAL' };
const ACCREDITED: Record<string, { id: string; recipient: Recipient }> = {
  'AGENT-0001': { id: 'a1', recipient: 'AGENT_AM' },
  'AGENT-0002': { id: 'a2', recipient: 'AGENT_ATTESTATION' },
  'AGENT-0003': { id: 'a3', recipient: 'OPERATEUR' },
};
const ACCREDITATIONS = { find: async (agent: string) => ACCREDITED[agent] };
const seconds = (n: number): number => Math.floor(Date.now() / 1000) + n;

let provider: ForgedProvider;
beforeEach(async () => {
  provider = await aForgedProvider(AGENT);
});
afterEach(() => provider.close());

const requestOf = (token: string, given: Record<string, string> = {}): TokenRequest => ({
  parameters: new Map([
    ['grant_type', TOKEN_EXCHANGE],
    ['subject_token', token],
    ['subject_token_type', ACCESS_TOKEN_TYPE],
    ...Object.entries(given),
  ]),
  client: aClient('lps'),
  now: new Date(),
});
const exchangeOver = (config: Partial<UpstreamConfig> = {}): Insurance =>
  new Insurance(new Upstream(provider.config(config), aReplay()), 'urn:here', ACCREDITATIONS);
const asked = (token: string, config?: Partial<UpstreamConfig>, given?: Record<string, string>): Promise<Principal> =>
  exchangeOver(config).exchange(requestOf(token, given));
const INTROSPECTED = { check: 'introspection' } as const;
const OPAQUE = 'opaque-token-0123456789';

describe('an agent by the insurance', () => {
  it('is what his accreditation says, and carries no caisse', async () => {
    expect(await asked(await provider.token())).toEqual({
      recipient: 'AGENT_AM',
      subject: 'AGENT-0001',
      accreditation: 'a1',
      client: 'lps',
    });
    provider.person = { ...AGENT, agent_id: 'AGENT-0002' };
    const given = { scope: 'agent-attestation' };
    expect(await asked(await provider.token(), {}, given)).toMatchObject({ recipient: 'AGENT_ATTESTATION' });
  });

  it.each([
    ['not accredited', { agent_id: 'AGENT-0009' }, undefined],
    ['accredited for something else', { agent_id: 'AGENT-0002' }, 'agent-am'],
    ['who asks for more', {}, 'agent-attestation'],
    ['accredited as no agent', { agent_id: 'AGENT-0003' }, undefined],
    ['with another scope', {}, 'operateur'],
    ['with two scopes', {}, 'agent-am agent-attestation'],
    ['without number', { agent_id: undefined }, undefined],
    ['with a prototype for a number', { agent_id: 'CONSTRUCTOR' }, undefined],
    ['with an odd number', { agent_id: 'agent 1' }, undefined],
    ['without name', { family_name: '' }, undefined],
  ])('is refused when %s', async (_, claims, scope) => {
    provider.person = { ...AGENT, ...claims };
    expect(await refusalOf(asked(await provider.token(), {}, scope === undefined ? {} : { scope }))).toBe(REFUSED);
  });
});

describe('an access token that is a JWT', () => {
  it.each([
    ['typ at+jwt', {}, {}],
    ['typ JWT of Keycloak', { typ: 'Bearer' }, { typ: 'JWT' }],
    ['azp for client_id', { client_id: undefined, azp: 'lps' }, {}],
    ['a higher level', { acr: 'eidas3' }, {}],
  ])('is accepted with %s', async (_, claims, header) => {
    expect((await asked(await provider.token(claims, header))).subject).toBe('AGENT-0001');
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['no exp', { exp: undefined }, {}],
    ['exp past', { exp: seconds(-10) }, {}],
    ['exp too far', { exp: seconds(4000) }, {}],
    ['exp as a text', { exp: String(seconds(100)) }, {}],
    ['nbf to come', { nbf: seconds(60) }, {}],
    ['iat to come', { iat: seconds(60) }, {}],
    ['no issuer', { iss: undefined }, {}],
    ['another issuer', { iss: 'https://auth.esw.esante.gouv.fr/auth/realms/esante-wallet' }, {}],
    ['an empty issuer', { iss: '' }, {}],
    ['no subject', { sub: undefined }, {}],
    ['an empty subject', { sub: '' }, {}],
    ['another subject than the UserInfo', { sub: 'f:550dc1c8:899700218896' }, {}],
    ['the subject in capitals', { sub: SUBJECT.toUpperCase() }, {}],
    ['no level', { acr: undefined }, {}],
    ['level eidas0', { acr: 'eidas0' }, {}],
    ['level EIDAS3', { acr: 'EIDAS3' }, {}],
    ['level 3', { acr: 3 }, {}],
    ['a list of levels', { acr: ['eidas3'] }, {}],
    ['level eidas10', { acr: 'eidas10' }, {}],
    ['level loa', { acr: 'urn:mace:incommon:iap:silver' }, {}],
    ['another client', { client_id: 'other' }, {}],
    ['no client', { client_id: undefined }, {}],
    ['client __proto__', { client_id: '__proto__' }, {}],
    ['client constructor', { client_id: 'constructor' }, {}],
    ['client and azp that differ', { client_id: 'lps', azp: 'other' }, {}],
    ['a list of clients', { client_id: ['lps'] }, {}],
    ['a nonce: an ID token', { nonce: 'n' }, {}],
    ['at_hash: an ID token', { at_hash: 'h' }, {}],
    ['typ ID of Keycloak', { typ: 'ID' }, { typ: 'JWT' }],
    ['typ Refresh of Keycloak', { typ: 'Refresh' }, { typ: 'JWT' }],
    ['typ JWT', {}, { typ: 'JWT' }],
    ['no typ', {}, { typ: undefined }],
    ['typ logout+jwt', {}, { typ: 'logout+jwt' }],
    ['an unknown key', {}, { kid: 'k2' }],
    ['an unknown critical header', {}, { crit: ['x'], x: 1 }],
  ])('is refused with %s', async (_, claims, header) => {
    const token = await provider.token(claims, header as never).catch(async () => {
      const text = JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...header });
      const [, ...rest] = (await provider.token(claims)).split('.');
      return [Buffer.from(text).toString('base64url'), ...rest].join('.');
    });
    expect(await refusalOf(asked(token))).toBe(REFUSED);
    expect(provider.asked.userinfo).toBe(/UserInfo|capitals/.test(_) ? 1 : 0);
  });

  it('is refused with another key, an embedded key, none, or the public key as a secret', async () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = own.publicKey.export({ format: 'jwk' });
    const claims = { iss: provider.issuer, sub: SUBJECT, client_id: 'lps', acr: 'eidas1', exp: seconds(60) };
    const pem = provider.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const tokens = [
      await provider.token({}, {}, own.privateKey),
      await provider.token({}, { jwk } as never, own.privateKey),
      await provider.token({}, { jku: 'http://127.0.0.1:1/jwks' }, own.privateKey),
      new UnsecuredJWT(claims).encode(),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' }).sign(Buffer.from(pem)),
    ];
    for (const token of tokens) expect(await refusalOf(asked(token))).toBe(REFUSED);
  });

  it('is refused when a part is altered, missing or too many', async () => {
    const [head, body, signature] = (await provider.token()).split('.') as [string, string, string];
    const richer = Buffer.from(JSON.stringify({ iss: provider.issuer, sub: SUBJECT, acr: 'eidas3' })).toString(
      'base64url',
    );
    const forged = [`${head}.${body}.`, `${head}.${body}`, `${head}.${richer}.${signature}`, `${head}..${signature}`];
    forged.push(`${head}.${body}.${signature}.x`, `${head}.${body}.${signature.slice(4)}`, `.${body}.${signature}`);
    for (const token of forged) expect(await refusalOf(asked(token))).toBe(REFUSED);
  });

  it('is one token however its signature is written', async () => {
    const [head, body, signature] = (await provider.token()).split('.') as [string, string, string];
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    const raw = Buffer.from(signature, 'base64url');
    const s = order - BigInt(`0x${raw.subarray(32).toString('hex')}`);
    const other = Buffer.concat([raw.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
    const exchange = exchangeOver();
    expect((await exchange.exchange(requestOf(`${head}.${body}.${signature}`))).subject).toBe('AGENT-0001');
    expect(await refusalOf(exchange.exchange(requestOf(`${head}.${body}.${other.toString('base64url')}`)))).toBe(
      REFUSED,
    );
    // The other signature is good in itself: it is the repetition that is refused.
    expect((await asked(`${head}.${body}.${other.toString('base64url')}`)).subject).toBe('AGENT-0001');
  });

  it('is for the audience configured', async () => {
    const audience = 'lancette';
    for (const aud of ['lancette', ['account', 'lancette']])
      expect((await asked(await provider.token({ aud }), { audience })).subject).toBe('AGENT-0001');
    for (const aud of [undefined, 'account', ['account'], 'lancette2', []])
      expect(await refusalOf(asked(await provider.token({ aud }), { audience }))).toBe(REFUSED);
  });

  it.each([
    ['eidas1', 'eidas2'],
    ['eidas1', 'eidas3'],
    ['eidas2', 'eidas3'],
  ] as const)('of level %s is refused where %s is asked for', async (acr, minimumAcr) => {
    expect(await refusalOf(asked(await provider.token({ acr }), { minimumAcr }))).toBe(REFUSED);
  });
});

describe('an access token that is asked for', () => {
  it('is accepted when active', async () => {
    expect((await asked(OPAQUE, INTROSPECTED)).subject).toBe('AGENT-0001');
  });

  it.each<[string, Record<string, unknown>]>([
    ['inactive', { active: false }],
    ['active in words', { active: 'true' }],
    ['active as a number', { active: 1 }],
    ['silent on its activity', { active: undefined }],
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['of no issuer', { iss: undefined }],
    ['bound to a key', { cnf: { jkt: 'x' } }],
    ['of type DPoP', { token_type: 'DPoP' }],
    ['of another client', { client_id: 'other' }],
    ['of no client', { client_id: undefined }],
    ['of no subject', { sub: undefined }],
    ['of another subject', { sub: 'other' }],
    ['of no level', { acr: undefined }],
    ['of an unknown level', { acr: 'low' }],
    ['expired', { exp: seconds(-6) }],
    ['without end', { exp: undefined }],
    ['too long', { exp: seconds(900) }],
    ['not yet good', { nbf: seconds(30) }],
  ])('is refused when %s', async (_, said) => {
    provider.active = { ...provider.active, ...said };
    expect(await refusalOf(asked(OPAQUE, INTROSPECTED))).toBe(REFUSED);
  });
});

describe('a provider that answers as it should not', () => {
  const REPLIES: readonly [string, Reply][] = [
    ['an error', { status: 500, body: {} }],
    ['a refusal', { status: 401, body: {} }],
    ['no content', { status: 200, body: '' }],
    ['a page', { type: 'text/html', body: '<html>' }],
    ['a redirect to an honest answer', { redirect: true }],
    ['a list', { body: [] }],
    ['null', { body: 'null' }],
    ['broken JSON', { body: '{"a":' }],
    ['too much', { padding: 70_000 }],
  ];
  const places: readonly Place[] = ['discovery', 'jwks', 'introspection', 'userinfo'];
  it.each(places.flatMap((place) => REPLIES.map(([name, reply]) => [place, name, reply] as const)))(
    'opens nothing: %s gives %s',
    async (place, _, reply) => {
      provider.answers = { [place]: reply };
      const [token, config] = place === 'introspection' ? [OPAQUE, INTROSPECTED] : [await provider.token(), {}];
      // The one thing that a key set and a list have in common with an honest answer is nothing.
      expect(await refusalOf(asked(token, config))).toBe(reply.status === 500 ? UNAVAILABLE : REFUSED);
    },
  );

  it.each<[string, (honest: Record<string, string>) => object]>([
    ['another issuer', (honest) => ({ ...honest, issuer: 'https://elsewhere.example' })],
    ['its issuer with a slash', (honest) => ({ ...honest, issuer: `${honest.issuer}/` })],
    ['a UserInfo in clear', (honest) => ({ ...honest, userinfo_endpoint: 'http://idp.example/userinfo' })],
    ['keys in clear', (honest) => ({ ...honest, jwks_uri: 'http://idp.example/jwks' })],
    ['keys in a file', (honest) => ({ ...honest, jwks_uri: 'file:///etc/passwd' })],
    ['no UserInfo', (honest) => ({ ...honest, userinfo_endpoint: undefined })],
    ['an introspection in clear', (honest) => ({ ...honest, introspection_endpoint: 'http://idp.example/i' })],
  ])('opens nothing: its metadata name %s', async (_, forged) => {
    const response = await fetch(`${provider.issuer}/.well-known/openid-configuration`);
    provider.answers = { discovery: { body: forged((await response.json()) as Record<string, string>) } };
    expect(await refusalOf(asked(await provider.token()))).toBe(REFUSED);
  });

  it('is asked again once it answers', async () => {
    const exchange = exchangeOver();
    provider.answers = { discovery: { status: 503, body: {} } };
    expect(await refusalOf(exchange.exchange(requestOf(await provider.token())))).toBe(UNAVAILABLE);
    provider.answers = {};
    expect((await exchange.exchange(requestOf(await provider.token()))).subject).toBe('AGENT-0001');
  });

  it('may sign its UserInfo, by its own key, for this software', async () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signed = (claims: object, key = provider.key) =>
      new SignJWT({ ...AGENT, sub: SUBJECT, iss: provider.issuer, aud: 'lps', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .sign(key);
    const outcome = async (body: string) => {
      provider.answers = { userinfo: { type: 'application/jwt', body } };
      return refusalOf(asked(await provider.token()));
    };
    expect(await outcome(await signed({}))).toBe('accepted');
    const forged = [
      await signed({}, own.privateKey),
      await signed({ aud: 'other' }),
      await signed({ iss: 'https://elsewhere.example' }),
      await signed({ sub: 'other' }),
      await signed({ exp: seconds(-60) }),
      new UnsecuredJWT({ ...AGENT, sub: SUBJECT, iss: provider.issuer, aud: 'lps' }).encode(),
    ];
    for (const body of forged) expect(await outcome(body)).toBe(REFUSED);
  });
});

describe('a provider that signs what it says of a token, and encrypts it (RFC 9701, FranceConnect v2)', () => {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privateKey = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const SIGNED = { check: 'signed-introspection' } as const;
  const ENCRYPTED = { ...SIGNED, encryption: { privateKey, alg: 'ECDH-ES' } } as const;
  const TYP = 'token-introspection+jwt';
  const facts = () => ({
    ...{ iss: provider.issuer, active: true, iat: seconds(0), exp: seconds(120) },
    ...provider.active,
  });
  const answer = (claims: object = {}, header: object = {}, key = provider.key) =>
    new SignJWT({ iss: provider.issuer, aud: 'lancette', iat: seconds(0), token_introspection: facts(), ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: TYP, ...header })
      .sign(key);
  const person = (claims: object = {}) =>
    new SignJWT({ ...AGENT, sub: SUBJECT, iss: provider.issuer, aud: 'lps', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .sign(provider.key);
  const encrypted = (text: string, { publicKey } = own, alg = 'ECDH-ES', enc = 'A256GCM') =>
    new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader({ alg, enc, cty: 'JWT' }).encrypt(publicKey);
  const outcome = (config: Partial<UpstreamConfig>, introspection: string, userinfo?: string) => {
    provider.answers = {
      introspection: { type: `application/${TYP}`, body: introspection },
      ...(userinfo && { userinfo: { type: 'application/jwt', body: userinfo } }),
    };
    return refusalOf(asked(OPAQUE, config));
  };

  it('is believed when it signed for this API, and was asked for that', async () => {
    expect(await outcome(SIGNED, await answer())).toBe('accepted');
    expect(await outcome(INTROSPECTED, await answer())).toBe(REFUSED);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['by another key', () => answer({}, {}, other.privateKey)],
    [
      'by nobody',
      () => new UnsecuredJWT({ iss: provider.issuer, aud: 'lancette', token_introspection: facts() }).encode(),
    ],
    ['for another API', () => answer({ aud: 'elsewhere' })],
    ['under another issuer', () => answer({ iss: 'https://elsewhere.example' })],
    ['as an access token', () => answer({}, { typ: 'at+jwt' })],
    ['as a JWT of any kind', () => answer({}, { typ: 'JWT' })],
    ['without saying anything', () => answer({ token_introspection: undefined })],
    ['with the facts beside their place', () => answer({ ...facts(), token_introspection: undefined })],
    ['of a token that is over', () => answer({ token_introspection: { ...facts(), exp: seconds(-60) } })],
    ['of a token that is not active', () => answer({ token_introspection: { active: false } })],
    [
      'of a token of another issuer',
      () => answer({ token_introspection: { ...facts(), iss: 'https://elsewhere.example' } }),
    ],
    ['of a token bound to a key', () => answer({ token_introspection: { ...facts(), cnf: { jkt: 'x' } } })],
    ['long ago, as its own end says', () => answer({ exp: seconds(-60) })],
    ['the token itself, shown as the answer', () => provider.token()],
  ])('is refused when it signed %s', async (_, body) => {
    expect(await outcome(SIGNED, await body())).toBe(REFUSED);
  });

  it('answers in JSON all the same: what is not signed is refused', async () => {
    expect(await refusalOf(asked(OPAQUE, SIGNED))).toBe(REFUSED);
  });

  it('encrypts for this API alone, and says nothing in clear', async () => {
    const [said, who] = [await answer(), await person()];
    const both = async (introspection: string, userinfo: string) => outcome(ENCRYPTED, introspection, userinfo);
    expect(await both(await encrypted(said), await encrypted(who))).toBe('accepted');
    expect(await both(said, await encrypted(who))).toBe(REFUSED);
    expect(await both(await encrypted(said), who)).toBe(REFUSED);
    expect(await both(await encrypted(said, other), await encrypted(who))).toBe(REFUSED);
    expect(await both(await encrypted(said), await encrypted(who, other))).toBe(REFUSED);
    expect(await both(await encrypted(said), await encrypted(await person({ sub: 'other' })))).toBe(REFUSED);
    expect(await both(await encrypted(said, own, 'ECDH-ES+A256KW'), await encrypted(who))).toBe(REFUSED);
    expect(await both(await encrypted(said, own, 'ECDH-ES', 'A128CBC-HS256'), await encrypted(who))).toBe(REFUSED);
    expect(await both(await encrypted(JSON.stringify(facts())), await encrypted(who))).toBe(REFUSED);
    // Encrypted by anybody, signed by nobody: the key is public.
    const unsigned = new UnsecuredJWT({ iss: provider.issuer, aud: 'lancette', token_introspection: facts() }).encode();
    expect(await both(await encrypted(unsigned), await encrypted(who))).toBe(REFUSED);
    provider.answers = { introspection: { type: `application/${TYP}`, body: await encrypted(said) } };
    expect(await refusalOf(asked(OPAQUE, ENCRYPTED))).toBe(REFUSED);
  });

  it('may encrypt by RSA, where that is configured', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const config = { ...SIGNED, encryption: { privateKey: pem, alg: 'RSA-OAEP-256' } } as const;
    const [said, who] = [await answer(), await person()];
    const sealed = (text: string) => encrypted(text, rsa, 'RSA-OAEP-256');
    expect(await outcome(config, await sealed(said), await sealed(who))).toBe('accepted');
  });
});

describe('the configuration of providers', () => {
  const good = {
    issuer: 'https://idp.example',
    clientId: 'lancette',
    credential: { secret: 'x'.repeat(32) },
    check: 'introspection',
    clients: { lps: 'lps' },
    minimumAcr: 'eidas1',
  };
  it('asks for a substantial level of FranceConnect unless told otherwise', () => {
    const { minimumAcr: _, ...rest } = good;
    expect(parseIdentity({ franceConnect: rest }).franceConnect?.minimumAcr).toBe('eidas2');
  });
  it.each<[string, object]>([
    ['an issuer in clear', { psc: { ...good, issuer: 'http://idp.example' } }],
    ['a short secret', { psc: { ...good, credential: { secret: 'short' } } }],
    ['no credential', { psc: { ...good, credential: undefined } }],
    ['an unknown check', { psc: { ...good, check: 'none' } }],
    ['an unknown level', { psc: { ...good, minimumAcr: 'any' } }],
    ['no level for professionals', { psc: { ...good, minimumAcr: undefined } }],
    ['an unknown provider', { google: good }],
    ['an unknown setting', { psc: { ...good, insecure: true } }],
    ['one issuer for two', { psc: good, insurance: good }],
  ])('is refused with %s', (_, json) => {
    expect(() => parseIdentity(json)).toThrow(/^identity: /);
  });
});
