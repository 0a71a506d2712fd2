import { findProduct } from '../../formats/dcc/value-sets.js';
import { LancetteError } from '../../kernel/errors.js';
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

  /** @throws FORBIDDEN_OPERATION when the profession may not; what `StepRecorder.record` throws; INVALID_INPUT when the vaccine is not in the value set (DOMAIN §3.3) */
  async record(recording: Recording<InjectionInput>): Promise<void> {
    const { input, principal } = recording;
    this.recorder.requireCompetence(principal, INJECTION, ['inject']);
    // A product that no certificate can name is a slip of the pen: better refused now than on the day of the journey.
    if (!findProduct(input.vaccine)) throw new LancetteError('INVALID_INPUT', { field: 'vaccine' });
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
