import type { Margin } from './cube.js';

/** The cells of the base cube by the cell of one declared table that they add up to: 4 bytes a cell of either. */
export class Atoms {
  private readonly starts: Int32Array;
  private readonly order: Int32Array;

  constructor(margin: Margin) {
    const { cube, days } = margin;
    const cellAt = (atom: number) => margin.seriesAt(atom) * days + cube.columns.day[atom]!;
    this.starts = new Int32Array(margin.series * days + 1);
    this.order = new Int32Array(cube.length);
    for (let atom = 0; atom < cube.length; atom += 1) this.starts[cellAt(atom) + 1]! += 1;
    for (let cell = 1; cell < this.starts.length; cell += 1) this.starts[cell]! += this.starts[cell - 1]!;
    const next = this.starts.slice();
    for (let atom = 0; atom < cube.length; atom += 1) {
      const cell = cellAt(atom);
      this.order[next[cell]!] = atom;
      next[cell]! += 1;
    }
  }

  /** At most `limit` cells of the base cube that make up this cell. */
  in(cell: number, limit: number): Int32Array {
    return this.order.subarray(this.starts[cell]!, Math.min(this.starts[cell + 1]!, this.starts[cell]! + limit));
  }
}
