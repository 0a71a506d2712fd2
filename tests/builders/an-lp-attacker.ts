import highs, { type Highs } from 'highs';
import type { DeclaredTable } from '../../src/areas/indicators/disclosure/cube.js';
import type { Release } from '../../src/areas/indicators/disclosure/release.js';
import type { Cell } from './a-campaign-cube.js';

/** The package declares its types as CommonJS, and is loaded as a module. */
const loadHighs = highs as unknown as typeof highs.default;

/** A number that was published, as an equation over the doses that there may have been. */
interface Equation {
  readonly cells: readonly number[];
  readonly value: number;
}

/**
 * Somebody who knows the declared tables, every published number and which doses are possible at all, and has a solver of
 * linear programmes: what is the least, and what the most, that a count can be?
 */
export class LpAttacker {
  private readonly equations: Equation[];

  private constructor(
    private readonly solver: Highs,
    private readonly possible: readonly Cell[],
    releases: ReadonlyMap<string, Release>,
    tables: readonly DeclaredTable[],
  ) {
    const days = [...new Set(possible.map(({ day }) => day))].sort();
    this.equations = tables.flatMap((table) => this.published(releases.get(table.id)!, table, days));
  }

  /** @param possible the cells that may hold a dose, whatever they hold */
  static async against(
    possible: readonly Cell[],
    releases: ReadonlyMap<string, Release>,
    tables: readonly DeclaredTable[],
  ) {
    return new LpAttacker(await loadHighs(), possible, releases, tables);
  }

  /** The bounds of a count: the attacker has it when they meet. */
  bounds(isCounted: (cell: Cell) => boolean): { least: number; most: number } {
    const counted = this.possible.flatMap((cell, at) => (isCounted(cell) ? [at] : []));
    return { least: this.solve('Minimize', counted), most: this.solve('Maximize', counted) };
  }

  /** For each series and each first day the shortest range that is told; longer ones are sums of such, or told as well. */
  private published(release: Release, { by }: DeclaredTable, days: readonly string[]): Equation[] {
    const keyOf = ({ values }: Cell) => by.map((dimension) => values[dimension]!);
    const series = new Map(this.possible.map((cell) => [keyOf(cell).join('|'), keyOf(cell)]));
    return [...series.values()].flatMap(([k1 = '', k2 = '']) =>
      days.flatMap((from, at) => {
        for (const to of days.slice(at)) {
          const value = release.sum({ k1, k2 }, from, to);
          if (value === 'WITHHELD') continue;
          const cells = this.possible.flatMap((cell, index) => {
            const [c1 = '', c2 = ''] = keyOf(cell);
            return c1 === k1 && c2 === k2 && cell.day >= from && cell.day <= to ? [index] : [];
          });
          return [{ cells, value }];
        }
        return [];
      }),
    );
  }

  private solve(sense: 'Minimize' | 'Maximize', counted: readonly number[]): number {
    const sum = (cells: readonly number[]) => cells.map((cell) => `x${cell}`).join(' + ');
    const rules = this.equations.map(({ cells, value }, at) => `r${at}: ${sum(cells)} = ${value}`);
    const problem = [sense, `count: ${sum(counted)}`, 'Subject To', ...rules, 'End'].join('\n');
    const { Status, ObjectiveValue } = this.solver.solve(problem, { output_flag: false });
    if (Status === 'Unbounded') return Number.POSITIVE_INFINITY;
    if (Status !== 'Optimal') throw new Error(`the programme is ${Status}`);
    return ObjectiveValue;
  }
}
