import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `CREATE TABLE "accreditation" ("id" uuid NOT NULL, "subject" text NOT NULL, "agent_name" text NOT NULL, "recipient" text NOT NULL, "body_key" text NOT NULL, "accredited_by" text NOT NULL, "granted_at" TIMESTAMP WITH TIME ZONE NOT NULL, "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL, "review_due_at" TIMESTAMP WITH TIME ZONE NOT NULL, "reviewed_at" TIMESTAMP WITH TIME ZONE, "reviewed_by" text, "revoked_at" TIMESTAMP WITH TIME ZONE, "revocation_reason" text, CONSTRAINT "accreditation_pkey" PRIMARY KEY ("id"))`,
  `CREATE UNIQUE INDEX "accreditation_of_agent" ON "accreditation"  ("subject") WHERE revoked_at is null`,
  `CREATE TABLE "body_delegation" ("id" uuid NOT NULL, "delegating_body" text NOT NULL, "delegated_body" text NOT NULL, "from_day" date NOT NULL, "until_day" date NOT NULL, "ended_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "body_delegation_pkey" PRIMARY KEY ("id"))`,
  `CREATE INDEX "body_delegation_to" ON "body_delegation"  ("delegated_body") `,
];

/**
 * The perimeter of an agent (AIPD M1.94): his own body and those that delegate to it today, as the register says at this
 * very moment and for the recipient that he was accredited as. Otherwise the transaction ends here. Days are those of Paris.
 */
const ENTER = `create function lancette.enter_accreditation(given_id uuid, given_recipient text) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    perform set_config('lancette.bodies', concat(a.body_key,
        (select string_agg(',' || d.delegating_body, '') from body_delegation d
          where d.delegated_body = a.body_key and d.ended_at is null
            and (now() at time zone 'Europe/Paris')::date between d.from_day and d.until_day)), true)
      from accreditation a
     where a.id = given_id and a.recipient = given_recipient
       and a.revoked_at is null and a.expires_at > now() and a.review_due_at > now();
    if not found then
      raise exception 'the accreditation is not in force' using errcode = 'LC401';
    end if;
  end $$`;

export class Accreditations1700000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ENTER]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function lancette.enter_accreditation(uuid, text)');
    await runner.query('drop table body_delegation, accreditation');
  }
}
