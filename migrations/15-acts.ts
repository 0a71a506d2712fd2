import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A hand-off writes nothing, so that no missing right to write would stop it: this function is the right to it. */
export class Acts1700000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create function lancette.hand_off() returns void language sql stable begin atomic select; end');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function lancette.hand_off()');
  }
}
