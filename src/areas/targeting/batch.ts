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

/** One merged, one staged, one in the making: see `importBlocks`. */
const BATCHES_AT_ONCE = 3;

/**
 * Checks and registers lines in JavaScript while PostgreSQL merges the batch before. Three buffers in turn, and nothing kept
 * of a line but its row: memory does not grow with the file.
 */
export class BatchMaker {
  private readonly rooms: Buffer[] = Array.from({ length: BATCHES_AT_ONCE }, () => Buffer.allocUnsafe(FIRST_ROOM));
  private room = this.rooms[0] as Buffer;
  private length = 0;
  private readonly persons = new Set<string>();
  private readonly codes = new Set<string>();

  constructor(private readonly registrar: Registrar) {}

  /** The batch is good until the third next call. */
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
    const rows = this.room.subarray(0, this.length);
    return { rows, staged: lines - rejects.length, repeated, rejects, lines, source };
  }

  private begin(): void {
    this.rooms.push(this.rooms.shift() as Buffer);
    this.room = this.rooms[0] as Buffer;
    this.length = 0;
    this.persons.clear();
    this.codes.clear();
  }

  private take(numbered: NumberedLine): Fault | typeof REPEATED | undefined {
    const person = parseLine(numbered.text);
    if (isFault(person)) return person;
    const registration = this.register(person);
    if (!registration) return fault('birthName', 'NAME_FORMAT');
    const before = this.persons.size;
    const isRepeated = this.persons.add(registration.nirIndex.toString('latin1')).size === before;
    const own = { isRepeated, code: this.freshCode(registration.code) };
    this.write(rowOf(numbered, registration, person.medicalCriteriaCodes, own));
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
    if (this.length + 3 * row.length > this.room.length) this.widen(3 * row.length);
    this.length += this.room.write(row, this.length);
  }

  private widen(bytes: number): void {
    const wider = Buffer.allocUnsafe(2 * this.room.length + bytes);
    this.room.copy(wider, 0, 0, this.length);
    this.room = wider;
    this.rooms[0] = wider;
  }
}

const REPEATED = 'REPEATED';

/**
 * One row of the stage (`stageStatements` has its columns) in COPY's text form, where no value may end a column or a line
 * too early. What a registration adds to its line (base64url, base32, hexadecimal) holds nothing special, so that the
 * line alone tells whether values must be escaped.
 */
function rowOf({ line, text }: NumberedLine, registration: Registration, medical: readonly string[], own: Own): string {
  const { nirIndex, patient } = registration;
  const written = SPECIAL.test(text) ? (value: string) => escaped(value) : asItIs;
  let row = `${line}\t${own.isRepeated ? 't' : 'f'}\t\\\\x${nirIndex.toString('hex')}\t${own.code}\t`;
  row += medical.length === 0 ? NULL : arrayLiteral(medical);
  for (const property of REGISTERED) {
    const value = patient[property] ?? null;
    row += '\t';
    if (value === null) row += NULL;
    else if (typeof value === 'object') row += arrayLiteral(value);
    else row += typeof value === 'string' ? written(value) : value;
  }
  return `${row}\n`;
}

interface Own {
  readonly isRepeated: boolean;
  readonly code: string;
}

const NULL = '\\N';
const SPECIAL = /[\\\t\n\r]/;
const QUOTABLE = /["\\]/g;
const asItIs = (value: string): string => value;

function arrayLiteral(values: readonly string[]): string {
  let literal = '';
  for (const value of values) literal += `${literal && ','}"${value.replace(QUOTABLE, '\\$&')}"`;
  return `{${SPECIAL.test(literal) ? escaped(literal) : literal}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
const escaped = (text: string): string => text.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? '');
