import { parentPort, workerData } from 'node:worker_threads';
import writeWorkbook, { type SheetData as Cells } from 'write-excel-file/node';
import { withoutTimes } from '../../formats/zip-times.js';
import { MODES, PERIODS, SHOWS, TABLE_RIGHTS } from '../../law/indicator-rights.js';
import type { Answer } from './answer.js';
import { headerOf, statusOf, toldBy } from './downloads.js';

/**
 * The long table as a workbook, with a second sheet that says how to read it. The same answer gives the same bytes.
 */
export async function workbookOf(answer: Answer): Promise<Buffer> {
  const header = headerOf(answer).map((value) => ({ value, fontWeight: 'bold' as const }));
  const lines: Cells = [header];
  for (const series of answer.series) {
    const told = toldBy(answer, series);
    for (const [at, day] of answer.days.entries()) {
      const value = series.values[at] ?? null;
      lines.push([{ value: new Date(day), format: 'yyyy-mm-dd' }, ...told, value, statusOf(value)]);
    }
  }
  const columns = [{ width: 12 }, ...answer.dimensions.map(() => ({ width: 16 })), { width: 12 }, { width: 10 }];
  const written = writeWorkbook([
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
  ['Seuil', threshold],
  ['Chiffres', SHOWS[show]],
  ['Pas de temps', PERIODS[period]],
  [
    'secret',
    'Nombre non publié : avec les autres chiffres publiés, il pourrait en dire trop d’une personne. Ce n’est pas zéro.',
  ],
];

// Run by `workbooks.ts` as a thread of its own.
if (parentPort) parentPort.postMessage(await workbookOf(workerData as Answer));
