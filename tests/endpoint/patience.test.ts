import net from 'node:net';
import { addressOf, TrustedProxies } from '../../src/endpoint/address.js';
import { drain } from '../../src/endpoint/drain.js';
import { aPatient, aPs, asOwner } from '../builders/a-patient.js';
import { answersIn, exchange, type RawAnswer, written } from '../builders/a-raw-request.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
beforeAll(async () => {
  register = await aRegister();
});
afterAll(() => register.close());

const codeOf = (answer: RawAnswer | undefined): string => JSON.parse(answer?.body ?? '{}').errors?.[0]?.extensions.code;
const NAME = '{"query":"{ __typename }"}';

/** Opens a connection, writes some bytes, and reads until the server ends it. */
function untilClosed(
  endpoint: Endpoint,
  bytes: string,
  every?: { drip: string; milliseconds: number },
): Promise<RawAnswer[]> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(endpoint.url);
    const socket = net.connect(Number(port), hostname);
    const received: Buffer[] = [];
    const dripping = every && setInterval(() => socket.write(every.drip), every.milliseconds);
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(dripping);
      resolve(answersIn(Buffer.concat(received)));
    });
    socket.write(bytes);
  });
}

/** Holds every read of patients up, until it is let go. */
async function withPatientsLocked<T>(work: () => Promise<T>): Promise<T> {
  const runner = register.database.owner.createQueryRunner();
  await runner.startTransaction();
  await runner.query('lock table patient in access exclusive mode');
  try {
    return await work();
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}

describe('whoever is slow', () => {
  let endpoint: Endpoint;
  let token: string;
  beforeAll(async () => {
    endpoint = await register.serve({
      patience: { headers: 400, request: 800, silence: 1500, keepAlive: 300, checks: 50 },
    });
    token = await endpoint.tokenFor(as('SPF'));
  });

  it('with the headers is told so and let go', async () => {
    const [answer] = await untilClosed(endpoint, 'POST /graphql HTTP/1.1\r\nHost: x\r\n', {
      drip: 'X-A: b\r\n',
      milliseconds: 100,
    });
    expect([answer?.status, codeOf(answer)]).toEqual([408, 'REQUEST_TIMEOUT']);
  });
  it('with the body, however steadily it drips, is told so and let go', async () => {
    const request = written(token, { body: NAME.padEnd(2000) }).slice(0, -1900);
    const [answer] = await untilClosed(endpoint, request, { drip: ' ', milliseconds: 100 });
    expect([answer?.status, codeOf(answer)]).toEqual([408, 'REQUEST_TIMEOUT']);
  });
  it('with chunks is told so and let go', async () => {
    const request = written(token, { without: ['content-length'], headers: ['Transfer-Encoding: chunked'], body: '' });
    const [answer] = await untilClosed(endpoint, request, { drip: '1\r\n \r\n', milliseconds: 100 });
    expect([answer?.status, codeOf(answer)]).toEqual([408, 'REQUEST_TIMEOUT']);
  });
  it('to ask anything at all is let go', async () => {
    expect((await untilClosed(endpoint, '')).filter(({ status }) => status !== 408)).toEqual([]);
  });
  it('to ask again is let go, with what was answered', async () => {
    const answers = await untilClosed(endpoint, written(token, {}));
    expect(answers.map(({ status }) => status)).toEqual([200]);
  });
  it('keeps nobody else waiting', async () => {
    const { hostname, port } = new URL(endpoint.url);
    const idle = Array.from({ length: 100 }, () => net.connect(Number(port), hostname).on('error', () => undefined));
    expect((await endpoint.ask(as('SPF'), '{ __typename }')).status).toBe(200);
    for (const socket of idle) socket.destroy();
  });
});

describe('connections', () => {
  it('of one address are counted, and the next one is closed unheard', async () => {
    const endpoint = await register.serve({ patience: { connectionsPerAddress: 5 } });
    const { hostname, port } = new URL(endpoint.url);
    const held = Array.from({ length: 5 }, () => net.connect(Number(port), hostname));
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const token = await endpoint.tokenFor(as('SPF'));
    expect(await exchange(endpoint, written(token, {}))).toEqual([]);
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy())));
    const ended = async (): Promise<RawAnswer[]> => {
      const answers = await exchange(endpoint, written(token, { headers: ['Connection: close'] }));
      return answers.length > 0 ? answers : ended();
    };
    expect((await ended())[0]?.status).toBe(200);
  });
  it('of all addresses are counted as well', async () => {
    const endpoint = await register.serve({ patience: { connections: 3 } });
    const { hostname, port } = new URL(endpoint.url);
    const held = Array.from({ length: 3 }, () => net.connect(Number(port), hostname));
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    expect(await exchange(endpoint, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')).toEqual([]);
    for (const socket of held) socket.destroy();
  });
});

describe('work that takes too long', () => {
  it('is given up at the deadline, and the caller told when to come back', async () => {
    const endpoint = await register.serve({ patience: { deadline: 1500 } });
    const answer = await withPatientsLocked(() => endpoint.ask(as('SPF'), '{ patients { edges { cursor } } }'));
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([503, 'UNAVAILABLE']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await endpoint.ask(as('SPF'), '{ patients { edges { cursor } } }')).status).toBe(200);
  });

  it('for somebody who has gone is not begun', async () => {
    const endpoint = await register.serve();
    const patient = await aPatient(register, 1);
    const authorization = `Bearer ${await endpoint.tokenFor(aPs(1))}`;
    const body = JSON.stringify({
      query: `{ patientByInvitation(code: "${patient.code}", birthDate: "${patient.person.birthDate}") { id } }`,
    });
    const traces = async () =>
      Number((await asOwner<{ count: string }>(register, 'select count(*) from trace'))[0]?.count);
    const before = await traces();
    const pool = register.database.pool('lancette_ps');
    // Every connection of the pool is taken: whoever comes now waits for one.
    const taken = await Promise.all(Array.from({ length: 6 }, () => pool.connect()));
    const gone = new AbortController();
    const asked = fetch(endpoint.url, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body,
      signal: gone.signal,
    });
    const closed = new Promise((resolve) =>
      endpoint.server.once('request', (_, response) => response.once('close', resolve)),
    );
    while (pool.waitingCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    gone.abort();
    await expect(asked).rejects.toThrow();
    await closed;
    for (const client of taken) client.release();
    while (pool.waitingCount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const answered = await endpoint.post({ headers: { authorization, 'content-type': 'application/json' }, body });
    expect(answered.body.data.patientByInvitation.id).toBe(patient.id);
    // One read for the one who stayed, none for the one who left.
    expect(await traces()).toBe(before + 1);
  });

  it('without a free connection is « unavailable », after five seconds of waiting', async () => {
    const endpoint = await register.serve();
    const pool = register.database.pool('lancette_dmp');
    const taken = await Promise.all(Array.from({ length: 6 }, () => pool.connect()));
    const answer = await endpoint.ask(as('DMP'), '{ patients { edges { cursor } } }');
    for (const client of taken) client.release();
    expect(answer.body.errors[0].extensions.code).toBe('UNAVAILABLE');
    expect((await endpoint.ask(as('DMP'), '{ patients { edges { cursor } } }')).body.errors).toBeUndefined();
  });
});

describe('a server that is told to stop', () => {
  it('says that it is not ready, answers what runs, keeps no connection, and then listens no more', async () => {
    const endpoint = await register.serve();
    const token = await endpoint.tokenFor(as('SPF'));
    const running = withPatientsLocked(async () => {
      const slow = endpoint.ask(as('SPF'), '{ patients { edges { cursor } } }');
      await new Promise((resolve) => endpoint.server.once('request', resolve));
      const stopping = drain(endpoint.server, { notice: 600, finish: 10_000 });
      const ready = await fetch(new URL('/readyz', endpoint.url));
      expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
      expect((await fetch(new URL('/livez', endpoint.url))).status).toBe(200);
      const [late] = await exchange(endpoint, written(token, {}));
      expect([late?.status, late?.headers.get('connection')]).toEqual([200, 'close']);
      return { slow, stopping };
    });
    const { slow, stopping } = await running;
    expect((await slow).status).toBe(200);
    await stopping;
    await expect(fetch(endpoint.url)).rejects.toThrow();
  });
  it('waits no longer than it was told', async () => {
    const endpoint = await register.serve();
    const idle = net.connect(Number(new URL(endpoint.url).port), '127.0.0.1');
    idle.on('error', () => undefined).write('POST /graphql HTTP/1.1\r\n');
    await new Promise((resolve) => endpoint.server.once('connection', resolve));
    await drain(endpoint.server, { notice: 0, finish: 200 });
    expect(endpoint.server.listening).toBe(false);
  });
});

describe('the address of a caller', () => {
  const from = (remoteAddress: string, forwarded?: string) =>
    ({
      socket: { remoteAddress },
      headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) },
    }) as never;
  it.each([
    ['without a proxy, whatever it claims', [], '203.0.113.9', '10.0.0.1', '203.0.113.9'],
    ['through IPv6, as IPv4', [], '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['behind a proxy that says nothing', ['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
    ['behind a proxy', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    [
      'behind a proxy, with a false address to its left',
      ['10.0.0.1'],
      '10.0.0.1',
      '1.2.3.4, 203.0.113.9',
      '203.0.113.9',
    ],
    ['behind two proxies', ['10.0.0.0/8'], '10.0.0.1', '1.2.3.4, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['behind a proxy, with no address', ['10.0.0.1'], '10.0.0.1', 'unknown', '10.0.0.1'],
    ['behind a proxy of IPv6', ['2001:db8::/32'], '2001:db8::1', '2001:db9::7', '2001:db9::7'],
    ['behind somebody else’s proxy', ['10.0.0.1'], '10.0.0.2', '203.0.113.9', '10.0.0.2'],
  ] as const)('%s', (_, proxies, peer, forwarded, expected) => {
    expect(addressOf(from(peer, forwarded), new TrustedProxies(proxies))).toBe(expected);
  });
  it.each(['everyone', '10.0.0.0/33', '10.0.0.0/0', '::/129', '10.0.0.0/8/8', ''])(
    'is trusted to no « %s »: nothing starts',
    async (proxy) => {
      const surface = { ...register.config.surface, trustedProxies: [proxy] };
      await expect(register.serve({ config: { ...register.config, surface } })).rejects.toThrow(
        'LANCETTE_TRUSTED_PROXIES',
      );
    },
  );
});
