import { setImmediate as nextTurn } from 'node:timers/promises';
import { newInvitationCode } from '../../kernel/identifiers.js';
import { REGISTERED, type Registrar, type Registration } from '../patients/registration.js';
import type { NumberedLine } from './line-blocks.js';
import { type Fault, fault, isFault, parseLine, type TargetedPerson } from './targeting-file.js';

/** A line set aside, with where and why. */
export interface RejectedLine extends NumberedLine, Fault {}

/** Lines ready for one transaction: rows for the stage in PostgreSQL's text form, and what was set aside. */
export interface Batch {
  readonly rows: Buffer;
  /** Persons in `rows`, and how many of them came earlier in the same batch. */
  readonly staged: number;
  readonly repeated: number;
  readonly rejects: readonly RejectedLine[];
  readonly lines: number;
  /** The same lines again, for those that only the register can refuse. */
  readonly source: () => Iterable<NumberedLine>;
}

/** How many lines are prepared before the connection gets its turn: PostgreSQL never waits longer for an answer. */
const SLICE = 64;
const FIRST_ROOM = 4 << 20;

/**
 * Checks and registers lines in JavaScript while PostgreSQL merges the batch before. Two buffers in turn, and nothing kept
 * of a line but its row: memory does not grow with the file.
 */
export class BatchMaker {
  private room: [Buffer, Buffer] = [Buffer.allocUnsafe(FIRST_ROOM), Buffer.allocUnsafe(FIRST_ROOM)];
  private length = 0;
  private readonly persons = new Set<string>();
  private readonly codes = new Set<string>();

  constructor(private readonly registrar: Registrar) {}

  /** The batch is good until the second next call. */
  async make(source: () => Iterable<NumberedLine>): Promise<Batch> {
    this.begin();
    const rejects: RejectedLine[] = [];
    let [lines, repeated] = [0, 0];
    for (const numbered of source()) {
      const outcome = this.take(numbered);
      if (outcome === REPEATED) repeated += 1;
      else if (outcome) rejects.push({ ...numbered, ...outcome });
      lines += 1;
      if (lines % SLICE === 0) await nextTurn();
    }
    const rows = this.room[0].subarray(0, this.length);
    return { rows, staged: lines - rejects.length, repeated, rejects, lines, source };
  }

  private begin(): void {
    this.room.reverse();
    this.length = 0;
    this.persons.clear();
    this.codes.clear();
  }

  private take({ line, text }: NumberedLine): Fault | typeof REPEATED | undefined {
    const person = parseLine(text);
    if (isFault(person)) return person;
    const registration = this.register(person);
    if (!registration) return fault('birthName', 'NAME_FORMAT');
    const before = this.persons.size;
    const isRepeated = this.persons.add(registration.nirIndex.toString('latin1')).size === before;
    this.write(rowOf(line, isRepeated, registration, this.freshCode(registration.code), person.medicalCriteriaCodes));
    return isRepeated ? REPEATED : undefined;
  }

  /** Undefined for the rare name that passes the checks and has no canonical form (DOMAIN §6.3). */
  private register(person: TargetedPerson): Registration | undefined {
    try {
      return this.registrar.register(person, 'AUTOMATIC');
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  private freshCode(drawn: string): string {
    let code = drawn;
    while (this.codes.has(code)) code = newInvitationCode();
    this.codes.add(code);
    return code;
  }

  private write(row: string): void {
    // Three bytes a character at worst.
    if (this.length + 3 * row.length > this.room[0].length) {
      const wider = Buffer.allocUnsafe(2 * this.room[0].length + 3 * row.length);
      this.room[0].copy(wider, 0, 0, this.length);
      this.room[0] = wider;
    }
    this.length += this.room[0].write(row, this.length);
  }
}

const REPEATED = 'REPEATED';

/** One row of the stage: see `Stage` for its columns. */
function rowOf(
  line: number,
  met: boolean,
  registration: Registration,
  code: string,
  medical: readonly string[],
): string {
  const { nirIndex, patient } = registration;
  let row = `${line}\t${met ? 't' : 'f'}\t\\\\x${nirIndex.toString('hex')}\t${code}\t${medical.length ? cell(medical) : NULL}`;
  for (const property of REGISTERED) row += `\t${cell(patient[property] ?? null)}`;
  return `${row}\n`;
}

const NULL = '\\N';
const SPECIAL = /[\\\t\n\r]/;
const QUOTABLE = /["\\]/g;

/** A value in COPY's text form: nothing in it can end a column or a line, whatever the checks let through. */
function cell(value: string | number | readonly string[] | null): string | number {
  if (value === null) return NULL;
  if (typeof value === 'number') return value;
  const text = typeof value === 'string' ? value : arrayLiteral(value);
  return SPECIAL.test(text) ? escaped(text) : text;
}

function arrayLiteral(values: readonly string[]): string {
  let literal = '';
  for (const value of values) literal += `${literal && ','}"${value.replace(QUOTABLE, '\\$&')}"`;
  return `{${literal}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped = (text: string): string => text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? '');
