import { findVaccine } from '../injection/schedule.js';

/** A vaccine code of the published series, and the product under which the replay records it. */
export interface Product {
  readonly code: string;
  readonly product: string;
}

/** What no source names is recorded as what it is: another vaccine, of which no certificate can be made. */
export const OTHER = 'OTHER';

/**
 * Codes 1 to 4 are published; 5 (Pfizer 5–11) and 6 (Novavax) are inferred from first use and volumes; 8 and above are later
 * products that nobody names: « show as other » (DOMAIN §8.2). Code 0 is the sum, not a vaccine.
 */
const KNOWN: Readonly<Record<string, string>> = {
  '1': 'EU/1/20/1528',
  '2': 'EU/1/20/1507',
  '3': 'EU/1/21/1529',
  '4': 'EU/1/20/1525',
  '5': 'EU/1/20/1528',
  '6': 'EU/1/21/1618',
};
/** Pfizer for the ages of 5 to 11. */
export const PAEDIATRIC = '5';
export const ALL_VACCINES = '0';

export const productOf = (code: string): string => KNOWN[code] ?? OTHER;

/** Doses of the first series of a product; null where no source gives them (law/vaccines.ts). */
export const seriesOf = (product: string): 1 | 2 | null => findVaccine(product)?.primaryDoses ?? null;
