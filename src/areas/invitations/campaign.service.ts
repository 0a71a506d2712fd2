import { randomUUID } from 'node:crypto';
import { roleOf } from '../../access/grants.js';
import { pipeline, statement } from '../../db/pipeline.js';
import type { CapacityDeclaration, PhaseDeclaration } from './campaign-file.js';
import type { PlannerParts } from './planner.js';

const TRACE =
  statement(`insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
  values ($1, 'OPERATEUR', $2, $3, '{}', 'RECORDED', 'AIPD, ciblage', '{}')`);

const DECLARE_PHASES = statement(`insert into invitation_phase
    (code, starts_on, ends_on, criteria_codes, everyone, channels, without_invitation, declared_at)
  select code, "startsOn", "endsOn", "criteriaCodes", everyone, channels, "withoutInvitation", $2
    from jsonb_to_recordset($1::jsonb) as given (code text, "startsOn" date, "endsOn" date, "criteriaCodes" text[], everyone boolean,
      channels text[], "withoutInvitation" boolean)
  on conflict (code) do update set starts_on = excluded.starts_on, ends_on = excluded.ends_on, criteria_codes = excluded.criteria_codes,
    everyone = excluded.everyone, channels = excluded.channels, without_invitation = excluded.without_invitation,
    declared_at = excluded.declared_at`);

const DECLARE_CHANNELS = statement(`insert into channel_capacity (channel, starts_on, per_day)
  select channel, "startsOn", "perDay" from jsonb_to_recordset($1::jsonb) as given (channel text, "startsOn" date, "perDay" integer)
  on conflict (channel, starts_on) do update set per_day = excluded.per_day`);

const DECLARE_DEPARTMENTS = statement(`insert into vaccination_capacity (department, starts_on, per_day)
  select department, "startsOn", "perDay" from jsonb_to_recordset($1::jsonb) as given (department text, "startsOn" date, "perDay" integer)
  on conflict (department, starts_on) do update set per_day = excluded.per_day`);

/**
 * What the planner goes by: declared by files that were checked, traced, and in force from the next plan on. A phase or a
 * capacity is declared anew, never removed: its last day, or a capacity of nought, ends it.
 */
export class CampaignService {
  constructor(private readonly parts: PlannerParts) {}

  async declarePhases(phases: readonly PhaseDeclaration[], actor: string): Promise<void> {
    await pipeline(this.pool(), [
      { statement: DECLARE_PHASES, values: [JSON.stringify(phases), this.parts.clock.now().toISOString()] },
      { statement: TRACE, values: [randomUUID(), actor, 'declarePhases'] },
    ]);
  }

  async declareCapacities({ channels, departments }: CapacityDeclaration, actor: string): Promise<void> {
    await pipeline(this.pool(), [
      { statement: DECLARE_CHANNELS, values: [JSON.stringify(channels)] },
      { statement: DECLARE_DEPARTMENTS, values: [JSON.stringify(departments)] },
      { statement: TRACE, values: [randomUUID(), actor, 'declareCapacities'] },
    ]);
  }

  private pool() {
    return this.parts.database.pool(roleOf('planner'));
  }
}
