import { roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import type { DelegationService } from '../../src/areas/accreditations/delegation.service.js';
import { RECIPIENT_IDS, recipientRule } from '../../src/law/recipients.js';
import { type APatient, aPatient, asOwner } from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import {
  accreditationsAt,
  anAccreditedAgent,
  anAgent,
  commandOn,
  dayAfter,
  delegationsOf,
  parisDay,
} from '../builders/an-accreditation.js';

let register: Register;
let endpoint: Endpoint;
let delegations: DelegationService;
/** One vaccinated person in each of four bodies. */
const insured: Record<string, APatient> = {};

beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  delegations = delegationsOf(register);
  for (const [index, bodyCode] of ['751', '691', '131', '331'].entries())
    insured[`01${bodyCode}`] = await aPatient(register, index, { doses: 1, person: { schemeCode: '01', bodyCode } });
});
afterEach(() => asOwner(register, 'delete from body_delegation'));
afterAll(() => register.close());

const BODIES = ['01131', '01331', '01691', '01751'];
const byId = ({ id }: APatient) => `{ patient(id: "${id}") { id } }`;
const byNir = ({ person }: APatient) =>
  `{ patientByNir(nir: "${person.nir}", birthDate: "${person.birthDate}") { id } }`;
const issue = ({ id }: APatient) => `mutation { issueAttestation(input: { patientId: "${id}" }) { id } }`;
const codeOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.code;
const SUSPENDED = { code: 'ACCREDITATION_SUSPENDED', article: 'art. 3, I, 3°' };

/** The bodies of which an agent finds the insured person. */
async function reachedBy(agent: Principal, where = endpoint): Promise<string[]> {
  const reached: string[] = [];
  for (const [body, person] of Object.entries(insured))
    if ((await where.ask(agent, byId(person))).body.data?.patient) reached.push(body);
  return reached.sort();
}

const tracesOf = (answer: Answer) =>
  asOwner(register, 'select actor, operation, outcome, article, records from trace where request_id = $1', [
    answer.headers.get('x-request-id'),
  ]);

describe('art. 3, I, 3° · an agent is accredited by name', () => {
  it('and reaches the insured persons of his body, by every operation, and of no other', async () => {
    const agent = await anAccreditedAgent(register, { recipient: 'AGENT_ATTESTATION' });
    for (const [body, person] of Object.entries(insured)) {
      const own = body === '01751';
      expect(Boolean((await endpoint.ask(agent, byId(person))).body.data.patient)).toBe(own);
      expect(Boolean((await endpoint.ask(agent, byNir(person))).body.data.patientByNir)).toBe(own);
      expect(codeOf(await endpoint.ask(agent, issue(person)))).toBe(own ? undefined : 'NOT_FOUND');
    }
  });

  it.each([
    ['a recipient who is not accredited', { recipient: 'SPF' }, 'recipient'],
    ['nobody’s recipient', { recipient: 'toString' }, 'recipient'],
    ['two bodies in one', { bodyKey: '01751,01691' }, 'bodyKey'],
    ['no body', { bodyKey: '' }, 'bodyKey'],
    ['no name', { agentName: '  ' }, 'agentName'],
    ['a name of two lines', { agentName: 'A\nB' }, 'agentName'],
    ['a name with a control of the terminal', { agentName: 'A\u001b[2J' }, 'agentName'],
    ['no director', { accreditedBy: '' }, 'accreditedBy'],
    ['no subject', { subject: '' }, 'subject'],
    ['a last day that is past', { until: dayAfter(-2) }, 'until'],
    ['a last day beyond the longest time', { until: dayAfter(4 * 366) }, 'until'],
    ['a last day that is none', { until: '2031-02-30' }, 'until'],
    ['no time at all', { until: 'infinity' }, 'until'],
  ])('not with %s', async (_, given, field) => {
    await expect(accreditationsAt(register).grant(anAgent(given))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      detail: { field },
    });
  });

  it('once at a time, even when asked for many times at once', async () => {
    const wanted = anAgent();
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => accreditationsAt(register).grant(wanted)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of all)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'ALREADY_ACCREDITED' });
  });

  it('and anew once the first one is over, which stays on record', async () => {
    const past = new Date(Date.now() - 400 * 86_400_000);
    const wanted = anAgent({ until: dayAfter(-30) });
    const first = await accreditationsAt(register, past).grant(wanted);
    const second = await accreditationsAt(register).grant({ ...wanted, until: dayAfter(30) });
    expect(await reachedBy(as('AGENT_AM', { accreditation: first }))).toEqual([]);
    expect(await reachedBy(as('AGENT_AM', { accreditation: second }))).toEqual(['01751']);
    const [old] = await asOwner(register, 'select revocation_reason from accreditation where id = $1', [first]);
    expect(old).toEqual({ revocation_reason: 'EXPIRED' });
  });

  it('for one recipient: the token of another finds nobody by it', async () => {
    const { accreditation } = await anAccreditedAgent(register, { recipient: 'AGENT_ATTESTATION' });
    const answer = await endpoint.ask(as('AGENT_AM', { accreditation }), byId(insured['01751'] as APatient));
    expect(answer.body.errors[0].extensions).toEqual(SUSPENDED);
  });

  it('in the register: an identifier that it does not know opens nothing', async () => {
    const agent = as('AGENT_AM', { accreditation: '6f9619ff-8b86-4011-b42d-00c04fc964ff', bodies: BODIES });
    expect(codeOf(await endpoint.ask(agent, byId(insured['01751'] as APatient)))).toBe('ACCREDITATION_SUSPENDED');
  });
});

describe('AIPD M1.94 · the body that counts is the one in the register', () => {
  const person = () => insured['01691'] as APatient;
  let agent: Principal;
  beforeAll(async () => {
    agent = await anAccreditedAgent(register);
  });

  it('whatever bodies the token names', async () => {
    expect(await reachedBy({ ...agent, bodies: BODIES })).toEqual(['01751']);
  });
  it('whatever the headers say', async () => {
    for (const name of [
      'x-bodies',
      'x-body',
      'x-lancette-bodies',
      'lancette.bodies',
      'x-forwarded-body',
      'pgoptions',
    ]) {
      const answer = await endpoint.ask(agent, byId(person()), {}, { [name]: '01691' });
      expect(answer.body.data.patient).toBeNull();
    }
  });
  it('whatever the variables and extensions say', async () => {
    const post = async (more: object) =>
      endpoint.post({
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await endpoint.tokenFor(agent)}` },
        body: JSON.stringify({ query: byId(person()), ...more }),
      });
    for (const more of [
      { variables: { bodies: ['01691'], bodyKey: '01691' } },
      { extensions: { bodies: ['01691'], principal: { bodies: ['01691'] } } },
      { bodies: ['01691'] },
    ])
      expect((await post(more)).body.data?.patient ?? null).toBeNull();
  });
  it('whatever arguments are tried', async () => {
    const { id, person: who } = person();
    for (const query of [
      `{ patient(id: "${id}", body: "01691") { id } }`,
      `{ patient(id: "${id}", bodies: ["01691"]) { id } }`,
      `{ patient(id: "${id}' or true --") { id } }`,
      `{ patientByNir(nir: "${who.nir}", birthDate: "${who.birthDate}", bodyCode: "691") { id } }`,
      `query ($bodies: [String!] = ["01691"]) { patient(id: "${id}") { id } }`,
    ]) {
      const { body } = await endpoint.ask(agent, query);
      expect(body.data?.patient ?? body.data?.patientByNir ?? null).toBeNull();
    }
  });
  it('and what he does not reach is traced as not found', async () => {
    const answer = await endpoint.ask(agent, byId(person()));
    expect(await tracesOf(answer)).toMatchObject([{ actor: agent.subject, outcome: 'NOT_FOUND', records: [] }]);
  });
});

describe('AIPD M1.94 · TRAM: a body delegates to another', () => {
  let agent: Principal;
  beforeAll(async () => {
    agent = await anAccreditedAgent(register);
  });
  const delegate = async (delegatingBody: string, delegatedBody: string, from: number, until: number) =>
    delegations.delegate({
      delegatingBody,
      delegatedBody,
      from: await parisDay(register, from),
      until: await parisDay(register, until),
    });

  it.each([
    ['today only', 0, 0, true],
    ['since yesterday, until tomorrow', -1, 1, true],
    ['until yesterday', -30, -1, false],
    ['from tomorrow on', 1, 30, false],
  ])('%s: it counts only while it runs', async (_, from, until, counts) => {
    await delegate('01691', '01751', from, until);
    expect(await reachedBy(agent)).toEqual(counts ? ['01691', '01751'] : ['01751']);
  });

  it('the other way round it gives nothing', async () => {
    await delegate('01751', '01691', -1, 1);
    expect(await reachedBy(agent)).toEqual(['01751']);
  });
  it('it does not go further: what was delegated to the delegating body stays there', async () => {
    await delegate('01691', '01751', -1, 1);
    await delegate('01131', '01691', -1, 1);
    expect(await reachedBy(agent)).toEqual(['01691', '01751']);
  });
  it('several add up, and one of them twice changes nothing', async () => {
    await delegate('01691', '01751', -1, 1);
    await delegate('01691', '01751', 0, 0);
    await delegate('01331', '01751', -1, 1);
    expect(await reachedBy(agent)).toEqual(['01331', '01691', '01751']);
  });
  it('ended, it gives nothing from the next request on', async () => {
    const from = await parisDay(register);
    const { stdout } = await commandOn(register, 'delegate-body', '01691', '01751', '--from', from, '--until', from);
    expect(await reachedBy(agent)).toEqual(['01691', '01751']);
    expect(await commandOn(register, 'end-delegation', stdout)).toMatchObject({ exitCode: 0 });
    expect(await reachedBy(agent)).toEqual(['01751']);
    expect(await commandOn(register, 'end-delegation', stdout)).toMatchObject({ exitCode: 1 });
  });
  it.each([
    ['days reversed', '01691', '01751', '2021-02-02', '2021-02-01', 'until'],
    ['a day that is none', '01691', '01751', '2021-02-30', '2021-03-01', 'from'],
    ['a body to itself', '01751', '01751', '2021-02-01', '2021-02-02', 'delegatedBody'],
    ['many bodies', '01691,01131', '01751', '2021-02-01', '2021-02-02', 'delegatingBody'],
  ])('not with %s', async (_, delegatingBody, delegatedBody, from, until, field) => {
    const refused = delegations.delegate({ delegatingBody, delegatedBody, from, until });
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', detail: { field } });
  });
});

describe('SECURITY A43 · a revocation holds from the next request on, whatever token is in hand', () => {
  it.each([
    ['patient', byId],
    ['patientByNir', byNir],
    ['issueAttestation', issue],
  ])('%s', async (operation, document) => {
    const agent = await anAccreditedAgent(register, { recipient: 'AGENT_ATTESTATION' });
    const ask = () => endpoint.ask(agent, document(insured['01751'] as APatient));
    const before = await ask();
    expect(before.body.data[operation]).toBeTruthy();
    await commandOn(register, 'revoke-accreditation', agent.accreditation, '--reason', 'départ de l’agent');
    const after = await ask();
    expect(after.body.data?.[operation] ?? null).toBeNull();
    expect(after.body.errors.map(({ extensions }: { extensions: object }) => extensions)).toEqual([SUSPENDED]);
    expect(await tracesOf(after)).toEqual([
      { actor: agent.subject, operation, outcome: 'REFUSED', article: SUSPENDED.article, records: [] },
    ]);
  });

  it('on the long path as on the short one', async () => {
    const long = await register.serve({ shortPath: false });
    const agent = await anAccreditedAgent(register);
    expect(await reachedBy(agent, long)).toEqual(['01751']);
    await accreditationsAt(register).revoke(agent.accreditation, 'motif');
    expect(await reachedBy(agent, long)).toEqual([]);
  });

  it('once and for all: neither reviewed nor revoked again', async () => {
    const { accreditation } = await anAccreditedAgent(register);
    await accreditationsAt(register).revoke(accreditation, 'motif');
    await expect(accreditationsAt(register).review(accreditation, 'DPO')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(accreditationsAt(register).revoke(accreditation, 'autre')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('AIPD M2.33 · an accreditation is reviewed yearly', () => {
  const DAY = 86_400_000;
  /** Granted so many days ago, for so long. */
  async function granted(daysAgo: number, until: number): Promise<Principal & { accreditation: string }> {
    const wanted = anAgent({ until: dayAfter(until) });
    const service = accreditationsAt(register, new Date(Date.now() - daysAgo * DAY));
    return { ...as('AGENT_AM', { subject: wanted.subject }), accreditation: await service.grant(wanted) };
  }

  it('in time: it is in force', async () => {
    expect(await reachedBy(await granted(363, 100))).toEqual(['01751']);
  });
  it('not in time: it is suspended, until it is', async () => {
    const agent = await granted(367, 100);
    expect(codeOf(await endpoint.ask(agent, byId(insured['01751'] as APatient)))).toBe('ACCREDITATION_SUSPENDED');
    const reviewed = await commandOn(register, 'review-accreditation', agent.accreditation, '--by', 'La directrice');
    expect(reviewed).toMatchObject({ exitCode: 0 });
    expect(await reachedBy(agent)).toEqual(['01751']);
  });
  it('a review of more than a year ago no longer counts', async () => {
    const agent = await granted(800, 100);
    const review = (daysAgo: number) =>
      accreditationsAt(register, new Date(Date.now() - daysAgo * DAY)).review(agent.accreditation, 'DPO');
    await review(367);
    expect(await reachedBy(agent)).toEqual([]);
    await review(360);
    expect(await reachedBy(agent)).toEqual(['01751']);
  });
  it('its last day passed: no review brings it back', async () => {
    const agent = await granted(100, -2);
    expect(await reachedBy(agent)).toEqual([]);
    await expect(accreditationsAt(register).review(agent.accreditation, 'DPO')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('what an exchange of identities finds', () => {
  const now = () => new Date();
  it('the accreditation in force of this agent and of no other', async () => {
    const agent = await anAccreditedAgent(register, { recipient: 'AGENT_ATTESTATION' });
    const service = accreditationsAt(register);
    expect(await service.find(agent.subject, now())).toEqual({
      id: agent.accreditation,
      recipient: 'AGENT_ATTESTATION',
    });
    expect(await service.find(`${agent.subject}x`, now())).toBeUndefined();
    expect(await service.find(agent.subject, new Date(Date.now() + 366 * 86_400_000))).toBeUndefined();
    await service.revoke(agent.accreditation, 'motif');
    expect(await service.find(agent.subject, now())).toBeUndefined();
  });
});

describe('PostgreSQL keeps the register of accreditations', () => {
  const attempt = (role: string, sql: string) =>
    register.database
      .pool(role)
      .query(sql)
      .then(
        () => 'done',
        (error: { code: string }) => error.code,
      );

  it.each(RECIPIENT_IDS)('%s writes nothing in it, and reads it only for the review', async (recipient) => {
    const role = roleOf(recipient);
    for (const table of ['accreditation', 'body_delegation']) {
      expect(await attempt(role, `delete from ${table}`)).toBe('42501');
      expect(await attempt(role, `insert into ${table} default values`)).toBe('42501');
      expect(await attempt(role, `update ${table} set id = id`)).toBe('42501');
      expect(await attempt(role, `select id from ${table}`)).toBe(recipient === 'OPERATEUR' ? 'done' : '42501');
    }
    expect(await attempt(role, 'select subject from accreditation')).toBe('42501');
  });
  it.each(RECIPIENT_IDS)('%s enters an accreditation only if his rows are those of bodies', async (recipient) => {
    const call = `select lancette.enter_accreditation('6f9619ff-8b86-4011-b42d-00c04fc964ff', 'AGENT_AM')`;
    expect(await attempt(roleOf(recipient), call)).toBe(
      recipientRule(recipient).rows === 'ownBodies' ? 'LC401' : '42501',
    );
  });
  it('nothing in it is ever removed, by its own role either', async () => {
    for (const sql of ['delete from accreditation', 'truncate accreditation', 'delete from body_delegation'])
      expect(await attempt(roleOf('accreditations'), sql)).toBe('42501');
    expect(await attempt(roleOf('accreditations'), 'select id from patient')).toBe('42501');
  });
  it('what was entered ends with its transaction', async () => {
    const { accreditation } = await anAccreditedAgent(register);
    const client = await register.database.pool(roleOf('AGENT_AM')).connect();
    try {
      await client.query('begin');
      await client.query(`select lancette.enter_accreditation($1, 'AGENT_AM')`, [accreditation]);
      expect((await client.query('select from patient')).rowCount).toBe(1);
      await client.query('commit');
      expect((await client.query('select from patient')).rowCount).toBe(0);
    } finally {
      client.release();
    }
  });
});
