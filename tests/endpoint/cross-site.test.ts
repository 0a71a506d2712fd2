import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
let authorization: string;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  authorization = `Bearer ${await endpoint.tokenFor(as('MEDECIN_TRAITANT', { professional: PHYSICIAN }))}`;
});
afterAll(() => register.close());

const PHYSICIAN = { rpps: '99700366240', familyName: 'APPELANT', firstName: 'IVAN', category: 'MEDECIN' };
const QUERY = '{ __typename }';
const MUTATION = 'mutation { requestUnvaccinatedList }';
const BODIES: Record<string, string> = { query: QUERY, mutation: MUTATION };

/** The types that a page of another site can send without asking first, and their neighbours. */
const TYPES = [
  'text/plain',
  'text/plain; charset=utf-8',
  'text/plain;application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'application/graphql',
  'application/graphql+json',
  'application/json-patch+json',
  'application/jsonp',
  'application/json; charset=utf-7',
  'application/json; charset=iso-8859-1',
  'application/json; charset=utf-8; charset=utf-7',
  'application/json; boundary=x',
  'application/json, text/plain',
  'text/json',
  '*/*',
  '',
];

/** Ways to put a document in an address. */
const ADDRESSES = [
  '?query={__typename}',
  '?query=mutation{requestUnvaccinatedList}',
  '?query=%7B__typename%7D&operationName=x',
  '?query={__typename}&variables={}',
  '?extensions={"persistedQuery":{"version":1,"sha256Hash":"a"}}',
  '?documentId=sha256:a',
  '',
];

const send = (init: RequestInit, address = '') => fetch(new URL(`/graphql${address}`, endpoint.url), init);

/** Refused by status, without leave for other sites, without a cookie. */
async function expectRefused(response: Response): Promise<void> {
  const text = await response.text();
  expect([400, 404, 405, 406, 415]).toContain(response.status);
  expect(JSON.parse(text).data).toBeUndefined();
  const names = [...response.headers.keys()];
  expect(names.filter((name) => /^access-control|^set-cookie|^server$|^etag|^location/.test(name))).toEqual([]);
}

describe('what a page of another site can send is not read', () => {
  describe.each(Object.entries(BODIES))('a %s', (_, query) => {
    it.each(TYPES)('as « %s »', async (type) => {
      const body = new TextEncoder().encode(JSON.stringify({ query }));
      await expectRefused(await send({ method: 'POST', headers: { authorization, 'content-type': type }, body }));
    });
  });
  it.each(ADDRESSES)('as GET %s', async (address) => {
    await expectRefused(await send({ headers: { authorization } }, address));
  });
  it.each(ADDRESSES)('as GET %s with a type that is no form’s', async (address) => {
    const headers = { authorization, 'content-type': 'application/json', 'apollo-require-preflight': '1' };
    await expectRefused(await send({ headers }, address));
  });
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('as %s', async (method) => {
    const response = await send({ method, headers: { authorization, origin: 'https://other.test' } });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
  it.each(['gzip', 'deflate', 'br', 'zstd', 'identity', 'x'])('encoded as %s', async (encoding) => {
    const headers = { authorization, 'content-type': 'application/json', 'content-encoding': encoding };
    await expectRefused(await send({ method: 'POST', headers, body: JSON.stringify({ query: QUERY }) }));
  });
  it.each(['text/html', 'image/png', 'application/xml', 'multipart/mixed'])('to be answered as %s', async (accept) => {
    const headers = { authorization, 'content-type': 'application/json', accept };
    await expectRefused(await send({ method: 'POST', headers, body: JSON.stringify({ query: QUERY }) }));
  });
  it('with a cookie in the place of a token', async () => {
    const headers = { 'content-type': 'application/json', cookie: `authorization=${authorization}` };
    const response = await send({ method: 'POST', headers, body: JSON.stringify({ query: QUERY }) });
    expect(response.status).toBe(401);
  });
  it('and leaves nothing behind: the list was not requested', async () => {
    const [{ count }] = await register.database.owner.query(
      'select count(*)::int as count from unvaccinated_list_request',
    );
    expect(count).toBe(0);
  });
});

it.each([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'Application/JSON; charset="utf-8"',
])('a request in « %s » is read', async (type) => {
  const headers = { authorization, 'content-type': type };
  const response = await send({ method: 'POST', headers, body: JSON.stringify({ query: QUERY }) });
  expect(response.status).toBe(200);
});
