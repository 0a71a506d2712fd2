import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Principal, ProfessionalIdentity } from '../../src/access/principal.js';
import { Attestation } from '../../src/areas/attestation/attestation.js';
import { EligibilityStep } from '../../src/areas/eligibility/eligibility-step.js';
import { InjectionStep } from '../../src/areas/injection/injection-step.js';
import { Invitation, type InvitationChannel } from '../../src/areas/invitations/invitation.js';
import { AttendingPhysician, InvitationCode, PatientNir } from '../../src/areas/patients/lookups.js';
import { Patient } from '../../src/areas/patients/patient.js';
import { PatientHealth } from '../../src/areas/patients/patient-health.js';
import type { PersonIdentity } from '../../src/areas/patients/registration.js';
import { Professional } from '../../src/areas/professionals/professional.js';
import { referentialContext } from '../../src/areas/targeting/manual-intake.js';
import { ReferentialPerson } from '../../src/areas/targeting/referential-person.js';
import { as, type Register } from './a-register.js';
import { aTargetedPerson } from './a-targeting-file.js';

export const VACCINE = 'EU/1/20/1528';
export const CIVIL_SITE = '750100125';

export interface Health {
  readonly medicalCriteriaCodes: string[] | null;
  readonly treatments: string[] | null;
  readonly contraindications: string[] | null;
  readonly adverseEffects: string[] | null;
  readonly infectionDate: string | null;
}

export interface Dose {
  readonly rank: number;
  readonly vaccine: string;
  readonly lotNumber: string;
  readonly administrationRoute: string;
  readonly injectionSite: string;
  readonly performedAt: string;
  readonly placeCategory: number;
  readonly placeFiness: string | null;
  readonly placeSiret: string | null;
}

export interface PatientStory {
  readonly person?: Partial<PersonIdentity>;
  readonly invitation?: { readonly sentAt: string; readonly channel: InvitationChannel };
  readonly health?: Partial<Health>;
  readonly attending?: { readonly rpps: string; readonly consent: boolean };
  readonly researchObjection?: boolean;
  /** Has had the prior consultation; a patient with doses always has. */
  readonly eligible?: boolean;
  readonly notRecommendedVaccines?: string[];
  readonly doses?: number;
  readonly dose?: Partial<Dose>;
  /** Key of the professional who did all this; one is made when absent. */
  readonly by?: AProfessional;
  readonly prescriber?: AProfessional;
  readonly attestations?: readonly { readonly id: string; readonly content: string }[];
}

export interface APatient {
  readonly key: string;
  readonly id: string;
  readonly code: string;
  readonly person: PersonIdentity;
  readonly pseudonyms: { readonly covid: string; readonly ars: string; readonly snds: string };
  readonly story: PatientStory;
  readonly doses: readonly Dose[];
}

export interface AProfessional {
  readonly key: string;
  readonly identity: ProfessionalIdentity;
}

/** The nth invented person, always the same for the same number. */
export function aPerson(number: number, given: Partial<PersonIdentity> = {}): PersonIdentity {
  const cells = aTargetedPerson(number, { schemeCode: '01' });
  return {
    nir: cells.nir,
    birthName: cells.birthName,
    usageName: cells.usageName || null,
    firstNames: cells.firstNames.split('/'),
    sex: cells.sex as 'F' | 'M',
    birthDate: cells.birthDate,
    birthPlace: cells.birthPlace,
    schemeCode: cells.schemeCode,
    bodyCode: cells.bodyCode,
    department: cells.department,
    postalAddress: cells.postalAddress || null,
    phone: cells.phone || null,
    email: cells.email || null,
    legalRepresentative: null,
    nonMedicalCriteriaCodes: [cells.nonMedicalCriteriaCodes],
    ...given,
  };
}

/** The nth professional, as a token names him. */
export const aProfessionalIdentity = (number: number): ProfessionalIdentity => ({
  rpps: String(99_700_000_000 + number),
  amNumber: String(751_000_000 + number),
  familyName: `SOIGNANT${number}`,
  firstName: `CLAUDE${number}`,
  category: number % 2 ? 'MEDECIN' : 'INFIRMIER',
  phone: `01000${String(number).padStart(5, '0')}`,
  email: `soignant${number}@exemple.fr`,
  structureFiness: CIVIL_SITE,
});

/** The nth health professional as a caller. */
export const aPs = (number: number): Principal =>
  as('PS', { subject: aProfessionalIdentity(number).rpps, professional: aProfessionalIdentity(number) });

/** The nth physician as a caller who reads his own patients. */
export const aPhysician = (number: number): Principal =>
  as('MEDECIN_TRAITANT', { subject: aProfessionalIdentity(number).rpps, professional: aProfessionalIdentity(number) });

export async function aProfessional(register: Register, number: number): Promise<AProfessional> {
  const repository = register.database.owner.getRepository(Professional);
  const identity = aProfessionalIdentity(number);
  const known = await repository.findOneBy({ rpps: identity.rpps, declaredByHand: false });
  const saved = known ?? (await repository.save(repository.create({ ...identity })));
  return { key: saved.key, identity };
}

/** A person of the register, with as much of a story as is told. */
export async function aPatient(register: Register, number: number, story: PatientStory = {}): Promise<APatient> {
  const person = aPerson(number, story.person);
  const { id, code, nirIndex, patient } = register.registrar.register(person, 'AUTOMATIC');
  const by = story.by ?? (await aProfessional(register, 1));
  const doses = Array.from({ length: story.doses ?? 0 }, (_, index) => aDose(index + 1, story.dose));
  const key = await register.database.owner.transaction(async (manager) => {
    const { key: patientKey } = await manager.save(
      manager.create(Patient, {
        ...(patient as Partial<Patient>),
        researchObjection: story.researchObjection ?? false,
      }),
    );
    await manager.insert(PatientNir, { nirIndex, patientKey });
    await manager.insert(InvitationCode, { code, patientKey });
    await manager.insert(Invitation, { patientKey, code, sentAt: null, channel: null, ...story.invitation });
    if (story.health) await manager.insert(PatientHealth, { patientKey, ...story.health });
    if (story.attending) await manager.insert(AttendingPhysician, { patientKey, ...story.attending });
    await tell(manager, patientKey, by, story, doses);
    return patientKey;
  });
  return {
    key,
    id,
    code,
    person,
    pseudonyms: {
      covid: String(patient.pseudonymCovid),
      ars: String(patient.pseudonymArs),
      snds: String(patient.pseudonymSnds),
    },
    story: { ...story, by },
    doses,
  };
}

export const CONSULTED_AT = '2021-03-01T09:00:00+00:00';

export const aDose = (rank: number, given: Partial<Dose> = {}): Dose => ({
  vaccine: VACCINE,
  lotNumber: `LOT${1000 + rank}`,
  administrationRoute: 'INJECTABLE',
  injectionSite: rank % 2 ? 'LEFT_ARM' : 'RIGHT_ARM',
  performedAt: `2021-0${2 + rank}-02T10:30:00+00:00`,
  placeCategory: 11,
  placeFiness: CIVIL_SITE,
  placeSiret: null,
  ...given,
  rank,
});

async function tell(
  manager: EntityManager,
  patientKey: string,
  by: AProfessional,
  story: PatientStory,
  doses: readonly Dose[],
): Promise<void> {
  if (story.eligible || doses.length > 0) {
    await manager.insert(EligibilityStep, {
      patientKey,
      performedAt: CONSULTED_AT,
      professionalKey: by.key,
      prescriberKey: story.prescriber?.key ?? null,
      prescribedAt: story.prescriber ? CONSULTED_AT : null,
      notRecommendedVaccines: story.notRecommendedVaccines ?? [],
    });
  }
  for (const dose of doses) await manager.insert(InjectionStep, { ...dose, patientKey, professionalKey: by.key });
  for (const attestation of story.attestations ?? []) {
    await manager.insert(Attestation, {
      ...attestation,
      patientKey,
      issuedAt: ISSUED_AT,
      kind: 'EU_DCC_VACCINATION',
      rank: 1,
      uvci: `URN:UVCI:01:FR:${attestation.id}`,
    });
  }
}

export const ISSUED_AT = '2021-07-01T08:00:00+00:00';

/** A person whom only the referential knows: never targeted. */
export async function aReferentialPerson(register: Register, person: PersonIdentity): Promise<void> {
  const nirIndex = register.registrar.indexOf(person.nir, person.birthDate);
  await register.database.owner.getRepository(ReferentialPerson).insert({
    nirIndex,
    sealedIdentity: register.sealer.seal(JSON.stringify(person), referentialContext(nirIndex)),
  });
}

/** Runs SQL as the owner of the database, whom no wall stops. */
export const asOwner = <T extends object>(register: Register, sql: string, values: unknown[] = []): Promise<T[]> =>
  register.database.owner.query(sql, values);

/** By what a professional finds this patient. */
export const byCode = ({ code, person }: APatient) => ({ code, birthDate: person.birthDate });
export const byNir = ({ nir, birthDate }: Pick<PersonIdentity, 'nir' | 'birthDate'>) => ({ nir, birthDate });

const DECLARED = { personAgrees: true, personInformed: true };

/** What a professional sends to record the prior consultation. */
export const anEligibility = (who: object, given: object = {}) => ({
  ...who,
  ...DECLARED,
  idempotencyKey: randomUUID(),
  performedAt: '2021-03-01T09:00:00Z',
  ...given,
});

/** What a professional sends to record the dose of this rank. */
export const anInjection = (who: object, rank: number, given: object = {}) => ({
  ...who,
  ...DECLARED,
  idempotencyKey: randomUUID(),
  rank,
  vaccine: VACCINE,
  lotNumber: `LOT${1000 + rank}`,
  injectionSite: 'LEFT_ARM',
  performedAt: `2021-0${2 + rank}-02T10:30:00Z`,
  placeCategory: 11,
  placeFiness: CIVIL_SITE,
  ...given,
});
