import { randomUUID } from 'node:crypto';
import { inParallel } from '../access/asking.js';
import { codeOf, evaluated, limitsOf, operate } from '../builders/a-caller.js';
import { type APatient, anEligibility, aPatient, aPerson, aPs, asOwner, byCode, byNir } from '../builders/a-patient.js';
import { type Answer, aRegister, type Endpoint, type Register } from '../builders/a-register.js';

const SEARCH =
  'query ($code: InvitationCode!, $birthDate: BirthDate!) { patientByInvitation(code: $code, birthDate: $birthDate) { id birthName } }';
const BY_NIR = 'query ($nir: Nir!, $birthDate: BirthDate!) { patientByNir(nir: $nir, birthDate: $birthDate) { id } }';
const RECORD = `mutation ($a: EligibilityInput!, $b: EligibilityInput!, $c: EligibilityInput!) {
  a: recordEligibility(input: $a) { id } b: recordEligibility(input: $b) { id } c: recordEligibility(input: $c) { id } }`;

const RECORD_ONE = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';

const TRIES = process.env.LANCETTE_SOAK ? 100_000 : 2000;
const WIDTH = 24;

let register: Register;
let patient: APatient;
beforeEach(async () => {
  register = await aRegister();
  patient = await aPatient(register, 1);
});
afterEach(() => register.close());

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The nth code that nobody has: its first letter is not that of the only one there is. */
const wrongCode = (n: number): string => {
  const first = LETTERS[(LETTERS.indexOf(patient.code[0] ?? '') + 1) % 26];
  const rest = Array.from({ length: 8 }, (_, at) => LETTERS[Math.floor(n / 26 ** at) % 26]).join('');
  return `${first}${rest.slice(0, 2)}-${rest.slice(2, 5)}-${rest.slice(5)}`;
};
const guess = (n: number) => ({ code: wrongCode(n + 1), birthDate: patient.person.birthDate });
const miss = (endpoint: Endpoint, who: number, n: number): Promise<Answer> => endpoint.ask(aPs(who), SEARCH, guess(n));
const hit = (endpoint: Endpoint, who: number): Promise<Answer> => endpoint.ask(aPs(who), SEARCH, byCode(patient));

describe('a guessing run', () => {
  it(`${TRIES} tries on two instances by five accounts: evaluated no more than the limit, opened none`, async () => {
    const limits = limitsOf({ code: { principalDay: 20 } });
    const instances = [await register.serve({ limits }), await register.serve({ limits })] as const;
    const accounts = [1, 2, 3, 4, 5];
    const answers: Record<string, number> = {};
    await inParallel(
      WIDTH,
      Array.from({ length: TRIES }, (_, n) => n),
      async (n) => {
        const answer = await miss(instances[n % 2 === 0 ? 0 : 1], accounts[n % 5] as number, n);
        const seen = answer.body.data?.patientByInvitation === null && !answer.body.errors ? 'MISS' : codeOf(answer);
        answers[String(seen)] = (answers[String(seen)] ?? 0) + 1;
      },
    );
    const traced = await evaluated(
      register,
      accounts.map((who) => aPs(who).subject),
    );
    expect(Object.keys(answers).sort()).toEqual(['MISS', 'SUSPENDED']);
    expect(traced).toEqual({ NOT_FOUND: 20 * accounts.length });
    expect(answers.MISS).toBe(traced.NOT_FOUND);
    for (const who of accounts) {
      for (const instance of instances) {
        const late = await hit(instance, who);
        expect([late.status, codeOf(late), late.text.includes(patient.person.birthName)]).toEqual([
          403,
          'SUSPENDED',
          false,
        ]);
      }
    }
    expect(await asOwner(register, 'select kind, count(*)::int as n from suspension group by kind')).toEqual([
      { kind: 'principal', n: expect.any(Number) },
    ]);
  });

  it('aliases of a mutation count one by one, and mutations together with searches', async () => {
    const limits = limitsOf({ code: { principalDay: 7 } });
    const endpoint = await register.serve({ limits });
    const input = (n: number) => anEligibility(guess(n), { idempotencyKey: randomUUID(), deliversPrescription: true });
    for (let n = 0; n < 12; n += 1) {
      await endpoint.ask(aPs(1), RECORD, { a: input(3 * n), b: input(3 * n + 1), c: input(3 * n + 2) });
    }
    const refused = await endpoint.ask(aPs(1), SEARCH, byCode(patient));
    expect(codeOf(refused)).toBe('SUSPENDED');
    expect(await evaluated(register, [aPs(1).subject])).toEqual({ NOT_FOUND: 7 });
  });

  it.each(['structureDay', 'nationalHour', 'addressDay'])('%s: many accounts share one counter', async (counter) => {
    const limits = limitsOf({ code: { [counter]: 30 } });
    const endpoint = await register.serve({ limits });
    const accounts = Array.from({ length: 40 }, (_, at) => at + 1);
    await inParallel(8, [...accounts, ...accounts], async (who) => {
      await miss(endpoint, who, who);
    });
    const traced = await evaluated(
      register,
      accounts.map((who) => aPs(who).subject),
    );
    expect(traced).toEqual({ NOT_FOUND: 30 });
    const late = await hit(endpoint, 99);
    expect([late.status, codeOf(late), Number(late.headers.get('retry-after')) > 0]).toEqual([
      429,
      'RATE_LIMITED',
      true,
    ]);
  });

  it('by NIR: ten misses an hour, by search and by recording alike', async () => {
    const limits = limitsOf({ nir: { principalHour: 10 } });
    const endpoint = await register.serve({ limits });
    const others = Array.from({ length: 15 }, (_, at) => aPerson(500 + at));
    await inParallel(6, others, async (person) => {
      const input = anEligibility(byNir(person));
      const odd = Number(person.nir.at(-1)) % 2 === 1;
      await (odd ? endpoint.ask(aPs(1), RECORD_ONE, { input }) : endpoint.ask(aPs(1), BY_NIR, byNir(person)));
    });
    expect(await evaluated(register, [aPs(1).subject])).toEqual({ NOT_FOUND: 10 });
    const late = await endpoint.ask(aPs(1), BY_NIR, byNir(patient.person));
    expect([late.status, codeOf(late)]).toEqual([429, 'RATE_LIMITED']);
  });
});

describe('an honest professional', () => {
  it('finds as many patients as he likes, at the same time, and writes one lease', async () => {
    const limits = limitsOf({ code: { principalDay: 20, structureDay: 20, nationalHour: 20 } });
    const endpoint = await register.serve({ limits });
    await inParallel(
      16,
      Array.from({ length: 400 }, (_, n) => n),
      async () => {
        expect((await hit(endpoint, 1)).body.data.patientByInvitation.id).toBe(patient.id);
      },
    );
    const counters = await asOwner<{ key: string; points: number }>(
      register,
      `select key, points from rate_counter where key like 'guess.code.principalDay%'`,
    );
    expect(counters).toEqual([{ key: `guess.code.principalDay:${aPs(1).subject}`, points: 5 }]);
  });

  it('is not touched by his neighbour who guesses', async () => {
    const endpoint = await register.serve({ limits: limitsOf({ code: { principalDay: 3 } }) });
    for (let n = 0; n < 10; n += 1) await miss(endpoint, 1, n);
    expect(codeOf(await hit(endpoint, 1))).toBe('SUSPENDED');
    expect((await hit(endpoint, 2)).body.data.patientByInvitation.id).toBe(patient.id);
  });

  it('is slowed down after some misses, longer each time, and told for how long', async () => {
    const limits = limitsOf({ code: { principalDay: 20 } }, { freeMisses: 2 });
    const slow = {
      ...limits,
      guesses: { ...limits.guesses, code: { ...limits.guesses.code, firstDelaySeconds: 600 } },
    };
    const endpoint = await register.serve({ limits: slow });
    for (let n = 0; n < 5; n += 1) await miss(endpoint, 1, n);
    expect(await evaluated(register, [aPs(1).subject])).toEqual({ NOT_FOUND: 2 });
    const late = await hit(endpoint, 1);
    expect([late.status, codeOf(late)]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(590);
    // Another instance has leased nothing yet: it learns of the pause when it does.
    const other = await register.serve({ limits: slow });
    expect(codeOf(await hit(other, 1))).toBe('RATE_LIMITED');
    await asOwner(register, `update rate_counter set expire = 0 where key like 'pause.%'`);
    const third = await register.serve({ limits: slow });
    await miss(third, 1, 7);
    const longer = Number((await hit(third, 1)).headers.get('retry-after'));
    expect(longer).toBeGreaterThan(1190);
  });
});

it('a lifted suspension gives fresh counters; lifting wants a reason and is kept', async () => {
  const endpoint = await register.serve({ limits: limitsOf({ code: { principalDay: 3 } }) });
  for (let n = 0; n < 6; n += 1) await miss(endpoint, 1, n);
  const listed = (await operate(register, 'suspensions', '--json')).out.map((line) => JSON.parse(line));
  expect(listed).toMatchObject([{ kind: 'principal', value: aPs(1).subject, reason: 'CODE_GUESSING' }]);
  expect((await operate(register, 'lift-suspension', listed[0].id)).code).toBe(2);
  expect((await operate(register, 'lift-suspension', listed[0].id, '--reason', ' ')).code).toBe(1);
  expect((await operate(register, 'lift-suspension', listed[0].id, '--reason', 'erreur de saisie')).code).toBe(0);
  expect((await operate(register, 'suspensions')).out).toEqual([]);
  expect((await operate(register, 'lift-suspension', listed[0].id, '--reason', 'encore')).code).toBe(1);
  const kept = await asOwner(register, 'select lift_reason, lifted_by is not null as named from suspension');
  expect(kept).toEqual([{ lift_reason: 'erreur de saisie', named: true }]);
  // What this instance believed of the suspension is a second old at most.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await hit(endpoint, 2);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect((await hit(endpoint, 1)).body.data.patientByInvitation.id).toBe(patient.id);
  for (let n = 0; n < 6; n += 1) await miss(endpoint, 1, 20 + n);
  expect(await evaluated(register, [aPs(1).subject])).toMatchObject({ NOT_FOUND: 6 });
});

it('without the counters no search is evaluated, and other requests go on', async () => {
  const endpoint = await register.serve();
  await asOwner(register, 'alter table rate_counter rename to rate_counter_gone');
  const search = await hit(endpoint, 1);
  expect([codeOf(search), search.text.includes(patient.person.birthName)]).toEqual(['UNAVAILABLE', false]);
  expect(await evaluated(register, [aPs(1).subject])).toEqual({});
  const rights = await endpoint.ask(aPs(1), '{ myRights { category } }');
  expect(rights.body.data.myRights.length).toBeGreaterThan(0);
});
