import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { TOKEN_SECONDS } from '../../src/auth/tokens.js';
import { scopeOf } from '../../src/law/machines.js';
import { RECIPIENT_IDS, type Recipient } from '../../src/law/recipients.js';
import { aProfessionalIdentity } from '../builders/a-patient.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import {
  aKey,
  anRsaKey,
  es256,
  hmac,
  jwt,
  part,
  ps256,
  publicJwk,
  rs256,
  type Signer,
  unsigned,
} from '../builders/a-token.js';

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
const goodHeader = () => ({ alg: 'ES256', typ: 'at+jwt', kid });
const goodClaims = () => ({
  iss: register.config.issuer.id,
  aud: register.config.audience,
  sub: 'someone',
  recipient: 'SPF',
  client_id: 'client',
  scope: 'spf',
  jti: 'token-1',
  iat: seconds(),
  exp: seconds() + 600,
});

interface Forgery {
  readonly header?: object | string;
  readonly claims?: object | string;
  readonly signer?: Signer;
}
const forge = ({ header = {}, claims = {}, signer = es256(key) }: Forgery): string =>
  jwt(
    typeof header === 'string' ? header : { ...goodHeader(), ...header },
    typeof claims === 'string' ? claims : { ...goodClaims(), ...claims },
    signer,
  );
/** Claims as they were signed, with one more text before the closing brace. */
const withText = (text: string) => `${JSON.stringify(goodClaims()).slice(0, -1)},${text}}`;

const present = (token: string, scheme = 'Bearer ') =>
  endpoint.post({
    headers: { 'content-type': 'application/json', authorization: scheme + token },
    body: JSON.stringify({ query: '{ __typename }' }),
  });

const REFUSED =
  '{"errors":[{"message":"Jeton absent, expiré ou non valable.","extensions":{"code":"UNAUTHENTICATED"}}]}';
const stranger = aKey();
const rsa = anRsaKey();
const p384 = aKey('P-384');
const publicPem = () => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
const publicDer = () => createPublicKey(key).export({ type: 'spki', format: 'der' });
const strangerJwk = publicJwk(stranger);
const ownJwk = () => publicJwk(key);
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
  'HS256 with the public key in PEM': () => forge({ header: { alg: 'HS256' }, signer: hmac('sha256', publicPem()) }),
  'HS256 with the public key in DER': () => forge({ header: { alg: 'HS256' }, signer: hmac('sha256', publicDer()) }),
  'HS256 with an empty secret': () => forge({ header: { alg: 'HS256' }, signer: hmac('sha256', '') }),
  'HS256 with the audience': () => forge({ header: { alg: 'HS256' }, signer: hmac('sha256', 'secret') }),
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
  'a kid that is a path': () => forge({ header: { kid: '../../../../dev/null' }, signer: hmac('sha256', '') }),
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
  'a professional without professional': () => forge({ claims: { recipient: 'PS', scope: 'ps' } }),
  'a physician without professional': () =>
    forge({ claims: { recipient: 'MEDECIN_TRAITANT', scope: 'medecin-traitant' } }),
  'a professional with a bad RPPS': () =>
    forge({
      claims: { recipient: 'PS', scope: 'ps', professional: { ...aProfessionalIdentity(1), rpps: `1' or '1` } },
    }),
  'an agent without bodies': () => forge({ claims: { recipient: 'AGENT_AM', scope: 'agent-am' } }),
  'an agent with no body': () =>
    forge({ claims: { recipient: 'AGENT_ATTESTATION', scope: 'agent-attestation', bodies: [] } }),
  'an agent of all bodies': () =>
    forge({ claims: { recipient: 'AGENT_AM', scope: 'agent-am', bodies: ['01751,01752'] } }),
  'an agency without region': () => forge({ claims: { recipient: 'ARS', scope: 'ars' } }),
  'an agency of every region': () => forge({ claims: { recipient: 'ARS', scope: 'ars', region: '%' } }),
  'a person without identifier': () => forge({ claims: { recipient: 'PATIENT', scope: 'patient' } }),
  'a person with a bad identifier': () => forge({ claims: { recipient: 'PATIENT', scope: 'patient', patient: '1' } }),
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

/** One forgery for each value, named by what it is given to. */
const each = (name: string, values: readonly unknown[], forgery: (value: never) => string): [string, () => string][] =>
  values.map((value, index) => [
    `${name} ${index + 1}: ${JSON.stringify(value)?.slice(0, 40)}`,
    () => forgery((typeof value === 'function' ? value() : value) as never),
  ]);
const header = (name: string, values: readonly unknown[]) =>
  each(`header ${name}`, values, (value) => forge({ header: { [name]: value } }));
const claim = (name: string, values: readonly unknown[], others: () => object = () => ({})) =>
  each(`claim ${name}`, values, (value) => forge({ claims: { ...others(), [name]: value } }));
const doubled = (texts: readonly string[]) => each('claims with', texts, (text) => forge({ claims: withText(text) }));
const iss = () => register.config.issuer.id;
const aud = () => register.config.audience;
const inThousandths = () => seconds() * 1000;
const rawClaims = (bytes: Buffer) => {
  const text = `${part(goodHeader())}.${bytes.toString('base64url')}`;
  return `${text}.${es256(key)(text)}`;
};
const thumbprint = 'A'.repeat(43);
const agent = () => ({ recipient: 'AGENT_AM', scope: 'agent-am' });

const MORE = Object.fromEntries([
  ...header('alg', [
    'NONE',
    'none ',
    '',
    'es256',
    'ES256 ',
    'ES256K',
    'ES512',
    'EdDSA',
    'Ed25519',
    'RS256',
    'RS384',
    'RS512',
    'PS384',
    'PS512',
    'HS384',
    'HS512',
    'dir',
    'A128KW',
    'RSA-OAEP',
    'PBES2-HS512+A256KW',
    'ECDH-ES',
    null,
    256,
    ['ES256'],
    {},
    true,
  ]),
  ...header('kid', [
    null,
    '',
    0,
    true,
    {},
    '__proto__',
    'constructor',
    'toString',
    'file:///etc/passwd',
    '/dev/null',
    'current',
    '*',
    '1',
    () => ` ${kid}`,
    () => `${kid} `,
    () => `${kid}\0`,
    () => `../${kid}`,
    () => kid.slice(0, -1),
    () => kid + kid,
    () => [kid, kid],
    () => `${kid}' --`,
    () => ({ kid }),
  ]),
  ...header('typ', [
    'jwt',
    'JOSE',
    'application/jwt',
    'dpop+jwt',
    'secevent+jwt',
    'logout+jwt',
    'client-authentication+jwt',
    'id_token+jwt',
    'at+jwt+x',
    'at_jwt',
    'text/at+jwt',
    'at+jwt\0',
    '',
    null,
    1,
    ['at+jwt'],
  ]),
  ...header('crit', [['exp'], ['alg'], ['kid', 'typ'], 'exp', {}, null, ['b64'], ['__proto__']]),
  ...header('b64', [true, false, null]),
  ...header('jku', ['https://register.test/.well-known/jwks.json', 'http://127.0.0.1/', '']),
  ...header('jwk', [() => ownJwk(), () => strangerJwk, null]),
  ...[
    'x5u',
    'x5c',
    'x5t',
    'x5t#S256',
    'cty',
    'zip',
    'enc',
    'epk',
    'apu',
    'p2s',
    'url',
    'nonce',
    'iss',
    'aud',
    'exp',
  ].flatMap((name) => header(name, ['JWT'])),
  ...header('p2c', [2_000_000_000]),
  ...claim('iss', [
    null,
    1,
    {},
    '',
    'https://register.test',
    () => `${iss()}/`,
    () => `${iss()} `,
    () => ` ${iss()}`,
    () => iss().toUpperCase(),
    () => `${iss()}\0`,
    () => iss().replace('demo', 'de\u200dmo'),
    () => iss().replace('e', 'e\u0301'),
    () => iss().replace('l', 'ｌ'),
    () => iss().slice(0, -1),
    () => iss() + iss(),
    () => `\u202e${iss()}`,
    () => encodeURIComponent(iss()),
    () => [iss(), iss()],
  ]),
  ...claim('aud', [
    null,
    '',
    [],
    [null],
    {},
    1,
    'https://register.test/token',
    'https://register.test',
    () => `${aud()}/`,
    () => `${aud()}#x`,
    () => aud().toUpperCase(),
    () => [[aud()]],
    () => ({ 0: aud() }),
    () => aud().replace('https', 'http'),
  ]),
  ...claim('exp', [null, 0, -1, [], {}, true, 'never', () => seconds() - 5, () => String(seconds() + 600)]),
  ...claim('iat', [
    null,
    0,
    -1,
    [],
    {},
    true,
    inThousandths,
    () => String(seconds()),
    () => seconds() + 6,
    () => seconds() - 3606,
  ]),
  ...claim('nbf', [null, [], {}, 'now', true, inThousandths, () => seconds() + 6]),
  ...claim('sub', [null, 1, [], {}, ['someone'], true]),
  ...claim('jti', [null, '', 1, [], {}, 'x'.repeat(129)]),
  ...claim('client_id', [null, '', 1, [], {}, 'x'.repeat(129)]),
  ...claim('scope', [undefined, null, '', 'SPF', 'spf ', 'ars', 'spf ars', 'ars spf', ['spf'], 'openid', 1]),
  ...claim('recipient', [null, 1, {}, [], 'SPF ', 'constructor', 'toString', 'OPERATEUR', 'UNKNOWN', 'S\u0050F\0']),
  ...claim('client', [null, '', 1, [], 'other', 'x'.repeat(129)]),
  ...claim('establishment', [null, '', 1, '0123456789']),
  ...claim('accreditation', [null, '', 1, 'x'.repeat(65)]),
  ...claim('consultationOnly', [null, false, 'true', 1]),
  ...claim('professional', [null, [], 'x', {}]),
  ...claim('bodies', [null, '01751', [null], [['01751']], ['*'], Array.from({ length: 201 }, () => '01751')], agent),
  ...claim('region', [null, 11, '111', ['11'], '', '1%'], () => ({ recipient: 'ARS', scope: 'ars' })),
  ...claim('patient', [null, 1, [], '%'], () => ({ recipient: 'PATIENT', scope: 'patient' })),
  ...claim('cnf', [
    null,
    {},
    [],
    'x',
    1,
    { jwk: {} },
    { kid: '1' },
    { jku: 'https://evil.example' },
    { jkt: null },
    { jkt: '' },
    { jkt: 'A'.repeat(42) },
    { 'x5t#S256': 'A'.repeat(44) },
    { 'x5t#S256': null },
    { jkt: thumbprint, osc: {} },
    { jkt: [thumbprint] },
  ]),
  ...each('bound and unproven:', [{ jkt: thumbprint }, { 'x5t#S256': thumbprint }], (cnf) =>
    forge({ claims: { cnf } }),
  ),
  ...doubled([
    '"recipient":"SPF"',
    '"recipient":"AUDITEUR"',
    '"aud":"x"',
    '"iss":"x"',
    '"exp":9999999999',
    '"sub":"other"',
    '"jti":"other"',
    '"scope":"spf"',
    '"client_id":"client"',
    '"\\u0072ecipient":"SPF"',
    '"unknown":1,"unknown":1',
    '"cnf":{"jkt":"a","jkt":"b"}',
    '"deep":[{"a":1,"b":{"c":1,"c":2}}]',
    '"__proto__":1,"__proto__":2',
    `"deep":${'['.repeat(9)}${']'.repeat(9)}`,
    `"deep":${'{"a":'.repeat(20)}1${'}'.repeat(20)}`,
  ]),
  ...each(
    'header with',
    ['"alg":"none"', '"alg":"ES256"', '"kid":"x"', '"\\u0061lg":"none"', '"typ":"JWT"'],
    (text: string) => forge({ header: `${JSON.stringify(goodHeader()).slice(0, -1)},${text}}` }),
  ),
  ...each(
    'the bytes',
    [
      () => Buffer.from(`\ufeff${JSON.stringify(goodClaims())}`),
      () => Buffer.from(JSON.stringify(goodClaims()), 'utf16le'),
      () =>
        Buffer.concat([
          Buffer.from(JSON.stringify(goodClaims()).slice(0, -1)),
          Buffer.from([0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
        ]),
      () => Buffer.from(`${JSON.stringify(goodClaims())}x`),
      () => Buffer.from(`/**/${JSON.stringify(goodClaims())}`),
      () => Buffer.from(JSON.stringify(goodClaims()).replaceAll('"', "'")),
      () => Buffer.from(JSON.stringify(JSON.stringify(goodClaims()))),
      () => Buffer.from('true'),
      () => Buffer.from('1'),
    ],
    rawClaims,
  ),
  ...each(
    'the text',
    [
      () => `${forge({})}=`,
      () => `${forge({})}.`,
      () => `.${forge({})}`,
      () => `${forge({})},${forge({})}`,
      () => `${forge({})} ${forge({})}`,
      () => `"${forge({})}"`,
      () => forge({}).replace('.', '..'),
      () => forge({}).replace(/\.[^.]*\./, '..'),
      () => `${forge({}).slice(0, -1)}B`,
      () => forge({}).slice(0, -1),
      () => `${forge({})}A`,
      () => forge({}).split('.').reverse().join('.'),
      () => JSON.stringify({ protected: part(goodHeader()), payload: part(goodClaims()), signature: 'x' }),
      () => forge({ claims: { padding: 'x'.repeat(9000) } }),
      () => 'a'.repeat(4000),
      () => `${'a.'.repeat(1500)}a`,
    ],
    (text: string) => text,
  ),
  ...each(
    'another signature',
    [es256(p384), rs256(rsa), ps256(rsa), hmac('sha512', 'x')].map((signer) => () => signer('x')),
    (signature: string) => forge({ signer: () => signature }),
  ),
  ['PS256 by a key of one’s own', () => forge({ header: { alg: 'PS256' }, signer: ps256(rsa) })],
  [
    'an identity token of another issuer',
    () => forge({ header: { typ: 'JWT' }, claims: { iss: 'https://idp.example', nonce: 'x' } }),
  ],
  ['two signatures, of which one is good', () => `${forge({})}.${forge({}).split('.')[2]}`],
  ['a negative zero signature', () => forge({ signer: () => Buffer.alloc(64, 0xff).toString('base64url') })],
]);

const ALL = Object.entries({ ...FORGERIES, ...MORE });

describe('a forged token', () => {
  it('is one of at least two hundred', () => expect(ALL.length).toBeGreaterThanOrEqual(200));

  it.each(ALL)('(%s) is refused in the same words as any other', async (_, forgery) => {
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
      const token = forge({ claims: { recipient, scope: scopeOf(recipient), ...perimeter[recipient] } });
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
