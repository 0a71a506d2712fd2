import { parentPort, workerData } from 'node:worker_threads';
import type { Columns } from './cube.js';
import { type Contribution, dominance } from './dominance.js';
import { type Protection, protectCube } from './protect.js';

/** One cube to protect, as it travels to the thread that does it. */
export interface Task {
  readonly columns: Columns;
  readonly protection: Omit<Protection, 'dominates' | 'onMove'>;
  readonly publication: number;
  /** Moves are numbered from there on. */
  readonly after: number;
  readonly dominated?: {
    readonly table: string;
    readonly share: number;
    readonly contributions: readonly Contribution[];
  };
}

/** Lines for `copy steering.move`, or the number of the last move when there are no more. */
export type Answer = { readonly lines: string } | { readonly last: number };

const LINES = 20_000;

function run({ columns, protection, publication, after, dominated }: Task): void {
  const isDominated = dominated && dominance(dominated.contributions, dominated.share);
  const dominates: Protection['dominates'] =
    isDominated && ((table, [k1], from, to) => table === dominated.table && isDominated(k1, from, to));
  let last = after;
  let lines: string[] = [];
  const send = (): void => {
    parentPort?.postMessage({ lines: lines.join('') } satisfies Answer);
    lines = [];
  };
  for (const { move, table, k1, k2, day, effect } of protectCube(columns, { ...protection, dominates })) {
    last = after + move;
    lines.push(`${[publication, last, table, k1, k2, day, effect].join('\t')}\n`);
    if (lines.length === LINES) send();
  }
  send();
  parentPort?.postMessage({ last } satisfies Answer);
}

run(workerData as Task);
