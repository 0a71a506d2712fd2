import { LIMITS, type Limits } from '../../src/law/limits.js';
import { MisuseDetector } from '../../src/limits/misuse.js';
import type { Suspect } from '../../src/limits/suspensions.js';
import { codeOf } from '../builders/a-caller.js';
import { aDice } from '../builders/a-dice.js';
import { anEligibility, aPatient, aPhysician, aPs, asOwner, byCode } from '../builders/a-patient.js';
import { AMPLE, aRegister, as, type Register } from '../builders/a-register.js';

let register: Register;
beforeAll(async () => {
  register = await aRegister();
});
afterAll(() => register.close());

/** A log-normal number: most are near the median, a few far above. */
function about(median: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random());
  return Math.round(median * Math.exp(0.6 * normal));
}

/** Only the rules of one window: in a test all hours are the same hour. */
const onlyOf = (window: 'Day' | 'Hour'): Limits => ({
  ...AMPLE,
  disclosures: {
    ...AMPLE.disclosures,
    [`principal${window}`]: LIMITS.disclosures[`principal${window}`],
    [`structure${window}`]: LIMITS.disclosures[`structure${window}`],
  },
});

describe('twenty who copy the register among 10,000 who work', () => {
  it.each([
    ['Day', 40, 800],
    ['Hour', 10, 300],
  ] as const)(
    '%s: recall ≥ 0.95, false alarms ≤ 0.1 %%, at most 500 records before the cut',
    async (window, median, least) => {
      const random = aDice(20210503);
      const suspended = new Map<string, number>();
      const seen = new Map<string, number>();
      const suspensions = {
        suspend: async ({ value }: Suspect) => {
          if (!suspended.has(value)) suspended.set(value, seen.get(value) ?? 0);
        },
      };
      const detector = new MisuseDetector(register.database.pool('lancette_limits'), onlyOf(window), suspensions);
      const disclose = async (actor: string, person: string) => {
        if (suspended.has(actor)) return;
        seen.set(actor, (seen.get(actor) ?? 0) + 1);
        await detector.observe([
          { recipient: 'PS', actor, structure: `S${Number(actor.slice(1)) % 4000}`, records: [person] },
        ]);
      };
      const days = Array.from({ length: 10_000 }, (_, n) => ({ actor: `n${n}`, left: about(median, random) }));
      const abusers = Array.from({ length: 20 }, (_, n) => ({
        actor: `a${n}`,
        left: least + Math.floor(random() * 4000),
      }));
      // One after the other in turn, so that the windows of all overlap; a normal one sees a person again now and then.
      for (let turn = 0, busy = [...days, ...abusers]; busy.length > 0; turn += 1) {
        busy = busy.filter(({ left }) => left > turn);
        for (const { actor } of busy)
          await disclose(actor, `${actor}-${actor[0] === 'n' && random() < 0.2 ? turn >> 1 : turn}`);
      }
      await detector.flush();
      const caught = abusers.filter(({ actor }) => suspended.has(actor));
      const falseAlarms = days.filter(({ actor }) => suspended.has(actor));
      expect(caught.length / abusers.length).toBeGreaterThanOrEqual(0.95);
      expect(falseAlarms.length / days.length).toBeLessThanOrEqual(0.001);
      expect(Math.max(...caught.map(({ actor }) => suspended.get(actor) ?? 0))).toBeLessThanOrEqual(500);
    },
  );
});

const narrow = (points: number): Limits => ({
  ...AMPLE,
  disclosures: { ...AMPLE.disclosures, principalDay: { ...AMPLE.disclosures.principalDay, points } },
});

it('over HTTP: whoever reads too many persons is suspended at once, and on the other instance', async () => {
  for (let n = 1; n <= 30; n += 1) {
    await aPatient(register, n, { attending: { rpps: aPhysician(7).subject, consent: true } });
  }
  const one = await register.serve({ limits: narrow(20) });
  const other = await register.serve({ limits: narrow(20) });
  const page = '{ myPatients(first: 10) { edges { node { id } } pageInfo { endCursor } } }';
  const all = '{ myPatients(first: 30) { edges { node { id } } } }';
  expect((await one.ask(aPhysician(7), page)).status).toBe(200);
  expect((await one.ask(aPhysician(7), page)).status).toBe(200);
  expect((await one.ask(aPhysician(7), all)).status).toBe(200);
  const after = [await one.ask(aPhysician(7), page), await other.ask(aPhysician(7), page)];
  expect(after.map((answer) => [answer.status, codeOf(answer)])).toEqual([
    [403, 'SUSPENDED'],
    [403, 'SUSPENDED'],
  ]);
  expect(await asOwner(register, 'select kind, value, reason from suspension')).toEqual([
    { kind: 'principal', value: aPhysician(7).subject, reason: 'MISUSE_DAY' },
  ]);
});

it('over HTTP: recordings and certificates count as readings do, by whatever way the person was found', async () => {
  const people = [];
  for (let n = 100; n < 130; n += 1)
    people.push(await aPatient(register, n, { doses: n % 2, person: { schemeCode: '01', bodyCode: '751' } }));
  const endpoint = await register.serve({ limits: narrow(10) });
  const agent = as('AGENT_ATTESTATION', { bodies: ['01751'] });
  const issue = 'mutation ($id: ID) { issueAttestation(input: { patientId: $id }) { id } }';
  const record = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { __typename } }';
  const vaccinated = people.filter((_, at) => at % 2 === 1);
  const others = people.filter((_, at) => at % 2 === 0);
  const counted = async (table: string) =>
    (await asOwner<{ n: number }>(register, `select count(*)::int as n from ${table}`))[0]?.n ?? 0;
  const [steps, certificates] = [await counted('eligibility_step'), await counted('attestation')];
  // The same person again is the same person.
  for (const { id } of [...vaccinated.slice(0, 5), ...vaccinated]) await endpoint.ask(agent, issue, { id });
  for (const one of others) await endpoint.ask(aPs(9), record, { input: anEligibility(byCode(one)) });
  // The one that crosses the limit is done, and the last.
  expect((await counted('attestation')) - certificates).toBe(5 + 11);
  expect((await counted('eligibility_step')) - steps).toBe(11);
  expect(await asOwner(register, `select value from suspension where reason = 'MISUSE_DAY' order by value`)).toEqual(
    expect.arrayContaining([{ value: aPs(9).subject }, { value: agent.subject }]),
  );
});

it('instances know of each other once they have told PostgreSQL', async () => {
  const suspended: Suspect[] = [];
  const suspensions = { suspend: async (suspect: Suspect) => void suspended.push(suspect) };
  const pool = register.database.pool('lancette_limits');
  const [one, other] = [0, 1].map(() => new MisuseDetector(pool, narrow(100), suspensions)) as [
    MisuseDetector,
    MisuseDetector,
  ];
  const see = (detector: MisuseDetector, from: number, to: number) =>
    detector.observe([
      { recipient: 'PS', actor: 'both', records: Array.from({ length: to - from }, (_, at) => String(from + at)) },
    ]);
  await see(one, 0, 60);
  await one.flush();
  await see(other, 60, 70);
  await other.flush();
  expect(suspended).toEqual([]);
  await see(other, 70, 101);
  expect(suspended).toMatchObject([{ kind: 'principal', value: 'both' }]);
});

it('a feed is wide by law and is not watched; the same person again is the same person', async () => {
  const suspended: Suspect[] = [];
  const suspensions = { suspend: async (suspect: Suspect) => void suspended.push(suspect) };
  const detector = new MisuseDetector(register.database.pool('lancette_limits'), narrow(50), suspensions);
  await detector.observe([
    { recipient: 'DMP', actor: 'feed', records: Array.from({ length: 5000 }, (_, n) => String(n)) },
  ]);
  for (let n = 0; n < 500; n += 1)
    await detector.observe([{ recipient: 'PS', actor: 'loyal', records: [String(n % 40)] }]);
  await detector.flush();
  expect(suspended).toEqual([]);
});
