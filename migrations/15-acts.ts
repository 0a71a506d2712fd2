import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever has a dose has a first one: the others need no look at the person. */
const VACCINATES = (when: string) =>
  `create or replace trigger injection_step_vaccinates after insert on injection_step for each row ${when} execute function lancette.now_vaccinated()`;

/** A hand-off writes nothing, so that no missing right to write would stop it: this function is the right to it. */
export class Acts1700000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create function lancette.hand_off() returns void language sql stable begin atomic select; end');
    await runner.query(VACCINATES('when (new.rank = 1)'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(VACCINATES(''));
    await runner.query('drop function lancette.hand_off()');
  }
}
