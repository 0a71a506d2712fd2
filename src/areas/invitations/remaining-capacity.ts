import type { ClientBase } from 'pg';
import { addDays } from '../../kernel/days.js';
import type { Capacities, Load } from './allocation.js';
import type { InvitationPhase } from './invitation-phase.js';

/** `YYYY-MM-DD`, the given day and those after it. */
export const daysFrom = (from: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => addDays(from, at));

interface Row {
  readonly kind: 'channel' | 'department';
  readonly name: string;
  readonly day: string;
  readonly capacity: number;
  readonly planned: number;
}

/** The last declaration of or before each day holds; what earlier runs have planned for that day is taken off. */
const READ = `
  with day as (select day::date from unnest($1::text[]) as day),
  declared as (
    select 'channel' as kind, channel as name, starts_on, per_day from channel_capacity
    union all select 'department', department, starts_on, per_day from vaccination_capacity),
  planned as (
    select 'channel' as kind, channel as name, planned_on, size from invitation_batch where planned_on = any (select day from day)
    union all select 'department', department, planned_on, size from invitation_batch where planned_on = any (select day from day))
  select d.kind, d.name, day.day::text as day, d.per_day as capacity,
         coalesce((select sum(size) from planned p where p.kind = d.kind and p.name = d.name and p.planned_on = day.day), 0)::int as planned
    from day cross join lateral (
      select distinct on (kind, name) kind, name, per_day from declared where starts_on <= day.day
       order by kind, name, starts_on desc) d`;

export const readCapacities = async (client: ClientBase, days: readonly string[]): Promise<Row[]> =>
  (await client.query<Row>(READ, [days])).rows;

/** What was never declared takes nobody. */
export function capacitiesOf(
  phases: readonly Pick<InvitationPhase, 'startsOn' | 'endsOn'>[],
  days: readonly string[],
  rows: readonly Row[],
): Capacities {
  const loads = new Map<string, Load>(
    rows.map(({ kind, name, day, capacity, planned }) => [`${kind} ${name} ${day}`, { capacity, planned }]),
  );
  const load = (kind: Row['kind'], name: string, at: number): Load =>
    loads.get(`${kind} ${name} ${days[at]}`) ?? { capacity: 0, planned: 0 };
  return {
    days,
    channel: (channel, at) => load('channel', channel, at),
    department: (department, at) => load('department', department, at),
    open: (phase, at) => {
      const { startsOn = '', endsOn = null } = phases[phase] ?? {};
      const day = days[at] as string;
      return startsOn <= day && (endsOn === null || endsOn === undefined || day <= endsOn);
    },
  };
}
