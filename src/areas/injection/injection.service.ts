import { type Recording, recordingStatement, type StepKind, type StepRecorder } from '../eligibility/step-recorder.js';
import type { InjectionInput } from './injection-input.js';

/** A dose follows the consultation and the dose before it; a place that would reveal a soldier is left out (art. 2). */
const INJECTION: StepKind = {
  operation: 'recordInjection',
  type: 'InjectionStep',
  statement: recordingStatement(
    'recordInjection',
    'INJECTION',
    '$14',
    `insert into injection_step (patient_key, professional_key, rank, vaccine, lot_number, administration_route, injection_site,
  performed_at, place_category, place_finess, place_siret)
  select care.key, $8::bigint, $9::smallint, $10, $11, $12, $13, $14::timestamptz, $15::smallint,
    lancette.civil_place($16), case when $16 is null or lancette.civil_place($16) is not null then $17 end
  from care
  where exists (select from eligibility_step e where e.patient_key = care.key and e.performed_at <= $14::timestamptz)
    and $9::smallint = 1 + coalesce((select max(i.rank) from injection_step i where i.patient_key = care.key), 0)
    and not exists (select from injection_step i where i.patient_key = care.key and i.performed_at > $14::timestamptz)`,
  ),
};

/** Records one injection: its professional is the caller. */
export class InjectionService {
  constructor(private readonly recorder: StepRecorder) {}

  /** @throws what `StepRecorder.record` throws */
  async record(recording: Recording<InjectionInput>): Promise<void> {
    const { input } = recording;
    await this.recorder.record(INJECTION, recording, [
      String(input.rank),
      input.vaccine,
      input.lotNumber,
      input.administrationRoute,
      input.injectionSite,
      input.performedAt,
      String(input.placeCategory),
      input.placeFiness ?? null,
      input.placeSiret ?? null,
    ]);
  }
}
