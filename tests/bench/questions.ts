import type { Principal } from '../../src/access/principal.js';
import { PHYSICIAN_RPPS } from './population.js';

/** A document, and the statement that makes the same JSON without any right. */
export interface Question {
  readonly principal: Principal;
  readonly document: string;
  /** Name of the root field: the bare server writes it around what its statement gives. */
  readonly root: string;
  readonly shape: 'one' | 'page';
  readonly bare: string;
  /** The same question to PostGraphile, with aliases for its names. */
  readonly peer?: string;
}

const PROFESSIONAL = {
  rpps: PHYSICIAN_RPPS,
  familyName: 'DUBOIS',
  firstName: 'HÉLÈNE',
  category: 'MEDECIN',
};

/** One patient with steps: eight fields of the person, the consultation and the injections with who performed them. */
const PATIENT = `{ id birthName usageName firstNames sex birthDate birthPlace
  eligibilityStep { performedAt professional { rpps familyName firstName category } }
  injectionSteps { rank vaccine lotNumber administrationRoute injectionSite performedAt placeCategory
    professional { rpps familyName firstName category } } }`;

const professional = (key: string) =>
  `(select row_to_json(r) from (select q.rpps, q.family_name as "familyName", q.first_name as "firstName", q.category
      from professional q where q.key = ${key}) r) as professional`;

const PEER_PROFESSIONAL = 'professional: professionalByProfessionalKey { rpps familyName firstName category }';
const PEER_PATIENT = `{ id: rowId birthName usageName firstNames sex birthDate birthPlace
  eligibilityStep: eligibilityStepByPatientKey { performedAt ${PEER_PROFESSIONAL} }
  injectionSteps: injectionStepsByPatientKeyList(orderBy: [PRIMARY_KEY_ASC]) { rank vaccine lotNumber administrationRoute
    injectionSite performedAt placeCategory ${PEER_PROFESSIONAL} } }`;

const PATIENT_COLUMNS = `p.id, p.birth_name as "birthName", p.usage_name as "usageName", p.first_names as "firstNames", p.sex,
  p.birth_date as "birthDate", p.birth_place as "birthPlace",
  (select row_to_json(r) from (select e.performed_at as "performedAt", ${professional('e.professional_key')}
     from eligibility_step e where e.patient_key = p.key) r) as "eligibilityStep",
  array_to_json(array(select row_to_json(r) from (select i.rank, i.vaccine, i.lot_number as "lotNumber",
     i.administration_route as "administrationRoute", i.injection_site as "injectionSite", i.performed_at as "performedAt",
     i.place_category as "placeCategory", ${professional('i.professional_key')}
     from injection_step i where i.patient_key = p.key order by i.rank) r)) as "injectionSteps"`;

const one = (from: string) => `select row_to_json(r)::text from (select ${PATIENT_COLUMNS} ${from}) r`;

/** A page of the feed: fields of the person, of the invitation and of the steps. */
const page = (fields: string) => `query ($after: String, $first: Int!) {
  patients(first: $first, after: $after) { edges { node { ${fields} } } pageInfo { hasNextPage } } }`;

const pageOf = (columns: string) =>
  `select (select row_to_json(r)::text from (select ${columns}) r) from patient p
    where p.vaccinated and (p.id, p.key) > ($1, $2)
    order by p.id, p.key limit 101`;

const STEPS_15 = `eligibilityStep { performedAt prescribedAt } injectionSteps { rank vaccine lotNumber injectionSite performedAt }`;
const FIELDS_15 = `id birthName usageName firstNames sex birthDate birthPlace nonMedicalCriteriaCodes ${STEPS_15}`;
const FIELDS_20 = `id birthName usageName firstNames sex birthDate birthPlace nonMedicalCriteriaCodes
  invitations { code sentAt channel } eligibilityStep { performedAt prescribedAt }
  injectionSteps { rank vaccine lotNumber administrationRoute injectionSite performedAt placeCategory }`;

/** All that this recipient is granted of a person. */
const FIELDS_OF_SPF = `pseudonym sex ageClass department nonMedicalCriteriaCodes
  eligibilityStep { notRecommendedVaccines professional { category } prescriber { category } }
  injectionSteps { rank vaccine lotNumber administrationRoute injectionSite performedAt placeCategory placeFiness placeSiret
    professional { category } }`;

const PERSON_COLUMNS = `p.id, p.birth_name as "birthName", p.usage_name as "usageName", p.first_names as "firstNames", p.sex,
  p.birth_date as "birthDate", p.birth_place as "birthPlace"`;
const STEP_COLUMNS = `(select row_to_json(r) from (select e.performed_at as "performedAt", e.prescribed_at as "prescribedAt"
     from eligibility_step e where e.patient_key = p.key) r) as "eligibilityStep",
  array_to_json(array(select row_to_json(r) from (select i.rank, i.vaccine, i.lot_number as "lotNumber",
     i.injection_site as "injectionSite", i.performed_at as "performedAt"
     from injection_step i where i.patient_key = p.key order by i.rank) r)) as "injectionSteps"`;

const PEER_PAGE = `query ($after: Cursor) {
  patients: allPatients(first: 100, after: $after, orderBy: [ROW_ID_ASC]) { edges { node { id: rowId birthName usageName
    firstNames sex birthDate birthPlace nonMedicalCriteriaCodes
    eligibilityStep: eligibilityStepByPatientKey { performedAt prescribedAt }
    injectionSteps: injectionStepsByPatientKeyList(orderBy: [PRIMARY_KEY_ASC]) { rank vaccine lotNumber injectionSite performedAt }
  } } pageInfo { hasNextPage } } }`;

const feed: Principal = { recipient: 'DMP', subject: 'bench-dmp' };

export const QUESTIONS = {
  onePatient: {
    principal: { recipient: 'PS', subject: PHYSICIAN_RPPS, professional: PROFESSIONAL },
    document: `query ($code: InvitationCode!, $birthDate: BirthDate!) { patientByInvitation(code: $code, birthDate: $birthDate) ${PATIENT} }`,
    root: 'patientByInvitation',
    shape: 'one',
    bare: one('from invitation_code c join patient p on p.key = c.patient_key where c.code = $1 and p.birth_date = $2'),
    peer: `query ($key: BigInt!) { patientByInvitation: patientByKey(key: $key) ${PEER_PATIENT} }`,
  },
  oneOfAgent: {
    principal: { recipient: 'AGENT_AM', subject: 'bench-agent', bodies: ['01751', '01752'] },
    document: `query ($id: ID!) { patient(id: $id) ${PATIENT} }`,
    root: 'patient',
    shape: 'one',
    bare: one('from patient p where p.id = $1'),
  },
  oneOfPhysician: {
    principal: { recipient: 'MEDECIN_TRAITANT', subject: PHYSICIAN_RPPS, professional: PROFESSIONAL },
    document: `query ($id: ID!) { patient(id: $id) ${PATIENT} }`,
    root: 'patient',
    shape: 'one',
    bare: one('from patient p where p.id = $1'),
  },
  page15: {
    principal: feed,
    document: page(FIELDS_15),
    root: 'patients',
    shape: 'page',
    bare: pageOf(`${PERSON_COLUMNS}, p.non_medical_criteria_codes as "nonMedicalCriteriaCodes", ${STEP_COLUMNS}`),
    peer: PEER_PAGE,
  },
  pageWithNir: {
    principal: feed,
    document: page(FIELDS_15.replace('nonMedicalCriteriaCodes', 'nir')),
    root: 'patients',
    shape: 'page',
    bare: pageOf(`${PERSON_COLUMNS}, '~' || p.nir || ' ' || p.id as nir, ${STEP_COLUMNS}`),
  },
  page20: { principal: feed, document: page(FIELDS_20), root: 'patients', shape: 'page', bare: '' },
  pageOfEverybody: {
    principal: { recipient: 'SPF', subject: 'bench-spf' },
    document: page(FIELDS_OF_SPF),
    root: 'patients',
    shape: 'page',
    bare: '',
  },
} as const satisfies Record<string, Question>;

export type QuestionName = keyof typeof QUESTIONS;
