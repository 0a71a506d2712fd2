import { daysBetween } from '../../../kernel/days.js';
import { closeTables } from './closing.js';
import type { Closure } from './closure.js';
import type { IsSmall } from './columns.js';
import { type Columns, Cube, type DeclaredTable, type Margin } from './cube.js';
import { effectsOn, type Move } from './move.js';
import { witnesses } from './witnesses.js';

/** A row of `steering.move`, without its publication. */
export interface ProtectedEffect {
  readonly move: number;
  readonly table: string;
  readonly k1: string;
  readonly k2: string;
  readonly day: string;
  readonly effect: number;
}

export interface Protection {
  readonly tables: readonly DeclaredTable[];
  readonly threshold: number;
  /** The last day that the publication counts; what ends there may still grow. */
  readonly until?: string;
  /** Dimensions whose values depend on each other, by position. */
  readonly bound?: readonly number[];
  /** Whether one contributor makes too much of a cell over some days. */
  readonly dominates?: (table: string, keys: readonly [string, string], from: string, to: string) => boolean;
  /** Told each move that serves a small cell, for whoever checks. */
  readonly onMove?: (move: Move, cube: Cube) => void;
}

/** What to record so that the cube tells nothing about anyone. The proof is in `README.md`. */
export function* protectCube(columns: Columns, protection: Protection): Generator<ProtectedEffect> {
  const cube = new Cube(columns);
  const isSmall = smallness(protection);
  const closures = closeTables(cube, protection.tables, protection.threshold, isSmall);
  const grows = mayGrow(columns.to, protection.until);
  let move = 0;
  for (const closure of closures) {
    for (let series = 0; series < closure.margin.series; series += 1) {
      for (const run of closure.runs(series)) {
        move += 1;
        yield* gate(
          closure,
          series,
          { ...run, sealed: run.sealed || (grows && run.to === cube.calendar.length - 1) },
          move,
        );
      }
    }
  }
  for (const witness of witnesses(cube, closures, isSmall, protection.bound ?? [])) {
    protection.onMove?.(witness.move, cube);
    if (witness.shownIn.length === 0) continue;
    move += 1;
    for (const closure of witness.shownIn) yield* recorded(closure, witness.move, move);
  }
}

/** What ends on the last day with a count may be closed with days to come: until a month has gone by it is not told. */
const mayGrow = (last: string, until: string | undefined): boolean =>
  until !== undefined && daysBetween(last, until) < 31;

const smallness =
  ({ threshold, dominates }: Protection): IsSmall =>
  (margin, series, from, to) => {
    const sum = margin.sum(series, from, to);
    if (sum === 0) return false;
    if (sum < threshold) return true;
    const { days } = margin.cube.calendar;
    return dominates?.(margin.id, margin.keysOf(series), days[from]!, days[to]!) ?? false;
  };

/** One effect a day, which add up to nothing over the whole run only; over no part at all of a sealed one. */
function* gate(
  { margin }: Closure,
  series: number,
  { from, to, sealed }: { from: number; to: number; sealed: boolean },
  move: number,
): Generator<ProtectedEffect> {
  for (let day = from; day <= to; day += 1) {
    yield row(margin, series * margin.days + day, move, day === to && !sealed ? from - to : 1);
  }
}

function* recorded({ margin }: Closure, move: Move, number: number): Generator<ProtectedEffect> {
  for (const [cell, effect] of effectsOn(margin, move)) yield row(margin, cell, number, effect);
}

const row = (margin: Margin, cell: number, move: number, effect: number): ProtectedEffect => {
  const [k1, k2] = margin.keysOf(Math.floor(cell / margin.days));
  return { move, table: margin.id, k1, k2, day: margin.cube.calendar.days[cell % margin.days]!, effect };
};
