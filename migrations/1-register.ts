import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The register's tables, as the entities describe them; `npm test` compares both. */
const TABLES = [
  `CREATE TABLE "patient_health" ("patient_key" bigint NOT NULL, "medical_criteria_codes" text array, "treatments" text array, "contraindications" text array, "adverse_effects" text array, "infection_date" text, CONSTRAINT "PK_5cc7106394bf2f75bd7461c7d26" PRIMARY KEY ("patient_key"))`,
  `CREATE TABLE "patient" ("key" BIGSERIAL NOT NULL, "id" uuid NOT NULL, "birth_name" text NOT NULL, "usage_name" text, "first_names" text array NOT NULL, "sex" text NOT NULL, "birth_date" text NOT NULL, "birth_place" text, "nir" text, "birth_name_prefix" text NOT NULL, "first_name_prefix" text NOT NULL, "birth_year" smallint NOT NULL, "age_class" text NOT NULL, "scheme_code" text NOT NULL, "body_code" text NOT NULL, "postal_address" text, "phone" text, "email" text, "legal_representative" text, "department" text NOT NULL, "non_medical_criteria_codes" text array NOT NULL, "body_key" text NOT NULL, "region_code" text NOT NULL, "research_objection" boolean NOT NULL DEFAULT false, "targeting_type" text NOT NULL, "targeting_phase" text, "pseudonym_covid" text NOT NULL, "pseudonym_ars" text NOT NULL, "pseudonym_snds" text NOT NULL, CONSTRAINT "patient_no_military_address" CHECK (scheme_code <> '08' or num_nonnulls(postal_address, phone, email, legal_representative) = 0), CONSTRAINT "patient_body_key" CHECK (body_key = scheme_code || body_code), CONSTRAINT "patient_prefixes" CHECK (birth_name_prefix = left(birth_name, 3) and first_name_prefix = left(first_names[1], 3)), CONSTRAINT "PK_16d855192b4fdd791fec90c8551" PRIMARY KEY ("key"))`,
  `CREATE UNIQUE INDEX "IDX_8dfa510bb29ad31ab2139fbfb9" ON "patient"  ("id") `,
  `CREATE INDEX "IDX_706d81fcaf9cbeeff462237d82" ON "patient"  ("pseudonym_snds", "key") `,
  `CREATE INDEX "IDX_eb6d6c0d1301ea1ef927da0e7f" ON "patient"  ("pseudonym_ars", "key") `,
  `CREATE INDEX "IDX_8cc4101d5124a9a9640e05e8b5" ON "patient"  ("pseudonym_covid", "key") `,
  `CREATE INDEX "IDX_84fc20355dafa07cba0ecdf057" ON "patient"  ("birth_date", "key") `,
  `CREATE TABLE "attestation" ("patient_key" bigint NOT NULL, "id" uuid NOT NULL, "issued_at" TIMESTAMP WITH TIME ZONE NOT NULL, "kind" text NOT NULL, "content" text NOT NULL, "revoked_at" TIMESTAMP WITH TIME ZONE, "rank" smallint NOT NULL, "uvci" text NOT NULL, CONSTRAINT "PK_d89110288b396e085ef71c0b9b0" PRIMARY KEY ("patient_key", "id"))`,
  `CREATE TABLE "professional" ("key" BIGSERIAL NOT NULL, "rpps" text, "am_number" text, "family_name" text, "first_name" text, "category" text, "phone" text, "email" text, "structure_finess" text, "declared_by_hand" boolean NOT NULL DEFAULT false, CONSTRAINT "PK_0aaedbe0824dd95947812516360" PRIMARY KEY ("key"))`,
  `CREATE UNIQUE INDEX "professional_rpps" ON "professional"  ("rpps") WHERE not declared_by_hand`,
  `CREATE TABLE "eligibility_step" ("patient_key" bigint NOT NULL, "performed_at" TIMESTAMP WITH TIME ZONE NOT NULL, "professional_key" bigint NOT NULL, "prescriber_key" bigint, "prescribed_at" TIMESTAMP WITH TIME ZONE, "not_recommended_vaccines" text array NOT NULL, CONSTRAINT "PK_401ce9baeb8c40b2dc6946602e2" PRIMARY KEY ("patient_key"))`,
  `CREATE INDEX "IDX_62ead52a5b736625a05668f845" ON "eligibility_step"  ("professional_key") `,
  `CREATE INDEX "IDX_d72a350b49c28069115690a8b7" ON "eligibility_step"  ("prescriber_key") `,
  `CREATE TABLE "injection_step" ("patient_key" bigint NOT NULL, "rank" smallint NOT NULL, "vaccine" text NOT NULL, "lot_number" text NOT NULL, "administration_route" text NOT NULL, "injection_site" text NOT NULL, "performed_at" TIMESTAMP WITH TIME ZONE NOT NULL, "place_category" smallint NOT NULL, "place_finess" text, "place_siret" text, "professional_key" bigint NOT NULL, CONSTRAINT "injection_rank" CHECK (rank between 1 and 9), CONSTRAINT "PK_908a8edb6e77cc8e41f2a89d049" PRIMARY KEY ("patient_key", "rank"))`,
  `CREATE INDEX "IDX_f81a337c36c44342aab9e369a0" ON "injection_step"  ("professional_key") `,
  `CREATE TABLE "vaccination_site" ("finess" text NOT NULL, "name" text NOT NULL, "department" text NOT NULL, "vaccines" text array NOT NULL, "military" boolean NOT NULL DEFAULT false, CONSTRAINT "PK_48e9e4f1e20cf2373f01cc31fe3" PRIMARY KEY ("finess"))`,
  `CREATE TABLE "invitation" ("patient_key" bigint NOT NULL, "code" text NOT NULL, "sent_at" TIMESTAMP WITH TIME ZONE, "channel" text, CONSTRAINT "PK_33cf75134ad29d73e571bc5d2f6" PRIMARY KEY ("patient_key", "code"))`,
  `CREATE TABLE "idempotency_key" ("subject" text NOT NULL, "key" text NOT NULL, "digest" text NOT NULL, "recorded_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_15bbc5298ddd8af57469af2fb58" PRIMARY KEY ("subject", "key"))`,
  `CREATE TABLE "patient_nir" ("nir_index" bytea NOT NULL, "patient_key" bigint NOT NULL, CONSTRAINT "PK_1c90174c865494c3b30233bbd48" PRIMARY KEY ("nir_index"))`,
  `CREATE TABLE "invitation_code" ("code" text NOT NULL, "patient_key" bigint NOT NULL, CONSTRAINT "PK_ced87ceaa07fe39e008d2584098" PRIMARY KEY ("code"))`,
  `CREATE TABLE "attending_physician" ("patient_key" bigint NOT NULL, "rpps" text NOT NULL, "consent" boolean NOT NULL DEFAULT false, CONSTRAINT "PK_2993bb335c2e8354957632710aa" PRIMARY KEY ("patient_key"))`,
  `CREATE INDEX "IDX_f97359dd48ab633f0614c12bb3" ON "attending_physician"  ("rpps") `,
  `CREATE TABLE "unvaccinated_list_request" ("rpps" text NOT NULL, "requested_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "PK_1a72470361475441360da2340f7" PRIMARY KEY ("rpps"))`,
  `CREATE TABLE "act" ("key" BIGSERIAL NOT NULL, "kind" text NOT NULL, "performed_on" date NOT NULL, "professional_key" bigint NOT NULL, CONSTRAINT "PK_88ae7ff7d1074d04b2033c5464d" PRIMARY KEY ("key"))`,
  `CREATE INDEX "IDX_a04a47f5c0ca02f95ed54f7d2b" ON "act"  ("professional_key") `,
  `CREATE TABLE "referential_person" ("nir_index" bytea NOT NULL, "sealed_identity" text NOT NULL, CONSTRAINT "PK_db8c7f42f68d75cfc148ee5e8b5" PRIMARY KEY ("nir_index"))`,
  `CREATE TABLE "targeting_import" ("id" uuid NOT NULL, "sha256" text NOT NULL, "started_at" TIMESTAMP WITH TIME ZONE NOT NULL, "finished_at" TIMESTAMP WITH TIME ZONE, "lines_read" integer NOT NULL DEFAULT '0', "persons_created" integer NOT NULL DEFAULT '0', "persons_enriched" integer NOT NULL DEFAULT '0', "persons_unchanged" integer NOT NULL DEFAULT '0', "lines_rejected" integer NOT NULL DEFAULT '0', "bytes_done" bigint NOT NULL DEFAULT '0', CONSTRAINT "UQ_2a1f82243e18726c9e3defa2c60" UNIQUE ("sha256"), CONSTRAINT "PK_a40411618194c8213e4c3eaf92d" PRIMARY KEY ("id"))`,
  `CREATE TABLE "targeting_reject" ("import_id" uuid NOT NULL, "line" integer NOT NULL, "column_name" text NOT NULL, "code" text NOT NULL, "sealed_line" text NOT NULL, CONSTRAINT "PK_1fc9e8fa96859304f6a1b20ef3e" PRIMARY KEY ("import_id", "line"))`,
  `CREATE TABLE "trace" ("id" BIGSERIAL NOT NULL, "at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(), "request_id" uuid NOT NULL, "recipient" text NOT NULL, "actor" text NOT NULL, "operation" text NOT NULL, "categories" text array NOT NULL, "outcome" text NOT NULL, "article" text, "records" bigint array NOT NULL, CONSTRAINT "PK_d55e3146ed1a9769069a83a8044" PRIMARY KEY ("id"))`,
  `CREATE INDEX "IDX_97cc16f4e120bfc34d7fe98172" ON "trace"  ("request_id") `,
  `ALTER TABLE "patient_health" ADD CONSTRAINT "FK_5cc7106394bf2f75bd7461c7d26" FOREIGN KEY ("patient_key") REFERENCES "patient"("key") ON DELETE CASCADE ON UPDATE NO ACTION`,
  `ALTER TABLE "attestation" ADD CONSTRAINT "FK_317c12005db2ff511b3bbdd3141" FOREIGN KEY ("patient_key") REFERENCES "patient"("key") ON DELETE NO ACTION ON UPDATE NO ACTION`,
  `ALTER TABLE "eligibility_step" ADD CONSTRAINT "FK_401ce9baeb8c40b2dc6946602e2" FOREIGN KEY ("patient_key") REFERENCES "patient"("key") ON DELETE NO ACTION ON UPDATE NO ACTION`,
  `ALTER TABLE "eligibility_step" ADD CONSTRAINT "FK_62ead52a5b736625a05668f8454" FOREIGN KEY ("professional_key") REFERENCES "professional"("key") ON DELETE NO ACTION ON UPDATE NO ACTION`,
  `ALTER TABLE "eligibility_step" ADD CONSTRAINT "FK_d72a350b49c28069115690a8b76" FOREIGN KEY ("prescriber_key") REFERENCES "professional"("key") ON DELETE NO ACTION ON UPDATE NO ACTION`,
  `ALTER TABLE "injection_step" ADD CONSTRAINT "FK_e1986af2f74312968b1864a520e" FOREIGN KEY ("patient_key") REFERENCES "patient"("key") ON DELETE NO ACTION ON UPDATE NO ACTION`,
  `ALTER TABLE "injection_step" ADD CONSTRAINT "FK_f81a337c36c44342aab9e369a08" FOREIGN KEY ("professional_key") REFERENCES "professional"("key") ON DELETE NO ACTION ON UPDATE NO ACTION`,
  `ALTER TABLE "invitation" ADD CONSTRAINT "FK_ec1032e3a71964f3150b0aed472" FOREIGN KEY ("patient_key") REFERENCES "patient"("key") ON DELETE CASCADE ON UPDATE NO ACTION`,
  `ALTER TABLE "act" ADD CONSTRAINT "FK_a04a47f5c0ca02f95ed54f7d2b6" FOREIGN KEY ("professional_key") REFERENCES "professional"("key") ON DELETE NO ACTION ON UPDATE NO ACTION`,
];

export class Register1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema public cascade');
    await runner.query('create schema public');
  }
}
