import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `CREATE TABLE "rate_counter" ("key" character varying(255) NOT NULL, "points" integer NOT NULL DEFAULT '0', "expire" bigint, CONSTRAINT "rate_counter_pkey" PRIMARY KEY ("key"))`,
  `CREATE TABLE "suspension" ("id" uuid NOT NULL, "kind" text NOT NULL, "value" text NOT NULL, "reason" text NOT NULL, "since" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "until" TIMESTAMP WITH TIME ZONE NOT NULL, "lifted_at" TIMESTAMP WITH TIME ZONE, "lifted_by" text, "lift_reason" text, CONSTRAINT "suspension_lifting" CHECK (num_nonnulls(lifted_at, lifted_by, lift_reason) in (0, 3)), CONSTRAINT "suspension_kind" CHECK (kind in ('principal', 'structure', 'client', 'address')), CONSTRAINT "suspension_pkey" PRIMARY KEY ("id"))`,
  `CREATE INDEX "suspension_open" ON "suspension"  ("value", "until") WHERE lifted_at is null`,

  // Replaced by the migration that creates the clients (5): until then none can be disabled.
  `create function lancette.client_disabled(client text) returns boolean
  language sql stable security definer set search_path = public, pg_temp as
  $$ select false $$`,

  // SECURITY F24: asked in the transaction that reads or records, so that no decision is older than the data.
  `create function lancette.refuse_suspended() returns boolean language plpgsql as $$
  begin
    raise exception 'suspended' using errcode = 'LC403';
  end $$`,

  `create function lancette.require_standing(subject text, structure text, client text) returns boolean
  language sql stable security definer begin atomic
    select case when exists (select from suspension s
        where s.value = any (array[subject, structure, client]) and s.lifted_at is null and s.until > now()
          and (s.kind, s.value) in (('principal', subject), ('structure', structure), ('client', client)))
      or client is not null and lancette.client_disabled(client)
    then lancette.refuse_suspended() else true end;
  end`,
];

export class Limits1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function lancette.require_standing(text, text, text)');
    await runner.query('drop function lancette.refuse_suspended()');
    await runner.query('drop function lancette.client_disabled(text)');
    await runner.query('drop table suspension');
    await runner.query('drop table rate_counter');
  }
}
