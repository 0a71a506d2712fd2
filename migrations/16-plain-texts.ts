import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Columns of codes hold no character that JSON escapes: answers are written with them as they are. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  patient: [
    ...['sex', 'birth_date', 'nir', 'age_class', 'scheme_code', 'body_code', 'department'],
    ...['pseudonym_covid', 'pseudonym_ars', 'pseudonym_snds'],
  ],
  invitation: ['code', 'channel'],
  injection_step: [
    ...['vaccine', 'lot_number', 'lot_status', 'administration_route', 'injection_site', 'place_finess', 'place_siret'],
  ],
  attestation: ['kind', 'content'],
  invitation_phase: ['code'],
  vaccination_site: ['finess'],
  supply_level: ['finess', 'product', 'lot_number'],
};
const LISTS: Readonly<Record<string, string>> = {
  patient: 'non_medical_criteria_codes',
  eligibility_step: 'not_recommended_vaccines',
};

const ESCAPED = String.raw`'["\\[:cntrl:]]'`;
const named = (table: string, column: string): string => `"${table}_${column}_is_plain"`;

export class PlainTexts1700000000016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of Object.entries(TEXTS))
      await runner.query(
        `alter table ${table} ${columns.map((column) => `add constraint ${named(table, column)} check (${column} !~ ${ESCAPED})`).join(', ')}`,
      );
    for (const [table, column] of Object.entries(LISTS))
      await runner.query(
        `alter table ${table} add constraint ${named(table, column)} check (array_position(${column}, null) is null and array_to_string(${column}, '') !~ ${ESCAPED})`,
      );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, column] of [
      ...Object.entries(LISTS),
      ...Object.entries(TEXTS).flatMap(([table, columns]) =>
        columns.map((column): [string, string] => [table, column]),
      ),
    ])
      await runner.query(`alter table ${table} drop constraint ${named(table, column)}`);
  }
}
