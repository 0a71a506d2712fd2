import { Closure } from './closure.js';
import { closeColumns, type IsSmall } from './columns.js';
import { Cube, type DeclaredTable, Margin } from './cube.js';
import { closeLines, inherit, type Parent } from './lines.js';

/** Closes, in each declared table of a cube, what must not be told; coarser tables first. */
export function closeTables(
  cube: Cube,
  tables: readonly DeclaredTable[],
  threshold: number,
  isSmall: IsSmall,
): Closure[] {
  const closures: Closure[] = [];
  for (const table of [...tables].sort((one, other) => one.by.length - other.by.length)) {
    const closure = new Closure(new Margin(cube, table));
    closeColumns(closure, isSmall);
    const parents = closures
      .filter(({ margin: { by } }) => by.length === table.by.length - 1 && by.every((one) => table.by.includes(one)))
      .map((parent) => ({ closure: parent, of: totals(closure.margin, parent.margin) }));
    for (const parent of parents) inherit(closure, parent);
    closeAll(closure, parents, threshold);
    closures.push(closure);
  }
  return closures;
}

/** Closing one line may open a question on the lines that cross it: until nothing changes. Runs only grow, so it ends. */
function closeAll(closure: Closure, parents: readonly Parent[], threshold: number): void {
  let changed = parents.length > 0;
  while (changed) {
    changed = false;
    for (const parent of parents) changed = closeLines(closure, parent, threshold) || changed;
    if (parents.length === 1) return;
  }
}

/** For each series of the finer table, the series of the coarser one to which it adds up. */
function totals(finer: Margin, coarser: Margin): Int32Array {
  return Int32Array.from({ length: finer.series }, (_, series) => {
    const codes = [Math.floor(series / finer.width), series % finer.width];
    const [first, second] = coarser.by.map((dimension) => codes[finer.by.indexOf(dimension)]!);
    return (first ?? 0) * coarser.width + (second ?? 0);
  });
}
