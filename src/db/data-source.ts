import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { Attestation } from '../areas/attestation/attestation.js';
import { EligibilityStep } from '../areas/eligibility/eligibility-step.js';
import { InjectionStep } from '../areas/injection/injection-step.js';
import { VaccinationSite } from '../areas/injection/vaccination-site.js';
import { Invitation } from '../areas/invitations/invitation.js';
import { IdempotencyKey } from '../areas/patients/idempotency-key.js';
import { AttendingPhysician, InvitationCode, PatientNir, UnvaccinatedListRequest } from '../areas/patients/lookups.js';
import { Patient } from '../areas/patients/patient.js';
import { PatientHealth } from '../areas/patients/patient-health.js';
import { Professional } from '../areas/professionals/professional.js';
import { Act } from '../areas/remuneration/act.js';
import { ReferentialPerson } from '../areas/targeting/referential-person.js';
import { TargetingImport } from '../areas/targeting/targeting-import.js';
import { TargetingReject } from '../areas/targeting/targeting-reject.js';
import { Trace } from '../areas/traces/trace.js';
import { SnakeNaming } from './naming.js';

export const ENTITIES = [
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
  Act,
  TargetingImport,
  TargetingReject,
  ReferentialPerson,
  Trace,
];

/** TypeORM over the owner's connection: metadata, migrations and ordinary repositories. Recipients never use it. */
export const createDataSource = (url: string): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    entities: ENTITIES,
    migrations: MIGRATIONS,
    namingStrategy: new SnakeNaming(),
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize: 4,
    poolErrorHandler: () => undefined,
  });
