import fs from 'node:fs';
import { jest } from '@jest/globals';
import pg from 'pg';
import { Sealer } from '../../src/db/sealing.js';
import { LIMITS } from '../../src/law/limits.js';
import { inParallel } from '../access/asking.js';
import { codeOf, evaluated } from '../builders/a-caller.js';
import { anEligibility, aPatient, aPerson, aPs, aReferentialPerson, asOwner, byNir } from '../builders/a-patient.js';
import { AMPLE, type Answer, aRegister, type Endpoint, type Register } from '../builders/a-register.js';

const BY_NIR =
  'query ($nir: Nir!, $birthDate: BirthDate!) { patientByNir(nir: $nir, birthDate: $birthDate) { id birthName } }';
const RECORD = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
const ISSUE = 'mutation ($input: AttestationInput) { issueAttestation(input: $input) { id } }';

let register: Register;
beforeAll(async () => {
  register = await aRegister();
});
afterAll(() => register.close());

interface Work {
  /** Every statement bound on whatever connection, in order, by the role that ran it. */
  readonly statements: readonly string[];
  readonly decryptions: number;
}

/** Listens to the wire itself: what PostgreSQL was told to run while something was asked, and how often a seal was opened. */
async function workOf(ask: () => Promise<Answer>): Promise<Work & { readonly answer: Answer }> {
  const statements: string[] = [];
  const wire = pg.Connection.prototype as unknown as { bind(message: never): void };
  const { bind: original } = wire;
  const bind = jest.spyOn(wire, 'bind').mockImplementation(function (this: object, message: never) {
    statements.push((message as { statement: string }).statement);
    original.call(this as never, message);
  });
  const open = jest.spyOn(Sealer.prototype, 'open');
  try {
    const answer = await ask();
    return {
      answer,
      statements: statements.filter((name) => !COUNTING.test(name)),
      decryptions: open.mock.calls.length,
    };
  } finally {
    for (const spy of [bind, open]) spy.mockRestore();
  }
}

/** The counters of guesses: a miss is written, and a miss is what the answer itself tells. */
const COUNTING = /^(rate_counter|limits-)/;

describe('a search by NIR costs the same work whoever is sought (AIPD M1.50)', () => {
  const OUTCOMES = ['targeted', 'never targeted', 'unknown'] as const;
  let endpoint: Endpoint;
  let next = 0;
  beforeAll(async () => {
    endpoint = await register.serve();
  });

  /** A person of each kind whom nobody has sought before. */
  async function sought(kind: (typeof OUTCOMES)[number]) {
    next += 1;
    const person = aPerson(5000 + next);
    if (kind === 'targeted') await aPatient(register, 5000 + next);
    if (kind !== 'unknown') await aReferentialPerson(register, person);
    return byNir(person);
  }

  it.each<[string, (who: object) => Promise<Answer>, boolean]>([
    ['search', (who) => endpoint.ask(aPs(1), BY_NIR, who), true],
    ['recording', (who) => endpoint.ask(aPs(1), RECORD, { input: anEligibility(who) }), false],
    ['certificate', (who) => endpoint.ask(aPs(1), ISSUE, { input: who }), false],
  ])('%s: the same statements in the same order, and as many decryptions', async (_, ask, alsoUnknown) => {
    const works: (Work & { kind: string; answer: Answer })[] = [];
    // Twice, since the first time prepares what is prepared once.
    for (const kind of [...OUTCOMES, ...OUTCOMES]) {
      const who = await sought(kind);
      works.push({ kind, ...(await workOf(() => ask(who))) });
    }
    const [targeted, untargeted, unknown] = works
      .slice(3)
      .map(({ statements, decryptions }) => ({ statements, decryptions }));
    expect(targeted?.statements.length).toBeGreaterThanOrEqual(4);
    expect(untargeted).toEqual(targeted);
    if (alsoUnknown) expect(unknown).toEqual(targeted);
    // The first two cannot be told apart by what is answered either.
    const [one, other] = works.slice(3).map(({ answer }) => [answer.status, codeOf(answer)]);
    expect(other).toEqual(one);
  });

  it('nor by a person whom the register has and no referential knows', async () => {
    const known = byNir(aPerson(6001));
    await aPatient(register, 6001);
    const work = await workOf(() => endpoint.ask(aPs(1), BY_NIR, known));
    const reference = await workOf(async () => endpoint.ask(aPs(1), BY_NIR, await sought('targeted')));
    expect(work.answer.body.data.patientByNir.birthName).toBe(aPerson(6001).birthName);
    expect(work.decryptions).toBe(1);
    expect(reference.decryptions).toBe(1);
  });
});

const { writeSync } = fs;
const logged: string[] = [];

describe('the 999 order numbers of one birth and place (SECURITY A22)', () => {
  const PEOPLE = process.env.LANCETTE_SOAK ? 100 : 2;
  const lawful = {
    ...AMPLE,
    sharedPrefix: LIMITS.sharedPrefix,
    guesses: { ...AMPLE.guesses, nir: LIMITS.guesses.nir },
  };
  const keyed = (body: string): string => body + String(97 - Number(BigInt(body) % 97n)).padStart(2, '0');
  /** Every NIR that shares the ten first digits of this one. */
  const neighbours = (nir: string): string[] =>
    Array.from({ length: 999 }, (_, at) => keyed(nir.slice(0, 10) + String(at + 1).padStart(3, '0')));
  /** People of the mainland: the key of a Corsican is computed otherwise, and proves nothing more here. */
  const person = (n: number) =>
    aPerson(20_000 + n, { nir: keyed(`2${String(50 + (n % 40))}0675${String(100 + n)}123`) });

  beforeAll(async () => {
    // Ample leases were taken of the same rows.
    await asOwner(register, 'truncate rate_counter');
    fs.writeSync = ((fd: number, ...rest: [string]) => {
      if (fd === 2) logged.push(String(rest[0]));
      return fd === 2 ? Buffer.byteLength(String(rest[0])) : writeSync(fd, ...rest);
    }) as typeof fs.writeSync;
  });
  afterAll(() => {
    fs.writeSync = writeSync;
  });

  it(`of ${PEOPLE} people: at most ten are evaluated for each`, async () => {
    const endpoint = await register.serve({ limits: lawful });
    const people = Array.from({ length: PEOPLE }, (_, n) => person(n));
    for (const [n, { birthDate, nir }] of people.entries()) {
      await aPatient(register, 20_000 + n, { person: { nir, birthDate } });
      const codes: Record<string, number> = {};
      await inParallel(16, neighbours(nir), async (tried) => {
        const answer = await endpoint.ask(aPs(1000 + n), BY_NIR, { nir: tried, birthDate });
        const seen = codeOf(answer) ?? (answer.body.data.patientByNir ? 'FOUND' : 'MISS');
        codes[seen] = (codes[seen] ?? 0) + 1;
      });
      const { NOT_FOUND = 0, DISCLOSED = 0 } = await evaluated(register, [aPs(1000 + n).subject]);
      expect(NOT_FOUND + DISCLOSED).toBeLessThanOrEqual(10);
      // One of ten may be the right one: what is bounded is how many are tried.
      const { MISS = 0, FOUND = 0, RATE_LIMITED = 0, SUSPENDED = 0 } = codes;
      expect([MISS, FOUND]).toEqual([NOT_FOUND, DISCLOSED]);
      expect(MISS + FOUND + RATE_LIMITED + SUSPENDED).toBe(999);
      expect(RATE_LIMITED + SUSPENDED).toBeGreaterThanOrEqual(989);
    }
  });

  it('shared out among many accounts: the operator is alerted at the twentieth, once, and the alert names nobody', async () => {
    // Whoever swept before has used up what this network may guess.
    await asOwner(register, 'truncate rate_counter');
    const endpoint = await register.serve({
      limits: lawful,
      config: { ...register.config, logLevel: 'warn' },
    });
    const { nir, birthDate } = person(700);
    const tried = neighbours(nir).slice(0, 25);
    for (const [at, one] of tried.entries()) {
      logged.length = 0;
      await endpoint.ask(aPs(2000 + Math.floor(at / 4)), BY_NIR, { nir: one, birthDate });
      // The same NIR again is no other NIR.
      if (at < 3) await endpoint.ask(aPs(2100 + at), BY_NIR, { nir: one, birthDate });
      const alerts = logged.map((line) => JSON.parse(line)).filter(({ event }) => event === 'misuse');
      expect(alerts).toEqual(
        at === 19 ? [{ level: 40, time: expect.any(Number), event: 'misuse', code: 'NIR_ENUMERATION' }] : [],
      );
    }
    const kept = await asOwner<{ key: string }>(register, `select key from rate_counter where key like 'nir.%'`);
    expect(kept.filter(({ key }) => tried.some((one) => key.includes(one.slice(0, 10))))).toEqual([]);
  });
});
