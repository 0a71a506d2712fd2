import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Establishments of the AIR convention and their certificates. */
const STATEMENTS = [
  `CREATE TABLE "establishment" ("finess" text NOT NULL, "name" text NOT NULL, "means" integer array NOT NULL, CONSTRAINT "establishment_finess" CHECK (finess ~ '^[0-9][0-9AB][0-9]{7}$'), CONSTRAINT "establishment_means" CHECK (means <@ array[1, 2, 3, 4, 5, 6]), CONSTRAINT "establishment_key" PRIMARY KEY ("finess"))`,
  `CREATE TABLE "establishment_certificate" ("thumbprint" text NOT NULL, "finess" text NOT NULL, "pem" text NOT NULL, "usage" text NOT NULL, "revoked_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "establishment_certificate_usage" CHECK (usage in ('SEAL', 'TLS')), CONSTRAINT "establishment_certificate_key" PRIMARY KEY ("thumbprint", "finess"))`,
  `CREATE INDEX "establishment_certificate_finess" ON "establishment_certificate"  ("finess") `,
  `ALTER TABLE "establishment_certificate" ADD CONSTRAINT "establishment_certificate_of" FOREIGN KEY ("finess") REFERENCES "establishment"("finess") ON DELETE NO ACTION ON UPDATE NO ACTION`,

  // Convention AIR, annex 3: three FINESS for one certificate, three certificates in use for one establishment. One
  // writer at a time, or two would each count two and make four. What is revoked stays revoked.
  `create function lancette.certificate_limits() returns trigger language plpgsql
  security definer set search_path = public, pg_temp as $$
  begin
    perform pg_advisory_xact_lock(hashtext('lancette.certificate_limits'));
    if tg_op = 'UPDATE' and (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at
        or (new.thumbprint, new.finess, new.pem, new.usage) is distinct from (old.thumbprint, old.finess, old.pem, old.usage)) then
      raise exception 'a declared certificate is only ever revoked' using errcode = 'LC006';
    end if;
    if (select count(*) from establishment_certificate c where c.thumbprint = new.thumbprint) > 3
      or (select count(*) from establishment_certificate c where c.finess = new.finess and c.revoked_at is null) > 3 then
      raise exception 'three FINESS per certificate, three certificates per establishment' using errcode = 'LC005';
    end if;
    return null;
  end $$`,
  `create trigger establishment_certificate_limits after insert or update on establishment_certificate
    for each row execute function lancette.certificate_limits()`,
];

export class Establishments1700000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table establishment_certificate, establishment');
    await runner.query('drop function lancette.certificate_limits()');
  }
}
