/** What is kept for good; the owner alone may set that aside, and only by saying so. */
const KEPT = ['eligibility_step', 'injection_step', 'trace'] as const;

/** A statement that empties tables and whatever hangs on them, steps included. */
export function emptying(tables: readonly string[]): string {
  const turn = (how: string) => KEPT.map((table) => `alter table ${table} ${how} trigger ${table}_is_kept`).join('; ');
  return `begin; ${turn('disable')}; truncate ${tables.join(', ')} cascade; ${turn('enable always')}; commit`;
}
