import { exchange, type RawAnswer, type RawRequest, written } from '../builders/a-raw-request.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
let token: string;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  token = await endpoint.tokenFor(as('SPF'));
});
afterAll(() => register.close());

const GOOD = '{"query":"{ __typename }"}';
const LENGTH = Buffer.byteLength(GOOD);
/** What a smuggler hopes to have executed behind his own request. */
const HIDDEN = `GET /livez HTTP/1.1\r\nHost: x\r\n\r\n`;
const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const te = (value: string, body = chunked(GOOD)): RawRequest => ({
  without: ['content-length'],
  headers: [`Transfer-Encoding: ${value}`],
  body,
});
const extra = (...headers: string[]): RawRequest => ({ headers });

/** Requests that two servers in a row might read in two ways. All are refused, and what stands behind them is never answered. */
const AMBIGUOUS: Record<string, RawRequest> = {
  'two lengths that differ': extra(`Content-Length: ${LENGTH + 5}`),
  'two equal lengths': extra(`Content-Length: ${LENGTH}`),
  'a list of lengths': { without: ['content-length'], headers: [`Content-Length: ${LENGTH}, ${LENGTH}`] },
  'a length with a sign': { without: ['content-length'], headers: [`Content-Length: +${LENGTH}`] },
  'a negative length': { without: ['content-length'], headers: ['Content-Length: -1'] },
  'a length in hexadecimal': { without: ['content-length'], headers: ['Content-Length: 0x1a'] },
  'a length with a decimal point': { without: ['content-length'], headers: [`Content-Length: ${LENGTH}.0`] },
  'a length that is a word': { without: ['content-length'], headers: ['Content-Length: all'] },
  'an empty length': { without: ['content-length'], headers: ['Content-Length: '] },
  'a length beyond every number': { without: ['content-length'], headers: [`Content-Length: ${'9'.repeat(30)}`] },
  'a length and chunks': { headers: ['Transfer-Encoding: chunked'], body: chunked(GOOD) },
  'chunks and a length behind them': {
    without: ['content-length'],
    headers: ['Transfer-Encoding: chunked', 'Content-Length: 4'],
    body: chunked(GOOD),
  },
  'two transfer encodings': te('chunked\r\nTransfer-Encoding: chunked'),
  'two transfer encodings, one of them identity': te('chunked\r\nTransfer-Encoding: identity'),
  'chunked, then identity': te('chunked, identity'),
  'identity, then chunked': te('identity, chunked'),
  'gzip, then chunked': te('gzip, chunked'),
  'chunked twice': te('chunked, chunked'),
  'only gzip': te('gzip'),
  'only identity': te('identity', GOOD),
  'almost chunked': te('xchunked'),
  'chunked with a tab inside': te('chun\tked'),
  'chunked in quotes': te('"chunked"'),
  'chunked behind a vertical tab': te('\x0bchunked'),
  'a name with a space before the colon': { ...te('chunked'), headers: ['Transfer-Encoding : chunked'] },
  'a length with a space before the colon': { without: ['content-length'], headers: [`Content-Length : ${LENGTH}`] },
  'a folded header': extra('X-Folded: a\r\n b'),
  'a folded transfer encoding': { ...te('x'), headers: ['Transfer-Encoding:\r\n chunked'] },
  'a header without a name': extra(': value'),
  'a header without a colon': extra('Nonsense'),
  'a header with a null character': extra('X-Null: a\0b'),
  'a header with a bare carriage return': extra('X-Bare: a\rTransfer-Encoding: chunked'),
  'a name with a control character': extra('X-\x01: a'),
  'a chunk whose size is no number': te('chunked', `zz\r\n${GOOD}\r\n0\r\n\r\n`),
  'a chunk with a negative size': te('chunked', `-1\r\n${GOOD}\r\n0\r\n\r\n`),
  'a chunk size beyond every number': te('chunked', `${'f'.repeat(20)}\r\n${GOOD}\r\n0\r\n\r\n`),
  'a chunk size with a prefix': te('chunked', `0x1a\r\n${GOOD}\r\n0\r\n\r\n`),
  'a chunk longer than its size': te('chunked', `5\r\n${GOOD}\r\n0\r\n\r\n`),
  'a chunk ended by a bare line feed': te('chunked', `1a\n${GOOD}\n0\n\n`),
  'two authorizations': extra('Authorization: Bearer other'),
  'two equal content types': extra('Content-Type: application/json'),
  'two content types': extra('Content-Type: text/plain'),
  'two hosts': extra('Host: other.test'),
  'two hosts in one': { without: ['host'], headers: ['Host: register.test, other.test'] },
  'no host': { without: ['host'] },
  'an empty host': { without: ['host'], headers: ['Host: '] },
  'a host with a path': { without: ['host'], headers: ['Host: register.test/admin'] },
  'a host with a user': { without: ['host'], headers: ['Host: register.test@other.test'] },
  'a host with a space': { without: ['host'], headers: ['Host: register test'] },
  'two accepted types': extra('Accept: */*', 'Accept: text/html'),
  'two languages': extra('Accept-Language: fr', 'Accept-Language: en'),
  'two expectations': extra('Expect: 100-continue', 'Expect: 100-continue'),
  'an expectation nobody knows': extra('Expect: everything'),
  'an absolute address': { target: 'http://register.test/graphql' },
  'an absolute address of somebody else': { target: 'http://169.254.169.254/latest/meta-data' },
  'an absolute address with another scheme': { target: 'file:///etc/passwd' },
  'an address with two slashes': { target: '//other.test/graphql' },
  'the asterisk': { method: 'OPTIONS', target: '*' },
  'a tunnel': { method: 'CONNECT', target: 'other.test:443' },
  'an address with a fragment': { target: '/graphql#x' },
  'an address with a query': { target: '/graphql?query={__typename}' },
  'an address with an encoded letter': { target: '/%67raphql' },
  'an address that goes up': { target: '/x/../graphql' },
  'an address with a null character': { target: '/graphql\0' },
  'an address with a space': { target: '/graphql /x' },
  'an address with a parameter': { target: '/graphql;x=1' },
  'HTTP/0.9': { version: '0.9' },
  'HTTP/1.0': { version: '1.0' },
  'HTTP/1.2': { version: '1.2' },
  'HTTP/2.0': { version: '2.0' },
  'a version that is none': { version: '1.1.1' },
  'a method that exists nowhere': { method: 'STEAL' },
  'a method in lower case': { method: 'post' },
  'a method with a control character': { method: 'PO\x01ST' },
  '61 headers': extra(...Array.from({ length: 61 }, (_, n) => `X-${n}: a`)),
  '3000 headers': extra(...Array.from({ length: 3000 }, (_, n) => `X-${n}: a`)),
  'a header of 20 kB': extra(`X-Long: ${'a'.repeat(20_000)}`),
  'an address of 20 kB': { target: `/graphql${'a'.repeat(20_000)}` },
};

/** Ways to say that this POST is another method, or comes from somebody else. Nobody listens. */
const OVERRIDES = [
  'X-HTTP-Method-Override: GET',
  'X-HTTP-Method: DELETE',
  'X-Method-Override: PUT',
  'X-Original-URL: /readyz',
  'X-Rewrite-URL: /readyz',
  'X-Forwarded-For: 127.0.0.1',
  'X-Forwarded-Host: other.test',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Prefix: /admin',
  'Forwarded: for=127.0.0.1;host=other.test',
  'X-Real-IP: 127.0.0.1',
  'True-Client-IP: 127.0.0.1',
  'X-Client-Cert: MII',
  'X-SSL-Client-DER: MII',
  'Upgrade: h2c',
  'Upgrade: websocket',
  'HTTP2-Settings: AAMAAABkAAQAAP__',
  'Proxy-Connection: keep-alive',
  'Cookie: session=1; token=2',
  'X-Authorization: Bearer other',
];

const answered = new Map<string, RawAnswer[]>();

describe(`an ambiguous request (${Object.keys(AMBIGUOUS).length} of them)`, () => {
  beforeAll(async () => {
    const sent = Object.entries(AMBIGUOUS).map(async ([name, ambiguous]) => {
      answered.set(name, await exchange(endpoint, written(token, ambiguous) + HIDDEN));
    });
    await Promise.all(sent);
  });
  it.each(Object.keys(AMBIGUOUS))(
    '%s: refused as an error of the registry, and nothing behind it is answered',
    (name) => {
      const answers = answered.get(name) ?? [];
      expect(answers.length).toBeGreaterThanOrEqual(1);
      const [first] = answers;
      expect(first?.status).toBeGreaterThanOrEqual(400);
      expect(first?.status).toBeLessThan(500);
      expect(first?.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(first?.headers.get('cache-control')).toBe('no-store');
      const [error] = JSON.parse(first?.body ?? '').errors;
      expect(error.extensions.code).toMatch(/^[A-Z_]+$/);
      expect(answers.filter(({ body }) => body.includes('__typename') || body.includes('"data"'))).toEqual([]);
      // A body whose end is certain leaves the connection usable; where it is not, nothing may follow.
      if (FRAMING.test(name)) expect(answers.length).toBe(1);
    },
  );
});
const FRAMING = /length|chunk|transfer|identity|gzip|colon|folded|carriage|null|control/;

describe('a header that claims something else', () => {
  it.each(OVERRIDES)('« %s » changes nothing', async (header) => {
    const [answer] = await exchange(endpoint, written(token, extra(header, 'Connection: close')));
    expect([answer?.status, answer?.body]).toEqual([200, '{"data":{"__typename":"Query"}}']);
    expect([...(answer?.headers.keys() ?? [])]).not.toContain('set-cookie');
  });
  it.each(OVERRIDES.slice(0, 3))('« %s » makes no POST of a GET', async (header) => {
    const made = header.replace(/: .*/, ': POST');
    const [answer] = await exchange(endpoint, written(token, { method: 'GET', headers: [made, 'Connection: close'] }));
    expect(answer?.status).toBe(405);
  });
});

describe('a request that is whole', () => {
  it('comes in chunks as well as in one piece', async () => {
    const [answer] = await exchange(
      endpoint,
      written(token, { ...te('chunked'), headers: ['Transfer-Encoding: chunked', 'Connection: close'] }),
    );
    expect(answer?.body).toBe('{"data":{"__typename":"Query"}}');
  });
  it('may be followed by another on the same connection, each with its own answer', async () => {
    const other = await endpoint.tokenFor(as('ANSM'));
    const rights = (whose: string) => written(whose, { body: '{"query":"{ myRights { category grant article } }"}' });
    const answers = await exchange(endpoint, rights(token) + rights(other) + rights(token), { patience: 1500 });
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers[0]?.body).toBe(answers[2]?.body);
    expect(answers[0]?.body).not.toBe(answers[1]?.body);
  });
  it.each(['/livez', '/readyz'])('%s answers a probe of HTTP/1.0 without a host', async (target) => {
    const [answer] = await exchange(endpoint, `GET ${target} HTTP/1.0\r\n\r\n`);
    expect([answer?.status, answer?.body]).toEqual([200, 'ok\n']);
  });
  it.each([
    '',
    'nonsense\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET\r\n\r\n',
    '{"query":"{ __typename }"}',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ])('is not %j, which is refused or closed without a word of the machinery', async (bytes) => {
    const answers = await exchange(endpoint, bytes, { end: true });
    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).not.toMatch(/HPE_|parse|stack/i);
    }
  });
});
