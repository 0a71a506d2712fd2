import type { Closure } from './closure.js';
import type { Cube, Margin } from './cube.js';

/** One dose more or less in a cell of the base cube: a day, and the value of each dimension as coded by the cube. */
export interface Step {
  readonly day: number;
  readonly codes: readonly number[];
  readonly amount: 1 | -1;
}

/** A protective move: added to the register it gives another register that could be the true one. */
export interface Move {
  readonly steps: readonly Step[];
  /** The only dimensions whose values it changes: tables without them are as they were. Absent: the days themselves. */
  readonly dimensions?: readonly number[];
}

/** Each two doses give each other their values of these dimensions. */
export const exchange = (cube: Cube, dimensions: readonly number[], ...pairs: readonly [number, number][]): Move => ({
  dimensions,
  steps: pairs.flatMap(([one, other]) => {
    const [first, second] = [codesOf(cube, one), codesOf(cube, other)];
    const given = (codes: readonly number[], from: readonly number[]) =>
      codes.map((code, dimension) => (dimensions.includes(dimension) ? from[dimension]! : code));
    const [day, otherDay] = [cube.columns.day[one]!, cube.columns.day[other]!];
    return [
      { day, codes: first, amount: -1 },
      { day, codes: given(first, second), amount: 1 },
      { day: otherDay, codes: second, amount: -1 },
      { day: otherDay, codes: given(second, first), amount: 1 },
    ] as const;
  }),
});

/** A dose goes to another day. */
export const changeDay = (cube: Cube, atom: number, day: number): Move => ({
  steps: [
    { day: cube.columns.day[atom]!, codes: codesOf(cube, atom), amount: -1 },
    { day, codes: codesOf(cube, atom), amount: 1 },
  ],
});

/** A dose that nobody counted. */
export const oneMore = (cube: Cube, atom: number): Move => ({
  steps: [{ day: cube.columns.day[atom]!, codes: codesOf(cube, atom), amount: 1 }],
});

const codesOf = ({ columns }: Cube, atom: number): number[] => columns.codes.map((codes) => codes[atom]!);

/** In which cell of a declared table a step falls. */
export const cellOf = (margin: Margin, { day, codes }: Step): number => margin.seriesOf(codes) * margin.days + day;

/** What a move changes in a declared table: by cell, without the cells where it adds up to nothing. */
export function effectsOn(margin: Margin, { steps }: Move): Map<number, number> {
  const effects = new Map<number, number>();
  for (const step of steps) {
    const cell = cellOf(margin, step);
    const effect = (effects.get(cell) ?? 0) + step.amount;
    if (effect === 0) effects.delete(cell);
    else effects.set(cell, effect);
  }
  return effects;
}

/** Whether a move changes a number that the closed runs leave open: a run as a whole, or a day that stands alone. */
export function shows({ margin, first, sealed }: Closure, { steps }: Move): boolean {
  const runs: number[] = [];
  for (const step of steps) {
    const cell = cellOf(margin, step);
    runs.push(sealed[cell] === 1 ? SEALED : cell - step.day + first[cell]!);
  }
  for (const run of runs) {
    if (run === SEALED) continue;
    let net = 0;
    for (let at = 0; at < runs.length; at += 1) if (runs[at] === run) net += steps[at]!.amount;
    if (net !== 0) return true;
  }
  return false;
}

const SEALED = -1;
