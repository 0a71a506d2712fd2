import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import { allocate, type Group } from './allocation.js';
import { CHANNELS } from './channels.js';
import { COUNT_DUE, CREATE_DUE, findDue, INDEX_DUE } from './due-persons.js';
import type { InvitationChannel } from './invitation.js';
import type { InvitationPhase } from './invitation-phase.js';
import { InvitationQueue } from './invitation-queue.js';
import { capacitiesOf, daysFrom, readCapacities } from './remaining-capacity.js';
import { CREATE_SLOT, INSERT_BATCHES, INSERT_MESSAGES, INSERT_SLOTS, slotColumns, slotsOf } from './slots.js';

export interface PlanRequest {
  /** First day, `YYYY-MM-DD`; and how many days. */
  readonly from: string;
  readonly days: number;
  /** Schemes whose portal takes messages for their insured persons. */
  readonly portals: readonly string[];
  /** Queues what is planned; without it nothing is written. */
  readonly commit: boolean;
}

export interface PlanLine {
  readonly department: string;
  readonly day: string;
  readonly channel: InvitationChannel;
  readonly persons: number;
}

export interface PlanReport {
  readonly runId: string | null;
  readonly due: number;
  readonly planned: number;
  /** Due, and without room in these days: for a later plan. */
  readonly waiting: number;
  readonly lines: readonly PlanLine[];
}

export interface PlannerParts {
  readonly database: Database;
  readonly clock: Clock;
}

/** After a kill -9, PostgreSQL may still be at work for the dead process. */
const LOCK_WAIT_MS = 60_000;
const LOCK_POLL_MS = 50;
const BEGIN = `begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
  set local work_mem = '64MB'; set local plan_cache_mode = force_custom_plan; set local enable_nestloop = off`;

/** Plans who is invited on which day and by which channel (AIPD, ciblage, d): by rule alone, never by hand (M1.51). */
export class InvitationPlanner {
  constructor(private readonly parts: PlannerParts) {}

  /**
   * One transaction holds the plan, its jobs and its trace: a run that is killed leaves all of it or nothing, and run
   * again it ends alike. Persons never leave the database: its memory grows with groups and days only.
   * @throws PLANNING_RUNNING, INVALID_INPUT
   */
  async plan(request: PlanRequest): Promise<PlanReport> {
    const { database } = this.parts;
    if (!(request.days >= 1 && request.days <= 366)) throw new LancetteError('INVALID_INPUT', { field: 'days' });
    const queue = request.commit ? await InvitationQueue.open(database.pool(roleOf('queue'))) : undefined;
    try {
      const client = await database.pool(roleOf('planner')).connect();
      // A connection that dies makes its next query fail; without a listener it would end the process.
      client.on('error', () => undefined);
      try {
        return await this.planOver(client, request, queue);
      } finally {
        client.release(true);
      }
    } finally {
      await queue?.close();
    }
  }

  private async planOver(
    client: ClientBase,
    request: PlanRequest,
    queue: InvitationQueue | undefined,
  ): Promise<PlanReport> {
    const startedAt = this.parts.clock.now();
    await client.query(BEGIN);
    await takeTurn(client);
    const phases = await readPhases(client);
    const days = daysFrom(request.from, request.days);
    await client.query(CREATE_DUE);
    const { text, values } = findDue(phases, request.portals);
    await client.query(text, [...values]);
    const groups = await readGroups(client);
    const capacities = capacitiesOf(phases, days, await readCapacities(client, days));
    const taken = allocate(groups, capacities);
    const report = reportOf(groups, days, taken);
    if (!queue) {
      await client.query('rollback');
      return report;
    }
    const slots = slotsOf(groups, days, taken, phases);
    const columns = slotColumns(slots);
    await client.query(CREATE_SLOT);
    await client.query(INSERT_SLOTS, columns);
    await client.query(INDEX_DUE);
    await client.query('set local enable_nestloop = on; analyze slot');
    await client.query(INSERT_BATCHES);
    await client.query(INSERT_MESSAGES);
    await queue.add(client, slots);
    const runId = randomUUID();
    await client.query(RECORD, [runId, startedAt, this.parts.clock.now(), report.planned]);
    await client.query('commit');
    return { ...report, runId };
  }
}

/** One run at a time, so that no two of them count the same capacity. @throws PLANNING_RUNNING */
async function takeTurn(client: ClientBase): Promise<void> {
  for (const until = Date.now() + LOCK_WAIT_MS; ; await sleep(LOCK_POLL_MS)) {
    const { rows } = await client.query<{ ours: boolean }>(
      `select pg_try_advisory_xact_lock(hashtext('lancette.planning')) as ours`,
    );
    if (rows[0]?.ours) return;
    if (Date.now() > until) throw new LancetteError('PLANNING_RUNNING');
  }
}

type Phase = Pick<
  InvitationPhase,
  'code' | 'startsOn' | 'endsOn' | 'criteriaCodes' | 'everyone' | 'channels' | 'withoutInvitation'
>;

const readPhases = async (client: ClientBase): Promise<Phase[]> =>
  (
    await client.query<Phase>(`select code, starts_on::text as "startsOn", ends_on::text as "endsOn",
       criteria_codes as "criteriaCodes", everyone, channels, without_invitation as "withoutInvitation"
       from invitation_phase order by starts_on, code collate "C"`)
  ).rows;

async function readGroups(client: ClientBase): Promise<Group[]> {
  const { rows } = await client.query<Omit<Group, 'channel'> & { channel: number }>(COUNT_DUE);
  return rows.map((row) => ({ ...row, channel: CHANNELS[row.channel] as string }));
}

/** M1.58: the volumes of the run; and the trace that criteria and contacts were consulted for it. */
const RECORD = `with run as (insert into invitation_run (id, kind, started_at, finished_at, messages) values ($1, 'PLANNING', $2, $3, $4))
  insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
  values ($1, 'OPERATEUR', 'plan-invitations', 'planInvitations', array['3°', '4°', '6°a', '7°'], 'RECORDED', 'AIPD, ciblage', '{}')`;

function reportOf(groups: readonly Group[], days: readonly string[], taken: readonly number[][]): PlanReport {
  const cells = new Map<string, PlanLine>();
  for (const [index, { department, channel }] of groups.entries()) {
    for (const [at, persons] of (taken[index] ?? []).entries()) {
      if (persons === 0) continue;
      const key = `${department}|${days[at]}|${CHANNELS.indexOf(channel as InvitationChannel)}`;
      const day = days[at] as string;
      cells.set(key, {
        ...{ department, day, channel: channel as InvitationChannel },
        persons: persons + (cells.get(key)?.persons ?? 0),
      });
    }
  }
  const due = groups.reduce((sum, { persons }) => sum + persons, 0);
  const planned = taken.flat().reduce((sum, persons) => sum + persons, 0);
  const lines = [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  return { runId: null, due, planned, waiting: due - planned, lines };
}
