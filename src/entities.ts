import { MIGRATIONS } from '../migrations/index.js';
import { Accreditation } from './areas/accreditations/accreditation.js';
import { BodyDelegation } from './areas/accreditations/body-delegation.js';
import { Attestation } from './areas/attestation/attestation.js';
import { Revocation } from './areas/attestation/revocation.js';
import { EligibilityStep } from './areas/eligibility/eligibility-step.js';
import { InjectionStep } from './areas/injection/injection-step.js';
import { VaccinationSite } from './areas/injection/vaccination-site.js';
import { Invitation } from './areas/invitations/invitation.js';
import { IdempotencyKey } from './areas/patients/idempotency-key.js';
import { AttendingPhysician, InvitationCode, PatientNir, UnvaccinatedListRequest } from './areas/patients/lookups.js';
import { Patient } from './areas/patients/patient.js';
import { PatientHealth } from './areas/patients/patient-health.js';
import { Professional } from './areas/professionals/professional.js';
import { Act } from './areas/remuneration/act.js';
import { ReferentialPerson } from './areas/targeting/referential-person.js';
import { TargetingImport } from './areas/targeting/targeting-import.js';
import { TargetingReject } from './areas/targeting/targeting-reject.js';
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
  Attestation,
  Revocation,
  Act,
  TargetingImport,
  TargetingReject,
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
];

/** Every table of the register and how it came to be: what `Database.connect` is given. */
export const TABLES: Tables = { entities: ENTITIES, migrations: MIGRATIONS };

/** The classes of the personal types, whose every property the law must know. */
interface PersonalClasses {
  Patient: Patient & Omit<PatientHealth, 'patientKey'>;
  Invitation: Invitation;
  EligibilityStep: EligibilityStep;
  InjectionStep: InjectionStep;
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
  Professional: true,
  Act: true,
  Attestation: true,
};
