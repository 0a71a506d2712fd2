import { randomUUID } from 'node:crypto';
import type { Group } from './allocation.js';
import type { BatchJob } from './invitation-queue.js';

/** Most messages of a batch: what one worker sends in one go, and one file of letters holds. */
export const BATCH_SIZE = 500;

/** Consecutive places of one group, in the numbering of all who are due, that leave together. */
interface Slot extends BatchJob {
  readonly group: Group;
  readonly phaseCode: string;
  readonly place: number;
  readonly size: number;
}

/** Cuts what each group sends on each day into batches: the first places of a group leave on its first days. */
export function slotsOf(
  groups: readonly Group[],
  days: readonly string[],
  taken: readonly (readonly number[])[],
  phases: readonly { readonly code: string }[],
): Slot[] {
  let first = 1;
  return groups.flatMap((group, index) => {
    const slots: Slot[] = [];
    const phaseCode = phases[group.phase]?.code ?? '';
    let place = first;
    first += group.persons;
    for (const [at, persons] of (taken[index] ?? []).entries()) {
      const end = place + persons;
      for (; place < end; place += BATCH_SIZE) {
        const size = Math.min(BATCH_SIZE, end - place);
        slots.push({ id: randomUUID(), day: days[at] as string, group, phaseCode, place, size });
      }
      place = end;
    }
    return slots;
  });
}

export const CREATE_SLOT = `create temp table slot (batch_id uuid not null, planned_on date not null, phase_code text not null,
  department text not null, channel text not null, place integer not null, size integer not null) on commit drop`;

export const INSERT_SLOTS = `insert into slot
  select * from unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::integer[])`;

export const slotColumns = (slots: readonly Slot[]): unknown[] => [
  slots.map(({ id }) => id),
  slots.map(({ day }) => day),
  slots.map(({ phaseCode }) => phaseCode),
  slots.map(({ group }) => group.department),
  slots.map(({ group }) => group.channel),
  slots.map(({ place }) => place),
  slots.map(({ size }) => size),
];

export const INSERT_BATCHES = `insert into invitation_batch (id, planned_on, department, channel, size)
  select batch_id, planned_on, department, channel, size from slot`;

/** Each slot takes its range of places, by their index. */
export const INSERT_MESSAGES = `insert into invitation_message (patient_key, attempt, batch_id, phase_code, channel)
  select d.patient_key, d.attempt, s.batch_id, s.phase_code, s.channel
    from slot s cross join lateral (select patient_key, attempt from due where place >= s.place and place < s.place + s.size) d`;
