import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import type { PoolClient } from 'pg';
import { InvitationPlanner } from '../../../src/areas/invitations/planner.js';
import type { Database } from '../../../src/db/database.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { aGateway, type Gateway } from '../../builders/a-gateway.js';
import { aMailServer, type MailServer } from '../../builders/a-mail-server.js';
import { type CommandRun, runCommand } from '../../builders/a-targeting-world.js';
import {
  AMPLE_CAPACITIES,
  anInvitationWorld,
  aPhase,
  DAY_ONE,
  type InvitationWorld,
} from '../../builders/an-invitation-world.js';

const SOAK = Boolean(process.env.LANCETTE_SOAK);
const PLANNING_KILLS = SOAK ? 60 : 1;
const SENDING_KILLS = SOAK ? 60 : 1;
/** Each statement of a planning run in a soak, every fourth of them otherwise. */
const STEP = SOAK ? 1 : 8;
const PERSONS = SOAK ? 3000 : 60;

let world: InvitationWorld;
let mail: MailServer;
let sms: Gateway;
beforeAll(async () => {
  [world, mail, sms] = await Promise.all([anInvitationWorld(), aMailServer(), aGateway()]);
  const settings = {
    smtp: { host: '127.0.0.1', port: mail.port, secure: false, plain: true, from: 'a@caisse.test', name: 'Caisse' },
    sms: sms.settings,
    letters: { folder: path.join(world.folder, 'letters'), sender: ['Caisse'] },
    hours: { from: 0, until: 24 },
  };
  writeFileSync(sendingFile(), JSON.stringify(settings), { mode: 0o600 });
});
afterAll(() => Promise.all([world.close(), mail.close(), sms.close()]));

const sendingFile = () => path.join(world.folder, 'sending.json');
const run = (args: string[], until?: (stderr: string) => boolean): Promise<CommandRun> =>
  runCommand(world, args, { until, env: { LANCETTE_SENDING_FILE: sendingFile() } });

/** E-mail, SMS and letters in turn, over three départements. */
const someone = (at: number) => ({
  department: ['75', '69', '13'][at % 3] as string,
  email: at % 4 < 2 ? `personne${at}@exemple.test` : null,
  phone: at % 4 === 2 ? `06${10_000_000 + at}` : null,
  postalAddress: `${at} rue des Lilas, 75000 Paris`,
});

async function aCampaign(): Promise<void> {
  await world.people(Array.from({ length: PERSONS }, (_, at) => someone(at)));
  await world.declare([aPhase({ channels: ['EMAIL', 'SMS', 'LETTER'] })], AMPLE_CAPACITIES);
}

const PLAN = `select m.patient_key, m.attempt, m.channel, m.phase_code, b.planned_on::text from invitation_message m join invitation_batch b on b.id = m.batch_id order by 1, 2`;
/** Batches, jobs and messages agree with each other, and there is one run. */
const WHOLE = `select (select count(*)::int from invitation_batch b where size = (select count(*) from invitation_message where batch_id = b.id)) as batches,
  (select count(*)::int from lancette_queue.job j join invitation_batch b on b.id = j.id) as jobs,
  (select count(*)::int from lancette_queue.job) as all_jobs, (select count(*)::int from invitation_run where messages > 0) as runs`;

/** What a planning run leaves, but identifiers drawn at random. */
async function planState(): Promise<object> {
  const [whole] = await world.query(WHOLE);
  return { plan: await world.query(PLAN), ...whole };
}

/**
 * A planner whose connection is cut when it is about to send its nth statement: at each n once, this is each point between
 * two statements, before and after the commit.
 */
function plannerCutAt(nth: number): { planner: InvitationPlanner; statements: () => number } {
  const { database } = world.register;
  let statements = 0;
  const cut = (client: PoolClient): PoolClient => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const cutting = (...args: unknown[]): unknown => {
      statements += 1;
      if (statements === nth) (client as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
      return query(...args);
    };
    return Object.assign(client, { query: cutting });
  };
  const pool = (role: string) =>
    role === 'lancette_planner'
      ? { connect: async () => cut(await database.pool(role).connect()) }
      : database.pool(role);
  const planner = new InvitationPlanner({ database: { pool } as unknown as Database, clock: systemClock });
  return { planner, statements: () => statements };
}

it('a planning run whose connection is lost at any statement, and run again, ends like one that was never interrupted', async () => {
  const request = { from: DAY_ONE, days: 4, portals: [], commit: true };
  await aCampaign();
  const calm = plannerCutAt(0);
  await calm.planner.plan(request);
  const expected = await planState();
  expect(calm.statements()).toBeGreaterThan(10);
  for (let nth = 1; nth <= calm.statements(); nth += STEP) {
    await aCampaign();
    await expect(plannerCutAt(nth).planner.plan(request)).rejects.toThrow();
    await world.plan(request);
    expect({ nth, ...(await planState()) }).toEqual({ nth, ...expected });
  }
});

it(`a planning process killed at ${PLANNING_KILLS} moments and run again ends like one that was never interrupted`, async () => {
  const plan = ['plan-invitations', '--days', '4', '--commit', '--json'];
  await aCampaign();
  const began = performance.now();
  expect(await run(plan)).toMatchObject({ exitCode: 0 });
  const length = performance.now() - began;
  const expected = await planState();
  for (let kill = 0; kill < PLANNING_KILLS; kill += 1) {
    await aCampaign();
    // Most of a run is its start: the later moments lie in its transaction, around its commit.
    const killed = await killedAfter(plan, length * (0.5 + (0.5 * (kill + 1)) / (PLANNING_KILLS + 1)));
    expect(['SIGKILL', null]).toContain(killed.signal);
    expect(await run(plan)).toMatchObject({ exitCode: 0 });
    expect({ kill, ...(await planState()) }).toEqual({ kill, ...expected });
  }
});

it(`a sending run killed at ${SENDING_KILLS} moments and run again reaches everyone once`, async () => {
  await aCampaign();
  await world.plan({ days: 2 });
  let killed = 0;
  for (let kill = 0; kill < SENDING_KILLS; kill += 1) {
    const seen = mail.received.length + sms.taken.length;
    const target = seen + 1 + ((kill * 7) % Math.max(2, Math.floor((PERSONS * 0.7) / SENDING_KILLS)));
    const { signal } = await killedWhen(['send-invitations'], () => mail.received.length + sms.taken.length >= target);
    if (signal === 'SIGKILL') killed += 1;
  }
  expect(killed).toBeGreaterThanOrEqual(Math.min(3, SENDING_KILLS));
  expect(await run(['send-invitations', '--json'])).toMatchObject({ exitCode: 0 });

  const addresses = mail.received.map(({ to }) => to);
  const numbers = sms.taken.map(({ to }) => to);
  expect(new Set(addresses).size).toBe(addresses.length);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.length).toBe(PERSONS / 4);
  expect(sms.faults).toEqual([]);
  const states = await world.query(
    'select channel, state, count(*)::int as n from invitation_message group by 1, 2 order by 1, 2',
  );
  const count = (channel: string, state: string) =>
    Number(states.find((one) => one.channel === channel && one.state === state)?.n ?? 0);
  // Whatever could be told from its provider is sent; an e-mail in hand when a worker died is uncertain, four at most each time.
  expect(count('SMS', 'SENT')).toBe(PERSONS / 4);
  expect(count('LETTER', 'SENT')).toBe(PERSONS / 4);
  expect(count('EMAIL', 'SENT') + count('EMAIL', 'UNCERTAIN')).toBe(PERSONS / 2);
  expect(count('EMAIL', 'UNCERTAIN')).toBeLessThanOrEqual(4 * killed);
  expect(addresses.length).toBeGreaterThanOrEqual(count('EMAIL', 'SENT'));
  expect(await world.query(`select count(*)::int as n from invitation where sent_at is null`)).toEqual([{ n: 0 }]);
  expect(await world.query(`select count(*)::int as n from lancette_queue.job where state <> 'completed'`)).toEqual([
    { n: 0 },
  ]);
});

const killedAfter = (args: string[], milliseconds: number): Promise<CommandRun> => {
  const began = performance.now();
  return killedWhen(args, () => performance.now() - began >= milliseconds);
};

/** Kills a run when something outside it says so, looked at each millisecond. */
function killedWhen(args: string[], isDue: () => boolean): Promise<CommandRun> {
  return runCommand(world, args, { env: { LANCETTE_SENDING_FILE: sendingFile() }, when: isDue });
}
