/** Characters by which a spreadsheet takes a cell for a formula, in both widths (OWASP, « CSV injection »). */
const FORMULA = /^\s*[=+\-@\t\r＝＋－＠]/u;

/**
 * One line of a CSV file (RFC 4180, parted by semicolons), without its end. A cell that a spreadsheet would run as a
 * formula begins with an apostrophe, so that it is shown instead.
 */
export const csvLine = (cells: readonly (string | null)[]): string => cells.map((cell) => quoted(cell ?? '')).join(';');

function quoted(cell: string): string {
  const harmless = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[";,\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
