import { arrayLiteral } from '../../db/pipeline.js';
import { LancetteError } from '../../kernel/errors.js';
import { VACCINES } from '../../law/vaccines.js';
import type { Source } from '../../read/plan.js';
import type { EligibilityInput } from './eligibility-input.js';
import { type Recording, recordingStatement, type StepKind, type StepRecorder } from './step-recorder.js';

const ELIGIBILITY: StepKind = {
  operation: 'recordEligibility',
  type: 'EligibilityStep',
  statement: recordingStatement(
    {
      ...{ operation: 'recordEligibility', act: 'CONSULTATION', performedAt: '$10' },
      professionals: ['professional_key', 'prescriber_key'],
    },
    `insert into eligibility_step (patient_key, professional_key, performed_at, prescriber_key, prescribed_at, not_recommended_vaccines)
  select care.key, $8::bigint, $10::timestamptz, case when $13::text is not null
    then lancette.professional_key($11, $12, $13, $14, null, null, null, null, true) end, $15::timestamptz, $16::text[]
  from care where care.key is not null and not exists (select from eligibility_step e where e.patient_key = care.key)`,
  ),
};

/**
 * Records the prior consultation: its professional is the caller, its prescriber the caller or one given by hand, who is an
 * indication (AIPD, suivi), kept apart from those who proved who they are, and left out with a consultation refused.
 */
export class EligibilityService {
  constructor(private readonly recorder: StepRecorder) {}

  /** @throws FORBIDDEN_OPERATION when the profession may not; what `StepRecorder.record` throws; INVALID_INPUT when a prescriber is missing or too many */
  async record(recording: Recording<EligibilityInput>): Promise<Source> {
    const { input, principal } = recording;
    const acts = input.deliversPrescription ? (['consult', 'prescribe'] as const) : (['consult'] as const);
    this.recorder.requireCompetence(principal, ELIGIBILITY, acts);
    requirePrescriber(input);
    requireKnownVaccines(input);
    const { prescriber, prescribedAt } = input;
    if (prescribedAt) this.recorder.requirePlausible(prescribedAt, recording.care.birthDate, 'prescribedAt');
    return this.recorder.record(ELIGIBILITY, recording, [
      input.performedAt,
      prescriber?.rpps ?? null,
      prescriber?.amNumber ?? null,
      prescriber?.familyName ?? null,
      prescriber?.firstName ?? null,
      prescriber ? (input.prescribedAt ?? input.performedAt) : null,
      arrayLiteral([...new Set(input.notRecommendedVaccines)]),
    ]);
  }
}

function requireKnownVaccines({ notRecommendedVaccines }: EligibilityInput): void {
  if (notRecommendedVaccines.some((given) => VACCINES.every(({ mp }) => mp !== given))) {
    throw new LancetteError('INVALID_INPUT', { field: 'notRecommendedVaccines' });
  }
}

/** A prescriber by hand exactly when the connected professional does not deliver the prescription (SECURITY A34). */
function requirePrescriber(input: EligibilityInput): void {
  if (input.deliversPrescription === Boolean(input.prescriber)) {
    throw new LancetteError('INVALID_INPUT', { field: 'prescriber' });
  }
}
