import type { Category } from './categories.js';

/**
 * The closed world of personal fields: each belongs to exactly one category of article 2, or is never served.
 * `transform: true` marks a field derived from its category (truncation, generalisation, pseudonym): a plain
 * `read` of the category does not give it, and giving it does not give its source.
 */
type FieldRule = Category | { readonly transformOf: Category };

const transformOf = <C extends Category>(category: C) => ({ transformOf: category }) as const;

export const FIELDS = {
  Patient: {
    id: '1°',
    birthName: '1°',
    usageName: '1°',
    firstNames: '1°',
    sex: '1°',
    birthDate: '1°',
    birthPlace: '1°',
    nir: '1°',
    birthNamePrefix: transformOf('1°'),
    firstNamePrefix: transformOf('1°'),
    birthYear: transformOf('1°'),
    ageClass: transformOf('1°'),
    pseudonym: transformOf('1°'),
    schemeCode: '2°',
    bodyCode: '2°',
    postalAddress: '3°',
    phone: '3°',
    email: '3°',
    legalRepresentative: '3°',
    department: transformOf('3°'),
    medicalCriteriaCodes: '6°a',
    treatments: '6°a',
    contraindications: '6°b',
    adverseEffects: '6°c',
    infectionDate: '6°d',
    nonMedicalCriteriaCodes: '7°',
  },
  Invitation: { code: '4°', sentAt: '4°', channel: '4°' },
  EligibilityStep: { performedAt: '5°', prescribedAt: '5°', notRecommendedVaccines: '6°b' },
  InjectionStep: {
    rank: '5°',
    vaccine: '5°',
    lotNumber: '5°',
    lotStatus: '5°',
    administrationRoute: '5°',
    injectionSite: '5°',
    performedAt: '5°',
    placeCategory: '5°',
    placeFiness: '5°',
    placeSiret: '5°',
  },
  Professional: {
    rpps: '5°',
    amNumber: '5°',
    familyName: '5°',
    firstName: '5°',
    category: '5°',
    assurance: '5°',
    phone: '8°',
    email: '8°',
    structureFiness: '8°',
  },
  // Computed from 1°, 5° and 6°d: a step that is not proposed would tell an infection, so its strictest source decides.
  NextStep: {
    kind: transformOf('6°d'),
    rank: transformOf('6°d'),
    earliestOn: transformOf('6°d'),
    latestOn: transformOf('6°d'),
    source: transformOf('6°d'),
  },
  // Computed from 1°, 5°, 6°b and 6°d, for the professional whom the consultation means to alert (AIPD, suivi).
  StepWarning: { code: transformOf('6°b'), message: transformOf('6°b'), source: transformOf('6°b') },
  Act: { kind: transformOf('5°'), performedOn: transformOf('5°') },
  Attestation: {
    id: 'certificat',
    issuedAt: 'certificat',
    kind: 'certificat',
    content: 'certificat',
    dataMatrix: 'certificat',
    expiresAt: 'certificat',
    revokedAt: 'certificat',
  },
} as const satisfies Record<string, Record<string, FieldRule>>;

/** Fields that lead from one personal type to another: served when their target serves at least one field. */
export const LINKS = {
  Patient: {
    invitations: 'Invitation',
    eligibilityStep: 'EligibilityStep',
    injectionSteps: 'InjectionStep',
    attestations: 'Attestation',
    nextStep: 'NextStep',
    warnings: 'StepWarning',
  },
  NextStep: {},
  StepWarning: {},
  Invitation: {},
  EligibilityStep: { professional: 'Professional', prescriber: 'Professional' },
  InjectionStep: { professional: 'Professional' },
  Professional: {},
  Act: { professional: 'Professional' },
  Attestation: {},
} as const satisfies Record<PersonalType, Record<string, string>>;

/**
 * Columns of the register that no view ever serves, with the reason. Those of `keys` only join tables together and
 * are readable by every role that reads the table; the others by no recipient.
 */
export const UNSERVED = {
  keys: ['Patient.key', 'Invitation.patientKey', 'PatientHealth.patientKey', 'EligibilityStep.patientKey',
    'EligibilityStep.professionalKey', 'EligibilityStep.prescriberKey', 'InjectionStep.patientKey',
    'InjectionStep.professionalKey', 'Attestation.patientKey', 'Professional.key', 'Act.key', 'Act.professionalKey'],
  perimeter: ['Patient.bodyKey', 'Patient.regionCode', 'Patient.researchObjection', 'Patient.vaccinated',
    'EligibilityStep.vaccinated'],
  internal: {
    'Patient.targetingType': 'AIPD M1.50',
    'Patient.targetingPhase': 'AIPD M2.42',
    'Patient.targetedOn': 'AIPD, pilotage',
    'Professional.declaredByHand': 'AIPD, suivi',
    'Attestation.rank': 'AIPD, attestation',
    'Attestation.uvci': 'AIPD, attestation',
  },
} as const;

export type PersonalType = keyof typeof FIELDS;

/** Personal types without a table: computed, when they are asked for, from what the same answer may show of the person. */
export const COMPUTED: Partial<Record<PersonalType, readonly MemberId[]>> = {
  NextStep: ['Patient.birthDate', 'Patient.infectionDate', 'EligibilityStep.performedAt', 'InjectionStep.vaccine', 'InjectionStep.performedAt'],
  StepWarning: ['Patient.birthDate', 'Patient.infectionDate', 'EligibilityStep.notRecommendedVaccines', 'EligibilityStep.prescriber',
    'InjectionStep.vaccine', 'InjectionStep.performedAt', 'InjectionStep.lotStatus', 'InjectionStep.placeFiness'],
};
export const COMPUTED_TYPES = Object.keys(COMPUTED) as PersonalType[];
/** What a computed type is made of; undefined for a type that is stored. */
export const madeOf = (type: string): readonly MemberId[] | undefined =>
  Object.hasOwn(COMPUTED, type) ? COMPUTED[type as PersonalType] : undefined;
export const isComputed = (type: string): boolean => madeOf(type) !== undefined;
/** Personal types whose fields are columns. */
export const STORED_TYPES = (Object.keys(FIELDS) as PersonalType[]).filter((type) => !isComputed(type));
export type FieldOf<T extends PersonalType> = keyof (typeof FIELDS)[T] & string;
export type LinkOf<T extends PersonalType> = keyof (typeof LINKS)[T] & string;
type UnservedId = (typeof UNSERVED.keys)[number] | (typeof UNSERVED.perimeter)[number] | keyof typeof UNSERVED.internal;
/** Properties of a type that are stored and never served. */
export type UnservedOf<T extends PersonalType> = UnservedId extends infer Id ? (Id extends `${T}.${infer P}` ? P : never) : never;
export type MemberId = { [T in PersonalType]: `${T}.${FieldOf<T> | LinkOf<T>}` }[PersonalType];
export type FieldId = { [T in PersonalType]: `${T}.${FieldOf<T>}` }[PersonalType];

const rules = FIELDS as Record<string, Record<string, FieldRule>>;

export const FIELD_IDS: readonly FieldId[] = Object.entries(rules).flatMap(([type, fields]) =>
  Object.keys(fields).map((field) => `${type}.${field}` as FieldId),
);

/** The category of a field, or undefined when it belongs to none: the caller must then refuse to start or to serve. */
export function categoryOf(id: string): Category | undefined {
  const rule = ruleOf(id);
  return typeof rule === 'object' ? rule.transformOf : rule;
}

export const isTransform = (id: string): boolean => typeof ruleOf(id) === 'object';

export const isPersonal = (type: string): type is PersonalType => Object.hasOwn(FIELDS, type);

/** The type that a link leads to, or undefined when the field is no link. */
export const linkTarget = (type: string, field: string): PersonalType | undefined =>
  isPersonal(type) && Object.hasOwn(LINKS[type], field)
    ? ((LINKS[type] as Record<string, string>)[field] as PersonalType)
    : undefined;

function ruleOf(id: string): FieldRule | undefined {
  const [type = '', field = ''] = id.split('.');
  return Object.hasOwn(rules, type) && Object.hasOwn(rules[type] ?? {}, field) ? rules[type]?.[field] : undefined;
}
