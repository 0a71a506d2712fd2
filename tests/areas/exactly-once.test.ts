import { randomUUID } from 'node:crypto';
import type { Principal } from '../../src/access/principal.js';
import { type APatient, anEligibility, anInjection, aPatient, aPs, asOwner, byCode } from '../builders/a-patient.js';
import { type Answer, aRegister, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
});
afterAll(() => register.close());

const ELIGIBILITY =
  'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id eligibilityStep { performedAt professional { rpps } } } }';
const INJECTION =
  'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id injectionSteps { rank lotNumber professional { rpps } } } }';

const record = (by: Principal, input: object) => endpoint.ask(by, 'rank' in input ? INJECTION : ELIGIBILITY, { input });
const outcomeOf = ({ body }: Answer): string => body.errors?.[0]?.extensions.code ?? 'RECORDED';
const tally = (outcomes: string[]) =>
  Object.fromEntries(
    [...new Set(outcomes)].sort().map((one) => [one, outcomes.filter((other) => other === one).length]),
  );

/** Runs all of it, so many at a time. */
async function race<T>(concurrency: number, tasks: (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const runner = async () => {
    while (next < tasks.length) {
      const at = next++;
      results[at] = await (tasks[at] as () => Promise<T>)();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runner));
  return results;
}

/** What a patient's recordings left behind. */
async function leftBy({ key }: APatient) {
  const count = async (sql: string) => Number((await asOwner<{ count: string }>(register, sql, [key]))[0]?.count);
  return {
    eligibilitySteps: await count('select count(*) from eligibility_step where patient_key = $1'),
    injectionSteps: await count('select count(*) from injection_step where patient_key = $1'),
    recordedTraces: await count(`select count(*) from trace where outcome = 'RECORDED' and $1 = any (records)`),
  };
}
const actsOf = async (performedOn: string) =>
  (await asOwner<{ kind: string }>(register, 'select kind from act where performed_on = $1', [performedOn])).map(
    ({ kind }) => kind,
  );

describe('a step is recorded exactly once', () => {
  it('when a thousand recordings of the same dose race each other', async () => {
    const patient = await aPatient(register, 1, { eligible: true });
    const tasks = Array.from({ length: 1000 }, (_, index) => () => {
      const performedAt = '2021-06-21T10:30:00Z';
      return record(aPs(index % 10), anInjection(byCode(patient), 1, { lotNumber: `LOT${index}`, performedAt }));
    });
    const outcomes = (await race(64, tasks)).map(outcomeOf);
    expect(tally(outcomes)).toEqual({ RECORDED: 1, STEP_ALREADY_RECORDED: 999 });
    expect(await leftBy(patient)).toEqual({ eligibilitySteps: 0 + 1, injectionSteps: 1, recordedTraces: 1 });
    expect(await actsOf('2021-06-21')).toEqual(['INJECTION']);
  });

  it('when the prior consultation is raced likewise', async () => {
    const patient = await aPatient(register, 2);
    const tasks = Array.from({ length: 200 }, (_, index) => () => {
      const performedAt = `2021-06-22T10:00:${String(index % 60).padStart(2, '0')}Z`;
      return record(aPs(index % 7), anEligibility(byCode(patient), { performedAt }));
    });
    const outcomes = (await race(50, tasks)).map(outcomeOf);
    expect(tally(outcomes)).toEqual({ RECORDED: 1, STEP_ALREADY_RECORDED: 199 });
    expect(await leftBy(patient)).toEqual({ eligibilitySteps: 1, injectionSteps: 0, recordedTraces: 1 });
    expect(await actsOf('2021-06-22')).toEqual(['CONSULTATION']);
  });

  it('when one request is repeated many times at once under its key: every answer is the same', async () => {
    const patient = await aPatient(register, 3, { eligible: true });
    const input = anInjection(byCode(patient), 1);
    const answers = await race(
      50,
      Array.from({ length: 100 }, () => () => record(aPs(1), input)),
    );
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set([answers[0]?.text]));
    expect(tally(answers.map(outcomeOf))).toEqual({ RECORDED: 100 });
    expect(await leftBy(patient)).toMatchObject({ injectionSteps: 1, recordedTraces: 1 });
  });
});

describe('steps stay in order', () => {
  it('when dose 2 races dose 1', async () => {
    for (let round = 0; round < 30; round += 1) {
      const patient = await aPatient(register, 100 + round, { eligible: true });
      const doses = Array.from({ length: 12 }, (_, index) => anInjection(byCode(patient), 1 + (index % 2)));
      const answers = await race(
        12,
        doses.map((input, index) => () => record(aPs(index), input)),
      );
      const ranks = await asOwner<{ rank: number; performed_at: Date }>(
        register,
        'select rank, performed_at from injection_step where patient_key = $1 order by performed_at',
        [patient.key],
      );
      expect([[1], [1, 2]]).toContainEqual(ranks.map(({ rank }) => rank));
      expect(answers.map(outcomeOf).filter((outcome) => outcome === 'RECORDED')).toHaveLength(ranks.length);
    }
  });

  it('when the first dose races the consultation', async () => {
    for (let round = 0; round < 20; round += 1) {
      const patient = await aPatient(register, 200 + round);
      const who = byCode(patient);
      const inputs = [anInjection(who, 1), anEligibility(who), anInjection(who, 1), anEligibility(who)];
      const answers = await race(
        4,
        inputs.map((input, index) => () => record(aPs(index), input)),
      );
      const recorded = answers.map(outcomeOf).filter((outcome) => outcome === 'RECORDED').length;
      const left = await leftBy(patient);
      expect(left.eligibilitySteps).toBe(1);
      expect([recorded, left.recordedTraces]).toEqual([1 + left.injectionSteps, 1 + left.injectionSteps]);
    }
  });
});

describe('an idempotency key', () => {
  it('with the same request gives the same answer, and records nothing more', async () => {
    const patient = await aPatient(register, 300, { eligible: true });
    const input = anInjection(byCode(patient), 1);
    const first = await record(aPs(1), input);
    const again = await record(aPs(1), input);
    expect(again.text).toBe(first.text);
    expect(await leftBy(patient)).toMatchObject({ injectionSteps: 1, recordedTraces: 1 });
  });

  it('with another request of the same step is a mismatch', async () => {
    const patient = await aPatient(register, 301, { eligible: true });
    const input = anInjection(byCode(patient), 1);
    await record(aPs(1), input);
    const other = await record(aPs(1), { ...input, lotNumber: 'OTHER' });
    expect(outcomeOf(other)).toBe('IDEMPOTENCY_MISMATCH');
  });

  it.each([
    ['the next dose', (patient: APatient) => anInjection(byCode(patient), 2)],
    ['another kind of step', (patient: APatient) => anEligibility(byCode(patient))],
  ])('used again for %s is a mismatch, and records nothing', async (_, next) => {
    const patient = await aPatient(register, 302 + next.length + String(next).length, { eligible: true });
    const idempotencyKey = randomUUID();
    await record(aPs(1), { ...anInjection(byCode(patient), 1), idempotencyKey });
    const other = await record(aPs(1), { ...next(patient), idempotencyKey });
    expect(outcomeOf(other)).toBe('IDEMPOTENCY_MISMATCH');
    expect(await leftBy(patient)).toEqual({ eligibilitySteps: 1, injectionSteps: 1, recordedTraces: 1 });
  });

  it('used again for another patient is a mismatch, and records nothing', async () => {
    const [one, other] = [
      await aPatient(register, 310, { eligible: true }),
      await aPatient(register, 311, { eligible: true }),
    ];
    const idempotencyKey = randomUUID();
    const inputs = [one, other].map((patient) => ({ ...anInjection(byCode(patient), 1), idempotencyKey }));
    const outcomes = [];
    for (const input of inputs) outcomes.push(outcomeOf(await record(aPs(1), input)));
    expect(outcomes).toEqual(['RECORDED', 'IDEMPOTENCY_MISMATCH']);
    expect(await leftBy(other)).toMatchObject({ injectionSteps: 0, recordedTraces: 0 });
  });

  it('raced for many patients at once records one of them', async () => {
    const patients = await Promise.all(
      Array.from({ length: 12 }, (_, index) => aPatient(register, 320 + index, { eligible: true })),
    );
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      patients.map((patient) => record(aPs(1), { ...anInjection(byCode(patient), 1), idempotencyKey })),
    );
    expect(tally(answers.map(outcomeOf))).toEqual({ IDEMPOTENCY_MISMATCH: 11, RECORDED: 1 });
  });

  it('belongs to its caller: the same key of another caller is another key', async () => {
    const [one, other] = [
      await aPatient(register, 340, { eligible: true }),
      await aPatient(register, 341, { eligible: true }),
    ];
    const idempotencyKey = randomUUID();
    const mine = await record(aPs(1), { ...anInjection(byCode(one), 1), idempotencyKey });
    const theirs = await record(aPs(2), { ...anInjection(byCode(other), 1), idempotencyKey });
    expect([outcomeOf(mine), outcomeOf(theirs)]).toEqual(['RECORDED', 'RECORDED']);
  });

  it('of a recording that was refused may be used again', async () => {
    const patient = await aPatient(register, 342);
    const input = anInjection(byCode(patient), 1);
    const early = await record(aPs(1), input);
    await record(aPs(1), anEligibility(byCode(patient)));
    const later = await record(aPs(1), input);
    expect([outcomeOf(early), outcomeOf(later)]).toEqual(['STEP_OUT_OF_ORDER', 'RECORDED']);
  });
});

it('a refused consultation leaves no row behind, not even its prescriber', async () => {
  const patient = await aPatient(register, 400, { eligible: true });
  const prescriber = { familyName: 'REFUSÉ', firstName: 'SANS' };
  const given = { deliversPrescription: false, prescriber };
  const refused = [
    await record(aPs(1), anEligibility(byCode(patient), { ...given, personAgrees: false })),
    await record(aPs(1), anEligibility(byCode(patient), { ...given, performedAt: '2099-01-01T00:00:00Z' })),
    await record(aPs(1), anEligibility(byCode(patient), given)),
    await record(aPs(1), anEligibility({ code: 'ZZZ-ZZZ-ZZZ', birthDate: '1950-01-01' }, given)),
  ];
  const rows = await asOwner(register, `select from professional where family_name = 'REFUSÉ'`);
  expect(refused.map(outcomeOf)).toEqual([
    'DECLARATION_REQUIRED',
    'INVALID_INPUT',
    'STEP_ALREADY_RECORDED',
    'NOT_FOUND',
  ]);
  expect(rows).toHaveLength(0);
});
