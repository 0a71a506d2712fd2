import { Calendar } from './calendar.js';

/** A table to protect: which dimensions of the cube it keeps, beside the day (0 to 2, by position). */
export interface DeclaredTable {
  readonly id: string;
  readonly by: readonly number[];
}

/** The base cube in columns, ordered by day: 4 bytes a cell for the count, 2 for the day and for each dimension. */
export interface Columns {
  readonly dimensions: readonly string[];
  /** First and last day with a count. */
  readonly from: string;
  readonly to: string;
  readonly dictionaries: readonly (readonly string[])[];
  readonly codes: readonly Uint16Array<ArrayBuffer>[];
  readonly day: Uint16Array<ArrayBuffer>;
  readonly count: Int32Array<ArrayBuffer>;
}

/** The counts by day and by all dimensions: of doses, or of persons. */
export class Cube {
  readonly calendar: Calendar;

  constructor(readonly columns: Columns) {
    this.calendar = new Calendar(columns.from, columns.to);
  }

  get length(): number {
    return this.columns.count.length;
  }
}

/** One declared table of a cube: its series side by side, each with one number a day. */
export class Margin {
  readonly id: string;
  readonly by: readonly number[];
  /** How many values the first and the second dimension have; 1 where there is none. */
  readonly rows: number;
  readonly width: number;
  readonly days: number;
  readonly counts: Int32Array;

  constructor(
    readonly cube: Cube,
    { id, by }: DeclaredTable,
  ) {
    this.id = id;
    this.by = by;
    this.days = cube.calendar.length;
    const { dictionaries, day, count } = cube.columns;
    this.rows = by[0] === undefined ? 1 : dictionaries[by[0]]!.length;
    this.width = by[1] === undefined ? 1 : dictionaries[by[1]]!.length;
    this.counts = new Int32Array(this.series * this.days);
    for (let atom = 0; atom < cube.length; atom += 1) {
      this.counts[this.seriesAt(atom) * this.days + day[atom]!]! += count[atom]!;
    }
  }

  get series(): number {
    return this.rows * this.width;
  }

  /** @param codes of all dimensions of the cube */
  seriesOf(codes: readonly number[]): number {
    const [first, second] = this.by;
    if (first === undefined) return 0;
    return second === undefined ? codes[first]! : codes[first]! * this.width + codes[second]!;
  }

  /** The series to which a cell of the base cube adds. */
  seriesAt(atom: number): number {
    const [first, second] = this.by;
    const { codes } = this.cube.columns;
    if (first === undefined) return 0;
    return second === undefined ? codes[first]![atom]! : codes[first]![atom]! * this.width + codes[second]![atom]!;
  }

  /** The values of a series as the tables write them: '' where there is no dimension. */
  keysOf(series: number): [string, string] {
    const code = [Math.floor(series / this.width), series % this.width];
    const [k1, k2] = code.map((value, at) => {
      const dimension = this.by[at];
      return dimension === undefined ? '' : this.cube.columns.dictionaries[dimension]![value]!;
    });
    return [k1!, k2!];
  }

  /** Over the days `from` … `to`, both included. */
  sum(series: number, from: number, to: number): number {
    let total = 0;
    for (let at = series * this.days + from; at <= series * this.days + to; at += 1) total += this.counts[at]!;
    return total;
  }
}
