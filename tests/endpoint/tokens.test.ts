import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DemoIssuer, TOKEN_SECONDS, TokenVerifier } from '../../src/auth/tokens.js';
import { type Config, newKeys, readConfig } from '../../src/config.js';
import { RECIPIENT_IDS, type Recipient } from '../../src/law/recipients.js';
import { aProfessionalIdentity } from '../builders/a-patient.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
let key: KeyObject;
let kid: string;
const clock = { at: Date.parse('2021-06-01T12:00:00Z'), now: () => new Date(clock.at) };
beforeAll(async () => {
  register = await aRegister(clock);
  endpoint = await register.serve();
  key = createPrivateKey(register.config.keys.demoIssuer?.privateKey ?? '');
  const [header = ''] = (await endpoint.tokenFor(as('SPF'))).split('.');
  ({ kid } = JSON.parse(Buffer.from(header, 'base64url').toString()));
});
afterAll(() => register.close());

const seconds = () => Math.floor(clock.at / 1000);
const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const es256 = (by: KeyObject) => (text: string) =>
  sign('sha256', Buffer.from(text), { key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url');
const hs256 = (secret: string | Buffer) => (text: string) =>
  createHmac('sha256', secret).update(text).digest('base64url');

const goodHeader = () => ({ alg: 'ES256', typ: 'at+jwt', kid });
const goodClaims = () => ({
  iss: register.config.issuer.id,
  aud: register.config.audience,
  sub: 'someone',
  recipient: 'SPF',
  client_id: 'client',
  jti: 'token-1',
  iat: seconds(),
  exp: seconds() + 600,
});

interface Forgery {
  readonly header?: object | string;
  readonly claims?: object | string;
  readonly signer?: (text: string) => string;
}
function forge({ header = {}, claims = {}, signer = es256(key) }: Forgery): string {
  const text = [header, claims]
    .map((given, index) =>
      part(typeof given === 'string' ? given : { ...(index ? goodClaims() : goodHeader()), ...given }),
    )
    .join('.');
  return `${text}.${signer(text)}`;
}

const present = (token: string, scheme = 'Bearer ') =>
  endpoint.post({
    headers: { 'content-type': 'application/json', authorization: scheme + token },
    body: JSON.stringify({ query: '{ __typename }' }),
  });

const REFUSED =
  '{"errors":[{"message":"Jeton absent, expiré ou non valable.","extensions":{"code":"UNAUTHENTICATED"}}]}';
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const publicPem = () => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
const publicDer = () => createPublicKey(key).export({ type: 'spki', format: 'der' });
const strangerJwk = createPublicKey(stranger).export({ format: 'jwk' });
const unsigned = () => '';
const swapped = (claims: object) => {
  const [header, , signature] = forge({}).split('.');
  return `${header}.${part({ ...goodClaims(), ...claims })}.${signature}`;
};

const FORGERIES: Record<string, () => string> = {
  'alg none': () => forge({ header: { alg: 'none' }, signer: unsigned }),
  'alg None': () => forge({ header: { alg: 'None' }, signer: unsigned }),
  'alg nOnE with a signature': () => forge({ header: { alg: 'nOnE' } }),
  'no signature': () => forge({ signer: unsigned }),
  'a signature of zeros': () => forge({ signer: () => Buffer.alloc(64).toString('base64url') }),
  'a DER signature': () => forge({ signer: (text) => sign('sha256', Buffer.from(text), key).toString('base64url') }),
  'HS256 with the public key in PEM': () => forge({ header: { alg: 'HS256' }, signer: hs256(publicPem()) }),
  'HS256 with the public key in DER': () => forge({ header: { alg: 'HS256' }, signer: hs256(publicDer()) }),
  'HS256 with an empty secret': () => forge({ header: { alg: 'HS256' }, signer: hs256('') }),
  'HS256 with the audience': () => forge({ header: { alg: 'HS256' }, signer: hs256('secret') }),
  'ES256 signature called ES384': () => forge({ header: { alg: 'ES384' } }),
  'ES256 signature called PS256': () => forge({ header: { alg: 'PS256' } }),
  'RS256 by another key': () =>
    forge({ header: { alg: 'RS256' }, signer: (text) => sign('sha256', Buffer.from(text), rsa).toString('base64url') }),
  'another key': () => forge({ signer: es256(stranger) }),
  'another key, in a jwk header': () => forge({ header: { jwk: strangerJwk }, signer: es256(stranger) }),
  'another key, in a jwk header without kid': () =>
    forge({ header: { jwk: strangerJwk, kid: undefined }, signer: es256(stranger) }),
  'another key, behind jku': () =>
    forge({ header: { jku: 'https://evil.example/jwks.json' }, signer: es256(stranger) }),
  'another key, behind x5u': () => forge({ header: { x5u: 'https://evil.example/x.pem' }, signer: es256(stranger) }),
  'another key, in x5c': () => forge({ header: { x5c: ['AAAA'] }, signer: es256(stranger) }),
  'an unknown kid': () => forge({ header: { kid: 'other' } }),
  'a kid that is a path': () => forge({ header: { kid: '../../../../dev/null' }, signer: hs256('') }),
  'a kid that is SQL': () => forge({ header: { kid: `' or '1'='1` } }),
  'a kid that is an address': () => forge({ header: { kid: 'http://169.254.169.254/' } }),
  'a kid that is no text': () => forge({ header: { kid: [kid] } }),
  'crit that nobody knows': () => forge({ header: { crit: ['exp2'], exp2: 1 } }),
  'an empty crit': () => forge({ header: { crit: [] } }),
  'b64 false': () => forge({ header: { b64: false, crit: ['b64'] } }),
  'typ JWT': () => forge({ header: { typ: 'JWT' } }),
  'typ of an identity token': () => forge({ header: { typ: 'id_token+jwt' } }),
  'no typ': () => forge({ header: { typ: undefined } }),
  'a header that is no JSON': () => forge({ header: '{' }),
  'a header that is a list': () => forge({ header: '[]' }),
  'claims that are no JSON': () => forge({ claims: '{' }),
  'claims that are a list': () => forge({ claims: '[]' }),
  'claims that are null': () => forge({ claims: 'null' }),
  'another issuer': () => forge({ claims: { iss: 'https://evil.example' } }),
  'an issuer in look-alike letters': () => forge({ claims: { iss: register.config.issuer.id.replace('a', 'а') } }),
  'an issuer in a list': () => forge({ claims: { iss: [register.config.issuer.id] } }),
  'no issuer': () => forge({ claims: { iss: undefined } }),
  'another audience': () => forge({ claims: { aud: 'https://other.example' } }),
  'no audience': () => forge({ claims: { aud: undefined } }),
  'an audience that contains ours': () => forge({ claims: { aud: `${register.config.audience}.evil.example` } }),
  expired: () => forge({ claims: { exp: seconds() - 6 } }),
  'an expiry in text': () => forge({ claims: { exp: String(seconds() + 600) } }),
  'no expiry': () => forge({ claims: { exp: undefined } }),
  'not before tomorrow': () => forge({ claims: { nbf: seconds() + 86_400 } }),
  'issued more than an hour ago': () => forge({ claims: { iat: seconds() - TOKEN_SECONDS - 10 } }),
  'issued tomorrow': () => forge({ claims: { iat: seconds() + 86_400, exp: seconds() + 90_000 } }),
  'no time of issue': () => forge({ claims: { iat: undefined } }),
  'no jti': () => forge({ claims: { jti: undefined } }),
  'no client': () => forge({ claims: { client_id: undefined } }),
  'no subject': () => forge({ claims: { sub: undefined } }),
  'an empty subject': () => forge({ claims: { sub: '' } }),
  'a subject without end': () => forge({ claims: { sub: 'x'.repeat(129) } }),
  'no recipient': () => forge({ claims: { recipient: undefined } }),
  'an unknown recipient': () => forge({ claims: { recipient: 'ADMIN' } }),
  'a recipient in lower case': () => forge({ claims: { recipient: 'spf' } }),
  'a recipient of the prototype': () => forge({ claims: { recipient: '__proto__' } }),
  'two recipients': () => forge({ claims: { recipient: ['SPF', 'PS'] } }),
  'another recipient after signing': () => swapped({ recipient: 'AUDITEUR' }),
  'another expiry after signing': () => swapped({ exp: seconds() + 3000 }),
  'a professional without professional': () => forge({ claims: { recipient: 'PS' } }),
  'a physician without professional': () => forge({ claims: { recipient: 'MEDECIN_TRAITANT' } }),
  'a professional with a bad RPPS': () =>
    forge({ claims: { recipient: 'PS', professional: { ...aProfessionalIdentity(1), rpps: `1' or '1` } } }),
  'an agent without bodies': () => forge({ claims: { recipient: 'AGENT_AM' } }),
  'an agent with no body': () => forge({ claims: { recipient: 'AGENT_ATTESTATION', bodies: [] } }),
  'an agent of all bodies': () => forge({ claims: { recipient: 'AGENT_AM', bodies: ['01751,01752'] } }),
  'an agency without region': () => forge({ claims: { recipient: 'ARS' } }),
  'an agency of every region': () => forge({ claims: { recipient: 'ARS', region: '%' } }),
  'a person without identifier': () => forge({ claims: { recipient: 'PATIENT' } }),
  'a person with a bad identifier': () => forge({ claims: { recipient: 'PATIENT', patient: '1' } }),
  'a token in a token': () => forge({ claims: part(forge({})) }),
  'a token of five parts': () => `${forge({})}.a.b`,
  'a token of two parts': () => forge({}).split('.').slice(0, 2).join('.'),
  'an encrypted token with many rounds': () =>
    [part({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2_000_000_000, p2s: 'AAAA' }), 'a', 'b', 'c', 'd'].join(
      '.',
    ),
  'a token without end': () => forge({ claims: { padding: 'x'.repeat(5000) } }),
  'no token': () => '',
  nonsense: () => 'a.b.c',
};

describe('a forged token', () => {
  it.each(Object.entries(FORGERIES))('(%s) is refused in the same words as any other', async (_, forgery) => {
    const answer = await present(forgery());
    expect([answer.status, answer.text]).toEqual([401, REFUSED]);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each(['', 'Basic ', 'bearer ', 'Bearer  ', 'Bearer\t', 'Token '])(
    'is not made good by the scheme « %s »',
    async (scheme) => {
      const answer = await present(forge({}), scheme);
      expect([answer.status, answer.text]).toEqual([401, REFUSED]);
    },
  );

  it('is forged from one that is good: the builder of forgeries itself is accepted', async () => {
    expect((await present(forge({}))).status).toBe(200);
    expect(
      (await present(forge({ claims: { aud: ['https://other.example', register.config.audience] } }))).status,
    ).toBe(200);
    expect((await present(forge({ claims: { nbf: seconds() + 4, exp: seconds() - 4 } }))).status).toBe(200);
  });

  it('is not read from anywhere but the header', async () => {
    const token = forge({});
    const body = JSON.stringify({ query: '{ __typename }', extensions: { authorization: `Bearer ${token}` } });
    const answer = await endpoint.post({
      headers: { 'content-type': 'application/json', cookie: `token=${token}` },
      body,
    });
    expect([answer.status, answer.text]).toEqual([401, REFUSED]);
  });
});

describe('time', () => {
  const later = async (ms: number, then: () => Promise<void>) => {
    clock.at += ms;
    try {
      await then();
    } finally {
      clock.at -= ms;
    }
  };

  it('ends a token that was accepted before', async () => {
    const token = forge({});
    expect((await present(token)).status).toBe(200);
    await later(599_000, async () => expect((await present(token)).status).toBe(200));
    await later(606_000, async () => expect((await present(token)).text).toBe(REFUSED));
  });

  it('ends a session after one hour, whatever the token says', async () => {
    const token = forge({ claims: { exp: seconds() + 10 * TOKEN_SECONDS } });
    expect((await present(token)).status).toBe(200);
    await later((TOKEN_SECONDS + 10) * 1000, async () => expect((await present(token)).text).toBe(REFUSED));
  });
});

describe('the token of one recipient', () => {
  const perimeter: Partial<Record<Recipient, object>> = {
    PS: { professional: aProfessionalIdentity(1) },
    MEDECIN_TRAITANT: { professional: aProfessionalIdentity(1) },
    AGENT_AM: { bodies: ['01751'] },
    AGENT_ATTESTATION: { bodies: ['01751'] },
    ARS: { region: '11' },
    PATIENT: { patient: '00000000-0000-4000-8000-000000000001' },
  };

  it('opens its own view and no other', async () => {
    const views = new Set<string>();
    for (const recipient of RECIPIENT_IDS) {
      const token = forge({ claims: { recipient, ...perimeter[recipient] } });
      const answer = await endpoint.post({
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: '{ __schema { types { name fields { name } } } myRights { category fields } }' }),
      });
      expect(answer.status).toBe(200);
      views.add(answer.text);
    }
    // DREES, ARS and HDH are granted the same fields; so are those who are granted none, beside their own lists.
    expect(views.size).toBeGreaterThanOrEqual(RECIPIENT_IDS.length - 2);
  });
});

describe('issuers', () => {
  const production = (): Config => ({
    ...register.config,
    issuer: { kind: 'production', id: 'https://issuer.example', jwksUrl: 'https://issuer.example/jwks' },
  });

  it('of a demonstration do not exist beside a production issuer', () => {
    expect(() => new DemoIssuer(production(), clock)).toThrow(/does not exist/);
  });

  it('of a demonstration are not believed by production', async () => {
    const verifier = await TokenVerifier.create(production(), clock);
    await expect(verifier.verify(`Bearer ${forge({})}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('the configuration', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-config-'));
  const keysFile = (content: unknown, mode = 0o600): string => {
    const file = path.join(folder, `keys-${Math.abs(mode)}-${JSON.stringify(content).length}.json`);
    writeFileSync(file, JSON.stringify(content));
    chmodSync(file, mode);
    return file;
  };
  const production = { LANCETTE_ISSUER: 'https://i.example', LANCETTE_JWKS_URL: 'https://i.example/jwks' };

  it.each([
    ['PORT', { PORT: 'secret-port' }],
    ['PORT', { PORT: '70000' }],
    ['LANCETTE_LOG_LEVEL', { LANCETTE_LOG_LEVEL: 'secret-level' }],
    ['LANCETTE_JWKS_URL', { LANCETTE_ISSUER: 'secret', LANCETTE_JWKS_URL: 'secret-url' }],
    ['LANCETTE_ISSUER', { LANCETTE_ISSUER: 'secret' }],
    ['LANCETTE_JWKS_URL', { LANCETTE_JWKS_URL: 'https://secret.example/' }],
    ['LANCETTE_KEYS_FILE', production],
  ])('refuses a bad %s by its name, and never tells its value', (name, environment) => {
    const message = messageOf(() => readConfig({ LANCETTE_DATA: folder, ...environment }));
    expect(message).toContain(name);
    expect(message).not.toMatch(/secret|70000/);
  });

  it('refuses keys that others may read', () => {
    const file = keysFile(newKeys(), 0o644);
    expect(messageOf(() => readConfig({ LANCETTE_KEYS_FILE: file }))).toMatch(/chmod 600/);
  });

  it.each(['nirIndex', 'cursors', 'roles', 'sealing', 'pseudonyms', 'attestation'])(
    'refuses keys without %s, and never tells another',
    (name) => {
      const keys = newKeys();
      const message = messageOf(() => readConfig({ LANCETTE_KEYS_FILE: keysFile({ ...keys, [name]: undefined }) }));
      expect(message).toContain(name);
      expect(message).not.toContain(keys.roles);
    },
  );

  it('refuses a key that is too short', () => {
    const file = keysFile({ ...newKeys(), nirIndex: 'c2hvcnQ' });
    expect(messageOf(() => readConfig({ LANCETTE_KEYS_FILE: file }))).toMatch(/nirIndex: at least 32 bytes/);
  });

  it('of a demonstration makes its own keys once, for its owner only', () => {
    const first = readConfig({ LANCETTE_DATA: path.join(folder, 'demo') });
    const second = readConfig({ LANCETTE_DATA: path.join(folder, 'demo') });
    expect(first.issuer.kind).toBe('demo');
    expect(second.keys).toEqual(first.keys);
  });

  const messageOf = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
});
