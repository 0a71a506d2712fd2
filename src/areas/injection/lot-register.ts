import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Pool } from 'pg';
import { LancetteError } from '../../kernel/errors.js';
import { findVaccine } from './schedule.js';

const HEADER = 'vaccine,lotNumber';
const LOT = /^[A-Z0-9-]{4,12}$/;
/** Lines inserted at a time. */
const BATCH = 1000;

/**
 * Adds the lots of a file to the known ones: a line `vaccine,lotNumber` each, after that header. All of them or none.
 * @returns how many were not known before
 * @throws FILE_UNREADABLE; FILE_FORMAT for another header; INVALID_INPUT naming the line at fault, never its value
 */
export async function declareLots(pool: Pool, file: string): Promise<number> {
  const client = await pool.connect();
  let added = 0;
  const add = async (lines: readonly (readonly string[])[]): Promise<void> => {
    const { rowCount } = await client.query(
      'insert into vaccine_lot (vaccine, lot_number) select * from unnest($1::text[], $2::text[]) on conflict do nothing',
      [lines.map(([vaccine]) => vaccine), lines.map(([, lot]) => lot)],
    );
    added += rowCount ?? 0;
  };
  try {
    await client.query('begin');
    let batch: string[][] = [];
    for await (const line of lotsIn(file)) {
      batch.push(line);
      if (batch.length < BATCH) continue;
      await add(batch);
      batch = [];
    }
    await add(batch);
    await client.query('commit');
    return added;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function* lotsIn(file: string): AsyncGenerator<string[]> {
  const lines = createInterface({ input: await opened(file), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (number === 1) requireHeader(line);
    else if (line !== '') yield lotOf(line, number);
  }
  if (number === 0) throw new LancetteError('FILE_FORMAT');
}

/** @throws FILE_UNREADABLE before anything is read */
function opened(file: string): Promise<NodeJS.ReadableStream> {
  const stream = createReadStream(file, 'utf8');
  return new Promise((resolve, reject) => {
    stream.once('open', () => resolve(stream));
    stream.once('error', () => reject(new LancetteError('FILE_UNREADABLE')));
  });
}

function requireHeader(line: string): void {
  if (line.replace(/^\ufeff/, '') !== HEADER) throw new LancetteError('FILE_FORMAT');
}

function lotOf(line: string, number: number): string[] {
  const cells = line.split(',');
  const [vaccine = '', lot = ''] = cells;
  if (cells.length !== 2 || !findVaccine(vaccine) || !LOT.test(lot))
    throw new LancetteError('INVALID_INPUT', { field: `line ${number}` });
  return cells;
}
