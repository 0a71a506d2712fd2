import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { LancetteError } from '../../kernel/errors.js';

/** One line of a published file: the text, or the whole number, of a column. */
export interface SeriesRow {
  text(column: string): string;
  count(column: string): number;
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
  const text = (column: string): string => {
    const cell = cells[place.get(column) ?? -1];
    if (cell === undefined || cell === '') throw new LancetteError('SERIES_VALUE', { field: where(column) });
    return cell;
  };
  return {
    text,
    count: (column) => {
      const cell = text(column);
      if (!COUNT.test(cell)) throw new LancetteError('SERIES_VALUE', { field: where(column) });
      return Number(cell);
    },
  };
}

const cellsOf = (line: string, separator: string): string[] =>
  line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
