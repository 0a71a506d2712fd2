import type { Invitee } from './an-invitation-world.js';

/**
 * The planner, written a second time from its description alone (docs/invitations.md), in the slowest way: one person
 * after the other, one day after the other. It shares no line with src/.
 */
export interface OraclePhase {
  readonly code: string;
  readonly startsOn: string;
  readonly endsOn: string | null;
  readonly criteriaCodes: readonly string[];
  readonly everyone: boolean;
  readonly channels: readonly string[];
  readonly withoutInvitation: boolean;
}

interface OracleWorld {
  readonly people: readonly Invitee[];
  readonly phases: readonly OraclePhase[];
  readonly capacities: { readonly channels: readonly object[]; readonly departments: readonly object[] };
  readonly from: string;
  readonly days: number;
  readonly portals: readonly string[];
}

interface Due {
  readonly key: number;
  readonly phase: OraclePhase;
  readonly department: string;
  readonly channel: string;
  readonly attempt: number;
}

/** Lines « key attempt day channel phase », in the order of keys. */
export function bruteForcePlan(world: OracleWorld): string[] {
  const inOrder = [...world.phases].sort((a, b) => (a.startsOn + a.code < b.startsOn + b.code ? -1 : 1));
  const due = world.people.flatMap((person, at) => dueOf(person, at + 1, inOrder, world.portals));
  const dates = Array.from({ length: world.days }, (_, at) => {
    const date = new Date(world.from);
    date.setUTCDate(date.getUTCDate() + at);
    return date.toISOString().slice(0, 10);
  });
  const takenBy: Record<string, number> = {};
  const taken = (what: string): number => takenBy[what] ?? 0;
  const chosen: [Due, string][] = [];

  for (const phase of inOrder) {
    const lists = groupsOf(due.filter((one) => one.phase === phase));
    const longest = Math.max(0, ...lists.map((list) => list.length));
    const daysOf = lists.map(() => [] as string[]);
    // In round r of n, a group has had r/n of its persons, rounded down.
    for (let round = 1; round <= longest; round += 1) {
      lists.forEach((list, lane) => {
        const until = Math.floor((list.length * round) / longest);
        const before = Math.floor((list.length * (round - 1)) / longest);
        for (let turn = before; turn < until; turn += 1) {
          const { department, channel } = list[0] as Due;
          const open = dates.filter(
            (date) =>
              date >= phase.startsOn &&
              (!phase.endsOn || date <= phase.endsOn) &&
              taken(channel + date) < declared(world.capacities.channels, channel, date) &&
              taken(department + date) < declared(world.capacities.departments, department, date),
          );
          const load = (date: string) =>
            (taken(department + date) + 1) / declared(world.capacities.departments, department, date);
          const best = open.reduce<string | undefined>(
            (least, date) => (least === undefined || load(date) < load(least) - 1e-9 ? date : least),
            undefined,
          );
          if (!best) continue;
          takenBy[channel + best] = taken(channel + best) + 1;
          takenBy[department + best] = taken(department + best) + 1;
          daysOf[lane]?.push(best);
        }
      });
    }
    // The persons of a group are served by key, the first of them on its first days.
    lists.forEach((list, lane) => {
      const sorted = [...(daysOf[lane] ?? [])].sort();
      for (const [at, date] of sorted.entries()) chosen.push([list[at] as Due, date]);
    });
  }
  return chosen
    .sort(([a], [b]) => a.key - b.key)
    .map(([{ key, channel, attempt, phase }, date]) => `${key} ${attempt} ${date} ${channel} ${phase.code}`);
}

function dueOf(person: Invitee, key: number, phases: readonly OraclePhase[], portals: readonly string[]): Due[] {
  if (person.manual || person.inPathway || person.vaccinated || person.invitedBefore) return [];
  const codes = [...(person.nonMedical ?? []), ...(person.medical ?? [])];
  const mine = phases.filter(
    (phase) =>
      phase.everyone || phase.code === person.phase || codes.some((code) => phase.criteriaCodes.includes(code)),
  );
  if (mine.some((phase) => phase.withoutInvitation)) return [];
  const scheme = person.schemeCode ?? '01';
  const has: Record<string, boolean> = {
    ACCOUNT: scheme !== '08' && portals.includes(scheme),
    EMAIL: Boolean(person.email),
    SMS: /^0[67]/.test(person.phone ?? ''),
    LETTER: Boolean(person.postalAddress),
  };
  const { earlier } = person;
  // Whoever was written to is not written to again, unless it never arrived: then by another channel.
  if (earlier && earlier.state !== 'BOUNCED') return [];
  const attempt = earlier ? 2 : 1;
  for (const phase of mine) {
    const channel = Object.keys(has).find(
      (name) => has[name] && phase.channels.includes(name) && name !== earlier?.channel,
    );
    if (channel) return [{ key, phase, department: person.department ?? '75', channel, attempt }];
  }
  return [];
}

/** Alike by département, channel and attempt, in the order of département, of preference, and of attempt. */
function groupsOf(due: readonly Due[]): Due[][] {
  const order = ['ACCOUNT', 'EMAIL', 'SMS', 'LETTER'];
  const nameOf = ({ department, channel, attempt }: Due) => `${department} ${order.indexOf(channel)} ${attempt}`;
  const names = [...new Set(due.map(nameOf))].sort();
  return names.map((name) => due.filter((one) => nameOf(one) === name));
}

function declared(all: readonly object[], name: string, date: string): number {
  const mine = (all as { startsOn: string; perDay: number; channel?: string; department?: string }[])
    .filter((one) => (one.channel ?? one.department) === name && one.startsOn <= date)
    .sort((a, b) => (a.startsOn < b.startsOn ? -1 : 1));
  return mine.at(-1)?.perDay ?? 0;
}
