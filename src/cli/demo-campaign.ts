import type { EntityManager } from 'typeorm';
import { EligibilityStep } from '../areas/eligibility/eligibility-step.js';
import { InjectionStep } from '../areas/injection/injection-step.js';
import { VaccinationSite } from '../areas/injection/vaccination-site.js';
import { Invitation } from '../areas/invitations/invitation.js';
import { AttendingPhysician, InvitationCode, PatientNir } from '../areas/patients/lookups.js';
import { Patient } from '../areas/patients/patient.js';
import { PatientHealth } from '../areas/patients/patient-health.js';
import type { PersonIdentity, Registrar } from '../areas/patients/registration.js';
import { Professional } from '../areas/professionals/professional.js';
import { Act } from '../areas/remuneration/act.js';
import { SiteOpening } from '../areas/supply/site-opening.js';
import { referentialContext } from '../areas/targeting/manual-intake.js';
import { ReferentialPerson } from '../areas/targeting/referential-person.js';
import type { Database } from '../db/database.js';
import type { Sealer } from '../db/sealing.js';
import { withNirKey } from '../kernel/identifiers.js';
import { VACCINES } from '../law/vaccines.js';

/** Everything here is invented: names by combination, NIR with valid keys, RPPS of the national test range. */
const FAMILY = [
  'MARTIN',
  'BERNARD',
  'PETIT',
  'DURAND',
  'LEROY',
  'MOREAU',
  'GARNIER',
  'FAURE',
  'ROUSSEAU',
  'BLANC',
  'GUÉRIN',
  'BOYER',
];
const GIVEN_F = ['CAMILLE', 'LOUISE', 'ÉLODIE', 'INÈS', 'JEANNE', 'ANNE-MARIE'];
const GIVEN_M = ['PAUL', 'HUGO', 'RENÉ', 'LOUIS', 'JULES', 'NOËL'];
const PLACES = [
  { department: '75', body: '751', commune: '75056' },
  { department: '69', body: '691', commune: '69123' },
  { department: '13', body: '131', commune: '13055' },
  { department: '2A', body: '201', commune: '2A004' },
] as const;
const ON_OFFER: readonly string[] = ['EU/1/20/1528', 'EU/1/20/1507', 'EU/1/20/1525'];
const onOffer = (doses: number): string[] =>
  VACCINES.filter(({ mp, primaryDoses }) => ON_OFFER.includes(mp) && primaryDoses === doses).map(({ mp }) => mp);
const [SINGLE_DOSE = '', TWO_DOSES] = [onOffer(1)[0], onOffer(2)];

export const DEMO_PROFESSIONAL = {
  rpps: '99700366240',
  amNumber: '751012345',
  familyName: 'DUBOIS',
  firstName: 'HÉLÈNE',
  category: 'MEDECIN',
  phone: '0100000001',
  email: 'helene.dubois@example.org',
  structureFiness: '750100125',
} as const;

const DEMO_HOURS = { fromDay: '2021-01-18', untilDay: '2021-12-31', opensAt: '09:00', closesAt: '18:30' } as const;

/** How many persons a demonstration has, and of them: the last one is known to the referential only. */
export const DEMO_PERSONS = 120;

/** The nth invented person; the same n is always the same person. */
export function demoPerson(n: number): PersonIdentity {
  const female = n % 2 === 1;
  const place = PLACES[n % PLACES.length] as (typeof PLACES)[number];
  const year = 1932 + ((n * 7) % 74);
  const month = 1 + (n % 12);
  const day = 1 + ((n * 5) % 28);
  const two = (value: number) => String(value).padStart(2, '0');
  const military = n % 40 === 39;
  const body = `${female ? 2 : 1}${two(year % 100)}${two(month)}${place.commune}${String(100 + (n % 900)).padStart(3, '0')}`;
  return {
    nir: withNirKey(body),
    birthName: `${FAMILY[n % FAMILY.length]}`,
    usageName: female && n % 3 === 0 ? `${FAMILY[(n + 5) % FAMILY.length]}` : null,
    firstNames: [`${(female ? GIVEN_F : GIVEN_M)[Math.floor(n / 2) % 6]}`, 'SACHA'],
    sex: female ? 'F' : 'M',
    birthDate: `${year}-${two(month)}-${two(day)}`,
    birthPlace: place.commune,
    schemeCode: military ? '08' : '01',
    bodyCode: place.body,
    department: place.department,
    postalAddress: military ? null : `${1 + (n % 90)} rue des Lilas, ${place.department}`,
    phone: military ? null : `06000${String(n).padStart(5, '0')}`,
    email: military ? null : `personne${n}@example.org`,
    legalRepresentative: null,
    nonMedicalCriteriaCodes: n % 4 === 0 ? ['N01', 'N07'] : ['N02'],
  };
}

/**
 * Fills an empty register with the demonstration; does nothing when anyone is in it. Of the persons without a step all but
 * the first have still to be invited.
 * @returns whether it was empty
 */
export async function seedDemoCampaign(database: Database, registrar: Registrar, sealer: Sealer): Promise<boolean> {
  const { owner } = database;
  if ((await owner.getRepository(Patient).count()) > 0) return false;
  await owner.transaction(async (manager) => {
    const professional = await manager.save(Professional, manager.create(Professional, { ...DEMO_PROFESSIONAL }));
    await manager.insert(VaccinationSite, [
      {
        finess: '750100125',
        name: 'Centre de vaccination Paris Centre',
        department: '75',
        vaccines: ['EU/1/20/1528', 'EU/1/20/1507'],
        military: false,
      },
      {
        finess: '690781810',
        name: 'Centre de vaccination Gerland',
        department: '69',
        vaccines: ['EU/1/20/1528'],
        military: false,
      },
      {
        finess: '130786049',
        name: 'Hôpital d’instruction',
        department: '13',
        vaccines: ['EU/1/20/1528'],
        military: true,
      },
    ]);
    await manager.insert(
      SiteOpening,
      ['750100125', '690781810'].flatMap((finess) =>
        [1, 2, 3, 4, 5, 6].map((weekday) => ({ finess, weekday, ...DEMO_HOURS })),
      ),
    );
    for (let n = 0; n < DEMO_PERSONS - 1; n += 1) {
      const { patient, nirIndex, code } = registrar.register(demoPerson(n), 'AUTOMATIC');
      const saved = await manager.save(
        Patient,
        manager.create(Patient, { ...patient, targetedOn: '2021-01-18' } as Partial<Patient>),
      );
      const patientKey = saved.key;
      await manager.insert(PatientNir, { nirIndex, patientKey });
      await manager.insert(InvitationCode, { code, patientKey });
      await manager.insert(Invitation, {
        patientKey,
        code,
        ...((n === 0 || n % 4 !== 0) && { sentAt: '2021-02-01T08:00:00Z', channel: n % 2 ? 'EMAIL' : 'LETTER' }),
      });
      if (n % 3 === 0)
        await manager.insert(PatientHealth, {
          patientKey,
          medicalCriteriaCodes: ['M12'],
          contraindications: ['ALLERGY-PEG'],
        });
      if (n % 5 < 3)
        await manager.insert(AttendingPhysician, { patientKey, rpps: DEMO_PROFESSIONAL.rpps, consent: n % 5 === 0 });
      await recordSteps(manager, n, patientKey, professional.key);
    }
    await manager.query('insert into vaccine_lot select distinct vaccine, lot_number from injection_step');
    const unknown = registrar.indexOf(demoPerson(DEMO_PERSONS - 1).nir, demoPerson(DEMO_PERSONS - 1).birthDate);
    await manager.insert(ReferentialPerson, {
      nirIndex: unknown,
      sealedIdentity: sealer.seal(JSON.stringify(demoPerson(DEMO_PERSONS - 1)), referentialContext(unknown)),
    });
  });
  return true;
}

/** Person 0 has no step yet, so that a first query can record one; of the others, most have one or two doses. */
async function recordSteps(
  manager: EntityManager,
  n: number,
  patientKey: string,
  professionalKey: string,
): Promise<void> {
  const doses = n % 4;
  if (n === 0 || doses === 0) return;
  await manager.insert(EligibilityStep, {
    patientKey,
    performedAt: '2021-03-01T09:00:00Z',
    professionalKey,
    notRecommendedVaccines: n % 7 === 0 ? ['EU/1/21/1529'] : [],
  });
  await manager.insert(Act, { kind: 'CONSULTATION', performedOn: '2021-03-01', professionalKey });
  for (let rank = 1; rank <= Math.min(doses, 2); rank += 1) {
    const day = rank === 1 ? '2021-03-02' : '2021-04-13';
    await manager.insert(InjectionStep, {
      patientKey,
      rank,
      vaccine: n % 8 === 1 ? SINGLE_DOSE : TWO_DOSES[n % TWO_DOSES.length],
      lotNumber: `LOT${1000 + n}`,
      lotStatus: 'KNOWN',
      administrationRoute: 'INJECTABLE',
      injectionSite: n % 2 ? 'LEFT_ARM' : 'RIGHT_ARM',
      performedAt: `${day}T10:30:00Z`,
      placeCategory: 11,
      placeFiness: '750100125',
      placeSiret: null,
      professionalKey,
    });
    await manager.insert(Act, { kind: 'INJECTION', performedOn: day, professionalKey });
  }
}
