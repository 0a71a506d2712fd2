/** Persons who are alike for the planner: one phase, one département, one channel. */
export interface Group {
  /** Position of the phase in the order in which phases are served. */
  readonly phase: number;
  readonly department: string;
  readonly channel: string;
  /** First or second message: a second one takes of the same capacities. */
  readonly attempt: number;
  readonly persons: number;
}

/** What a day can still take. */
export interface Capacities {
  readonly days: readonly string[];
  /** Per day: capacity, and how much of it is planned already. */
  channel(channel: string, day: number): Load;
  department(department: string, day: number): Load;
  /** Whether the phase may send on that day. */
  open(phase: number, day: number): boolean;
}

export interface Load {
  readonly capacity: number;
  planned: number;
}

/** Within a phase the groups are served in this many rounds at most, each a like share of each group. */
export const ROUNDS = 1000;

/**
 * Places the persons of each group on days. Phases one after the other; within a phase all groups at once, a thousandth of
 * each in turn, so that no département waits for another one's end. A person goes to the open day on which, after it, his
 * département would be the least loaded for its capacity (the earlier of equals), among those whose channel has room.
 * Counts only: its memory knows groups and days, no persons.
 * @returns for each group, how many persons each day takes
 */
export function allocate(groups: readonly Group[], capacities: Capacities): number[][] {
  const taken = groups.map(() => capacities.days.map(() => 0));
  for (const phase of [...new Set(groups.map((group) => group.phase))].sort((a, b) => a - b)) {
    const lanes = groups.flatMap((group, index) =>
      group.phase === phase ? [laneOf(group, taken[index] as number[], capacities)] : [],
    );
    const rounds = Math.min(ROUNDS, Math.max(...lanes.map(({ persons }) => persons)));
    for (let round = 1; round <= rounds; round += 1) for (const lane of lanes) serve(lane, round, rounds);
  }
  return taken;
}

interface Lane {
  readonly persons: number;
  readonly taken: number[];
  readonly days: readonly { readonly at: number; readonly channel: Load; readonly department: Load }[];
  placed: number;
  full: boolean;
}

function laneOf(group: Group, taken: number[], capacities: Capacities): Lane {
  const days = capacities.days.flatMap((_, at) =>
    capacities.open(group.phase, at)
      ? [
          {
            at,
            channel: capacities.channel(group.channel, at),
            department: capacities.department(group.department, at),
          },
        ]
      : [],
  );
  return { persons: group.persons, taken, days, placed: 0, full: false };
}

function serve(lane: Lane, round: number, rounds: number): void {
  const until = Math.floor((lane.persons * round) / rounds);
  for (; !lane.full && lane.placed < until; lane.placed += 1) lane.full = !place(lane);
}

/** One person on the least loaded day that has room. @returns whether there was one */
function place({ days, taken }: Lane): boolean {
  let best: Lane['days'][number] | undefined;
  for (const day of days) {
    const { channel, department } = day;
    if (channel.planned >= channel.capacity || department.planned >= department.capacity) continue;
    if (!best || isLighter(department, best.department)) best = day;
  }
  if (!best) return false;
  best.channel.planned += 1;
  best.department.planned += 1;
  taken[best.at] = (taken[best.at] ?? 0) + 1;
  return true;
}

/** Compares (planned + 1) / capacity without dividing. */
const isLighter = (one: Load, other: Load): boolean =>
  (one.planned + 1) * other.capacity < (other.planned + 1) * one.capacity;
