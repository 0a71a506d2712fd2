import type { Atoms } from './atoms.js';
import type { Closure } from './closure.js';
import type { Cube } from './cube.js';
import { changeDay, exchange, type Move } from './move.js';

/** Where to look for a move that changes one cell of one declared table. */
export interface Search {
  readonly cube: Cube;
  readonly closure: Closure;
  readonly atoms: Atoms;
  readonly series: number;
  readonly day: number;
  /** The dimensions that other declared tables cross with each one: partners should agree in them. */
  readonly crossed: readonly (readonly number[])[];
  /** Dimensions whose values depend on each other: one exchanged alone would give a dose that cannot be, so all of them are. */
  readonly bound: readonly number[];
}

const DAYS = 12;
const PARTNERS = 5;
const DOSES = 4;
const TRIED = 24;

/** Moves that change the cell and, at best, nothing that is published; the likeliest first. */
export function* candidates(search: Search): Generator<Move> {
  const crosses = search.closure.margin.by.length === 2;
  for (const day of nearDays(search)) {
    const partners = together(search, day);
    if (crosses) yield* corners(search, day, partners);
    yield* acrossDays(search, day, partners);
  }
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

/** The dose goes to the other day; or exchanges, with a dose of that day, the dimension in which their series differ. */
function* acrossDays(search: Search, other: number, partners: readonly number[]): Generator<Move> {
  const { cube, closure, atoms, series, day, crossed } = search;
  const { margin } = closure;
  const doses = atoms.in(series * margin.days + day, DOSES);
  if (margin.by.length === 0) yield changeDay(cube, doses[0]!, other);
  for (const partner of partners) {
    const differing =
      Math.floor(partner / margin.width) === Math.floor(series / margin.width) ? margin.by.at(-1)! : margin.by[0]!;
    const exchanged = search.bound.includes(differing) ? search.bound : [differing];
    const agreeing = new Set(exchanged.flatMap((one) => crossed[one]!));
    const found = pair(cube, doses, atoms.in(partner * margin.days + other, TRIED), [...agreeing]);
    if (found) yield exchange(cube, exchanged, found);
  }
}

/** Eight corners: (a, b) and (a*, b*) exchange on one day what (a, b*) and (a*, b) exchange back on the other. */
function* corners(search: Search, other: number, line: readonly number[]): Generator<Move> {
  const { cube, closure, atoms, series, day } = search;
  const { margin } = closure;
  const [row, column] = [Math.floor(series / margin.width), series % margin.width];
  const dimension = free(search);
  if (dimension === undefined) return;
  const at = (r: number, c: number, d: number) => (r * margin.width + c) * margin.days + d;
  for (const second of line.filter((one) => Math.floor(one / margin.width) === row)) {
    const b = second % margin.width;
    for (const third of line.filter((one) => one % margin.width === column)) {
      const a = Math.floor(third / margin.width);
      const there = pair(
        cube,
        atoms.in(at(row, column, day), DOSES),
        atoms.in(at(a, b, day), TRIED),
        search.crossed[dimension]!,
      );
      if (!there) continue;
      const back = pair(
        cube,
        atoms.in(at(row, b, other), DOSES),
        atoms.in(at(a, column, other), TRIED),
        search.crossed[dimension]!,
      );
      if (back) yield exchange(cube, [dimension], there, back);
    }
  }
}

/** The dimension to exchange: one that no other depends on, whose doses are easy to match. */
function free({ closure, crossed, bound }: Search): number | undefined {
  return closure.margin.by
    .filter((dimension) => !bound.includes(dimension))
    .sort((one, other) => crossed[one]!.length - crossed[other]!.length)[0];
}

/** Series of the same lines that have doses on the other day and are closed over both days, the fullest first. */
function together({ closure, series, day }: Search, other: number): number[] {
  const { margin } = closure;
  const [from, to] = [Math.min(day, other), Math.max(day, other)];
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

/** A dose of each that agree in these dimensions, or in as many of them as possible. */
function pair(
  { columns: { codes } }: Cube,
  doses: Int32Array,
  others: Int32Array,
  dimensions: readonly number[],
): [number, number] | undefined {
  let best: { found: [number, number]; agreed: number } | undefined;
  for (const dose of doses) {
    for (const other of others) {
      let agreed = 0;
      for (const dimension of dimensions) if (codes[dimension]![dose] === codes[dimension]![other]) agreed += 1;
      if (agreed === dimensions.length) return [dose, other];
      if (!best || agreed > best.agreed) best = { found: [dose, other], agreed };
    }
  }
  return best?.found;
}
