import highs, { type Highs } from 'highs';
import type { DeclaredTable } from '../../src/areas/indicators/disclosure/cube.js';
import type { Cells, Release } from '../../src/areas/indicators/disclosure/release.js';
import type { Cell } from './a-campaign-cube.js';

/** The package declares its types as CommonJS, and is loaded as a module. */
const loadHighs = highs as unknown as typeof highs.default;

/** A campaign and everything that is published of it. */
export interface Publication {
  readonly cells: readonly Cell[];
  readonly releases: ReadonlyMap<string, Release>;
  readonly tables: readonly DeclaredTable[];
  readonly days: readonly string[];
  /** Départements that are told of together too, as those of a region are. */
  readonly regions?: readonly (readonly string[])[];
}

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** Solved so often, the solver is begun anew: its memory only grows. */
const SOLVED_BY_ONE = 200;

/**
 * Somebody who knows the declared tables, every published number, which doses are possible at all and how many there are of
 * all others; and has a solver of linear programmes: what is the least, and what the most, that a count can be? The fewer
 * cells he does not know, the narrower the bounds: what he does not find then, he does not find knowing less.
 */
export class LpAttacker {
  private readonly views: readonly View[];
  private readonly counts: ReadonlyMap<string, number>;
  private readonly at: ReadonlyMap<string, number>;
  private solved = 0;

  private constructor(
    private solver: Highs,
    { cells, releases, tables, days, regions = [] }: Publication,
  ) {
    this.counts = new Map(cells.map((cell) => [nameOf(cell), cell.count]));
    this.at = new Map(days.map((day, at) => [day, at]));
    this.views = tables.flatMap((table) => {
      const release = releases.get(table.id)!;
      const each = new View({ release, cells, days }, table.by, (department) => [department]);
      if (table.by[0] !== DEPARTMENT || regions.length === 0) return [each];
      const regionOf = (department: string) => regions.find((region) => region.includes(department))!;
      return [each, new View({ release, cells, days }, table.by, regionOf)];
    });
  }

  static async against(publication: Publication): Promise<LpAttacker> {
    return new LpAttacker(await loadHighs(), publication);
  }

  /**
   * The bounds of a count.
   * @param possible cells that may hold any number of doses, whatever they hold; what all others hold is known
   */
  async bounds(possible: readonly Cell[], isCounted: (cell: Cell) => boolean): Promise<Bounds> {
    const counted = possible.flatMap((cell, at) => (isCounted(cell) ? [at] : []));
    // Tables of which the unknown part is the same tell the same.
    const told = new Set(this.views.flatMap((view) => this.rules(view, possible)));
    const rules = [...told].map((rule, at) => `r${at}: ${rule}`);
    return {
      least: await this.solve('Minimize', counted, rules),
      most: await this.solve('Maximize', counted, rules),
    };
  }

  /** For each told number that counts a possible cell: these are what it tells, less what is known. */
  private rules(view: View, possible: readonly Cell[]): string[] {
    const bySeries = new Map<string, { cell: Cell; at: number; day: number }[]>();
    for (const [at, cell] of possible.entries()) {
      const key = view.keyOf(cell);
      const series = bySeries.get(key) ?? [];
      bySeries.set(key, series);
      series.push({ cell, at, day: this.at.get(cell.day)! });
    }
    return [...bySeries.values()].flatMap((series) => {
      const { told, doses } = view.seriesOf(series[0]!.cell);
      const known = doses.slice();
      for (const { cell, day } of series) known[day]! -= this.counts.get(nameOf(cell)) ?? 0;
      return told.flatMap(({ from, to, value }) => {
        const free = series.filter(({ day }) => day >= from && day <= to).map(({ at }) => at);
        const rest = known.subarray(from, to + 1).reduce((left, some) => left - some, value);
        return free.length > 0 ? [`${sumOf(free)} = ${rest}`] : [];
      });
    });
  }

  private async solve(sense: 'Minimize' | 'Maximize', counted: readonly number[], rules: readonly string[]) {
    this.solved += 1;
    if (this.solved % SOLVED_BY_ONE === 0) this.solver = await loadHighs();
    const problem = [sense, `count: ${sumOf(counted)}`, 'Subject To', ...rules, 'End'].join('\n');
    const { Status, ObjectiveValue } = this.solver.solve(problem, { output_flag: false });
    if (Status === 'Unbounded') return Number.POSITIVE_INFINITY;
    if (Status !== 'Optimal') throw new Error(`the programme is ${Status}`);
    return ObjectiveValue;
  }
}

const DEPARTMENT = 0;
const nameOf = ({ day, values }: Cell): string => [day, ...values].join('|');
const sumOf = (cells: readonly number[]): string => cells.map((cell) => `x${cell}`).join(' + ');

interface Series {
  /** By day. */
  readonly doses: Int32Array;
  /** The shortest range that is told from each first day: what two told ranges differ by is told as well, so longer ones are their sums. */
  readonly told: readonly { readonly from: number; readonly to: number; readonly value: number }[];
}

/** The numbers of one table, each series by itself or several together. */
class View {
  private readonly doses = new Map<string, Int32Array>();
  private readonly known = new Map<string, Series>();

  constructor(
    private readonly of: {
      readonly release: Release;
      readonly cells: readonly Cell[];
      readonly days: readonly string[];
    },
    private readonly by: readonly number[],
    private readonly togetherWith: (first: string) => readonly string[],
  ) {
    const at = new Map(of.days.map((day, index) => [day, index]));
    for (const cell of of.cells) this.dosesOf(this.keyOf(cell))[at.get(cell.day)!]! += cell.count;
  }

  keyOf(cell: Cell): string {
    const { k1, k2 } = this.asked(cell);
    return `${k1}|${k2}`;
  }

  /** The series in which a cell is counted. */
  seriesOf(cell: Cell): Series {
    const key = this.keyOf(cell);
    const series = this.known.get(key) ?? { doses: this.dosesOf(key), told: this.toldOf(this.asked(cell)) };
    this.known.set(key, series);
    return series;
  }

  private asked({ values }: Cell): Cells & { readonly k2: string } {
    const [k1, k2] = this.by.map((dimension) => values[dimension]!);
    return { k1: k1 === undefined ? '' : this.togetherWith(k1), k2: k2 ?? '' };
  }

  private dosesOf(key: string): Int32Array {
    const doses = this.doses.get(key) ?? new Int32Array(this.of.days.length);
    this.doses.set(key, doses);
    return doses;
  }

  private toldOf(asked: Cells): Series['told'] {
    const { release, days } = this.of;
    return days.flatMap((day, from) => {
      for (let to = from; to < days.length; to += 1) {
        const value = release.sum(asked, day, days[to]!);
        if (value !== 'WITHHELD') return [{ from, to, value }];
      }
      return [];
    });
  }
}
