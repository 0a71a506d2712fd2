import { readFile } from 'node:fs/promises';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { isDay } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import { AGE_CLASSES } from '../../law/indicators.js';
import { regionOf } from '../../law/regions.js';

export const POPULATION_HEADER = 'kind;code;population;source;as_of';

/** Codes by kind: a whole population has one only, `all`. */
const KINDS: Readonly<Record<string, (code: string) => boolean>> = {
  department: (code) => regionOf(code) !== undefined,
  ageClass: (code) => AGE_CLASSES.some((one) => one.code === code),
  all: (code) => code === 'all',
};
const PERSONS = /^[1-9]\d{0,8}$/;

/**
 * Loads the populations by which coverage is told, all lines or none; a line takes the place of an earlier one of its kind
 * and code.
 * @returns how many lines
 * @throws FILE_UNREADABLE; FILE_FORMAT for another header; INVALID_INPUT naming line and column, never the value
 */
export async function loadPopulation(database: Database, file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new LancetteError('FILE_UNREADABLE');
  });
  const [header, ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (header !== POPULATION_HEADER) throw new LancetteError('FILE_FORMAT');
  const rows = new Map<string, string[]>();
  for (const [at, line] of lines.entries()) {
    if (line === '') continue;
    const cells = populationOf(line, at + 2);
    const key = `${cells[0]} ${cells[1]}`;
    if (rows.has(key)) throw new LancetteError('INVALID_INPUT', { field: `${at + 2}:code` });
    rows.set(key, cells);
  }
  const { rowCount } = await database.pool(roleOf('steering')).query(LOAD, [JSON.stringify([...rows.values()])]);
  return rowCount ?? 0;
}

function populationOf(line: string, number: number): string[] {
  const cells = line.split(';');
  const [kind = '', code = '', population = '', source = '', asOf = ''] = cells;
  const wrong =
    (cells.length !== 5 && 'line') ||
    (!Object.hasOwn(KINDS, kind) && 'kind') ||
    (!KINDS[kind]?.(code) && 'code') ||
    (!PERSONS.test(population) && 'population') ||
    (source.trim() === '' && 'source') ||
    (!isDay(asOf) && 'as_of');
  if (wrong) throw new LancetteError('INVALID_INPUT', { field: `${number}:${wrong}` });
  return cells;
}

const LOAD = `insert into steering.population (kind, code, population, source, as_of)
  select value->>0, value->>1, (value->>2)::integer, value->>3, (value->>4)::date from json_array_elements($1::json)
  on conflict (kind, code) do update set population = excluded.population, source = excluded.source, as_of = excluded.as_of`;
