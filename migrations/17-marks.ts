import type { MigrationInterface, QueryRunner } from 'typeorm';
import { stepsAreFinal } from './12-corrections.js';

const DEFINER = 'security definer set search_path = public, pg_temp';

const PRIMARY_KEY = '"PK_401ce9baeb8c40b2dc6946602e2"';

const restartingAfter = (change: string): string[] => [
  'drop trigger steering_eligibility_step_changes on eligibility_step',
  `create trigger steering_eligibility_step_changes after ${change} on eligibility_step
    for each statement execute function steering.restart()`,
  'alter table eligibility_step enable always trigger steering_eligibility_step_changes',
];

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

  stepsAreFinal(`elsif tg_op = 'UPDATE' and tg_table_name = 'eligibility_step' then
      if new.vaccinated <> old.vaccinated
        and new.vaccinated = exists (select from injection_step i where i.patient_key = new.patient_key) then
        old.vaccinated := new.vaccinated;
        if new is not distinct from old then return new; end if;
      end if;
    `),
  // A count from zero is for a change of what is counted.
  ...restartingAfter(
    'update of patient_key, performed_at, professional_key, prescriber_key, prescribed_at, not_recommended_vaccines',
  ),

  'update eligibility_step e set vaccinated = true where exists (select from injection_step i where i.patient_key = e.patient_key)',
];

const BACK = [
  'drop trigger patient_marks_consultation on patient',
  'drop trigger eligibility_step_is_marked on eligibility_step',
  'drop function lancette.mark_consultation()',
  'drop function lancette.consultation_is_marked()',
  stepsAreFinal(),
  ...restartingAfter('update'),
  `alter table eligibility_step drop constraint ${PRIMARY_KEY}`,
  // With the policies that ask for it: whoever they served reads nothing until the wall is put up again.
  'alter table eligibility_step drop column vaccinated cascade',
  `alter table eligibility_step add constraint ${PRIMARY_KEY} primary key (patient_key)`,
];

export class Marks1700000000017 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of BACK) await runner.query(statement);
  }
}
