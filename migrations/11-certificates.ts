import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Certificates in two forms, and the published list of those that are revoked.
 *
 * Revocations are numbered one after the other, whoever revokes: the lock is held until the end of the transaction, so that
 * nobody who asks « what is new after n » can miss a number that is committed later.
 */
const STATEMENTS = [
  'ALTER TABLE "attestation" ADD "data_matrix" text',
  'ALTER TABLE "attestation" ADD "expires_at" TIMESTAMP WITH TIME ZONE',
  `CREATE TABLE "revocation" ("number" BIGSERIAL NOT NULL, "entry" bytea NOT NULL, "revoked_at" TIMESTAMP WITH TIME ZONE NOT NULL, "expires_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "revocation_entry_once" UNIQUE ("entry"), CONSTRAINT "revocation_pkey" PRIMARY KEY ("number"))`,

  // Sixteen bytes of SHA-256: of the identifier, and of the first 51 characters of the 2D-DOC's signature, which are 255 bits
  // of its r: whoever has the code cannot make another valid signature out of it with another r.
  `create function lancette.publish_revocation() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    perform pg_advisory_xact_lock(hashtext('lancette.revocation'));
    insert into revocation (entry, revoked_at, expires_at)
      select substring(sha256(convert_to(one, 'UTF8')) for 16), new.revoked_at, new.expires_at
      from unnest(array[old.uvci, substr(split_part(old.data_matrix, chr(31), 2), 1, 51)]) one
      where one <> ''
      on conflict (entry) do nothing;
    return null;
  end $$`,
  `create trigger attestation_revoked after update of revoked_at on attestation for each row
    when (old.revoked_at is null and new.revoked_at is not null) execute function lancette.publish_revocation()`,
  'revoke all on function lancette.publish_revocation() from public',
];

export class Certificates1700000000011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger attestation_revoked on attestation');
    await runner.query('drop function lancette.publish_revocation()');
    await runner.query('drop table revocation');
    await runner.query('alter table attestation drop column data_matrix, drop column expires_at');
  }
}
