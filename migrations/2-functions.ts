import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The perimeter of a single person: the patient, and the professionals of the patient's steps, between commas. */
const ENTER = `set_config('lancette.patient', p.key::text, true), set_config('lancette.professionals', concat(',',
  (select string_agg(i.professional_key || ',', '') from injection_step i where i.patient_key = p.key),
  (select concat(e.professional_key, ',', e.prescriber_key, ',') from eligibility_step e where e.patient_key = p.key)), true)`;
const LEAVE = `perform set_config('lancette.patient', '', true), set_config('lancette.professionals', '', true)`;

/**
 * Functions that run with their owner's rights, because they look where no recipient may: the tables that lead from a
 * code or a NIR to a person. Each answers one narrow question. And the guard of recorded steps.
 */
const FUNCTIONS = [
  'create schema if not exists lancette',

  // AIPD M1.47, M2.32: a code or a NIR index, with the birth date, makes one patient the patient in care until the end of
  // the transaction. A miss leaves nobody in care.
  `create function lancette.enter_care(given_code text, given_nir bytea, born text) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    if given_code is not null then
      perform ${ENTER} from invitation_code c join patient p on p.key = c.patient_key
        where c.code = given_code and p.birth_date = born;
    else
      perform ${ENTER} from patient_nir n join patient p on p.key = n.patient_key
        where n.nir_index = given_nir and p.birth_date = born;
    end if;
    if not found then ${LEAVE}; end if;
  end $$`,

  `create function lancette.enter_self(given_id uuid) returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
  begin
    perform ${ENTER} from patient p where p.id = given_id;
    if not found then ${LEAVE}; end if;
  end $$`,

  `create function lancette.key_of_nir(given_nir bytea) returns bigint
  language sql stable security definer set search_path = public, pg_temp as
  $$ select patient_key from patient_nir where nir_index = given_nir $$`,

  // art. 3, I, 2°: the physician learns the absence of a vaccination, and of the vaccination nothing.
  `create function lancette.vaccinated(given_key bigint) returns boolean
  language sql stable security definer set search_path = public, pg_temp as
  $$ select exists (select from injection_step where patient_key = given_key) $$`,

  `create function lancette.list_open(given_rpps text) returns boolean
  language sql stable security definer set search_path = public, pg_temp as
  $$ select exists (select from unvaccinated_list_request where rpps = given_rpps and requested_at > now() - interval '1 month') $$`,

  `create function lancette.request_list(given_rpps text) returns timestamptz
  language sql volatile security definer set search_path = public, pg_temp as
  $$ insert into unvaccinated_list_request (rpps) values (given_rpps)
     on conflict (rpps) do update set requested_at = now() returning requested_at + interval '1 month' $$`,

  `create function lancette.idempotent(given_subject text, given_key text) returns text
  language sql stable security definer set search_path = public, pg_temp as
  $$ select digest from idempotency_key where subject = given_subject and key = given_key $$`,

  // Professionals who prove who they are have one row by RPPS; those given by hand are rows of their own.
  `create function lancette.professional_key(given_rpps text, given_am text, given_family text, given_first text, given_category text,
    given_phone text, given_email text, given_finess text, by_hand boolean) returns bigint
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
  declare found bigint;
  begin
    if by_hand then
      insert into professional (rpps, am_number, family_name, first_name, declared_by_hand)
      values (given_rpps, given_am, given_family, given_first, true) returning key into found;
      return found;
    end if;
    insert into professional as p (rpps, am_number, family_name, first_name, category, phone, email, structure_finess)
    values (given_rpps, given_am, given_family, given_first, given_category, given_phone, given_email, given_finess)
    on conflict (rpps) where not declared_by_hand do update set
      am_number = excluded.am_number, family_name = excluded.family_name, first_name = excluded.first_name,
      category = excluded.category, phone = excluded.phone, email = excluded.email, structure_finess = excluded.structure_finess
    returning p.key into found;
    return found;
  end $$`,

  // art. 2, last paragraph: the place of an injection may not reveal a soldier.
  `create function lancette.civil_place(given_finess text) returns text
  language sql stable security definer set search_path = public, pg_temp as
  $$ select given_finess where not exists (select from vaccination_site where finess = given_finess and military) $$`,

  `create function lancette.steps_are_final() returns trigger language plpgsql as $$
  begin
    raise exception 'a recorded step is final' using errcode = 'LC001';
  end $$`,

  ...['eligibility_step', 'injection_step'].flatMap((table) => [
    `create trigger ${table}_is_final before update or delete on ${table} for each row execute function lancette.steps_are_final()`,
    `create trigger ${table}_is_kept before truncate on ${table} for each statement execute function lancette.steps_are_final()`,
  ]),
  `create trigger trace_is_final before update or delete on trace for each row execute function lancette.steps_are_final()`,
  `create trigger trace_is_kept before truncate on trace for each statement execute function lancette.steps_are_final()`,
];

export class Functions1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of FUNCTIONS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop schema lancette cascade');
  }
}
