import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A hand-off writes nothing, and what is computed has no column: no missing right to a table would stop them. These
 * functions do nothing either, and are the right to them.
 */
const PERMITS = ['hand_off', 'compute_next_step', 'compute_step_warning'];

export class Acts1700000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const permit of PERMITS)
      await runner.query(
        `create function lancette.${permit}() returns void language sql stable begin atomic select; end`,
      );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const permit of PERMITS) await runner.query(`drop function lancette.${permit}()`);
  }
}
