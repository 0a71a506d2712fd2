import { dayOf } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import { isSiret } from '../../kernel/identifiers.js';
import type { Source } from '../../read/plan.js';
import { type Recording, recordingStatement, type StepKind, type StepRecorder } from '../eligibility/step-recorder.js';
import type { InjectionInput } from './injection-input.js';
import { boundsOf, findVaccine, isClosed } from './schedule.js';

/**
 * A dose follows the consultation and the dose before it; the last one closed the dossier until another is due, which the
 * bounds `$19` and `$20` say (`boundsOf`); a place that would reveal a soldier is left out (art. 2).
 */
export const INJECTION: StepKind = {
  operation: 'recordInjection',
  type: 'InjectionStep',
  refusalOf: ({ nextRank, first, last, on }, { input, care }: Recording<InjectionInput>) => {
    const day = dayOf(input.performedAt);
    const closed =
      nextRank === input.rank &&
      on <= day &&
      isClosed(boundsOf(care.birthDate, input.rank, day), input.rank, { first, last, on });
    return closed ? new LancetteError('DOSSIER_CLOSED', { article: 'AIPD, suivi' }) : undefined;
  },
  statement: recordingStatement(
    { operation: 'recordInjection', act: 'INJECTION', performedAt: '$15', professionals: ['professional_key'] },
    `insert into injection_step (patient_key, professional_key, rank, vaccine, lot_number, administration_route, injection_site,
  performed_at, place_category, place_finess, place_siret, lot_status)
  select care.key, $8::bigint, $10::smallint, $11, $12, $13, $14, $15::timestamptz, $16::smallint,
    place.civil, case when $17 is null or place.civil is not null then $18 end, lancette.lot_status($11, $12)
  from care, lancette.civil_place($17) place (civil)
  where exists (select from eligibility_step e where e.patient_key = care.key and e.performed_at <= $15::timestamptz)
    and $10::smallint = 1 + coalesce((select max(i.rank) from injection_step i where i.patient_key = care.key), 0)
    and not exists (select from injection_step i where i.patient_key = care.key and i.performed_at > $15::timestamptz)
    and not exists (select from injection_step first join injection_step last using (patient_key)
      where first.patient_key = care.key and first.rank = 1 and last.rank = $10::smallint - 1
        and ($19::jsonb ->> first.vaccine)::smallint < $10::smallint
        and last.performed_at::date > coalesce(($20::jsonb ->> last.vaccine)::date, '-infinity'))`,
  ),
};

/** Records one injection and answers with the patient: its professional is the caller. */
export class InjectionService {
  constructor(private readonly recorder: StepRecorder) {}

  /**
   * @throws FORBIDDEN_OPERATION when the profession may not; INVALID_INPUT when the vaccine is unknown or the SIRET's key
   * false; VACCINE_NOT_AUTHORISED; DOSSIER_CLOSED; what `StepRecorder.record` throws
   */
  async record(recording: Recording<InjectionInput>): Promise<Source> {
    const { input, principal, care } = recording;
    this.recorder.requireCompetence(principal, INJECTION, ['inject']);
    requireKnown(input);
    const bounds = boundsOf(care.birthDate, input.rank, dayOf(input.performedAt));
    return this.recorder.record(INJECTION, recording, [
      String(input.rank),
      input.vaccine,
      input.lotNumber,
      input.administrationRoute,
      input.injectionSite,
      input.performedAt,
      String(input.placeCategory),
      input.placeFiness ?? null,
      input.placeSiret ?? null,
      JSON.stringify(bounds.doses),
      JSON.stringify(bounds.notAfter),
    ]);
  }

  /** When the next step is proposed, and by whose rules; when a summary is drawn up. */
  now(): Date {
    return this.recorder.now();
  }
}

/** A product that no certificate can name is a slip of the pen: better refused now than on the day of the journey. */
function requireKnown({ vaccine, performedAt, placeSiret }: InjectionInput): void {
  const known = findVaccine(vaccine);
  if (!known) throw new LancetteError('INVALID_INPUT', { field: 'vaccine' });
  if (dayOf(performedAt) < known.authorisedOn) {
    throw new LancetteError('VACCINE_NOT_AUTHORISED', { article: 'autorisation européenne' });
  }
  if (placeSiret && !isSiret(placeSiret)) throw new LancetteError('INVALID_INPUT', { field: 'placeSiret' });
}
