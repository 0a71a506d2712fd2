import { dayOf } from '../../kernel/days.js';
import type { Language } from '../../kernel/errors.js';
import { finessWarning } from '../../kernel/identifiers.js';
import type { ScheduleSource } from '../../law/schedules.js';
import { type NextStep, NextStepKind } from './next-step.js';
import { type Dose, type Finding, judgeDose, nextDose, type Person } from './schedule.js';
import type { StepWarning } from './step-warning.js';
import { WARNINGS, type WarningCode } from './warnings.js';

/** What a view that serves computed fields shows of a patient: what is withheld is null, and then nothing is computed. */
export interface ShownPatient {
  readonly birthDate: string;
  readonly infectionDate: string | null;
  readonly eligibilityStep: {
    readonly performedAt: string;
    readonly notRecommendedVaccines: readonly string[] | null;
    readonly prescriber: object | null;
  } | null;
  readonly injectionSteps: readonly ShownStep[] | null;
}

export interface ShownStep {
  readonly vaccine: string;
  readonly performedAt: string;
  readonly lotStatus: string;
  readonly placeFiness: string | null;
}

/** @param today by whose rules the step is proposed */
export function nextStepOf(patient: ShownPatient, today: string): NextStep | null {
  const { eligibilityStep, injectionSteps } = patient;
  if (!injectionSteps) return null;
  if (!eligibilityStep && injectionSteps.length === 0) {
    return { kind: NextStepKind.ELIGIBILITY, rank: null, earliestOn: null, latestOn: null, source: 'AIPD, suivi' };
  }
  const proposal = nextDose(personOf(patient), injectionSteps.map(doseOf), today);
  if (!proposal) return null;
  const { kind, earliestOn, ...rest } = proposal;
  const consulted = eligibilityStep && proposal.rank === 1 ? dayOf(eligibilityStep.performedAt) : null;
  return { ...rest, kind: NextStepKind[kind], earliestOn: earliestOn ?? consulted };
}

/** About the last step: a consultation without an injection, or else the last injection. */
export function warningsOf(patient: ShownPatient, language: Language): StepWarning[] {
  const steps = patient.injectionSteps ?? [];
  const last = steps.at(-1);
  const found = last ? [...ofSchedule(patient, steps), ...ofStep(patient, last)] : ofConsultation(patient);
  return found.map(({ code, source }) => ({ code, message: WARNINGS[code][language], source }));
}

interface Alert {
  readonly code: WarningCode;
  readonly source: ScheduleSource;
}

function ofSchedule(patient: ShownPatient, steps: readonly ShownStep[]): Alert[] {
  const doses = steps.map(doseOf);
  const findings: Finding[] = judgeDose(personOf(patient), doses.slice(0, -1), doses.at(-1) as Dose);
  return findings.flatMap((finding) => (finding.kind === 'warning' ? [finding] : []));
}

function ofStep({ eligibilityStep }: ShownPatient, { vaccine, lotStatus, placeFiness }: ShownStep): Alert[] {
  const alerts: Alert[] = [];
  if (eligibilityStep?.notRecommendedVaccines?.includes(vaccine))
    alerts.push({ code: 'VACCINE_NOT_RECOMMENDED', source: 'AIPD, suivi' });
  if (lotStatus !== 'KNOWN') alerts.push({ code: 'LOT_UNKNOWN', source: 'AIPD, suivi' });
  if (placeFiness && finessWarning(placeFiness)) alerts.push({ code: 'FINESS_KEY', source: 'FINESS, clé' });
  return alerts;
}

const ofConsultation = ({ eligibilityStep }: ShownPatient): Alert[] =>
  eligibilityStep?.prescriber ? [{ code: 'PRESCRIBER_UNVERIFIED', source: 'AIPD, suivi' }] : [];

const personOf = ({ birthDate, infectionDate }: ShownPatient): Person => ({ birthDate, infectionDate });
const doseOf = ({ vaccine, performedAt }: ShownStep): Dose => ({ vaccine, on: dayOf(performedAt) });
