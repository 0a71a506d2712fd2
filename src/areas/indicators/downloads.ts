import { csvLine } from '../../formats/csv.js';
import type { Answer, Series } from './answer.js';

const STATUS = { published: 'publié', withheld: 'secret' } as const;

/** Columns of the long table: one number on a line of its own, and whether it is published. */
export const headerOf = ({ dimensions }: Answer): string[] => ['day', ...dimensions, 'value', 'status'];

/** What a series is told by, in the order of the dimensions. */
export const toldBy = ({ dimensions }: Answer, series: Series): string[] =>
  dimensions.map((dimension) => series[dimension] ?? '');

export const statusOf = (value: number | null): string => (value === null ? STATUS.withheld : STATUS.published);

/** The answer as a table in CSV (RFC 4180): UTF-8 with its mark, parted by semicolons, for a spreadsheet as for a program. */
export function csvOf(answer: Answer): Buffer {
  const lines = [csvLine(headerOf(answer))];
  for (const series of answer.series) {
    const told = toldBy(answer, series);
    const dimensions = told.length > 0 ? `${csvLine(told)};` : '';
    for (const [at, day] of answer.days.entries()) {
      const value = series.values[at] ?? null;
      lines.push(`${day};${dimensions}${value ?? ''};${statusOf(value)}`);
    }
  }
  return Buffer.from(`\ufeff${lines.join('\r\n')}\r\n`);
}

/** A name for the file, which says by itself what is in it. */
export const fileNameOf = ({ table, asOf, mode, threshold, show, period }: Answer, extension: string): string =>
  [
    table,
    show.toLowerCase(),
    period.toLowerCase(),
    mode === 'OPEN' ? 'ouvert' : `secret-${threshold}`,
    asOf.slice(0, 10),
  ]
    .join('_')
    .concat('.', extension);
