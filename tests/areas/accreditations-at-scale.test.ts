import { roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import type { AccreditedRecipient } from '../../src/law/accreditation.js';
import { inParallel } from '../access/asking.js';
import { type APatient, aPatient, aProfessional, asOwner } from '../builders/a-patient.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { accreditationsAt, anAccreditedAgent, delegationsOf, parisDay } from '../builders/an-accreditation.js';

const SOAK = Boolean(process.env.LANCETTE_SOAK);
/** As many bodies as the caisses of the general scheme and of the others. */
const BODIES = Array.from({ length: 130 }, (_, index) => `01${100 + index}`);
let register: Register;
let endpoint: Endpoint;
const insured = new Map<string, APatient>();
const agents = { AGENT_AM: new Map<string, Principal>(), AGENT_ATTESTATION: new Map<string, Principal>() };

beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  const by = await aProfessional(register, 1);
  await inParallel(8, BODIES, async (body) => {
    const person = { schemeCode: body.slice(0, 2), bodyCode: body.slice(2) };
    insured.set(body, await aPatient(register, BODIES.indexOf(body), { doses: 1, person, by }));
    for (const recipient of ['AGENT_AM', 'AGENT_ATTESTATION'] as const)
      agents[recipient].set(body, await anAccreditedAgent(register, { recipient, bodyKey: body }));
  });
  // Delegations that are over or yet to come: none of them opens anything.
  const delegations = delegationsOf(register);
  const [past, yesterday, tomorrow] = await Promise.all([-9, -1, 1].map((offset) => parisDay(register, offset)));
  for (const [index, body] of BODIES.entries()) {
    const other = { delegatingBody: body, delegatedBody: BODIES[(index + 1) % BODIES.length] as string };
    await delegations.delegate({ ...other, from: String(past), until: String(yesterday) });
    await delegations.delegate({ ...other, from: String(tomorrow), until: String(tomorrow) });
  }
});
afterAll(() => register.close());

const person = (body: string): APatient => insured.get(body) as APatient;

/** The operations of the agents, one document each. */
const OPERATIONS: readonly {
  readonly recipient: AccreditedRecipient;
  readonly root: string;
  readonly document: (of: APatient) => string;
}[] = [
  ...(['AGENT_AM', 'AGENT_ATTESTATION'] as const).flatMap((recipient) => [
    { recipient, root: 'patient', document: ({ id }: APatient) => `{ patient(id: "${id}") { id } }` },
    {
      recipient,
      root: 'patientByNir',
      document: ({ person: { nir, birthDate } }: APatient) =>
        `{ patientByNir(nir: "${nir}", birthDate: "${birthDate}") { id } }`,
    },
  ]),
  {
    recipient: 'AGENT_ATTESTATION',
    root: 'issueAttestation',
    document: ({ id }) => `mutation { issueAttestation(input: { patientId: "${id}" }) { id } }`,
  },
];

interface Pair {
  readonly agent: string;
  readonly of: string;
  readonly operation: (typeof OPERATIONS)[number];
}

const pairs: readonly Pair[] = BODIES.flatMap((agent) =>
  BODIES.flatMap((of) => OPERATIONS.map((operation) => ({ agent, of, operation }))),
);
/** Every own pair, and foreign ones spread over all agents, bodies and operations; all of them in a soak. */
const tried = pairs.filter(({ agent, of }, index) => SOAK || agent === of || index % 151 === 0);

async function answered({ agent, of, operation }: Pair): Promise<boolean> {
  const caller = agents[operation.recipient].get(agent) as Principal;
  const { body } = await endpoint.ask(caller, operation.document(person(of)));
  return Boolean(body.data?.[operation.root]);
}

describe('SECURITY A30 · 130 × 130 bodies', () => {
  it.each(['AGENT_AM', 'AGENT_ATTESTATION'] as const)(
    '%s, as PostgreSQL sees him, finds the rows of his own body and no foreign one',
    async (recipient) => {
      const foreign: string[] = [];
      const client = await register.database.pool(roleOf(recipient)).connect();
      try {
        for (const [body, agent] of agents[recipient]) {
          await client.query('begin');
          await client.query('select lancette.enter_accreditation($1, $2)', [agent.accreditation, recipient]);
          const { rows } = await client.query<{ key: string }>('select key::text from patient');
          await client.query('commit');
          const found = rows.map(({ key }) => key);
          if (found.length !== 1 || found[0] !== person(body).key) foreign.push(`${body}: ${found.join()}`);
        }
      } finally {
        client.release();
      }
      expect(agents[recipient].size).toBe(BODIES.length);
      expect(foreign).toEqual([]);
    },
  );

  it(`over HTTP, ${tried.length} of ${pairs.length} pairs of agent and person: his own, and nobody else`, async () => {
    const wrong: string[] = [];
    await inParallel(8, tried, async (pair) => {
      if ((await answered(pair)) !== (pair.agent === pair.of))
        wrong.push(`${pair.operation.recipient} ${pair.operation.root} ${pair.agent} → ${pair.of}`);
    });
    expect(tried.filter(({ agent, of }) => agent !== of).length).toBeGreaterThan(500);
    expect(wrong).toEqual([]);
    const [traces] = await asOwner<{ foreign: string }>(
      register,
      `select count(*) as foreign from trace where outcome = 'NOT_FOUND'`,
    );
    expect(Number(traces?.foreign)).toBe(tried.filter(({ agent, of }) => agent !== of).length);
  });
});

/** Asks again and again, eight at a time, while `change` is made; counts what succeeded that was asked after it. */
async function underLoad(ask: () => Promise<boolean>, change: () => Promise<void>, requests: number) {
  const counts = { before: 0, after: 0, refusedAfter: 0 };
  let asked = 0;
  let committed = false;
  let changing: Promise<void> | undefined;
  await inParallel(8, Array.from({ length: requests }), async () => {
    asked += 1;
    if (asked === Math.floor(requests / 4)) {
      changing = change().then(() => {
        committed = true;
      });
    }
    const late = committed;
    const succeeded = await ask();
    if (succeeded) counts[late ? 'after' : 'before'] += 1;
    else if (late) counts.refusedAfter += 1;
  });
  await changing;
  return counts;
}

describe('SECURITY A43, F24 · taken back under load', () => {
  const REQUESTS = SOAK ? 10_000 : 500;
  const [own, other] = [BODIES[3] as string, BODIES[40] as string];

  it(`a revocation: of ${REQUESTS} requests, none that was sent after it succeeds`, async () => {
    const agent = await anAccreditedAgent(register, { bodyKey: own });
    const document = `{ patient(id: "${person(own).id}") { id } }`;
    const counts = await underLoad(
      async () => Boolean((await endpoint.ask(agent, document)).body.data?.patient),
      () => accreditationsAt(register).revoke(agent.accreditation, 'motif'),
      REQUESTS,
    );
    expect(counts.before).toBeGreaterThan(0);
    expect(counts.refusedAfter).toBeGreaterThan(0);
    expect(counts.after).toBe(0);
  });

  it(`the end of a delegation: of ${REQUESTS} requests, none that was sent after it succeeds`, async () => {
    const agent = await anAccreditedAgent(register, { bodyKey: own });
    const today = await parisDay(register);
    const delegations = delegationsOf(register);
    const id = await delegations.delegate({ delegatingBody: other, delegatedBody: own, from: today, until: today });
    const document = `{ patient(id: "${person(other).id}") { id } }`;
    const counts = await underLoad(
      async () => Boolean((await endpoint.ask(agent, document)).body.data?.patient),
      () => delegations.end(id),
      REQUESTS,
    );
    expect(counts.before).toBeGreaterThan(0);
    expect(counts.refusedAfter).toBeGreaterThan(0);
    expect(counts.after).toBe(0);
  });
});
