import { MIGRATIONS } from '../migrations/index.js';
import { Accreditation } from './areas/accreditations/accreditation.js';
import { BodyDelegation } from './areas/accreditations/body-delegation.js';
import { Attestation } from './areas/attestation/attestation.js';
import { Revocation } from './areas/attestation/revocation.js';
import { RegisterEvent } from './areas/corrections/register-event.js';
import { SupersededStep } from './areas/corrections/superseded-step.js';
import { EligibilityStep } from './areas/eligibility/eligibility-step.js';
import { InjectionStep } from './areas/injection/injection-step.js';
import type { NextStep } from './areas/injection/next-step.js';
import type { StepWarning } from './areas/injection/step-warning.js';
import { VaccinationSite } from './areas/injection/vaccination-site.js';
import { VaccineLot } from './areas/injection/vaccine-lot.js';
import { ChannelCapacity, VaccinationCapacity } from './areas/invitations/capacities.js';
import { Invitation } from './areas/invitations/invitation.js';
import { InvitationBatch } from './areas/invitations/invitation-batch.js';
import { InvitationMessage } from './areas/invitations/invitation-message.js';
import { InvitationPhase } from './areas/invitations/invitation-phase.js';
import { InvitationRun } from './areas/invitations/invitation-run.js';
import { IdempotencyKey } from './areas/patients/idempotency-key.js';
import { AttendingPhysician, InvitationCode, PatientNir, UnvaccinatedListRequest } from './areas/patients/lookups.js';
import { Patient } from './areas/patients/patient.js';
import { PatientHealth } from './areas/patients/patient-health.js';
import { Professional } from './areas/professionals/professional.js';
import { Act } from './areas/remuneration/act.js';
import { SiteOpening } from './areas/supply/site-opening.js';
import { SupplyLevel } from './areas/supply/supply-level.js';
import { SupplyMovement } from './areas/supply/supply-movement.js';
import { ReferentialPerson } from './areas/targeting/referential-person.js';
import { TargetingBlock, TargetingGain } from './areas/targeting/targeting-block.js';
import { TargetingImport } from './areas/targeting/targeting-import.js';
import { TargetingReject } from './areas/targeting/targeting-reject.js';
import { TargetingRun } from './areas/targeting/targeting-run.js';
import { Trace } from './areas/traces/trace.js';
import { DeclaredClient } from './auth/declared-client.js';
import { UsedProof } from './auth/used-proof.js';
import { Establishment } from './auth/vihf/establishment.js';
import { EstablishmentCertificate } from './auth/vihf/establishment-certificate.js';
import type { Tables } from './db/data-source.js';
import type { FieldOf, LinkOf, PersonalType, UnservedOf } from './law/fields.js';
import type { PSEUDONYM_SPACES, PseudonymSpace } from './law/recipients.js';
import { RateCounter } from './limits/rate-counter.js';
import { Suspension } from './limits/suspension.js';

const ENTITIES = [
  Patient,
  PatientHealth,
  PatientNir,
  InvitationCode,
  AttendingPhysician,
  UnvaccinatedListRequest,
  IdempotencyKey,
  Professional,
  Invitation,
  EligibilityStep,
  InjectionStep,
  VaccinationSite,
  VaccineLot,
  Attestation,
  Revocation,
  Act,
  TargetingImport,
  TargetingReject,
  TargetingBlock,
  TargetingGain,
  TargetingRun,
  ReferentialPerson,
  Trace,
  Accreditation,
  BodyDelegation,
  DeclaredClient,
  UsedProof,
  Establishment,
  EstablishmentCertificate,
  RateCounter,
  Suspension,
  ...[InvitationPhase, ChannelCapacity, VaccinationCapacity, InvitationBatch, InvitationMessage, InvitationRun],
  ...[SupersededStep, RegisterEvent],
  ...[SiteOpening, SupplyMovement, SupplyLevel],
];

/** Every table of the register and how it came to be: what `Database.connect` is given. */
export const TABLES: Tables = { entities: ENTITIES, migrations: MIGRATIONS };

/** The classes of the personal types, whose every property the law must know. */
interface PersonalClasses {
  Patient: Patient & Omit<PatientHealth, 'patientKey'>;
  Invitation: Invitation;
  EligibilityStep: EligibilityStep;
  InjectionStep: InjectionStep;
  NextStep: NextStep;
  StepWarning: StepWarning;
  Professional: Professional;
  Act: Act;
  Attestation: Attestation;
}

/** Relations between tables, and the columns behind `pseudonym`, one for each space. */
type Structural = 'patient' | 'health' | (typeof PSEUDONYM_SPACES)[PseudonymSpace]['column'];
type Uncategorised<T extends PersonalType> = Exclude<
  keyof PersonalClasses[T],
  FieldOf<T> | LinkOf<T> | UnservedOf<T> | Structural
>;

/** Does not compile when a property of a personal type belongs to no category of article 2 (nor is named as unserved). */
export const CLOSED_WORLD: { [T in PersonalType]: [Uncategorised<T>] extends [never] ? true : Uncategorised<T> } = {
  Patient: true,
  Invitation: true,
  EligibilityStep: true,
  InjectionStep: true,
  NextStep: true,
  StepWarning: true,
  Professional: true,
  Act: true,
  Attestation: true,
};
