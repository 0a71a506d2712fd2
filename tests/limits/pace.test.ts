import { LIMITS } from '../../src/law/limits.js';
import { limitsWith } from '../../src/limits/figures.js';
import { networkOf } from '../../src/limits/network.js';
import { anEligibility, aPatient, aPerson, aPs, aReferentialPerson, byCode, byNir } from '../builders/a-patient.js';
import { AMPLE, type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

const BY_NIR =
  'query ($nir: Nir!, $birthDate: BirthDate!) { patientByNir(nir: $nir, birthDate: $birthDate) { id birthName invitations { code } eligibilityStep { performedAt } injectionSteps { rank } } }';
const SEARCH =
  'query ($code: InvitationCode!, $birthDate: BirthDate!) { patientByInvitation(code: $code, birthDate: $birthDate) { id } }';
const RECORD = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
const STEP = 200;

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve({ limits: { ...AMPLE, gridMilliseconds: STEP } });
});
afterAll(() => register.close());

async function timed(ask: () => Promise<Answer>): Promise<{ answer: Answer; milliseconds: number }> {
  const began = performance.now();
  const answer = await ask();
  return { answer, milliseconds: performance.now() - began };
}

/** What is the same for everybody once names, identifiers and codes are taken away. */
const shapeOf = ({ status, headers, body }: Answer) => ({
  status,
  headers: [...headers.keys()].filter((name) => name !== 'x-request-id'),
  keys: JSON.stringify(body, (key, value) => (['id', 'birthName', 'code'].includes(key) ? typeof value : value)),
});

it('targeted, never targeted and unknown: no answer leaves before the grid, and the first two have one shape', async () => {
  const targeted = await aPatient(register, 1);
  const untargeted = aPerson(2);
  await aReferentialPerson(register, untargeted);
  const answers = [];
  for (const person of [targeted.person, untargeted, aPerson(3)]) {
    const { answer, milliseconds } = await timed(() => endpoint.ask(aPs(1), BY_NIR, byNir(person)));
    expect(milliseconds).toBeGreaterThanOrEqual(STEP - 1);
    expect([answer.status, answer.body.errors]).toEqual([200, undefined]);
    answers.push(answer);
  }
  const [one, other, unknown] = answers.map(shapeOf);
  expect(other).toEqual(one);
  expect([unknown?.status, unknown?.headers]).toEqual([one?.status, one?.headers]);
});

it('so do searches by agents, refusals, and recordings by NIR', async () => {
  const patient = await aPatient(register, 10);
  const agent = as('AGENT_AM', { bodies: ['01751'] });
  const all = [
    () =>
      endpoint.ask(
        agent,
        'query ($nir: Nir!, $birthDate: BirthDate!) { patientByNir(nir: $nir, birthDate: $birthDate) { id } }',
        byNir(patient.person),
      ),
    () => endpoint.ask(aPs(1), RECORD, { input: anEligibility(byNir(patient.person)) }),
    () => endpoint.ask(aPs(1), RECORD, { input: anEligibility(byNir(aPerson(11))) }),
  ];
  for (const ask of all) expect((await timed(ask)).milliseconds).toBeGreaterThanOrEqual(STEP - 1);
});

it('a search by code leaves when it is ready', async () => {
  const patient = await aPatient(register, 20);
  const times = [];
  for (let n = 0; n < 5; n += 1)
    times.push((await timed(() => endpoint.ask(aPs(1), SEARCH, byCode(patient)))).milliseconds);
  // Each answer on the grid would take the whole step: five in a row that do not cannot be on it.
  expect(Math.min(...times)).toBeLessThan(STEP - 1);
});

describe('figures of a file', () => {
  it('replace those of the law, one by one', () => {
    const limits = limitsWith({
      guesses: { code: { counters: { principalDay: { points: 12 } } } },
      gridMilliseconds: 400,
    });
    expect(limits.guesses.code.counters.principalDay).toEqual({
      ...LIMITS.guesses.code.counters.principalDay,
      points: 12,
    });
    expect(limits.gridMilliseconds).toBe(400);
    expect(limits.requests).toEqual(LIMITS.requests);
  });
  it.each([
    [{ gridMilliseconds: 0 }],
    [{ gridMilliseconds: '250' }],
    [{ guesses: { code: { freeMisses: 1.5 } } }],
    [{ guesses: { codes: {} } }],
    [{ guesses: { code: { counters: { principalDay: { of: 'national' } } } } }],
    [{ requests: { principal: { points: -1 } } }],
    [null],
    ['none'],
  ])('%j is refused', (json) => {
    expect(() => limitsWith(json)).toThrow(/^limits: /);
  });
});

describe('networks', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:12:3456::1', '2001:db8:12::/48'],
    ['2001:0DB8:0012:ffff:1:2:3:4', '2001:db8:12::/48'],
    ['::1', '0:0:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    ['', 'unknown'],
    ['nonsense', 'unknown'],
  ])('%s is counted as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
