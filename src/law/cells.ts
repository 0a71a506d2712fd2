import type { Condition } from './conditions.js';
import type { FieldId } from './fields.js';
import type { ConflictNumber } from './readings.js';
import type { Citation } from './texts.js';

/**
 * What one recipient may do with one category.
 * - `none`: nothing; - `read`: the fields of the category; - `readIf`: the same, row by row, when the condition holds;
 * - `transform`: only the listed fields of the category (truncated, generalised or selected).
 * `source` is the text that decides; `reading` the number of the conflict (DOMAIN §1.5) whose strict reading applies.
 */
export type Cell = Readonly<{ source: Citation; reading?: ConflictNumber }> &
  (
    | Readonly<{ grant: 'none' }>
    | Readonly<{ grant: 'read' }>
    | Readonly<{ grant: 'readIf'; condition: Condition }>
    | Readonly<{ grant: 'transform'; fields: readonly FieldId[] }>
  );

export const none = (source: Citation, reading?: ConflictNumber): Cell => ({ grant: 'none', source, reading });
export const read = (source: Citation, reading?: ConflictNumber): Cell => ({ grant: 'read', source, reading });
export const readIf = (condition: Condition, source: Citation, reading?: ConflictNumber): Cell => ({
  grant: 'readIf',
  condition,
  source,
  reading,
});
export const transform = (fields: readonly FieldId[], source: Citation, reading?: ConflictNumber): Cell => ({
  grant: 'transform',
  fields,
  source,
  reading,
});
