import { addDays } from '../../../kernel/days.js';

/** What stands in the place of a number that is not published. */
export const WITHHELD = 'WITHHELD';

/** A published number, or that it is withheld. A true zero is 0. */
export type Released = number | typeof WITHHELD;

/** A figure of one declared table; k1 and k2 are '' where the table has fewer dimensions. Days as 2021-05-03. */
export interface Figure {
  readonly k1: string;
  readonly k2: string;
  readonly day: string;
  readonly value: number;
}

/** What one protective move changes in one cell of that table. */
export interface Effect {
  readonly move: number;
  readonly k1: string;
  readonly k2: string;
  readonly day: string;
  readonly effect: number;
}

/** The series that are summed: one value or several of the first dimension, one of the second; '' where there is none. */
export interface Cells {
  readonly k1: string | readonly string[];
  readonly k2: string;
}

interface Series {
  readonly figures: { day: string; value: number }[];
  readonly effects: { day: string; move: number; effect: number }[];
}

const byDay = (one: { day: string }, other: { day: string }): number =>
  one.day < other.day ? -1 : one.day > other.day ? 1 : 0;

/** Index of the first entry on that day or after it. */
const firstAt = (entries: readonly { day: string }[], day: string): number => {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.day < day) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * The figures of one declared table and the moves that protect it. A number is published if and only if no move changes
 * it: it is a sum of cells, so each move's effects on these cells must add up to nothing (see `README.md`).
 * Without moves it is the OPEN mode: everything is published, as Santé publique France did.
 */
export class Release {
  /** By first value, then by second value. */
  private readonly table = new Map<string, Map<string, Series>>();

  constructor(figures: Iterable<Figure>, moves: Iterable<Effect>) {
    for (const { k1, k2, day, value } of figures) this.at(k1, k2).figures.push({ day, value });
    for (const { move, k1, k2, day, effect } of moves) this.at(k1, k2).effects.push({ day, move, effect });
    for (const { figures: counted, effects } of [...this.table.values()].flatMap((row) => [...row.values()])) {
      counted.sort(byDay);
      effects.sort(byDay);
    }
  }

  /** Of all these cells over the days `from` … `to`, both included. */
  sum(cells: Cells, from: string, to: string): Released {
    return netOf(this.chosen(cells), from, to).released();
  }

  /** For each of these days (ascending), everything from the first figure to that day: each day is added up once. */
  cumulated(cells: Cells, days: readonly string[]): Released[] {
    const chosen = this.chosen(cells);
    const net = new Net();
    return days.map((day, at) => {
      const before = days[at - 1];
      for (const series of chosen) net.add(series, before === undefined ? FIRST : addDays(before, 1), day);
      return net.released();
    });
  }

  private chosen({ k1, k2 }: Cells): Series[] {
    const firsts = new Set(typeof k1 === 'string' ? [k1] : k1);
    return [...firsts].flatMap((first) => {
      const row = this.table.get(first);
      if (!row) return [];
      return row.has(k2) ? [row.get(k2)!] : [];
    });
  }

  private at(k1: string, k2: string): Series {
    const row = this.table.get(k1) ?? new Map<string, Series>();
    this.table.set(k1, row);
    const series = row.get(k2) ?? { figures: [], effects: [] };
    row.set(k2, series);
    return series;
  }
}

const FIRST = '0000-01-01';

/** A sum of cells, and what each move would change in it. */
class Net {
  private total = 0;
  private readonly moves = new Map<number, number>();

  add({ figures, effects }: Series, from: string, to: string): void {
    for (let at = firstAt(figures, from); at < figures.length && figures[at]!.day <= to; at += 1) {
      this.total += figures[at]!.value;
    }
    for (let at = firstAt(effects, from); at < effects.length && effects[at]!.day <= to; at += 1) {
      const { move, effect } = effects[at]!;
      const net = (this.moves.get(move) ?? 0) + effect;
      if (net === 0) this.moves.delete(move);
      else this.moves.set(move, net);
    }
  }

  released(): Released {
    return this.moves.size === 0 ? this.total : WITHHELD;
  }
}

const netOf = (chosen: readonly Series[], from: string, to: string): Net => {
  const net = new Net();
  for (const series of chosen) net.add(series, from, to);
  return net;
};
