import type { MigrationInterface, QueryRunner } from 'typeorm';

/** OAuth clients, and the proofs that were used. */
const TABLES = [
  `CREATE TABLE "oauth_client" ("id" text NOT NULL, "recipients" text array NOT NULL, "region" text, "jwks" jsonb, "jwks_uri" text, "certificates" text array NOT NULL DEFAULT '{}', "binding" text NOT NULL DEFAULT 'none', "exchanges" boolean NOT NULL DEFAULT false, "declared_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "disabled_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "oauth_client_keys" CHECK (num_nonnulls(jwks, jwks_uri) <= 1), CONSTRAINT "oauth_client_proof" CHECK (num_nonnulls(jwks, jwks_uri) = 1 or cardinality(certificates) > 0), CONSTRAINT "oauth_client_binding" CHECK (binding in ('none', 'certificate', 'dpop')), CONSTRAINT "oauth_client_pkey" PRIMARY KEY ("id"))`,
  `CREATE TABLE "used_proof" ("kind" text NOT NULL, "id_hash" bytea NOT NULL, "until" TIMESTAMP WITH TIME ZONE NOT NULL, CONSTRAINT "used_proof_pkey" PRIMARY KEY ("kind", "id_hash"))`,
  `CREATE INDEX "used_proof_until" ON "used_proof"  ("until") `,
];

export class Callers1700000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table oauth_client, used_proof');
  }
}
