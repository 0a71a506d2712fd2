import type { MigrationInterface, QueryRunner } from 'typeorm';

const DEFINER = 'security definer set search_path = public, pg_temp';

const PRIMARY_KEY = '"PK_401ce9baeb8c40b2dc6946602e2"';

/**
 * Whether the person of a consultation is vaccinated, told by the consultation itself: a feed looks at it for each row of
 * each page. The mark says what there is, whoever writes it, and is no part of what was recorded. What is read of most
 * consultations stands beside their key, since it hardly ever changes: their row need not be looked up.
 */
const STATEMENTS = [
  'alter table eligibility_step add column vaccinated boolean not null default false',
  `alter table eligibility_step drop constraint ${PRIMARY_KEY}`,
  `alter table eligibility_step add constraint ${PRIMARY_KEY} primary key (patient_key)
    include (performed_at, professional_key, prescriber_key, prescribed_at, vaccinated)`,

  `create function lancette.consultation_is_marked() returns trigger language plpgsql ${DEFINER} as $$
  begin
    new.vaccinated := exists (select from injection_step i where i.patient_key = new.patient_key);
    return new;
  end $$`,
  'create trigger eligibility_step_is_marked before insert on eligibility_step for each row execute function lancette.consultation_is_marked()',

  `create function lancette.mark_consultation() returns trigger language plpgsql ${DEFINER} as $$
  begin
    update eligibility_step set vaccinated = new.vaccinated where patient_key = new.key;
    return null;
  end $$`,
  `create trigger patient_marks_consultation after update of vaccinated on patient
    for each row when (old.vaccinated <> new.vaccinated) execute function lancette.mark_consultation()`,

  `create or replace function lancette.steps_are_final() returns trigger language plpgsql ${DEFINER} as $$
  begin
    if tg_op = 'DELETE' and tg_table_name in ('eligibility_step', 'injection_step') then
      if exists (select from superseded_step s where s.patient_key = old.patient_key and s.kind = tg_table_name
          and s.content = to_jsonb(old) and s.superseded_in = pg_current_xact_id()::text::bigint) then
        return old;
      end if;
    elsif tg_op = 'UPDATE' and tg_table_name = 'eligibility_step' then
      if new.vaccinated <> old.vaccinated
        and new.vaccinated = exists (select from injection_step i where i.patient_key = new.patient_key) then
        old.vaccinated := new.vaccinated;
        if new is not distinct from old then return new; end if;
      end if;
    end if;
    raise exception 'a recorded step is final' using errcode = 'LC001';
  end $$`,

  // A count from zero is for a change of what is counted.
  'drop trigger steering_eligibility_step_changes on eligibility_step',
  `create trigger steering_eligibility_step_changes
    after update of patient_key, performed_at, professional_key, prescriber_key, prescribed_at, not_recommended_vaccines
    on eligibility_step for each statement execute function steering.restart()`,
  'alter table eligibility_step enable always trigger steering_eligibility_step_changes',

  'update eligibility_step e set vaccinated = true where exists (select from injection_step i where i.patient_key = e.patient_key)',
];

export class Marks1700000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop trigger patient_marks_consultation on patient');
    await runner.query('drop trigger eligibility_step_is_marked on eligibility_step');
    await runner.query('drop function lancette.mark_consultation()');
    await runner.query('drop function lancette.consultation_is_marked()');
    await runner.query(`alter table eligibility_step drop constraint ${PRIMARY_KEY}`);
    await runner.query('alter table eligibility_step drop column vaccinated cascade');
    await runner.query(`alter table eligibility_step add constraint ${PRIMARY_KEY} primary key (patient_key)`);
  }
}
