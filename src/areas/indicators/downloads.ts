import { csvLine } from '../../formats/csv.js';
import { lazily } from '../../formats/lazily.js';
import { withoutTimes } from '../../formats/zip-times.js';
import { LancetteError } from '../../kernel/errors.js';
import { MODES, MOST_WORKBOOK_LINES, PERIODS, SHOWS, TABLE_RIGHTS } from '../../law/indicator-rights.js';
import type { Answer, Series } from './answer.js';

type Write = typeof import('write-excel-file/node').default;
type Cells = import('write-excel-file/node').SheetData;

const writer = lazily<Write>('write-excel-file/node');

/** One number on a line of its own: day, dimensions, value (none where withheld), and whether it is published. */
interface Line {
  readonly day: string;
  readonly dimensions: readonly string[];
  readonly value: number | null;
  readonly status: 'publié' | 'secret';
}

const headerOf = ({ dimensions }: Answer): string[] => ['day', ...dimensions, 'value', 'status'];

function* linesOf({ days, dimensions, series }: Answer): Generator<Line> {
  for (const one of series) {
    const told = dimensions.map((dimension) => one[dimension] ?? '');
    for (const [at, day] of days.entries()) yield { day, dimensions: told, ...numberAt(one, at) };
  }
}

const numberAt = ({ values }: Series, at: number): Pick<Line, 'value' | 'status'> => {
  const value = values[at] ?? null;
  return { value, status: value === null ? 'secret' : 'publié' };
};

/** The answer as a table in CSV (RFC 4180): UTF-8 with its mark, parted by semicolons, for a spreadsheet as for a program. */
export function csvOf(answer: Answer): Buffer {
  const lines = [csvLine(headerOf(answer))];
  for (const { day, dimensions, value, status } of linesOf(answer))
    lines.push(csvLine([day, ...dimensions, value === null ? '' : String(value), status]));
  return Buffer.from(`\ufeff${lines.join('\r\n')}\r\n`);
}

/**
 * The same table as a workbook, with a second sheet that says how to read it. The same answer gives the same bytes.
 * @throws INDICATORS_TOO_LARGE beyond 100,000 lines
 */
export async function workbookOf(answer: Answer): Promise<Buffer> {
  if (answer.days.length * answer.series.length > MOST_WORKBOOK_LINES) throw new LancetteError('INDICATORS_TOO_LARGE');
  const header = headerOf(answer).map((value) => ({ value, fontWeight: 'bold' as const }));
  const lines: Cells = [header];
  for (const { day, dimensions, value, status } of linesOf(answer))
    lines.push([{ value: new Date(day), format: 'yyyy-mm-dd' }, ...dimensions, value, status]);
  const columns = [{ width: 12 }, ...answer.dimensions.map(() => ({ width: 16 })), { width: 12 }, { width: 10 }];
  const written = writer()([
    { data: lines, sheet: 'Chiffres', columns, stickyRowsCount: 1 },
    { data: explained(answer), sheet: 'Lecture', columns: [{ width: 24 }, { width: 90 }] },
  ]);
  return withoutTimes(await written.toBuffer());
}

/** How the figures are to be read, in the words of the law. */
const explained = ({ table, asOf, mode, threshold, show, period }: Answer): Cells => [
  ['Tableau', `${TABLE_RIGHTS[table].label} (${table})`],
  ['Situation au', asOf],
  ['Mode', MODES[mode]],
  ['Seuil', mode === 'CONTROLLED' ? threshold : null],
  ['Chiffres', SHOWS[show]],
  ['Pas de temps', PERIODS[period]],
  [
    'secret',
    'Nombre non publié : avec les autres chiffres publiés, il pourrait en dire trop d’une personne. Ce n’est pas zéro.',
  ],
];

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
