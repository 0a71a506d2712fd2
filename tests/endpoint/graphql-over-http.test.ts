import { auditServer } from 'graphql-http';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
});
afterAll(() => register.close());

describe('GraphQL over HTTP', () => {
  it('passes every audit of graphql-http without an error', async () => {
    const authorization = `Bearer ${await endpoint.tokenFor(as('SPF'))}`;
    const fetchFn = (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), authorization } });
    const results = await auditServer({ url: endpoint.url, fetchFn });
    const named = (status: string) => results.filter((one) => one.status === status).map(({ name }) => name);
    expect(results.length).toBeGreaterThan(50);
    expect(named('error')).toEqual([]);
    expect(named('warn').filter((name) => !WARNED.includes(name))).toEqual([]);
  });
});

/** What the specification advises and this endpoint does not do: a document that fails is a 400, for every client. */
const WARNED = [
  'SHOULD use 200 status code on document parsing failure when accepting application/json',
  'SHOULD use 200 status code on document validation failure when accepting application/json',
  'SHOULD use a status code of 200 on variable coercion failure when accepting application/json',
];

describe('an answer', () => {
  it.each([
    ['application/json', 'application/json; charset=utf-8'],
    ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
  ])('to « Accept: %s » is %s, and kept by no cache', async (accept, type) => {
    const answer = await endpoint.ask(as('SPF'), '{ __typename }', {}, { accept });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('says nothing of the machinery that makes it', async () => {
    const { headers } = await endpoint.ask(as('SPF'), '{ __typename }');
    const names = [...headers.keys()].sort();
    expect(names).toEqual([
      'cache-control',
      'connection',
      'content-length',
      'content-type',
      'date',
      'keep-alive',
      'x-content-type-options',
      'x-request-id',
    ]);
  });

  it.each(['/', '/graphql/', '/graphql?query={__typename}', '/admin', '/graphql/../graphql'])(
    'to %s is « not found », or the endpoint itself',
    async (path) => {
      const response = await fetch(new URL(path, endpoint.url), { method: 'POST' });
      expect([404, 415]).toContain(response.status);
    },
  );

  it('of health and readiness needs no token and says no more than ok', async () => {
    for (const path of ['/livez', '/readyz']) {
      const response = await fetch(new URL(path, endpoint.url));
      expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
    }
  });
});
