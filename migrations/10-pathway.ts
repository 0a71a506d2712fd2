import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  `CREATE TABLE "vaccine_lot" ("vaccine" text NOT NULL, "lot_number" text NOT NULL, CONSTRAINT "vaccine_lot_format" CHECK (lot_number ~ '^[A-Z0-9-]{4,12}$'), CONSTRAINT "vaccine_lot_key" PRIMARY KEY ("vaccine", "lot_number"))`,
  `alter table injection_step add column lot_status text not null default 'UNKNOWN'`,
  `alter table professional add column assurance text not null default 'VERIFIED'`,
  `update professional set assurance = 'INDICATIVE' where declared_by_hand`,

  // Bound to its table when it is made: it runs for every injection.
  `create function lancette.lot_status(given_vaccine text, given_lot text) returns text
  language sql stable security definer begin atomic
    select case when exists (select from vaccine_lot l where l.vaccine = given_vaccine and l.lot_number = given_lot)
      then 'KNOWN' else 'UNKNOWN' end;
  end`,

  // AIPD, suivi: whoever is given by hand is an indication, and his row says so.
  `create or replace function lancette.professional_key(given_rpps text, given_am text, given_family text, given_first text, given_category text,
    given_phone text, given_email text, given_finess text, by_hand boolean) returns bigint
  language plpgsql volatile security definer set search_path = public, pg_temp as $$
  declare found bigint;
  begin
    if by_hand then
      insert into professional (rpps, am_number, family_name, first_name, declared_by_hand, assurance)
      values (given_rpps, given_am, given_family, given_first, true, 'INDICATIVE') returning key into found;
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
];

/** Known lots, the mark of an unknown one, and the mark of a prescriber given by hand. */
export class Pathway1700000000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function lancette.lot_status(text, text)');
    await runner.query('alter table injection_step drop column lot_status');
    await runner.query('alter table professional drop column assurance');
    await runner.query('drop table vaccine_lot');
  }
}
