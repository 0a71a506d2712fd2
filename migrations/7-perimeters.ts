import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The perimeter of a single person: the key found, or nobody, and the professionals of that person's steps. These two run
 * for every reading of one person, so they are bound to their tables when they are made (`begin atomic`): no search path to
 * set, and none to abuse.
 */
const ENTER = (found: string): string => `select set_config('lancette.patient', coalesce(entered.key::text, ''), true),
    set_config('lancette.professionals', (array(select i.professional_key from injection_step i where i.patient_key = entered.key)
      || (select array[e.professional_key, e.prescriber_key] from eligibility_step e where e.patient_key = entered.key))::text, true)
    from (select (${found}) as key offset 0) entered`;

/** Whether a person is vaccinated, told by a column of the person: a feed looks at it for each row of each page. */
const STATEMENTS = [
  'alter table patient add column vaccinated boolean not null default false',
  'update patient set vaccinated = true where exists (select from injection_step i where i.patient_key = patient.key)',
  'create index patient_vaccinated_by_id on patient (id, key) where vaccinated',
  'create index patient_vaccinated_by_birth_date on patient (birth_date, key) where vaccinated',

  // Once for a statement: whoever brings many doses marks their persons at once.
  `create function lancette.now_vaccinated() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    update patient set vaccinated = true where key = any (array(select patient_key from new_rows)) and not vaccinated;
    return null;
  end $$`,
  'create trigger injection_step_vaccinates after insert on injection_step referencing new table as new_rows for each statement execute function lancette.now_vaccinated()',

  // SECURITY A43: a client that is disabled is one no more at its next request.
  `create or replace function lancette.client_disabled(client text) returns boolean
  language sql stable security definer set search_path = public, pg_temp as
  $$ select exists (select from oauth_client where id = client and disabled_at is not null) $$`,

  `create or replace function lancette.enter_care(given_code text, given_nir bytea, born text) returns void
  language sql security definer begin atomic
    ${ENTER(`select p.key from patient p where p.birth_date = born and p.key = coalesce(
      (select c.patient_key from invitation_code c where c.code = given_code),
      (select n.patient_key from patient_nir n where given_code is null and n.nir_index = given_nir))`)};
  end`,

  `create or replace function lancette.enter_self(given_id uuid) returns void
  language sql security definer begin atomic
    ${ENTER('select p.key from patient p where p.id = given_id')};
  end`,
];

export class Perimeters1700000000007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger injection_step_vaccinates on injection_step');
    await runner.query('drop function lancette.now_vaccinated()');
    await runner.query('alter table patient drop column vaccinated');
  }
}
