import { Agent, request } from 'node:http';
import net from 'node:net';
import { aCanaryWorld, type CanaryWorld } from '../builders/a-canary-world.js';
import { answersIn, written } from '../builders/a-raw-request.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { ALL_FIELDS, grantedTo } from '../law/comparing.js';
import { type Field, type Recipient, TRANSCRIBED_RECIPIENTS } from '../law/transcription.js';
import { inParallel } from './asking.js';
import { attempts, isOpen, routesAbout } from './documents.js';

/** Everybody's requests in one queue: 5,000 in a test, 100,000 in a soak. */
const REQUESTS = process.env.LANCETTE_SOAK ? 100_000 : 2_500;
/** So few connections that each carries the requests of all. */
const SOCKETS = 4;
const SEARCHED = 'A';

interface Question {
  readonly recipient: Recipient;
  readonly token: string;
  readonly body: string;
  /** What it is answered when nobody else asks. */
  answer: string;
}

let register: Register;
let world: CanaryWorld;
let endpoint: Endpoint;
const questions: Question[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
const sockets = new Set<net.Socket>();

beforeAll(async () => {
  register = await aRegister();
  world = await aCanaryWorld(register);
  endpoint = await register.serve();
  endpoint.server.on('connection', (socket) => sockets.add(socket));
  for (const recipient of TRANSCRIBED_RECIPIENTS) questions.push(...(await questionsOf(recipient)));
  for (const question of questions) question.answer = await asked(question);
});
afterAll(async () => {
  agent.destroy();
  await register.close();
});

const fieldsOf = (type: string): Field[] => ALL_FIELDS.filter((field) => field.startsWith(`${type}.`));

/** What a recipient is given on every way, what it is refused, and its own rights. */
async function questionsOf(recipient: Recipient): Promise<Question[]> {
  const token = await endpoint.tokenFor(world.principal(recipient));
  const routes = routesAbout(subject()).filter(({ kind }) => kind === 'query');
  const bodies = routes.flatMap((route) => {
    const open = isOpen(recipient, route);
    const fields = fieldsOf(route.type);
    const granted = open ? fields.filter((field) => grantedTo(recipient).has(field)) : [];
    const denied = fields.filter((field) => !granted.includes(field));
    return [
      ...(granted.length > 0 ? attempts('direct', route, granted) : []),
      ...(denied.length > 0 && route.links.length === 0 ? attempts('direct', route, denied.slice(0, 1)) : []),
    ];
  });
  const all = [
    { query: '{ myRights { category grant condition article fields } }' },
    ...bodies.map(({ body }) => body),
  ];
  return all.map((body) => ({ recipient, token, body: JSON.stringify(body), answer: '' }));
}

const subject = () => {
  const person = world.people[SEARCHED] as CanaryWorld['people'][string];
  return { id: person.id, code: person.code, nir: person.nir, birthDate: person.birthDate };
};

/** One request over one of the few connections. */
function asked({ token, body }: Question): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(endpoint.url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The same order in every run (Numerical Recipes, §7.1). */
function* shuffled(count: number, seed = 20201): Generator<Question> {
  let state = seed;
  for (let turn = 0; turn < count; turn += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield questions[state % questions.length] as Question;
  }
}

/** A crossing: a canary that is not for this recipient, or an answer that is not the one it gets alone. */
function crossing({ recipient, body, answer }: Question, text: string): string[] {
  if (text === answer) return [];
  const leaks = world.leaks(recipient, text, SEARCHED).map(({ field, person }) => `${field} of ${person}`);
  return [`${recipient} · ${leaks.join() || 'another answer'} · ${body} · ${text.slice(0, 200)}`];
}

describe('all recipients over few connections and pools', () => {
  it('have something to lose: each is answered otherwise, and with its own canaries', () => {
    const answered = new Set(questions.map(({ recipient, answer }) => `${recipient} ${answer}`));
    expect(questions.length).toBeGreaterThan(150);
    expect(answered.size).toBeGreaterThan(100);
    const crossings = questions.flatMap(({ recipient, answer }) => world.leaks(recipient, answer, SEARCHED));
    expect(crossings).toEqual([]);
    const seen = new Set(questions.flatMap(({ answer }) => [...world.seen(answer)]));
    expect(seen.size).toBeGreaterThan(200);
  });

  it(`SECURITY A70 · ${REQUESTS} requests in one queue: none is answered with what is another’s`, async () => {
    const found: string[] = [];
    await inParallel(3 * SOCKETS, [...shuffled(REQUESTS)], async (question) => {
      found.push(...crossing(question, await asked(question)));
    });
    process.stdout.write(
      `interleaving: ${REQUESTS} requests of ${TRANSCRIBED_RECIPIENTS.length} recipients over ${sockets.size} connections, ${found.length} crossings\n`,
    );
    expect(found.slice(0, 10)).toEqual([]);
    expect(sockets.size).toBeLessThan(SOCKETS * 5);
  });

  it('SECURITY A70 · written one behind another on one connection, they are answered in their order', async () => {
    const row = [...shuffled(400, 7)];
    const { hostname, port } = new URL(endpoint.url);
    const socket = net.connect(Number(port), hostname);
    const received: Buffer[] = [];
    socket.on('data', (part) => received.push(part));
    const last = { headers: ['Connection: close'] };
    const bytes = row.map(({ token, body }, at) => written(token, { body, ...(at === row.length - 1 && last) }));
    await new Promise((resolve, reject) => {
      socket.on('close', resolve).on('error', reject);
      socket.write(bytes.join(''));
    });
    const answers = answersIn(Buffer.concat(received));
    expect(answers.length).toBe(row.length);
    expect(row.flatMap((question, at) => crossing(question, answers[at]?.body ?? ''))).toEqual([]);
  });
});
