import type { Margin } from './cube.js';

/**
 * Which days of each series are closed together. A run is published whole or not at all; a sealed run not even whole.
 * A day that stands alone and is not sealed is published by itself. Runs only ever grow.
 */
export class Closure {
  /** For each cell, the first and the last day of its run; a day alone is a run of one. */
  readonly first: Int16Array;
  readonly last: Int16Array;
  readonly sealed: Uint8Array;

  constructor(readonly margin: Margin) {
    const { series, days } = margin;
    this.first = new Int16Array(series * days);
    this.last = new Int16Array(series * days);
    this.sealed = new Uint8Array(series * days);
    for (let cell = 0; cell < series * days; cell += 1) {
      this.first[cell] = cell % days;
      this.last[cell] = cell % days;
    }
  }

  /** Makes these days, and the runs they touch, one run. @returns false when they were one already */
  close(series: number, from: number, to: number, sealed = false): boolean {
    const base = series * this.margin.days;
    const first = this.first[base + from]!;
    const last = this.last[base + to]!;
    if (this.covers(series, from, to) && (!sealed || this.sealed[base + from])) return false;
    let seals = sealed;
    for (let at = base + first; at <= base + last && !seals; at += 1) seals = this.sealed[at] === 1;
    this.first.fill(first, base + first, base + last + 1);
    this.last.fill(last, base + first, base + last + 1);
    this.sealed.fill(seals ? 1 : 0, base + first, base + last + 1);
    return true;
  }

  /** Whether one run holds all these days. */
  covers(series: number, from: number, to: number): boolean {
    const cell = series * this.margin.days + from;
    return this.last[cell]! >= to;
  }

  isClosed(series: number, day: number): boolean {
    const cell = series * this.margin.days + day;
    return this.first[cell]! < this.last[cell]! || this.sealed[cell] === 1;
  }

  /** Every run of a series that is longer than a day or sealed. */
  *runs(series: number): Generator<{ from: number; to: number; sealed: boolean }> {
    const base = series * this.margin.days;
    for (let day = 0; day < this.margin.days; day = this.last[base + day]! + 1) {
      const to = this.last[base + day]!;
      const sealed = this.sealed[base + day] === 1;
      if (to > day || sealed) yield { from: day, to, sealed };
    }
  }
}
