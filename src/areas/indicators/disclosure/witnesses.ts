import { Atoms } from './atoms.js';
import type { Closure } from './closure.js';
import type { IsSmall } from './columns.js';
import type { Cube } from './cube.js';
import { changeDay, effectsOn, exchangeDays, type Move, oneMore, shows } from './move.js';
import { candidates, type Search } from './partners.js';

/** A move and the tables in which it still shows: there it is recorded, and withholds whatever it changes. */
export interface Witness {
  readonly move: Move;
  readonly shownIn: readonly Closure[];
}

const TRIES = 24;

/**
 * For each small cell of each table a move that changes it. Most change nothing that the closed runs publish; of the
 * others the one that shows in fewest tables is taken. One move serves every small cell that it changes.
 */
export function* witnesses(
  cube: Cube,
  closures: readonly Closure[],
  isSmall: IsSmall,
  bound: readonly number[],
): Generator<Witness> {
  const served = new Map(closures.map((closure) => [closure, new Uint8Array(closure.first.length)]));
  const crossed = crossings(cube, closures);
  for (const closure of closures) {
    const { margin } = closure;
    const atoms = new Atoms(margin);
    for (let cell = 0; cell < margin.counts.length; cell += 1) {
      const [series, day] = [Math.floor(cell / margin.days), cell % margin.days];
      if (margin.counts[cell] === 0 || served.get(closure)![cell] === 1 || !isSmall(margin, series, day, day)) continue;
      const witness = find({ cube, closure, atoms, series, day, crossed, bound }, closures);
      for (const [other, marks] of served)
        for (const touched of effectsOn(other.margin, witness.move).keys()) marks[touched] = 1;
      yield witness;
    }
  }
}

function find(search: Search, closures: readonly Closure[]): Witness {
  const { margin } = search.closure;
  const cell = search.series * margin.days + search.day;
  let best: Witness | undefined;
  let tries = 0;
  for (const move of candidates(search)) {
    if (!effectsOn(margin, move).has(cell)) continue;
    const shownIn = closures.filter((closure) => shows(closure, move));
    if (shownIn.length === 0) return { move, shownIn };
    if (!best || shownIn.length < best.shownIn.length) best = { move, shownIn };
    tries += 1;
    if (tries >= TRIES) break;
  }
  return best ?? lastResort(search, closures);
}

/** No dose to exchange with inside the run: one of any other day, or one dose more. */
function lastResort({ cube, closure, atoms, series, day }: Search, closures: readonly Closure[]): Witness {
  const { margin } = closure;
  const cell = series * margin.days + day;
  const dose = atoms.in(cell, 1)[0]!;
  const other = cube.day.findIndex((when, atom) => when !== day && seriesAt(closure, atom) !== series);
  const elsewhere = cube.day.find((when) => when !== day);
  const move =
    other >= 0
      ? exchangeDays(cube, dose, other)
      : elsewhere === undefined
        ? oneMore(cube, dose)
        : changeDay(cube, dose, elsewhere);
  return { move, shownIn: closures.filter((one) => shows(one, move)) };
}

const seriesAt = ({ margin }: Closure, atom: number): number =>
  margin.seriesOf((dimension) => margin.cube.columns[dimension]![atom]!);

/** For each dimension, those that a declared table crosses with it. */
function crossings(cube: Cube, closures: readonly Closure[]): number[][] {
  return cube.dimensions.map((_, dimension) => [
    ...new Set(
      closures
        .map(({ margin: { by } }) => by)
        .filter((by) => by.includes(dimension))
        .flatMap((by) => by.filter((other) => other !== dimension)),
    ),
  ]);
}
