import fc from 'fast-check';
import { bruteForcePlan, type OraclePhase } from '../../builders/a-second-planner.js';
import {
  AMPLE_CAPACITIES,
  anInvitationWorld,
  aPhase,
  DAY_ONE,
  type InvitationWorld,
  type Invitee,
} from '../../builders/an-invitation-world.js';

const WORLDS = process.env.LANCETTE_SOAK ? 1000 : 25;

let world: InvitationWorld;
beforeAll(async () => {
  world = await anInvitationWorld();
});
afterAll(() => world.close());

/** Who is planned, on which day, by which channel. */
const planned = async (): Promise<string[]> =>
  (
    await world.query(`select m.patient_key || ' ' || m.attempt || ' ' || b.planned_on || ' ' || m.channel || ' ' || m.phase_code as line
      from invitation_message m join invitation_batch b on b.id = m.batch_id order by m.patient_key, m.attempt`)
  ).map(({ line }) => String(line));

const onlyOf = async (invitees: Invitee[], phases: object[], portals: string[] = []): Promise<string[]> => {
  await world.people(invitees);
  await world.declare(phases, AMPLE_CAPACITIES);
  await world.plan({ days: 1, portals });
  return (await planned()).map((line) =>
    line
      .split(' ')
      .filter((_, at) => at === 0 || at === 3)
      .join(' '),
  );
};

describe('who is due', () => {
  it('whoever the phase concerns, by a code of either kind or by the phase of the targeting', async () => {
    const people = [
      {},
      { nonMedical: ['OTH01'] },
      { nonMedical: [], medical: ['AGE75'] },
      { nonMedical: [], phase: 'P2' },
    ];
    expect(await onlyOf(people, [aPhase()])).toEqual(['1 EMAIL', '3 EMAIL', '4 EMAIL']);
  });

  it('nobody who is in the pathway, vaccinated, invited before, or registered by a professional', async () => {
    const people = [{ inPathway: true }, { vaccinated: true }, { invitedBefore: true }, { manual: true }, {}];
    expect(await onlyOf(people, [aPhase()])).toEqual(['5 EMAIL']);
  });

  it('nobody of a phase without invitation, even if another phase concerns him', async () => {
    const silent = aPhase({ code: 'P1', criteriaCodes: ['EHP01'], channels: [], withoutInvitation: true });
    expect(await onlyOf([{ nonMedical: ['EHP01', 'AGE75'] }, {}], [silent, aPhase()])).toEqual(['2 EMAIL']);
  });

  it('by the first channel of account, e-mail, SMS, letter that the phase has and the person too', async () => {
    const all = { email: 'a@exemple.test', phone: '0612345678', postalAddress: '1 rue des Lilas, 75001 Paris' };
    const people: Invitee[] = [
      { ...all, schemeCode: '02' },
      all,
      { ...all, email: null },
      { ...all, email: null, phone: '0123456789' },
      { ...all, email: null, phone: '+262692123456' },
      { email: null },
    ];
    const phase = aPhase({ channels: ['LETTER', 'SMS', 'EMAIL', 'ACCOUNT'] });
    expect(await onlyOf(people, [phase], ['02'])).toEqual(['1 ACCOUNT', '2 EMAIL', '3 SMS', '4 LETTER', '5 SMS']);
  });

  it('nobody of the military fund, which has no contact here, not even by a portal (AIPD M1.32)', async () => {
    const phase = aPhase({ channels: ['LETTER', 'SMS', 'EMAIL', 'ACCOUNT'] });
    expect(await onlyOf([{ schemeCode: '08', email: null }], [phase], ['08'])).toEqual([]);
  });
});

describe('a plan', () => {
  it('spreads evenly over days, in proportion of what each can take', async () => {
    await world.people(Array.from({ length: 60 }, () => ({})));
    const departments = [
      { department: '75', startsOn: DAY_ONE, perDay: 100 },
      { department: '75', startsOn: '2021-03-03', perDay: 200 },
    ];
    await world.declare([aPhase()], { ...AMPLE_CAPACITIES, departments });
    const { lines } = await world.plan({ days: 4 });
    expect(lines.map(({ day, persons }) => [day, persons])).toEqual([
      ['2021-03-01', 10],
      ['2021-03-02', 10],
      ['2021-03-03', 20],
      ['2021-03-04', 20],
    ]);
  });

  it('is shown before anything is written, and queued with its jobs when it is wanted', async () => {
    await world.people(Array.from({ length: 7 }, () => ({})));
    await world.declare([aPhase()], AMPLE_CAPACITIES);
    const everything = `select (select count(*) from invitation_message)::int as messages, (select count(*) from invitation_batch)::int as batches,
      (select count(*) from lancette_queue.job)::int as jobs, (select count(*) from invitation_run)::int as runs,
      (select count(*) from trace where operation = 'planInvitations')::int as traces`;
    const preview = await world.plan({ days: 2, commit: false });
    expect(preview).toMatchObject({ due: 7, planned: 7, waiting: 0, runId: null });
    expect(await world.query(everything)).toEqual([{ messages: 0, batches: 0, jobs: 0, runs: 0, traces: 0 }]);
    const committed = await world.plan({ days: 2 });
    expect(committed.lines).toEqual(preview.lines);
    expect(await world.query(everything)).toEqual([{ messages: 7, batches: 2, jobs: 2, runs: 1, traces: 1 }]);
  });

  it('takes nobody twice, whoever plans again or at the same time', async () => {
    await world.people(Array.from({ length: 50 }, () => ({})));
    await world.declare([aPhase()], AMPLE_CAPACITIES);
    const reports = await Promise.all([world.plan(), world.plan(), world.plan()]);
    expect(reports.map((report) => report.planned).sort()).toEqual([0, 0, 50]);
    expect((await world.plan()).due).toBe(0);
  });

  it('counts what earlier plans took of the same days', async () => {
    await world.people(Array.from({ length: 10 }, () => ({})));
    const departments = [{ department: '75', startsOn: DAY_ONE, perDay: 4 }];
    await world.declare([aPhase()], { ...AMPLE_CAPACITIES, departments });
    expect(await world.plan({ days: 2 })).toMatchObject({ planned: 8, waiting: 2 });
    expect(await world.plan({ days: 2 })).toMatchObject({ due: 2, planned: 0, waiting: 2 });
    expect(await world.plan({ days: 3 })).toMatchObject({ due: 2, planned: 2 });
  });

  it(`equals the one made by hand, person by person, in ${WORLDS} random worlds`, async () => {
    await fc.assert(
      fc.asyncProperty(aWorld, async ({ people, phases, capacities, days, portals }) => {
        await world.people(people);
        await world.declare(phases, capacities);
        await world.plan({ days, portals });
        expect(await planned()).toEqual(bruteForcePlan({ people, phases, capacities, days, portals, from: DAY_ONE }));
      }),
      { numRuns: WORLDS, endOnFailure: true },
    );
  });
});

describe('the database itself refuses', () => {
  const insert = (attempt: number, channel: string) =>
    world.query(
      `insert into invitation_message (patient_key, attempt, batch_id, phase_code, channel) values (1, $1, gen_random_uuid(), 'P2', $2)`,
      [attempt, channel],
    );

  it('a second first message, a second one by the same channel, a third, a reminder', async () => {
    await world.people([{}]);
    await insert(1, 'EMAIL');
    await expect(insert(1, 'SMS')).rejects.toThrow('invitation_message_pkey');
    await expect(insert(2, 'SMS')).rejects.toThrow('invited once');
    await world.query(`update invitation_message set state = 'BOUNCED'`);
    await expect(insert(2, 'EMAIL')).rejects.toThrow('invited once');
    await expect(insert(3, 'SMS')).rejects.toThrow('invitation_message_attempt');
    await insert(2, 'SMS');
    await expect(world.query(`update invitation_message set state = 'QUEUED' where attempt = 1`)).rejects.toThrow(
      'leave again',
    );
  });
});

it('a person who leaves the register takes the messages along (art. 5)', async () => {
  await world.people([{}, {}]);
  await world.declare([aPhase()], AMPLE_CAPACITIES);
  await world.plan({ days: 1 });
  await world.query('delete from patient where key = 1');
  expect(await planned()).toEqual([`2 1 ${DAY_ONE} EMAIL P2`]);
});

const SOME_CODES = ['AGE75', 'AGE65', 'SOI01', 'EHP01'];
const CHANNELS = ['ACCOUNT', 'EMAIL', 'SMS', 'LETTER'];
const someOf = (values: string[], min = 0) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: min, maxLength: 3 });
const day = fc.constantFrom('2021-02-20', DAY_ONE, '2021-03-02', '2021-03-04');

const anInvitee: fc.Arbitrary<Invitee> = fc
  .record({
    department: fc.constantFrom('75', '69', '2A'),
    schemeCode: fc.constantFrom('01', '01', '02', '08'),
    email: fc.constantFrom('a@exemple.test', null),
    phone: fc.constantFrom('0612345678', '0123456789', null),
    postalAddress: fc.constantFrom('1 rue des Lilas, Paris', null),
    nonMedical: someOf(SOME_CODES),
    medical: someOf(SOME_CODES),
    phase: fc.constantFrom(null, null, 'A', 'B'),
    manual: fc.nat(9).map((n) => n === 0),
    inPathway: fc.nat(9).map((n) => n === 0),
    vaccinated: fc.nat(9).map((n) => n === 0),
    invitedBefore: fc.nat(9).map((n) => n === 0),
    earlier: fc.option(
      fc.record({
        channel: fc.constantFrom(...CHANNELS),
        state: fc.constantFrom('BOUNCED', 'BOUNCED', 'SENT', 'QUEUED', 'UNCERTAIN', 'FAILED', 'LAPSED'),
      }),
      { freq: 4 },
    ),
  })
  .map((one) => (one.schemeCode === '08' ? { ...one, email: null, phone: null, postalAddress: null } : one));

const aRandomPhase = (code: string): fc.Arbitrary<OraclePhase> =>
  fc
    .record({
      ...{ code: fc.constant(code), startsOn: day },
      endsOn: fc.constantFrom(null, null, '2021-03-04', '2021-03-05'),
      ...{ criteriaCodes: someOf(SOME_CODES), channels: someOf(CHANNELS) },
    })
    .map((phase) => ({
      ...phase,
      everyone: phase.criteriaCodes.length === 0,
      withoutInvitation: phase.channels.length === 0,
    }));

const perDay = fc.nat(6);
const declarations = <Name extends string>(name: Name, values: string[]) =>
  fc.uniqueArray(
    fc
      .record({ name: fc.constantFrom(...values), startsOn: day, perDay })
      .map(({ name: value, ...rest }) => ({ [name]: value, ...rest })),
    { maxLength: 8, selector: (one) => JSON.stringify([Object.values(one)[0], one.startsOn]) },
  );

const aWorld = fc.record({
  people: fc.array(anInvitee, { minLength: 1, maxLength: 40 }),
  phases: fc.tuple(aRandomPhase('A'), aRandomPhase('B'), aRandomPhase('C')).map((list) => [...list]),
  capacities: fc.record({
    channels: declarations('channel', CHANNELS),
    departments: declarations('department', ['75', '69', '2A']),
  }),
  days: fc.integer({ min: 1, max: 6 }),
  portals: fc.constantFrom([], ['02'], ['01', '02']),
});
