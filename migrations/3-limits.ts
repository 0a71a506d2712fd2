import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `CREATE TABLE "rate_counter" ("key" character varying(255) NOT NULL, "points" integer NOT NULL DEFAULT '0', "expire" bigint, CONSTRAINT "rate_counter_pkey" PRIMARY KEY ("key"))`,
  `CREATE TABLE "suspension" ("id" uuid NOT NULL, "kind" text NOT NULL, "value" text NOT NULL, "reason" text NOT NULL, "since" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "until" TIMESTAMP WITH TIME ZONE NOT NULL, "lifted_at" TIMESTAMP WITH TIME ZONE, "lifted_by" text, "lift_reason" text, CONSTRAINT "suspension_lifting" CHECK (num_nonnulls(lifted_at, lifted_by, lift_reason) in (0, 3)), CONSTRAINT "suspension_kind" CHECK (kind in ('principal', 'structure', 'client', 'address')), CONSTRAINT "suspension_pkey" PRIMARY KEY ("id"))`,
  `CREATE INDEX "suspension_open" ON "suspension"  ("kind", "value", "until") WHERE lifted_at is null`,

  // Replaced by the migration that creates the clients (5): until then none can be disabled.
  `create function lancette.client_disabled(client text) returns boolean
  language sql stable security definer set search_path = public, pg_temp as
  $$ select false $$`,

  // SECURITY F24: asked in the transaction that reads or records, so that no decision is older than the data.
  `create function lancette.require_standing(subject text, structure text, client text) returns void
  language plpgsql stable security definer set search_path = public, pg_temp as $$
  begin
    if exists (select from suspension where kind = 'principal' and value = subject and lifted_at is null and until > now())
      or structure is not null
        and exists (select from suspension where kind = 'structure' and value = structure and lifted_at is null and until > now())
      or client is not null and (lancette.client_disabled(client)
        or exists (select from suspension where kind = 'client' and value = client and lifted_at is null and until > now()))
    then
      raise exception 'suspended' using errcode = 'LC403';
    end if;
  end $$`,
];

export class Limits1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function lancette.require_standing(text, text, text)');
    await runner.query('drop function lancette.client_disabled(text)');
    await runner.query('drop table suspension');
    await runner.query('drop table rate_counter');
  }
}
