import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { isDay } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';

/** One line of a published file: the text, the day or the whole number of a column. */
export interface SeriesRow {
  text(column: string): string;
  day(column: string): string;
  count(column: string): number;
  /** What is wrong with a column of this line, by its place. */
  fault(column: string): LancetteError;
}

const COUNT = /^\d{1,12}(?:\.0*)?$/;

/**
 * The lines of a file as Santé publique France publishes it: UTF-8 with or without byte order mark, LF or CRLF, `;` or `,`
 * between columns, columns known by their names whatever their order. Read as a stream.
 * @throws FILE_UNREADABLE; SERIES_COLUMN naming file and column; SERIES_VALUE naming file, line and column, never the value
 */
export async function* seriesRows(folder: string, name: string, columns: readonly string[]): AsyncGenerator<SeriesRow> {
  const stream = createReadStream(path.join(folder, name), 'utf8');
  const opened = new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', () => reject(new LancetteError('FILE_UNREADABLE', { field: name })));
  });
  await opened;
  let place: Map<string, number> | undefined;
  let separator = ';';
  let line = 0;
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (!place) {
      const header = text.replace(/^\ufeff/, '');
      separator = header.includes(';') ? ';' : ',';
      place = new Map(cellsOf(header, separator).map((column, at) => [column, at]));
      requireColumns(name, place, columns);
      continue;
    }
    if (text.trim() === '') continue;
    yield rowOf(cellsOf(text, separator), place, (column) => `${name}:${line}:${column}`);
  }
  if (!place) throw new LancetteError('SERIES_COLUMN', { field: `${name}:${columns[0]}` });
}

function requireColumns(name: string, place: ReadonlyMap<string, number>, columns: readonly string[]): void {
  const missing = columns.find((column) => !place.has(column));
  if (missing) throw new LancetteError('SERIES_COLUMN', { field: `${name}:${missing}` });
}

function rowOf(
  cells: readonly string[],
  place: ReadonlyMap<string, number>,
  where: (column: string) => string,
): SeriesRow {
  const fault = (column: string) => new LancetteError('SERIES_VALUE', { field: where(column) });
  const checked = (column: string, isRight: (cell: string) => boolean): string => {
    const cell = cells[place.get(column) ?? -1] ?? '';
    if (!isRight(cell)) throw fault(column);
    return cell;
  };
  return {
    fault,
    text: (column) => checked(column, (cell) => cell !== ''),
    day: (column) => checked(column, isDay),
    count: (column) => Number(checked(column, (cell) => COUNT.test(cell))),
  };
}

const cellsOf = (line: string, separator: string): string[] =>
  line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
