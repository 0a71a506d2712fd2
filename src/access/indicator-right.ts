import { CROSSING, type IndicatorHolder, type Mode, REUSE, TABLE_IDS, TABLE_RIGHTS } from '../law/indicator-rights.js';
import { QUASI_IDENTIFIERS, TABLES, type TableId } from '../law/indicators.js';
import { type Recipient, recipientRule } from '../law/recipients.js';
import { REGIONS } from '../law/regions.js';
import type { Citation } from '../law/texts.js';
import type { Principal } from './principal.js';

/** Who asks for indicators: a principal, or nobody in particular, at the open feed. */
export type Asker = Principal | undefined;

export type TableRight =
  | {
      readonly granted: true;
      readonly article: Citation;
      /** The départements of which the caller sees figures; undefined: all of them. */
      readonly departments?: readonly string[];
    }
  | { readonly granted: false; readonly article: Citation };

const holderOf = (asker: Asker): IndicatorHolder => asker?.recipient ?? 'OPEN_DATA';

/** May this caller have this declared table? What the law does not name is refused (art. 3). */
export function tableRight(asker: Asker, table: TableId): TableRight {
  const holder = holderOf(asker);
  const article = TABLE_RIGHTS[table][holder];
  if (!article) return { granted: false, article: crosses(table) ? CROSSING : sourceOf(holder) };
  if (!asker || recipientRule(asker.recipient).rows !== 'ownRegion') return { granted: true, article };
  // A region that is missing or unknown has no département: nothing is seen then.
  return { granted: true, article, departments: REGIONS[asker.region ?? ''] ?? [] };
}

const sourceOf = (holder: IndicatorHolder): Citation => (holder === 'OPEN_DATA' ? REUSE : recipientRule(holder).source);

const crosses = (table: TableId): boolean =>
  TABLES[table].by.filter((dimension) => QUASI_IDENTIFIERS.includes(dimension)).length > 1;

/** Undisclosed figures leave only where the configuration allows it, and never of a table that crosses (AIPD M1.20). */
export const modeRight = (table: TableId, mode: Mode, open: boolean): Pick<TableRight, 'granted' | 'article'> => ({
  granted: mode !== 'OPEN' || (open && !crosses(table)),
  article: CROSSING,
});

/** The tables that a caller may have, in the order of the law. */
export const tablesOf = (asker: Asker): TableId[] => TABLE_IDS.filter((table) => tableRight(asker, table).granted);

/** The tables of a recipient, whatever its region, and by which text: for those who explain rights. */
export const grantedTables = (recipient: Recipient): { readonly table: TableId; readonly article: Citation }[] =>
  TABLE_IDS.flatMap((table) => {
    const article = TABLE_RIGHTS[table][recipient];
    return article ? [{ table, article }] : [];
  });
