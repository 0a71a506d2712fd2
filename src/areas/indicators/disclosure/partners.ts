import type { Atoms } from './atoms.js';
import type { Closure } from './closure.js';
import type { Cube } from './cube.js';
import { changeDay, exchangeDays, exchangeValues, type Move } from './move.js';

/** Where to look for a move that changes one cell of one declared table. */
export interface Search {
  readonly cube: Cube;
  readonly closure: Closure;
  readonly atoms: Atoms;
  readonly series: number;
  readonly day: number;
  /** The dimensions that other declared tables cross with each one: partners should agree in them. */
  readonly crossed: readonly (readonly number[])[];
  /** Dimensions whose values depend on each other: exchanging one alone would give a dose that cannot be. */
  readonly bound: readonly number[];
}

const DAYS = 12;
const PARTNERS = 5;
const TRIED = 24;

/** Moves that change the cell and, at best, nothing that is published; the likeliest first. */
export function* candidates(search: Search): Generator<Move> {
  const { closure } = search;
  for (const day of nearDays(search)) yield* acrossDays(search, day);
  if (closure.margin.by.length === 2) for (const day of nearDays(search)) yield* corners(search, day);
}

/** The days of the same run, the nearest first. */
function nearDays({ closure: { margin, first, last }, series, day }: Search): number[] {
  const cell = series * margin.days + day;
  const found: number[] = [];
  for (let away = 1; found.length < DAYS && (day - away >= first[cell]! || day + away <= last[cell]!); away += 1) {
    if (day - away >= first[cell]!) found.push(day - away);
    if (day + away <= last[cell]!) found.push(day + away);
  }
  return found;
}

/** The dose goes to the other day; or changes days with one that differs in as little as possible. */
function* acrossDays(search: Search, other: number): Generator<Move> {
  const { cube, closure, atoms, series, day } = search;
  const { margin } = closure;
  const [dose] = atoms.in(series * margin.days + day, 1);
  if (dose === undefined) return;
  if (margin.by.length === 0) yield changeDay(cube, dose, other);
  for (const partner of together(search, other, [day, other])) {
    const agreeing = closest(cube, dose, atoms.in(partner * margin.days + other, TRIED), cube.columns.keys());
    if (agreeing !== undefined) yield exchangeDays(cube, dose, agreeing);
  }
}

/** Eight corners: (a, b) and (a*, b*) exchange on one day what (a, b*) and (a*, b) exchange back on the other. */
function* corners(search: Search, other: number): Generator<Move> {
  const { cube, closure, atoms, series, day } = search;
  const { margin } = closure;
  const [row, column] = [Math.floor(series / margin.width), series % margin.width];
  const dimension = exchanged(search);
  const at = (r: number, c: number, d: number) => (r * margin.width + c) * margin.days + d;
  const line = together(search, other, [day, other]);
  for (const second of line.filter((one) => Math.floor(one / margin.width) === row)) {
    const b = second % margin.width;
    for (const third of line.filter((one) => one % margin.width === column)) {
      const a = Math.floor(third / margin.width);
      const there = pair(
        cube,
        atoms.in(at(row, column, day), 4),
        atoms.in(at(a, b, day), TRIED),
        search.crossed[dimension]!,
      );
      if (!there) continue;
      const back = pair(
        cube,
        atoms.in(at(row, b, other), 4),
        atoms.in(at(a, column, other), TRIED),
        search.crossed[dimension]!,
      );
      if (back) yield [...exchangeValues(cube, ...there, dimension), ...exchangeValues(cube, ...back, dimension)];
    }
  }
}

/** The dimension to exchange: one whose doses are easy to match. */
function exchanged({ closure, crossed, bound }: Search): number {
  const free = closure.margin.by.filter((dimension) => !bound.includes(dimension));
  const choices = free.length > 0 ? free : closure.margin.by;
  return choices.reduce((best, one) => (crossed[one]!.length < crossed[best]!.length ? one : best));
}

/** Series of the same lines that have doses on the other day and are closed over both days, the fullest first. */
function together({ closure, series }: Search, other: number, [one, two]: [number, number]): number[] {
  const { margin } = closure;
  const [from, to] = [Math.min(one, two), Math.max(one, two)];
  const found: { partner: number; doses: number }[] = [];
  const look = (partner: number): void => {
    const doses = margin.counts[partner * margin.days + other]!;
    if (partner !== series && doses > 0 && closure.covers(partner, from, to)) found.push({ partner, doses });
  };
  const [row, column] = [Math.floor(series / margin.width), series % margin.width];
  for (let at = 0; at < margin.width; at += 1) look(row * margin.width + at);
  const rows = found.splice(0).sort((a, b) => b.doses - a.doses);
  if (margin.rows > 1) for (let at = 0; at < margin.rows; at += 1) if (at !== row) look(at * margin.width + column);
  const columns = found.sort((a, b) => b.doses - a.doses);
  return [...rows.slice(0, PARTNERS), ...columns.slice(0, PARTNERS)].map(({ partner }) => partner);
}

/** The one of `others` that agrees with `dose` in most of these dimensions. */
function closest(cube: Cube, dose: number, others: Int32Array, dimensions: Iterable<number>): number | undefined {
  const compared = [...dimensions];
  let best: { other: number; agreed: number } | undefined;
  for (const other of others) {
    let agreed = 0;
    for (const dimension of compared) {
      if (cube.columns[dimension]![dose] === cube.columns[dimension]![other]) agreed += 1;
    }
    if (!best || agreed > best.agreed) best = { other, agreed };
  }
  return best?.other;
}

function pair(
  cube: Cube,
  doses: Int32Array,
  others: Int32Array,
  dimensions: readonly number[],
): [number, number] | undefined {
  for (const dose of doses) {
    const other = closest(cube, dose, others, dimensions);
    if (other !== undefined && dimensions.every((one) => cube.columns[one]![dose] === cube.columns[one]![other])) {
      return [dose, other];
    }
  }
  const [dose] = doses;
  const other = dose === undefined ? undefined : closest(cube, dose, others, dimensions);
  return dose === undefined || other === undefined ? undefined : [dose, other];
}
