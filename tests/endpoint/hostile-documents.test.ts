import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

/** Nothing here may cost more of the server, in milliseconds of processor; the least of several tries is taken. */
const BUDGET_MS = 50;
/** Stands in every hostile text: no answer may repeat it. */
const MARK = 'Zq7Marker';

let register: Register;
let endpoint: Endpoint;
let token: string;
let spent = 0;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  token = await endpoint.tokenFor(as('SPF'));
  endpoint.server.prependListener('request', (_, response) => {
    const began = process.cpuUsage();
    response.once('finish', () => {
      const { user, system } = process.cpuUsage(began);
      spent = (user + system) / 1000;
    });
  });
  // A server that has just started compiles as it goes: that is not what is measured.
  for (const [, hostile] of CASES) await send(hostile);
});
afterAll(() => register.close());

interface Hostile {
  readonly body?: string | Buffer;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** One request on a connection of its own; an answer that comes before the whole body was sent is read all the same. */
function send({
  body = '',
  method = 'POST',
  path = '/graphql',
  headers = {},
}: Hostile): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, endpoint.url),
      {
        method,
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
          sent.destroy();
        });
        response.on('error', reject);
      },
    );
    sent.on(
      'error',
      (error: NodeJS.ErrnoException) => error.code !== 'EPIPE' && error.code !== 'ECONNRESET' && reject(error),
    );
    sent.end(body);
  });
}

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const nested = (depth: number, open: string, close: string, core = ''): string =>
  open.repeat(depth) + core + close.repeat(depth);
const page = (inside: string): string => `{ patients { edges { node { ${inside} } } } }`;
const document = (query: string, variables?: unknown): Hostile => ({ body: JSON.stringify({ query, variables }) });
const doubling = (count: number): string =>
  `${page('...F0')} ${times(count, (n) => `fragment F${n} on Patient { ...F${n + 1} ...F${n + 1} }`)} fragment F${count} on Patient { sex ${MARK}: sex }`;

/** Documents that ask for too much, or for nothing that makes sense. */
const DOCUMENTS: Record<string, string> = {
  'depth 9': nested(9, '{ a: __typename patients ', '}', `{ ${MARK} }`),
  'depth 100': nested(100, `{ ${MARK} `, '}', '{ a }'),
  'depth 450 of inline fragments': `${nested(450, '{ ... ', '}', `{ ${MARK} }`)}`,
  'depth 5000': nested(5000, '{ a ', '}', `{ ${MARK} }`),
  'depth 9000 of selections': nested(9000, '{a', '}', '{b}'),
  'width 201': page(times(201, () => 'sex')),
  'width 400': page(times(400, () => 'sex')),
  'width 5000': page(times(5000, () => 'sex')),
  '16 aliases': page(times(16, (n) => `${MARK}${n}: sex`)),
  '300 aliases': page(times(300, (n) => `${MARK}${n}: sex`)),
  '3000 aliases': page(times(3000, (n) => `a${n}: sex`)),
  '16 aliases of __typename': `{ ${times(16, (n) => `${MARK}${n}: __typename`)} }`,
  '5000 aliases of __typename': `{ ${times(5000, (n) => `a${n}: __typename`)} }`,
  '6 directives': page(`sex ${times(6, () => '@skip(if: false)')}`),
  '200 directives': page(`sex ${times(200, () => `@${MARK}`)}`),
  '6000 directives': page(`sex ${'@a'.repeat(6000)}`),
  '21 times one field': page(times(21, () => 'sex')),
  '21 times one field, in many fragments': page(times(21, () => '... { sex }')),
  '6 roots': `{ ${times(6, (n) => `${MARK}${n}: patients { edges { cursor } }`)} }`,
  '50 roots': `{ ${times(50, (n) => `a${n}: patients { edges { cursor } }`)} }`,
  '6 roots behind a fragment': `{ ${times(6, () => '...R')} } fragment R on Query { patients { edges { cursor } } }`,
  'two searches': `{ ${times(2, (n) => `${MARK}${n}: patientByNir(nir: "1", birthDate: "x") { id }`)} }`,
  'a fragment in itself': `${page('...A')} fragment A on Patient { ...A ${MARK}: sex }`,
  'a fragment in itself, nested': `{ ...A } fragment A on Query { patients { edges { node { sex } } } ...A }`,
  'a cycle of two fragments': `${page('...A')} fragment A on Patient { ...B } fragment B on Patient { ...A }`,
  'a cycle of ten fragments': `${page('...F0')} ${times(10, (n) => `fragment F${n} on Patient { ...F${(n + 1) % 10} }`)}`,
  'fragments that double, 9 times': doubling(9),
  'fragments that double, 30 times': doubling(30),
  'fragments that double, 80 times': doubling(80),
  '11 fragments': `${page(times(11, (n) => `...F${n}`))} ${times(11, (n) => `fragment F${n} on Patient { sex }`)}`,
  '200 by 100 inline fragments': page(times(200, () => nested(100, '... on Patient {', '}', 'sex'))),
  '20 by 9 inline fragments': page(times(20, () => nested(9, '... on Patient {', '}', 'sex'))),
  'a list literal 400 deep': `{ patients(filter: ${nested(400, '[', ']', `"${MARK}"`)}) { edges { cursor } } }`,
  'a list literal 9000 deep': `{ patients(filter: ${nested(9000, '[', ']')}) { edges { cursor } } }`,
  'an object literal 300 deep': `{ patients(filter: ${nested(300, '{a:', '}', `"${MARK}"`)}) { edges { cursor } } }`,
  'an object literal 5000 deep': `{ patients(filter: ${nested(5000, '{a:', '}', '1')}) { edges { cursor } } }`,
  'a list type 900 deep': `query ($v: ${nested(450, '[', ']', 'Int')}) { __typename }`,
  '300 variables': `query (${times(300, (n) => `$${MARK}${n}: Int`)}) { __typename }`,
  '100 unused variables': `query (${times(100, (n) => `$${MARK}${n}: Int`)}) { __typename }`,
  '6 operations': times(6, (n) => `query ${MARK}${n} { __typename }`),
  '300 operations': times(300, (n) => `query Q${n} { __typename }`),
  'two operations and no name': `query A { __typename } query ${MARK} { __typename }`,
  'a subscription': `subscription { ${MARK} }`,
  'a mutation that exists nowhere': `mutation { ${MARK} }`,
  'a mutation of another view': 'mutation { requestUnvaccinatedList }',
  'a schema definition': `type ${MARK} { a: Int } { __typename }`,
  'an unknown directive': page(`sex @${MARK}`),
  'an unknown fragment': page(`...${MARK}`),
  'a comment of 19 kB, then nonsense': `#${'x'.repeat(19_000)}\n{ ${MARK} `,
  'a comment of 90 kB': `#${'x'.repeat(90_000)}\n{ __typename }`,
  'a block string of 19 kB': `{ patients(after: """${'\\n '.repeat(6_000)}${MARK}""") { edges } }`,
  'a block string of 90 kB': `{ patients(after: """${'\n '.repeat(44_000)}""") { edges { cursor } } }`,
  'a string of 19 kB': `{ patients(after: "${'x'.repeat(19_000)}") { ${MARK} } }`,
  'a number of 19 kB': `{ patients(first: ${'9'.repeat(19_000)}) { edges { cursor } } }`,
  'a name of 19 kB': `{ ${'x'.repeat(19_000)} }`,
  'a name of the prototype': '{ __proto__ constructor toString }',
  'unicode escapes': `{ patients(after: "\\u{110000}${MARK}") { edges { cursor } } }`,
  'a lone surrogate': `{ patients(after: "\\uD800") { ${MARK} } }`,
  'a null character': `{ ${MARK}\0 }`,
  'a byte order mark and nothing': '\uFEFF',
  nothing: '',
  'only white space': ' \n\t,,, ',
  nonsense: `}{ ${MARK}`,
  'deep introspection': `{ __schema { types { ${nested(12, 'fields { type { ', '} }', 'name')} } } }`,
};

const deep = 45_000;
/** Requests that are not what the endpoint reads. */
const REQUESTS: Record<string, Hostile> = {
  'one field in 700 kB': document(page(times(140_000, () => 'sex'))),
  'a comment of 900 kB': document(`#${'x'.repeat(900_000)}\n{ __typename }`),
  'a block string of 900 kB': document(`{ patients(after: """${'x\n'.repeat(450_000)}""") { edges { cursor } } }`),
  'JSON 100000 deep': { body: `{"query":"{ __typename }","variables":${nested(100_000, '[', ']')}}` },
  'JSON 45000 deep in a variable': {
    body: `{"query":"query ($v: PatientFilter) { patients(filter: $v) { edges { cursor } } }","variables":{"v":${nested(deep, '[', ']')}}}`,
  },
  'JSON 15000 deep in objects': {
    body: `{"query":"query ($v: PatientFilter) { patients(filter: $v) { edges { cursor } } }","variables":{"v":${nested(15_000, '{"a":', '}', '1')}}}`,
  },
  'JSON 45000 deep, alone': { body: nested(deep, '[', ']') },
  'JSON 45000 deep, never closed': { body: '['.repeat(deep) },
  'variables of 1 MB': document('query ($v: String) { patients(after: $v) { edges { cursor } } }', {
    v: MARK.repeat(120_000),
  }),
  'a variable of 90 kB': document('query ($v: String) { patients(after: $v) { __x } }', { v: 'x'.repeat(90_000) }),
  '9000 variables': document(
    'query ($v: Int!) { patients(first: $v) { edges { cursor } } }',
    Object.fromEntries(Array.from({ length: 9000 }, (_, n) => [`a${n}`, n])),
  ),
  'a filter of 9000 fields': document('query ($v: PatientFilter) { patients(filter: $v) { edges { cursor } } }', {
    v: Object.fromEntries(Array.from({ length: 6000 }, (_, n) => [`${MARK}${n}`, n])),
  }),
  gzip: { body: gzipSync(JSON.stringify({ query: '{ __typename }' })), headers: { 'content-encoding': 'gzip' } },
  'a gzip bomb': { body: gzipSync(Buffer.alloc(50_000_000)), headers: { 'content-encoding': 'gzip' } },
  'utf-7': { body: '{"query":"+AHs-__typename+AH0-"}', headers: { 'content-type': 'application/json; charset=utf-7' } },
  'utf-16': {
    body: Buffer.from('{"query":"{ __typename }"}', 'utf16le'),
    headers: { 'content-type': 'application/json; charset=utf-16le' },
  },
  'broken UTF-8': { body: Buffer.from([0x7b, 0xff, 0xfe, 0x22]) },
  GET: { method: 'GET', path: '/graphql?query={__typename}' },
  'GET with a body': { method: 'GET', body: JSON.stringify({ query: '{ __typename }' }) },
  PUT: { method: 'PUT', body: JSON.stringify({ query: '{ __typename }' }) },
  OPTIONS: { method: 'OPTIONS', headers: { origin: `https://${MARK}.example` } },
  'TRACE-like PROPFIND': { method: 'PROPFIND' },
  'a form': { body: 'query={__typename}', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  'a multipart form': { body: '--x\r\n\r\n--x--', headers: { 'content-type': 'multipart/form-data; boundary=x' } },
  'plain text': { body: JSON.stringify({ query: '{ __typename }' }), headers: { 'content-type': 'text/plain' } },
  'application/graphql': { body: '{ __typename }', headers: { 'content-type': 'application/graphql' } },
  'no type': { body: JSON.stringify({ query: '{ __typename }' }), headers: { 'content-type': '' } },
  'a batch': { body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]) },
  'a batch of 3000': { body: JSON.stringify(Array.from({ length: 3000 }, () => ({ query: '{ __typename }' }))) },
  'a persisted query': {
    body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }),
  },
  'a query that is no text': { body: JSON.stringify({ query: { [MARK]: 1 } }) },
  'variables that are text': { body: JSON.stringify({ query: '{ __typename }', variables: `{"${MARK}":1}` }) },
  'variables that are a list': { body: JSON.stringify({ query: '{ __typename }', variables: [MARK] }) },
  'extensions that are text': { body: JSON.stringify({ query: '{ __typename }', extensions: MARK }) },
  'an operation that does not exist': {
    body: JSON.stringify({ query: 'query A { __typename }', operationName: MARK }),
  },
  'an operation name that is no text': {
    body: JSON.stringify({ query: 'query A { __typename }', operationName: { [MARK]: 1 } }),
  },
  'a prototype': { body: `{"__proto__":{"query":"{ ${MARK} }"},"constructor":1}` },
  null: { body: 'null' },
  text: { body: `"${MARK}"` },
  nothing: { body: '' },
  'half a body': { body: `{"query":"{ ${MARK}` },
};

const CASES: [string, Hostile][] = [
  ...Object.entries(DOCUMENTS).map(([name, query]): [string, Hostile] => [name, document(query)]),
  ...Object.entries(REQUESTS),
];
/** The processor's time of a whole process holds its other threads' too: the least of the tries is nearest to the request. */
const least = (values: readonly number[]): number => Math.min(...values);

describe(`a hostile request (${CASES.length} of them)`, () => {
  it.each(CASES)('%s: refused at once, without a word of it', async (_, hostile) => {
    const costs: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { status, text } = await send(hostile);
      costs.push(spent);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(/Zq7Marker|call stack|Syntax Error|Cannot query|node_modules|Unexpected/i);
      expect(text.length).toBeLessThan(30_000);
    }
    expect(least(costs)).toBeLessThan(BUDGET_MS);
  });

  it('leaves the endpoint as able as before', async () => {
    const { status, text } = await send({ body: JSON.stringify({ query: '{ __typename }' }) });
    expect([status, text]).toEqual([200, '{"data":{"__typename":"Query"}}']);
  });
});
