import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Phases, capacities, the plan of invitations and what became of each message. */
const TABLES = [
  `CREATE TABLE "invitation_phase" ("code" text NOT NULL, "starts_on" date NOT NULL, "ends_on" date, "criteria_codes" text array NOT NULL, "everyone" boolean NOT NULL, "channels" text array NOT NULL, "without_invitation" boolean NOT NULL, "declared_at" TIMESTAMP WITH TIME ZONE NOT NULL, CONSTRAINT "invitation_phase_channels" CHECK (without_invitation = (cardinality(channels) = 0)), CONSTRAINT "invitation_phase_persons" CHECK (everyone <> (cardinality(criteria_codes) > 0)), CONSTRAINT "invitation_phase_dates" CHECK (ends_on is null or ends_on >= starts_on), CONSTRAINT "invitation_phase_pkey" PRIMARY KEY ("code"))`,
  `CREATE TABLE "channel_capacity" ("channel" text NOT NULL, "starts_on" date NOT NULL, "per_day" integer NOT NULL, CONSTRAINT "channel_capacity_per_day" CHECK (per_day >= 0), CONSTRAINT "channel_capacity_pkey" PRIMARY KEY ("channel", "starts_on"))`,
  `CREATE TABLE "vaccination_capacity" ("department" text NOT NULL, "starts_on" date NOT NULL, "per_day" integer NOT NULL, CONSTRAINT "vaccination_capacity_per_day" CHECK (per_day >= 0), CONSTRAINT "vaccination_capacity_pkey" PRIMARY KEY ("department", "starts_on"))`,
  `CREATE TABLE "invitation_batch" ("id" uuid NOT NULL, "planned_on" date NOT NULL, "department" text NOT NULL, "channel" text NOT NULL, "size" integer NOT NULL, "finished_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "invitation_batch_pkey" PRIMARY KEY ("id"))`,
  `CREATE INDEX "invitation_batch_planned_on" ON "invitation_batch"  ("planned_on") `,
  `CREATE TABLE "invitation_message" ("patient_key" bigint NOT NULL, "attempt" smallint NOT NULL, "batch_id" uuid NOT NULL, "phase_code" text NOT NULL, "channel" text NOT NULL, "state" text NOT NULL DEFAULT 'QUEUED', "reference" uuid, "changed_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "invitation_message_attempt" CHECK (attempt in (1, 2)), CONSTRAINT "invitation_message_pkey" PRIMARY KEY ("patient_key", "attempt"))`,
  `CREATE INDEX "invitation_message_of_batch" ON "invitation_message"  ("batch_id") `,
  `CREATE INDEX "invitation_message_reference" ON "invitation_message"  ("reference") WHERE reference is not null`,
  `CREATE TABLE "invitation_run" ("id" uuid NOT NULL, "kind" text NOT NULL, "started_at" TIMESTAMP WITH TIME ZONE NOT NULL, "finished_at" TIMESTAMP WITH TIME ZONE, "messages" integer NOT NULL DEFAULT '0', "errors" integer NOT NULL DEFAULT '0', CONSTRAINT "invitation_run_pkey" PRIMARY KEY ("id"))`,
];

/**
 * AIPD, ciblage, d: nobody is reminded. A second message exists only when the first one never arrived, and what has left
 * never waits again: the database holds both, whatever a program does.
 */
const GUARDS = [
  // art. 5: whoever objects leaves nothing behind. Not a foreign key, which would lock every person of a plan: what a plan
  // adds at the same moment is removed when its batch ends.
  `create function lancette.forget_messages() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    delete from invitation_message where patient_key = old.key;
    return null;
  end $$`,
  `create trigger patient_forgets_messages after delete on patient for each row execute function lancette.forget_messages()`,

  `create function lancette.never_a_reminder() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    if not exists (select from invitation_message where patient_key = new.patient_key and attempt = 1
        and state = 'BOUNCED' and channel <> new.channel) then
      raise exception 'a person is invited once' using errcode = 'LC002';
    end if;
    return new;
  end $$`,
  `create trigger invitation_message_never_a_reminder before insert or update of attempt on invitation_message
    for each row when (new.attempt = 2) execute function lancette.never_a_reminder()`,
  `create function lancette.what_left_has_left() returns trigger language plpgsql as $$
  begin
    raise exception 'a message that has left does not leave again' using errcode = 'LC002';
  end $$`,
  `create trigger invitation_message_leaves_once before update of state on invitation_message
    for each row when (old.state not in ('QUEUED', 'SENDING') and new.state in ('QUEUED', 'SENDING'))
    execute function lancette.what_left_has_left()`,
];

export class Invitations1700000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...GUARDS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger patient_forgets_messages on patient');
    await runner.query(
      'drop table invitation_message, invitation_batch, invitation_run, invitation_phase, channel_capacity, vaccination_capacity',
    );
    await runner.query(
      'drop function lancette.forget_messages(), lancette.never_a_reminder(), lancette.what_left_has_left()',
    );
    await runner.query('drop schema if exists lancette_queue cascade');
  }
}
