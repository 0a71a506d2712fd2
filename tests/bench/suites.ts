import { DemoIssuer } from '../../src/auth/tokens.js';
import { systemClock } from '../../src/kernel/clock.js';
import { startServer } from './processes.js';
import { QUESTIONS, type Question, type QuestionName } from './questions.js';
import { somePatients } from './register.js';
import type { Comparison, Suite, Variant } from './suite.js';
import { configOf, type World } from './world.js';

const JSON_HEADERS = { 'Content-Type': 'application/json' };
export const BARE = 'bare pg';
export const UNTRACED = 'Lancette, no traces';
export const TRACED = 'Lancette, traces durable';

type Asked = readonly { readonly values: readonly string[]; readonly variables: object }[];
type Server = { readonly port: number };

/** The servers of a run, each started when first needed. */
export class Servers {
  private readonly started = new Map<string, Promise<Server>>();

  constructor(readonly world: World) {}

  get(program: string, ...args: string[]): Promise<Server> {
    const key = [program, ...args].join(' ');
    const server = this.started.get(key) ?? startServer(this.world, program, args);
    this.started.set(key, server);
    return server;
  }
}

/** Which suites exist, and how each is put together. */
export const SUITES: Readonly<Record<string, (servers: Servers) => Promise<Suite[]>>> = {
  A: async (servers) => [
    await suiteOf(servers, 'A', 'one patient with steps (PS)', 'onePatient', await searches(servers.world), [
      { of: UNTRACED, against: BARE, goal: 0.7 },
      { of: TRACED, against: BARE, goal: 0.5 },
    ]),
  ],
};

const suiteOf = async (
  servers: Servers,
  id: string,
  title: string,
  question: QuestionName,
  asked: Asked,
  comparisons: readonly Comparison[],
): Promise<Suite> => ({
  id,
  title,
  variants: [
    await bare(servers, question, asked),
    await lancette(servers, UNTRACED, question, asked),
    await lancette(servers, TRACED, question, asked),
  ],
  comparisons,
});

async function bare(servers: Servers, question: QuestionName, asked: Asked): Promise<Variant> {
  const { port } = await servers.get('servers/bare.js');
  const bodies = asked.map(({ values }) => JSON.stringify({ question, values }));
  return { name: BARE, port, headers: JSON_HEADERS, bodies };
}

const MANNERS: Readonly<Record<string, string>> = { [UNTRACED]: 'untraced', [TRACED]: 'traced' };

async function lancette(servers: Servers, name: string, question: QuestionName, asked: Asked): Promise<Variant> {
  const { port } = await servers.get('servers/lancette.js', MANNERS[name] ?? '');
  const { principal, document }: Question = QUESTIONS[question];
  const token = await new DemoIssuer(configOf(servers.world), systemClock).tokenFor(principal);
  return {
    name,
    port,
    headers: { ...JSON_HEADERS, Authorization: `Bearer ${token}` },
    bodies: asked.map(({ variables }) => JSON.stringify({ query: document, variables })),
  };
}

async function searches({ databaseUrl }: World): Promise<Asked> {
  const patients = await somePatients(databaseUrl, `p.id < 'f0000000-0000-0000-0000-000000000000'`, 500);
  return patients.map(({ code, birthDate }) => ({ values: [code, birthDate], variables: { code, birthDate } }));
}
