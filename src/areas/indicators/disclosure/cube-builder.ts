import { daysBetween } from '../../../kernel/days.js';
import type { Columns } from './cube.js';

const FIRST_CAPACITY = 1024;
/** Some fifty years: days are numbered in 16 bits, and a date that nobody meant must not fill the memory. */
const MOST_DAYS = 20_000;

/** Takes the cells of a cube one by one, in the order of their days. */
export class CubeBuilder {
  private readonly dictionaries: Map<string, number>[];
  private codes: Uint16Array<ArrayBuffer>[];
  private day = new Uint16Array(FIRST_CAPACITY);
  private count = new Int32Array(FIRST_CAPACITY);
  private length = 0;
  private from: string | undefined;
  private to = '';

  constructor(private readonly dimensions: readonly string[]) {
    this.dictionaries = dimensions.map(() => new Map<string, number>());
    this.codes = dimensions.map(() => new Uint16Array(FIRST_CAPACITY));
  }

  /**
   * @param day as 2021-05-03, none before the last one added
   * @param values one for each dimension
   * @param count of doses or persons, never 0
   * @throws RangeError when the day is too far from the first one
   */
  add(day: string, values: readonly string[], count: number): void {
    if (this.length === this.count.length) this.grow();
    this.from ??= day;
    this.to = day;
    const at = daysBetween(this.from, day);
    if (!(at >= 0 && at < MOST_DAYS)) throw new RangeError('a day that no campaign has');
    this.day[this.length] = at;
    this.count[this.length] = count;
    this.codes.forEach((codes, dimension) => {
      codes[this.length] = codeOf(this.dictionaries[dimension]!, values[dimension]!);
    });
    this.length += 1;
  }

  /** @returns undefined when nothing was added */
  build(): Columns | undefined {
    if (this.from === undefined) return undefined;
    return {
      dimensions: this.dimensions,
      from: this.from,
      to: this.to,
      dictionaries: this.dictionaries.map((codes) => [...codes.keys()]),
      codes: this.codes.map((codes) => codes.slice(0, this.length)),
      day: this.day.slice(0, this.length),
      count: this.count.slice(0, this.length),
    };
  }

  private grow(): void {
    this.codes = this.codes.map((codes) => doubled(codes, new Uint16Array(codes.length * 2)));
    this.day = doubled(this.day, new Uint16Array(this.day.length * 2));
    this.count = doubled(this.count, new Int32Array(this.count.length * 2));
  }
}

const doubled = <T extends Uint16Array | Int32Array>(full: T, empty: T): T => {
  empty.set(full);
  return empty;
};

const codeOf = (codes: Map<string, number>, value: string): number => {
  const known = codes.get(value) ?? codes.size;
  codes.set(value, known);
  return known;
};
