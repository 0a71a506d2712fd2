import { statement } from '../../db/pipeline.js';

/** The patient in care, as the perimeter of this transaction left it. */
const CARE = `care as materialized (select nullif(current_setting('lancette.patient', true), '')::bigint as key)`;

/**
 * Parameters 1 to 4 of every recording: request id, subject, idempotency key, digest of the request. The act, the
 * idempotency key and the trace exist if and only if the step does. Answers: patient key, whether a step was recorded.
 */
const recording = (
  operation: string,
  act: string,
  performedAt: string,
  professional: string,
  step: string,
): string => `with ${CARE},
step as (${step} on conflict do nothing returning patient_key),
act as (insert into act (kind, performed_on, professional_key) select '${act}', (${performedAt}::timestamptz)::date, ${professional}::bigint from step),
idempotency as (insert into idempotency_key (subject, key, digest) select $2, $3, $4 from step),
trace as (insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
  select $1::uuid, 'PS', $2, '${operation}', '{5°}', 'RECORDED', 'art. 3, I, 1°', array[patient_key] from step)
select care.key, exists (select from step) from care`;

export const RECORD_ELIGIBILITY = statement(
  recording(
    'recordEligibility',
    'CONSULTATION',
    '$6',
    '$5',
    `insert into eligibility_step (patient_key, professional_key, performed_at, prescriber_key, prescribed_at, not_recommended_vaccines)
  select care.key, $5::bigint, $6::timestamptz, $7::bigint, $8::timestamptz, $9::text[] from care where care.key is not null`,
  ),
);

/** A dose follows the consultation and the dose before it; a place that would reveal a soldier is left out (art. 2). */
export const RECORD_INJECTION = statement(
  recording(
    'recordInjection',
    'INJECTION',
    '$11',
    '$5',
    `insert into injection_step (patient_key, professional_key, rank, vaccine, lot_number, administration_route, injection_site,
  performed_at, place_category, place_finess, place_siret)
  select care.key, $5::bigint, $6::smallint, $7, $8, $9, $10, $11::timestamptz, $12::smallint,
    lancette.civil_place($13), case when $13 is null or lancette.civil_place($13) is not null then $14 end
  from care
  where exists (select from eligibility_step e where e.patient_key = care.key and e.performed_at <= $11::timestamptz)
    and $6::smallint = 1 + coalesce((select max(i.rank) from injection_step i where i.patient_key = care.key), 0)
    and not exists (select from injection_step i where i.patient_key = care.key and i.performed_at > $11::timestamptz)`,
  ),
);

/** After a recording that changed nothing: patient, earlier digest of the key, eligible, already recorded, next rank. */
export const WHY_NOT = statement(`with ${CARE}
select care.key, lancette.idempotent($1, $2), exists (select from eligibility_step e where e.patient_key = care.key),
  case when $3::smallint = 0 then exists (select from eligibility_step e where e.patient_key = care.key)
       else exists (select from injection_step i where i.patient_key = care.key and i.rank = $3::smallint) end,
  1 + coalesce((select max(i.rank) from injection_step i where i.patient_key = care.key), 0)
from care`);
