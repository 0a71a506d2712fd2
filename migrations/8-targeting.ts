import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A list of criteria codes, and nothing that could be their label (AIPD, minimisation). */
const CODES = (column: string): string =>
  `array_to_string(${column}, ',') ~ '^([A-Z]{1,4}[0-9]{1,6}(,[A-Z]{1,4}[0-9]{1,6})*)?$'`;

const TABLES = [
  `ALTER TABLE "patient" ADD CONSTRAINT "patient_criteria_are_codes" CHECK (${CODES('non_medical_criteria_codes')})`,
  `ALTER TABLE "patient_health" ADD CONSTRAINT "patient_health_criteria_are_codes" CHECK (${CODES('medical_criteria_codes')})`,

  `ALTER TABLE "targeting_import" DROP CONSTRAINT "UQ_2a1f82243e18726c9e3defa2c60"`,
  `ALTER TABLE "targeting_import" ADD "reject_reasons" jsonb NOT NULL DEFAULT '{}'`,
  `ALTER TABLE "targeting_import" ADD "duration_milliseconds" integer NOT NULL DEFAULT '0'`,
  `ALTER TABLE "targeting_import" ADD "rollback_begun_at" TIMESTAMP WITH TIME ZONE`,
  `ALTER TABLE "targeting_import" ADD "rolled_back_at" TIMESTAMP WITH TIME ZONE`,
  `CREATE UNIQUE INDEX "targeting_import_sha256" ON "targeting_import"  ("sha256") WHERE rolled_back_at is null`,
  `ALTER TABLE "targeting_reject" ADD "set_aside_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()`,

  `CREATE TABLE "targeting_block" ("id" BIGSERIAL NOT NULL, "import_id" uuid NOT NULL, "created" int8multirange NOT NULL, "met" int8multirange NOT NULL, CONSTRAINT "targeting_block_key" PRIMARY KEY ("id"))`,
  `CREATE INDEX "targeting_block_import" ON "targeting_block"  ("import_id") `,
  `CREATE TABLE "targeting_gain" ("patient_key" bigint NOT NULL, "block_id" bigint NOT NULL, "medical" text array NOT NULL, "non_medical" text array NOT NULL, CONSTRAINT "targeting_gain_key" PRIMARY KEY ("patient_key", "block_id"))`,
  `CREATE INDEX "targeting_gain_block" ON "targeting_gain"  ("block_id") `,
  `ALTER TABLE "targeting_gain" ADD CONSTRAINT "targeting_gain_of" FOREIGN KEY ("patient_key") REFERENCES "patient"("key") ON DELETE CASCADE ON UPDATE NO ACTION`,
  `CREATE TABLE "targeting_run" ("id" uuid NOT NULL, "kind" text NOT NULL, "import_id" uuid, "started_at" TIMESTAMP WITH TIME ZONE NOT NULL, "finished_at" TIMESTAMP WITH TIME ZONE, "duration_milliseconds" integer NOT NULL DEFAULT '0', "lines_read" integer NOT NULL DEFAULT '0', "persons_created" integer NOT NULL DEFAULT '0', "persons_enriched" integer NOT NULL DEFAULT '0', "persons_unchanged" integer NOT NULL DEFAULT '0', "lines_rejected" integer NOT NULL DEFAULT '0', "error" text, CONSTRAINT "targeting_run_key" PRIMARY KEY ("id"))`,
  `CREATE INDEX "targeting_run_import" ON "targeting_run"  ("import_id") `,
];

/** A key within a range: found by its index, whatever the statistics. */
const inRange = (key: string): string => `${key} >= lower(r) and ${key} < upper(r)`;

const DEFINER = `security definer set search_path = public, pg_temp set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off`;

/**
 * An import is taken back by functions of the owner, each of which checks what it does: the intake itself deletes nobody.
 * Whoever has entered the pathway is out of reach, since the steps hold their person.
 */
const FUNCTIONS = [
  // Nobody of an import that is being taken back enters the pathway: the register does as if it were busy. Looked at once
  // for a statement, however many imports and steps there are.
  `create function lancette.refuse_withdrawn() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    if exists (select from targeting_import i where i.rollback_begun_at is not null and i.rolled_back_at is null)
      and exists (select from targeting_import i join targeting_block b on b.import_id = i.id, new_rows n
        where i.rollback_begun_at is not null and i.rolled_back_at is null
          and (b.created @> n.patient_key
               or exists (select from targeting_gain g where g.block_id = b.id and g.patient_key = n.patient_key)))
    then raise exception 'the import of this person is being taken back' using errcode = 'LC010';
    end if;
    return null;
  end $$`,
  'create trigger eligibility_step_not_withdrawn after insert on eligibility_step referencing new table as new_rows for each statement execute function lancette.refuse_withdrawn()',

  // The lock lets the recordings end that did not see the mark; those that come after the commit see it.
  `create function lancette.begin_rollback(given uuid) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    lock table eligibility_step in share row exclusive mode;
    update targeting_import set rollback_begun_at = coalesce(rollback_begun_at, clock_timestamp())
      where id = given and rolled_back_at is null;
  end $$`,

  // Why an import cannot be taken back: it was made before imports remembered whom they created, a person of it has
  // entered the pathway, or another file rests on what it brought.
  `create function lancette.rollback_obstacle(given uuid) returns text
  language plpgsql stable ${DEFINER} as $$
  declare ours int8multirange := (select coalesce(range_agg(r), '{}') from targeting_block b, unnest(b.created) r where b.import_id = given);
  begin
    if (select i.persons_created from targeting_import i where i.id = given)
      is distinct from (select coalesce(sum(upper(r) - lower(r)), 0) from unnest(ours) r)
    then return 'IMPORT_UNTRACKED'; end if;
    if exists (select from unnest(ours) r join eligibility_step e on ${inRange('e.patient_key')})
      or exists (select from unnest(ours) r join injection_step i on ${inRange('i.patient_key')})
      or exists (select from targeting_block b join targeting_gain g on g.block_id = b.id
        where b.import_id = given and (exists (select from eligibility_step e where e.patient_key = g.patient_key)
          or exists (select from injection_step i where i.patient_key = g.patient_key)))
    then return 'IMPORT_IN_PATHWAY'; end if;
    if exists (select from targeting_block b where b.import_id <> given and b.met && ours)
      or exists (select from targeting_block mine
        cross join lateral (select coalesce(range_agg(int8range(g.patient_key, g.patient_key + 1)), '{}') as keys
          from targeting_gain g where g.block_id = mine.id) gained
        join targeting_block b on b.id > mine.id and b.import_id <> given and b.met && gained.keys
        where mine.import_id = given)
    then return 'IMPORT_BUILT_UPON'; end if;
    return null;
  end $$`,

  // One block, in one transaction of its caller: what it added goes, then whom it created. The NIR indexes are given,
  // because only the application can compute them; each must lead to one of these persons, and each person to one of them.
  `create function lancette.withdraw_block(given bigint, nirs bytea[], out removed int, out restored int, out invited int)
  language plpgsql volatile ${DEFINER} as $$
  declare block targeting_block; keys bigint[]; found int;
  begin
    select b.* into block from targeting_block b join targeting_import i on i.id = b.import_id
      where b.id = given and i.rollback_begun_at is not null and i.rolled_back_at is null for update of b;
    if block.id is null then raise exception 'no block of an import that is being taken back' using errcode = 'LC011'; end if;

    update patient p set non_medical_criteria_codes = array(select c.code
        from unnest(p.non_medical_criteria_codes) with ordinality as c(code, place) where c.code <> all (g.non_medical) order by c.place)
      from targeting_gain g where g.block_id = given and p.key = g.patient_key and cardinality(g.non_medical) > 0;
    update patient_health h set medical_criteria_codes = nullif(array(select c.code
        from unnest(h.medical_criteria_codes) with ordinality as c(code, place) where c.code <> all (g.medical) order by c.place), '{}')
      from targeting_gain g where g.block_id = given and h.patient_key = g.patient_key and cardinality(g.medical) > 0;
    delete from patient_health h using targeting_gain g where g.block_id = given and h.patient_key = g.patient_key
      and num_nonnulls(h.medical_criteria_codes, h.treatments, h.contraindications, h.adverse_effects, h.infection_date) = 0;
    delete from targeting_gain g where g.block_id = given;
    get diagnostics restored = row_count;

    keys := array(select p.key from unnest(block.created) r join patient p on ${inRange('p.key')});
    invited := (select count(distinct i.patient_key) from invitation i where i.patient_key = any (keys) and i.sent_at is not null);
    delete from patient_nir n where n.nir_index = any (nirs) and n.patient_key = any (keys);
    get diagnostics found = row_count;
    if found <> cardinality(keys) then raise exception 'a person of this block has another NIR index' using errcode = 'LC012'; end if;
    delete from invitation_code c using invitation i where i.patient_key = any (keys) and c.code = i.code and c.patient_key = i.patient_key;
    delete from attending_physician a where a.patient_key = any (keys);
    delete from patient p where p.key = any (keys);
    get diagnostics removed = row_count;
    delete from targeting_block b where b.id = given;
  end $$`,
];

export class Targeting1700000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...FUNCTIONS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger eligibility_step_not_withdrawn on eligibility_step');
    await runner.query(
      'drop function lancette.refuse_withdrawn(), lancette.begin_rollback(uuid), lancette.rollback_obstacle(uuid), lancette.withdraw_block(bigint, bytea[])',
    );
    await runner.query('drop table targeting_block, targeting_gain, targeting_run');
    await runner.query('drop index targeting_import_sha256');
    await runner.query(
      'alter table targeting_import drop column reject_reasons, drop column duration_milliseconds, drop column rollback_begun_at, drop column rolled_back_at, add constraint "UQ_2a1f82243e18726c9e3defa2c60" unique (sha256)',
    );
    await runner.query('alter table targeting_reject drop column set_aside_at');
    await runner.query('alter table patient drop constraint patient_criteria_are_codes');
    await runner.query('alter table patient_health drop constraint patient_health_criteria_are_codes');
  }
}
