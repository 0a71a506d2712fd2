import { MILITARY_SCHEME } from '../patients/registration.js';
import { CHANNELS, REACHED_BY } from './channels.js';
import type { InvitationPhase } from './invitation-phase.js';

type Phase = Pick<InvitationPhase, 'code' | 'criteriaCodes' | 'everyone' | 'channels' | 'withoutInvitation'>;

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Who is due, numbered from 1, group after group and by key within each: filled and read within one planning run. */
export const CREATE_DUE = `create temp table due (place integer not null, patient_key bigint not null, phase smallint not null,
  department text collate "C" not null, channel smallint not null, attempt smallint not null) on commit drop`;
export const INDEX_DUE = 'create index due_place on due (place); analyze due';

/**
 * Who is due (AIPD, ciblage, d): targeted by the insurance, not yet in the pathway, never sent anything, or sent one
 * message that never arrived. Whoever belongs to a phase without invitation is due nothing; of the other phases the first
 * one counts that concerns the person and has a channel by which the person can be reached, the most preferred of them;
 * a second message takes another channel than the first. One pass over the persons, in the database.
 *
 * Death is no datum of article 2, and an objection deletes the person: whoever is in the register may be written to.
 *
 * @param phases in the order in which they are served
 * @param portals schemes whose portal takes messages for their insured persons
 */
export function findDue(phases: readonly Phase[], portals: readonly string[]): Statement {
  const values: unknown[] = [portals.filter((scheme) => scheme !== MILITARY_SCHEME)];
  const concerned = phases.map((phase) => {
    if (phase.everyone) return 'true';
    values.push(phase.criteriaCodes, phase.code);
    const codes = `$${values.length - 1}::text[]`;
    return `coalesce(p.targeting_phase = $${values.length}, false) or p.non_medical_criteria_codes && ${codes}
      or coalesce(h.medical_criteria_codes && ${codes}, false)`;
  });
  const silent = concerned.filter((_, at) => phases[at]?.withoutInvitation).map((test) => `(${test})`);
  const choices = phases.flatMap((phase, at) =>
    CHANNELS.filter((channel) => phase.channels.includes(channel)).map(
      (channel) => `when (${concerned[at]}) and m.channel is distinct from '${channel}' and ${REACHED_BY[channel]}
        then ${at * CHANNELS.length + CHANNELS.indexOf(channel)}`,
    ),
  );
  const text = `insert into due
    select row_number() over (order by phase, department, channel, attempt, key), key, phase, department, channel, attempt
      from (select key, department collate "C" as department, choice / ${CHANNELS.length} as phase, choice % ${CHANNELS.length} as channel, attempt
        from (select p.key, p.department, coalesce(m.attempt, 0) + 1 as attempt,
                     case ${choices.join('\n') || 'when false then 0'} end as choice
                from patient p
                left join patient_health h on h.patient_key = p.key
                left join invitation_message m on m.patient_key = p.key and m.attempt = 1
               where $1::text[] is not null and p.targeting_type = 'AUTOMATIC' and not p.vaccinated
                 and (m.patient_key is null or m.state = 'BOUNCED')
                 and not exists (select from invitation_message s where s.patient_key = p.key and s.attempt = 2)
                 and not exists (select from eligibility_step e where e.patient_key = p.key)
                 and not exists (select from invitation i where i.patient_key = p.key and i.sent_at is not null)
                 ${silent.length > 0 ? `and not (${silent.join(' or ')})` : ''}
              offset 0) judged where choice is not null) chosen`;
  return { text, values };
}

export const COUNT_DUE = `select phase, department, channel, attempt, count(*)::int as persons
  from due group by phase, department, channel, attempt order by phase, department, channel, attempt`;
