import { Atoms } from './atoms.js';
import type { Closure } from './closure.js';
import type { IsSmall } from './columns.js';
import type { Cube } from './cube.js';
import { changeDay, effectsOn, type Move, oneMore, shows } from './move.js';
import { candidates, type Search } from './partners.js';

/** A move and the tables in which it still shows: there it is recorded, and withholds whatever it changes. */
export interface Witness {
  readonly move: Move;
  readonly shownIn: readonly Closure[];
}

const TRIES = 40;

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
  const reached = cube.columns.dimensions.map((_, at) => closures.filter(({ margin: { by } }) => by.includes(at)));
  const reachedBy = ({ dimensions }: Move): readonly Closure[] => {
    if (dimensions === undefined) return closures;
    const [only, ...others] = dimensions.map((dimension) => reached[dimension]!);
    return others.length === 0 ? only! : [...new Set([...only!, ...others.flat()])];
  };
  for (const closure of closures) {
    const { margin } = closure;
    const atoms = new Atoms(margin);
    for (let cell = 0; cell < margin.counts.length; cell += 1) {
      const [series, day] = [Math.floor(cell / margin.days), cell % margin.days];
      if (margin.counts[cell] === 0 || served.get(closure)![cell] === 1 || !isSmall(margin, series, day, day)) continue;
      const witness = find({ cube, closure, atoms, series, day, crossed, bound }, reachedBy);
      for (const other of reachedBy(witness.move)) {
        for (const touched of effectsOn(other.margin, witness.move).keys()) served.get(other)![touched] = 1;
      }
      yield witness;
    }
  }
}

function find(search: Search, reachedBy: (move: Move) => readonly Closure[]): Witness {
  const { margin } = search.closure;
  const cell = search.series * margin.days + search.day;
  let best: Witness | undefined;
  let tries = 0;
  for (const move of candidates(search)) {
    const shownIn = shownOf(reachedBy(move), move, best?.shownIn.length ?? Number.POSITIVE_INFINITY);
    if (shownIn && effectsOn(margin, move).has(cell)) best = { move, shownIn };
    tries += 1;
    if (best?.shownIn.length === 0 || tries >= TRIES) break;
  }
  return best ?? lastResort(search, reachedBy);
}

/** The tables in which a move shows; undefined when they are not fewer than `limit`. */
function shownOf(closures: readonly Closure[], move: Move, limit: number): Closure[] | undefined {
  const shown: Closure[] = [];
  for (const closure of closures) {
    if (shows(closure, move)) shown.push(closure);
    if (shown.length >= limit) return undefined;
  }
  return shown;
}

/** No dose to exchange with inside the run: it goes to the next day of the campaign or, if there is none, is one more. */
function lastResort(
  { cube, closure, atoms, series, day }: Search,
  reachedBy: (move: Move) => readonly Closure[],
): Witness {
  const dose = atoms.in(series * closure.margin.days + day, 1)[0]!;
  const other = day + 1 < closure.margin.days ? day + 1 : day - 1;
  const move = other < 0 ? oneMore(cube, dose) : changeDay(cube, dose, other);
  return { move, shownIn: reachedBy(move).filter((one) => shows(one, move)) };
}

/** For each dimension, those that a declared table crosses with it. */
function crossings(cube: Cube, closures: readonly Closure[]): number[][] {
  return cube.columns.dimensions.map((_, dimension) => [
    ...new Set(
      closures
        .map(({ margin: { by } }) => by)
        .filter((by) => by.includes(dimension))
        .flatMap((by) => by.filter((other) => other !== dimension)),
    ),
  ]);
}
