import { randomUUID } from 'node:crypto';
import { codeOf, operate } from '../builders/a-caller.js';
import {
  type APatient,
  anEligibility,
  aPatient,
  aPhysician,
  aPs,
  asOwner,
  byCode,
  CIVIL_SITE,
} from '../builders/a-patient.js';
import { AMPLE, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

const SEARCH =
  'query ($code: InvitationCode!, $birthDate: BirthDate!) { patientByInvitation(code: $code, birthDate: $birthDate) { id birthName } }';
const RECORD = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
const CERTIFY = 'mutation ($input: AttestationInput) { issueAttestation(input: $input) { id } }';

let register: Register;
let endpoint: Endpoint;
let patient: APatient;
beforeAll(async () => {
  register = await aRegister();
  patient = await aPatient(register, 1, { doses: 1, attending: { rpps: aPhysician(7).subject, consent: true } });
  endpoint = await register.serve();
});
afterAll(() => register.close());
beforeEach(async () => {
  await asOwner(register, 'delete from suspension');
  // The admission may have learnt of the last one, and believes it for a second.
  while ((await search()).status === 403) await new Promise((resolve) => setTimeout(resolve, 100));
});

const suspend = (kind: string, value: string, until = 'infinity') =>
  asOwner(register, `insert into suspension (id, kind, value, reason, until) values ($1, $2, $3, 'BY_OPERATOR', $4)`, [
    randomUUID(),
    kind,
    value,
    until,
  ]);
const search = (who = aPs(1)) => endpoint.ask(who, SEARCH, byCode(patient));

/** The admission knows of a suspension a second later; the transaction of the data knows at once. */
describe('a suspension takes effect on the next request', () => {
  it.each([
    ['principal', aPs(1).subject],
    ['structure', CIVIL_SITE],
  ])('of a %s', async (kind, value) => {
    expect((await search()).status).toBe(200);
    await suspend(kind, value);
    const answer = await search();
    expect([answer.status, codeOf(answer), answer.text.includes(patient.person.birthName)]).toEqual([
      403,
      'SUSPENDED',
      false,
    ]);
  });

  it('of a client, and of nobody else', async () => {
    const feed = as('DMP', { client: 'agency-1' });
    await suspend('client', 'agency-2');
    expect((await endpoint.ask(feed, '{ patients { edges { node { id } } } }')).status).toBe(200);
    expect((await search()).status).toBe(200);
  });

  it('of whoever lists, records or certifies', async () => {
    await suspend('principal', aPhysician(7).subject);
    await suspend('principal', aPs(1).subject);
    const before = await asOwner(register, 'select (select count(*) from attestation), (select count(*) from act)');
    const answers = [
      await endpoint.ask(aPhysician(7), '{ myPatients { edges { node { birthName } } } }'),
      await endpoint.ask(aPhysician(7), 'mutation { requestUnvaccinatedList }'),
      await endpoint.ask(aPs(1), RECORD, { input: anEligibility(byCode(await aPatient(register, 50))) }),
      await endpoint.ask(aPs(1), CERTIFY, { input: byCode(patient) }),
    ];
    expect(answers.map(codeOf)).toEqual(Array(answers.length).fill('SUSPENDED'));
    expect(await asOwner(register, 'select (select count(*) from attestation), (select count(*) from act)')).toEqual(
      before,
    );
  });

  it('and ends with its term', async () => {
    await suspend('principal', aPs(1).subject, '2020-01-01');
    expect((await search()).status).toBe(200);
  });
});

it('a suspension that comes while the request waits for its data stops it (SECURITY F24)', async () => {
  const client = await register.database.ownerPool().connect();
  try {
    // The request passes admission, then waits in its transaction for this lock; meanwhile its caller is suspended.
    await client.query('begin');
    await client.query('lock table invitation_code in access exclusive mode');
    const waiting = search(aPs(3));
    await untilSomebodyWaits();
    await suspend('principal', aPs(3).subject);
    await client.query('commit');
    const answer = await waiting;
    expect([codeOf(answer), answer.text.includes(patient.person.birthName)]).toEqual(['SUSPENDED', false]);
  } finally {
    client.release();
  }
});

async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const [row] = await asOwner<{ n: number }>(
      register,
      `select count(*)::int as n from pg_locks where not granted and relation = 'invitation_code'::regclass`,
    );
    if (row?.n) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

it('a recipient may ask whether he is in good standing, and may not read or end a suspension', async () => {
  const pool = register.database.pool('lancette_ps');
  await expect(pool.query('select * from suspension')).rejects.toMatchObject({ code: '42501' });
  await expect(pool.query('delete from suspension')).rejects.toMatchObject({ code: '42501' });
  await expect(pool.query('select * from rate_counter')).rejects.toMatchObject({ code: '42501' });
  await expect(pool.query('select lancette.client_disabled($1)', ['x'])).rejects.toMatchObject({ code: '42501' });
  await expect(register.database.pool('lancette_limits').query('delete from suspension')).rejects.toMatchObject({
    code: '42501',
  });
});

it('a suspended network is refused within a second, whoever calls', async () => {
  await suspend('address', '127.0.0.0/24');
  const other = await register.serve();
  const answer = await other.ask(aPs(4), '{ myRights { category } }');
  expect([answer.status, codeOf(answer)]).toEqual([403, 'SUSPENDED']);
  expect((await operate(register, 'suspensions')).out).toHaveLength(1);
});

describe('budgets of requests', () => {
  const frugal = (points: number) => ({
    ...AMPLE,
    requests: { ...AMPLE.requests, principal: { ...AMPLE.requests.principal, points, lease: 5 } },
  });
  it('an account over its budget is told when to come back, on all instances together', async () => {
    const instances = [await register.serve({ limits: frugal(20) }), await register.serve({ limits: frugal(20) })];
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => (instances[n % 2] as Endpoint).ask(aPs(11), '{ myRights { category } }')),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    const refused = answers.find(({ status }) => status === 429);
    expect([codeOf(refused as never), Number(refused?.headers.get('retry-after')) > 3000]).toEqual([
      'RATE_LIMITED',
      true,
    ]);
    expect((await (instances[0] as Endpoint).ask(aPs(12), '{ myRights { category } }')).status).toBe(200);
  });

  it('an operation has a budget of its own', async () => {
    const limits = {
      ...AMPLE,
      operations: { ...AMPLE.operations, patientByNir: { ...AMPLE.operations.patientByNir, points: 2, lease: 1 } },
    };
    const busy = await register.serve({ limits });
    const byNir = `{ patientByNir(nir: "${patient.person.nir}", birthDate: "${patient.person.birthDate}") { id } }`;
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await busy.ask(aPs(13), byNir)).status);
    statuses.push((await busy.ask(aPs(13), SEARCH, byCode(patient))).status);
    expect(statuses).toEqual([200, 200, 429, 200]);
  });
});
