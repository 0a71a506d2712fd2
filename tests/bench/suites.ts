import { DemoIssuer } from '../../src/auth/tokens.js';
import { systemClock } from '../../src/kernel/clock.js';
import { installPeers, POSTGRAPHILE } from './peers.js';
import { startServer } from './processes.js';
import { QUESTIONS, type Question, type QuestionName } from './questions.js';
import { everyHundredth, somePatients } from './register.js';
import { askOnce, type Comparison, type Suite, type Variant } from './suite.js';
import { configOf, type World } from './world.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const BARE = 'bare pg';
const UNTRACED = 'Lancette, no traces';
const TRACED = 'Lancette, traces durable';
const UNCHECKED = 'Lancette, everybody believed';
const LAWLESS = 'Lancette, no wall, no perimeter';
const PEER = 'PostGraphile 5, column grants';
const NAIVE = 'TypeORM find, shield on every field';
const PAGE = 100;
const PAGES = 100;
/** What nothing was promised of is measured shortly. */
const BESIDES_ROUNDS = 3;

/** The servers of a run, each started when first needed. */
export class Servers {
  private readonly started = new Map<string, Promise<{ port: number; pid: number }>>();

  constructor(readonly world: World) {}

  get(program: string, ...args: string[]): Promise<{ port: number; pid: number }> {
    const key = [program, ...args].join(' ');
    const server = this.started.get(key) ?? startServer(this.world, program, args);
    this.started.set(key, server);
    return server;
  }
}

/** What is asked: for each kind of variant, the same things in the same order. */
interface Asked {
  readonly values: readonly (readonly string[])[];
  readonly variables: readonly object[];
  readonly peerVariables?: readonly object[];
  readonly naiveVariables?: readonly object[];
}

/** Which suites exist, and how each is put together. */
export const SUITES: Readonly<Record<string, (servers: Servers) => Promise<Suite[]>>> = {
  A: async (servers) => {
    const made = makers(servers, 'onePatient', await searches(servers.world));
    const seen = await identifiers(servers.world);
    return [
      {
        id: 'A',
        title: 'one patient with steps, PS',
        variants: [
          await made.bare(),
          await made.untraced(),
          await made.traced(),
          await made.peer(),
          await made.naive(),
        ],
        comparisons: [
          { of: UNTRACED, against: BARE, goal: 0.7 },
          { of: TRACED, against: BARE, goal: 0.5 },
          { of: UNTRACED, against: PEER, goal: 2.5 },
          { of: UNTRACED, against: NAIVE, goal: 8 },
        ],
      },
      await besides(servers, 'one patient with steps, AGENT_AM', 'oneOfAgent', seen),
      await besides(servers, 'one patient with steps, MEDECIN_TRAITANT', 'oneOfPhysician', seen),
    ];
  },
  B: async (servers) => {
    const made = makers(servers, 'page15', await pages(servers, { withPeer: true }));
    return [
      {
        id: 'B',
        title: '100 patients × 15 fields, DMP',
        variants: [
          await made.bare(),
          await made.traced(),
          await made.untraced(),
          await made.peer(),
          await made.naive(),
        ],
        comparisons: [
          { of: TRACED, against: BARE, goal: 0.9 },
          { of: UNTRACED, against: PEER, goal: 2.5 },
          { of: UNTRACED, against: NAIVE, goal: 8 },
        ],
      },
      await besides(servers, '100 patients × 15 fields with the sealed NIR, DMP', 'pageWithNir', await pages(servers)),
    ];
  },
  D: async (servers) => {
    const made = makers(servers, 'onePatient', await searches(servers.world));
    return [
      {
        id: 'D',
        title: 'one patient with steps, PS, the token known',
        variants: [await made.unchecked(), await made.untraced()],
        comparisons: [{ of: UNTRACED, against: UNCHECKED, goal: 0.9 }],
      },
    ];
  },
  C: async (servers) => [
    await withoutWalls(servers, '10,000 patients × 20 fields, DMP (whoever is vaccinated)', 'page20'),
    await withoutWalls(servers, '10,000 patients × all 18 fields, SPF (everyone)', 'pageOfEverybody'),
  ],
};

async function withoutWalls(servers: Servers, title: string, question: QuestionName): Promise<Suite> {
  const cursors = await lancetteCursors(servers, question);
  const made = makers(servers, question, { values: [], variables: cursors.map((after) => ({ first: PAGE, after })) });
  return {
    id: title,
    title,
    variants: [await made.lawless(), await made.untraced()],
    comparisons: [{ of: UNTRACED, against: LAWLESS, goal: 0.95 }],
  };
}

async function besides(servers: Servers, title: string, question: QuestionName, asked: Asked): Promise<Suite> {
  const made = makers(servers, question, asked);
  return {
    id: title,
    title,
    rounds: BESIDES_ROUNDS,
    variants: [await made.bare(), await made.untraced(), await made.traced()],
    comparisons: [
      { of: UNTRACED, against: BARE },
      { of: TRACED, against: BARE },
    ] satisfies Comparison[],
  };
}

/** One function for each kind of variant, over the same question. */
function makers(servers: Servers, name: QuestionName, asked: Asked) {
  const question: Question = QUESTIONS[name];
  const graphql = (document: string, variables: readonly object[] = []) =>
    variables.map((given) => JSON.stringify({ query: document, variables: given }));
  const authorised = async () => ({ ...JSON_HEADERS, Authorization: `Bearer ${await tokenFor(servers, question)}` });
  const lancette = (label: string, manner: string) => async (): Promise<Variant> => ({
    name: label,
    ...(await servers.get('servers/lancette.js', manner)),
    headers: await authorised(),
    bodies: graphql(question.document, asked.variables),
  });
  return {
    bare: async (): Promise<Variant> => ({
      name: BARE,
      ...(await servers.get('servers/bare.js')),
      headers: JSON_HEADERS,
      bodies: asked.values.map((values) => JSON.stringify({ question: name, values })),
    }),
    untraced: lancette(UNTRACED, 'untraced'),
    traced: lancette(TRACED, 'traced'),
    unchecked: lancette(UNCHECKED, 'unchecked'),
    lawless: lancette(LAWLESS, 'lawless'),
    peer: async (): Promise<Variant> => ({
      name: PEER,
      ...(await peerServer(servers)),
      headers: { ...JSON_HEADERS, 'X-Recipient': question.principal.recipient.toLowerCase() },
      bodies: graphql(question.peer ?? '', asked.peerVariables),
      comparable: inSeconds,
    }),
    naive: async (): Promise<Variant> => ({
      name: NAIVE,
      ...(await servers.get('servers/naive.js')),
      headers: await authorised(),
      bodies: graphql(question.document, asked.naiveVariables ?? asked.variables),
      comparable: inSeconds,
    }),
  };
}

function peerServer(servers: Servers): Promise<{ port: number; pid: number }> {
  installPeers();
  return servers.get(POSTGRAPHILE);
}

/** The peers print an instant otherwise (fractions, another sign for UTC), and Apollo ends with a line break: one form. */
const inSeconds = (answer: string): string =>
  answer.trimEnd().replace(/"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)"/g, '"$1Z"');

const tokenFor = ({ world }: Servers, { principal }: Question): Promise<string> =>
  new DemoIssuer(configOf(world), systemClock).tokenFor(principal);

const VACCINATED = `p.id < 'f0000000-0000-0000-0000-000000000000'`;

async function searches({ databaseUrl }: World): Promise<Asked> {
  const patients = await somePatients(databaseUrl, VACCINATED, 500);
  return {
    values: patients.map(({ code, birthDate }) => [code, birthDate]),
    variables: patients.map(({ code, birthDate }) => ({ code, birthDate })),
    peerVariables: patients.map(({ key }) => ({ key })),
  };
}

/** Patients of this physician and of the agent's caisses alike. */
async function identifiers({ databaseUrl }: World): Promise<Asked> {
  const where = `${VACCINATED} and p.key % 100 = 7 and p.body_key in ('01751', '01752')`;
  const patients = await somePatients(databaseUrl, where, 500);
  return { values: patients.map(({ id }) => [id]), variables: patients.map(({ id }) => ({ id })) };
}

/** A hundred pages one after the other: each variant goes on from its own kind of position. */
async function pages(servers: Servers, { withPeer = false } = {}): Promise<Asked> {
  const positions = await everyHundredth(servers.world.databaseUrl, PAGES);
  const cursors = await lancetteCursors(servers, 'page15');
  return {
    values: positions.map(({ id, key }) => [id, key]),
    variables: cursors.map((after) => ({ first: PAGE, after })),
    naiveVariables: positions.map(({ id }) => ({ first: PAGE, after: id })),
    ...(withPeer && { peerVariables: (await peerCursors(servers)).map((after) => ({ after })) }),
  };
}

const CURSORS = 'query ($after: String) { patients(first: 100, after: $after) { pageInfo { endCursor } } }';
const PEER_CURSORS = `query ($after: Cursor) {
  patients: allPatients(first: 100, after: $after, orderBy: [ROW_ID_ASC]) { pageInfo { endCursor } } }`;

/** The positions at which pages end, as one kind of server gives them. */
async function walk(ask: (after: string | null) => Promise<string>): Promise<string[]> {
  const cursors: string[] = [];
  let after: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    after = JSON.parse(await ask(after)).data.patients.pageInfo.endCursor as string;
    cursors.push(after);
  }
  return cursors;
}

async function lancetteCursors(servers: Servers, question: QuestionName): Promise<string[]> {
  const { port } = await servers.get('servers/lancette.js', 'untraced');
  const headers = { ...JSON_HEADERS, Authorization: `Bearer ${await tokenFor(servers, QUESTIONS[question])}` };
  return walk((after) => askOnce({ port, headers }, JSON.stringify({ query: CURSORS, variables: { after } })));
}

async function peerCursors(servers: Servers): Promise<string[]> {
  const { port } = await peerServer(servers);
  const headers = { ...JSON_HEADERS, 'X-Recipient': 'dmp' };
  return walk((after) => askOnce({ port, headers }, JSON.stringify({ query: PEER_CURSORS, variables: { after } })));
}
