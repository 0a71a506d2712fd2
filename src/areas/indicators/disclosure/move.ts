import type { Closure } from './closure.js';
import type { Cube, Margin } from './cube.js';

/** One dose more or less in a cell of the base cube: a day, and the value of each dimension as coded by the cube. */
export interface Step {
  readonly day: number;
  readonly codes: readonly number[];
  readonly amount: 1 | -1;
}

/** A protective move: added to the register it gives another register that could be the true one. */
export type Move = readonly Step[];

/** Two doses give each other their days. */
export const exchangeDays = (cube: Cube, one: number, other: number): Move => {
  const [first, second] = [codesOf(cube, one), codesOf(cube, other)];
  const [day, otherDay] = [cube.day[one]!, cube.day[other]!];
  return [
    { day, codes: first, amount: -1 },
    { day: otherDay, codes: first, amount: 1 },
    { day: otherDay, codes: second, amount: -1 },
    { day, codes: second, amount: 1 },
  ];
};

/** Two doses give each other their value of one dimension. */
export const exchangeValues = (cube: Cube, one: number, other: number, dimension: number): Move => {
  const [first, second] = [codesOf(cube, one), codesOf(cube, other)];
  const swapped = (codes: readonly number[], value: number) =>
    codes.map((code, at) => (at === dimension ? value : code));
  const [day, otherDay] = [cube.day[one]!, cube.day[other]!];
  return [
    { day, codes: first, amount: -1 },
    { day, codes: swapped(first, second[dimension]!), amount: 1 },
    { day: otherDay, codes: second, amount: -1 },
    { day: otherDay, codes: swapped(second, first[dimension]!), amount: 1 },
  ];
};

/** A dose goes to another day. */
export const changeDay = (cube: Cube, atom: number, day: number): Move => [
  { day: cube.day[atom]!, codes: codesOf(cube, atom), amount: -1 },
  { day, codes: codesOf(cube, atom), amount: 1 },
];

/** A dose that nobody counted. */
export const oneMore = (cube: Cube, atom: number): Move => [
  { day: cube.day[atom]!, codes: codesOf(cube, atom), amount: 1 },
];

const codesOf = (cube: Cube, atom: number): number[] => cube.columns.map((column) => column[atom]!);

/** In which cell of a declared table a step falls. */
export const cellOf = (margin: Margin, { day, codes }: Step): number =>
  margin.seriesOf((dimension) => codes[dimension]!) * margin.days + day;

/** What a move changes in a declared table: by cell, without the cells where it adds up to nothing. */
export function effectsOn(margin: Margin, move: Move): Map<number, number> {
  const effects = new Map<number, number>();
  for (const step of move) {
    const cell = cellOf(margin, step);
    const effect = (effects.get(cell) ?? 0) + step.amount;
    if (effect === 0) effects.delete(cell);
    else effects.set(cell, effect);
  }
  return effects;
}

/** Whether a move changes a number that the closed runs leave open: a run as a whole, or a day that stands alone. */
export function shows({ margin, first, sealed }: Closure, move: Move): boolean {
  for (let at = 0; at < move.length; at += 1) {
    const cell = cellOf(margin, move[at]!);
    if (sealed[cell] === 1) continue;
    const run = cell - (cell % margin.days) + first[cell]!;
    let net = 0;
    for (const step of move) {
      const other = cellOf(margin, step);
      if (other - (other % margin.days) + first[other]! === run) net += step.amount;
    }
    if (net !== 0) return true;
  }
  return false;
}
