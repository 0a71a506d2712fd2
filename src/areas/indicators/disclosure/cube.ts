import { Calendar } from './calendar.js';

/** A cell of the base cube: its day, the value of each dimension, how many doses (or persons). */
export interface BaseCell {
  readonly day: string;
  readonly values: readonly string[];
  readonly count: number;
}

/** A table to protect: which dimensions of the cube it keeps, beside the day (0 to 2, by position). */
export interface DeclaredTable {
  readonly id: string;
  readonly by: readonly number[];
}

/** The base cube in columns, ordered by day: 4 bytes a cell for the count and 2 for each dimension and for the day. */
export class Cube {
  readonly calendar: Calendar;
  readonly dictionaries: readonly string[][];
  readonly columns: readonly Uint16Array[];
  readonly day: Uint16Array;
  readonly count: Int32Array;

  /** @param cells in the order of their days; none with a count of 0; at least one */
  constructor(
    readonly dimensions: readonly string[],
    cells: readonly BaseCell[],
  ) {
    this.calendar = new Calendar(cells[0]!.day, cells.at(-1)!.day);
    const codes = dimensions.map(() => new Map<string, number>());
    this.columns = dimensions.map(() => new Uint16Array(cells.length));
    this.day = new Uint16Array(cells.length);
    this.count = new Int32Array(cells.length);
    cells.forEach((cell, at) => {
      this.day[at] = this.calendar.at(cell.day);
      this.count[at] = cell.count;
      this.columns.forEach((column, dimension) => {
        column[at] = codeOf(codes[dimension]!, cell.values[dimension]!);
      });
    });
    this.dictionaries = codes.map((map) => [...map.keys()]);
  }

  get length(): number {
    return this.count.length;
  }
}

const codeOf = (codes: Map<string, number>, value: string): number => {
  const known = codes.get(value);
  if (known !== undefined) return known;
  codes.set(value, codes.size);
  return codes.size - 1;
};

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
    this.rows = by[0] === undefined ? 1 : cube.dictionaries[by[0]]!.length;
    this.width = by[1] === undefined ? 1 : cube.dictionaries[by[1]]!.length;
    this.counts = new Int32Array(this.series * this.days);
    for (let at = 0; at < cube.length; at += 1) {
      const cell = this.seriesOf((dimension) => cube.columns[dimension]![at]!) * this.days + cube.day[at]!;
      this.counts[cell]! += cube.count[at]!;
    }
  }

  get series(): number {
    return this.rows * this.width;
  }

  /** @param codeIn the code of a dimension */
  seriesOf(codeIn: (dimension: number) => number): number {
    const first = this.by[0] === undefined ? 0 : codeIn(this.by[0]);
    return this.by[1] === undefined ? first * this.width : first * this.width + codeIn(this.by[1]);
  }

  /** The values of a series as the tables write them: '' where there is no dimension. */
  keysOf(series: number): [string, string] {
    const code = [Math.floor(series / this.width), series % this.width];
    const [k1, k2] = code.map((value, at) => {
      const dimension = this.by[at];
      return dimension === undefined ? '' : this.cube.dictionaries[dimension]![value]!;
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
