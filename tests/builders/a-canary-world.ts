import type { EntityManager } from 'typeorm';
import type { Principal } from '../../src/access/principal.js';
import { Attestation } from '../../src/areas/attestation/attestation.js';
import { EligibilityStep } from '../../src/areas/eligibility/eligibility-step.js';
import { InjectionStep } from '../../src/areas/injection/injection-step.js';
import { VaccinationSite } from '../../src/areas/injection/vaccination-site.js';
import { Invitation } from '../../src/areas/invitations/invitation.js';
import { IdempotencyKey } from '../../src/areas/patients/idempotency-key.js';
import { AttendingPhysician, InvitationCode, PatientNir } from '../../src/areas/patients/lookups.js';
import { Patient } from '../../src/areas/patients/patient.js';
import { PatientHealth } from '../../src/areas/patients/patient-health.js';
import type { Registration } from '../../src/areas/patients/registration.js';
import { Professional } from '../../src/areas/professionals/professional.js';
import { Act } from '../../src/areas/remuneration/act.js';
import { referentialContext } from '../../src/areas/targeting/manual-intake.js';
import { ReferentialPerson } from '../../src/areas/targeting/referential-person.js';
import { TargetingReject } from '../../src/areas/targeting/targeting-reject.js';
import { grantedTo } from '../law/comparing.js';
import { type Category, type Field, type Recipient, TRANSCRIBED_CATEGORIES } from '../law/transcription.js';
import { Scanner } from './a-canary-scanner.js';
import type { Register } from './a-register.js';

/**
 * A value that stands in one place of the register only, so that seeing it anywhere tells where it came from.
 * `match` says how it shows in an answer: anywhere as text, or as a whole JSON string or number when it is short.
 */
export interface Canary {
  readonly value: string;
  readonly field: string;
  readonly category: Category | 'unserved';
  /** Letter of the person whose it is; null when several share the value, or when it is nobody's. */
  readonly person: string | null;
  readonly match: 'text' | 'string' | 'number';
  /** The space of a pseudonym. */
  readonly space?: 'COVID' | 'ARS' | 'SNDS';
  /** A professional given by hand, whom no list of professionals names. */
  readonly byHand?: true;
}

/** What decides who may reach a person, told here and nowhere derived. */
export interface Person {
  readonly letter: string;
  readonly body: string;
  readonly department: string;
  readonly region: string;
  readonly birthDate: string;
  readonly doses: number;
  readonly eligible: boolean;
  readonly attending: 'caller' | 'another' | null;
  readonly consent: boolean;
  readonly objector: boolean;
  readonly vaccine?: string;
}

export interface Inhabitant extends Person {
  readonly key: string;
  readonly id: string;
  readonly code: string;
  readonly nir: string;
}

export interface CanaryWorld {
  readonly canaries: readonly Canary[];
  readonly people: Readonly<Record<string, Inhabitant>>;
  /** A caller of this kind, with the perimeter that `reaches` describes. */
  principal(recipient: Recipient): Principal;
  /** The canaries in a text, under any disguise, that this recipient may not see. */
  leaks(recipient: Recipient, text: string, searched?: string): Canary[];
  /** The canaries in a text, as they are. */
  seen(text: string): Set<Canary>;
}

// biome-ignore format: one person a line
const PEOPLE: readonly Person[] = [
  { letter: 'A', body: '01751', department: '75', region: '11', birthDate: '1941-01-11', doses: 2, eligible: true,  attending: 'caller',  consent: true,  objector: false },
  { letter: 'B', body: '01751', department: '77', region: '11', birthDate: '1945-02-12', doses: 1, eligible: true,  attending: 'caller',  consent: false, objector: false },
  { letter: 'C', body: '01691', department: '69', region: '84', birthDate: '1950-03-13', doses: 1, eligible: true,  attending: 'caller',  consent: true,  objector: true },
  { letter: 'D', body: '01691', department: '13', region: '93', birthDate: '1955-04-14', doses: 0, eligible: true,  attending: 'caller',  consent: true,  objector: false },
  { letter: 'E', body: '08920', department: '83', region: '93', birthDate: '1960-05-15', doses: 1, eligible: true,  attending: 'another', consent: true,  objector: false },
  { letter: 'F', body: '02751', department: '92', region: '11', birthDate: '1965-06-16', doses: 0, eligible: false, attending: 'caller',  consent: false, objector: false },
  { letter: 'G', body: '01751', department: '94', region: '11', birthDate: '1975-07-17', doses: 0, eligible: false, attending: null,      consent: false, objector: true },
  { letter: 'H', body: '01131', department: '2A', region: '94', birthDate: '1985-08-18', doses: 1, eligible: true,  attending: null,      consent: false, objector: false },
  { letter: 'I', body: '01691', department: '59', region: '32', birthDate: '1993-09-19', doses: 1, eligible: true,  attending: 'another', consent: false, objector: false },
  { letter: 'J', body: '01751', department: '78', region: '11', birthDate: '2000-10-20', doses: 1, eligible: true,  attending: null,      consent: false, objector: false, vaccine: 'EU/1/20/1528' },
  { letter: 'K', body: '01751', department: '95', region: '11', birthDate: '2005-11-21', doses: 0, eligible: false, attending: null,      consent: false, objector: false },
];

const AGE_CLASSES: Readonly<Record<string, string>> = {
  A: '80+',
  B: '75-79',
  C: '70-74',
  D: '65-69',
  E: '60-64',
  F: '50-59',
  G: '40-49',
  H: '30-39',
  I: '25-29',
  J: '18-24',
  K: '12-17',
};

/** The physician who calls, and another one whose number nobody may see. */
const CALLER = { rpps: '99700366240', familyName: 'APPELANT', firstName: 'IVAN', category: 'MEDECIN' };
const ANOTHER_RPPS = '89000000012';

const CATEGORY_OF = new Map<string, Category>(
  Object.entries(TRANSCRIBED_CATEGORIES).flatMap(([category, fields]) =>
    fields.map((field): [string, Category] => [field, category as Category]),
  ),
);

/** Collects the canaries while the register is being filled. */
class Aviary {
  readonly canaries: Canary[] = [];

  /** Registers a value and hands it back, so that it can be written where it is inserted. */
  put<V extends string | number>(field: string, value: V, person: string | null, rest: Partial<Canary> = {}): V {
    const match = typeof value === 'number' ? 'number' : 'text';
    const category = CATEGORY_OF.get(field) ?? 'unserved';
    this.canaries.push({ value: String(value), field, category, person, match, ...rest });
    return value;
  }
}

/** Fills an empty register so that every value of every field is a canary. */
export async function aCanaryWorld(register: Register): Promise<CanaryWorld> {
  const aviary = new Aviary();
  const { owner } = register.database;
  for (const [sequence, from] of Object.entries({ patient: 770000001, professional: 880000001, act: 660000001 }))
    await owner.query(`alter sequence ${sequence}_key_seq restart with ${from}`);
  const people: Record<string, Inhabitant> = {};
  await owner.transaction(async (manager) => {
    for (const person of PEOPLE) people[person.letter] = await settle(register, manager, aviary, person);
    await addBystanders(register, manager, aviary);
  });
  addShared(aviary);
  return worldOf(aviary.canaries, people);
}

/** Values that several persons share, or that are too short to be somebody's. */
function addShared(aviary: Aviary): void {
  for (const sex of ['F', 'M']) aviary.put('Patient.sex', sex, null, { match: 'string' });
  for (const scheme of ['01', '02']) aviary.put('Patient.schemeCode', scheme, null, { match: 'string' });
  for (const body of ['751', '691']) aviary.put('Patient.bodyCode', body, null, { match: 'string' });
  for (const rank of [7, 8]) aviary.put('InjectionStep.rank', rank, null);
  for (const body of ['01751', '01691', '02751', '08920', '01131'])
    aviary.put('Patient.bodyKey', body, null, { match: 'string' });
  for (const region of ['11', '84', '93', '32']) aviary.put('Patient.regionCode', region, null, { match: 'string' });
  for (const type of ['AUTOMATIC', 'MANUAL']) aviary.put('Patient.targetingType', type, null);
  aviary.put('AttendingPhysician.rpps', ANOTHER_RPPS, null);
}

const nirOf = (index: number, female: boolean, birthDate: string): string => {
  const digits = `${female ? 2 : 1}${birthDate.slice(2, 4)}${birthDate.slice(5, 7)}99${350 + index}${777 - index}`;
  return digits + String(97 - Number(BigInt(digits) % 97n)).padStart(2, '0');
};

async function settle(register: Register, manager: EntityManager, aviary: Aviary, person: Person): Promise<Inhabitant> {
  const { letter } = person;
  const index = PEOPLE.indexOf(person);
  const registration = identityOf(register, aviary, person, index);
  const { patient, nirIndex } = registration;
  const saved = await manager.save(
    Patient,
    manager.create(Patient, {
      ...(patient as Partial<Patient>),
      researchObjection: person.objector,
      targetingPhase: aviary.put('Patient.targetingPhase', `Z${letter}PHASE${letter}`, letter),
    }),
  );
  const patientKey = saved.key;
  aviary.put('Patient.key', patientKey, letter);
  aviary.put('PatientNir.nirIndex', nirIndex.toString('hex'), letter);
  const code = aviary.put('Invitation.code', `Z${letter}C-OD${letter}-ZZ${letter}`, letter);
  await manager.insert(PatientNir, { nirIndex, patientKey });
  await manager.insert(InvitationCode, { code, patientKey });
  await manager.insert(Invitation, {
    patientKey,
    code,
    sentAt: instant(aviary, 'Invitation.sentAt', letter, `2020-12-${11 + index}T08:00:${11 + index}`),
    channel: aviary.put('Invitation.channel', `Z${letter}CHANNEL`, letter) as 'EMAIL',
  });
  await addHealth(manager, aviary, letter, patientKey, index);
  if (person.attending) {
    const rpps = person.attending === 'caller' ? CALLER.rpps : ANOTHER_RPPS;
    await manager.insert(AttendingPhysician, { patientKey, rpps, consent: person.consent });
  }
  if (person.eligible) await addSteps(manager, aviary, person, patientKey, index);
  return { ...person, key: patientKey, id: saved.id, code, nir: nirOf(index, index % 2 === 0, person.birthDate) };
}

/** Category 1°, 2°, 3° and 7°, and what is derived from them by the registrar. */
function identityOf(register: Register, aviary: Aviary, person: Person, index: number): Registration {
  const { letter, birthDate, department } = person;
  const military = person.body.startsWith('08');
  const put = <V extends string | number>(field: Field, value: V): V => aviary.put(field, value, letter);
  const contact = (field: Field, value: string): string | null => (military ? null : put(field, value));
  const nir = put('Patient.nir', nirOf(index, index % 2 === 0, birthDate));
  const registration = register.registrar.register(
    {
      nir,
      birthName: put('Patient.birthName', `ZQ${letter}BIRTHNAME${letter}`),
      usageName: put('Patient.usageName', `Z${letter}USAGENAME${letter}`),
      firstNames: [
        put('Patient.firstNames', `XK${letter}FIRSTNAME${letter}`),
        put('Patient.firstNames', `Z${letter}SECONDNAME${letter}`),
      ],
      sex: index % 2 === 0 ? 'F' : 'M',
      birthDate: put('Patient.birthDate', birthDate),
      birthPlace: put('Patient.birthPlace', `Z${letter}PLACEOFBIRTH${letter}`),
      schemeCode: person.body.slice(0, 2),
      bodyCode: person.body.slice(2),
      department,
      postalAddress: contact('Patient.postalAddress', `${letter}Z POSTAL ADDRESS ${letter}`),
      phone: contact('Patient.phone', `+3369900${1000 + index}`),
      email: contact('Patient.email', `z${letter}email@canary.test`.toLowerCase()),
      legalRepresentative: contact('Patient.legalRepresentative', `Z${letter}LEGALREP${letter}`),
      nonMedicalCriteriaCodes: [put('Patient.nonMedicalCriteriaCodes', `ZQ${letter}N707070`)],
    },
    'AUTOMATIC',
  );
  const { patient } = registration;
  const short = (field: Field, value: string) => aviary.put(field, value, letter, { match: 'string' });
  put('Patient.id', registration.id);
  short('Patient.birthNamePrefix', `ZQ${letter}`);
  short('Patient.firstNamePrefix', `XK${letter}`);
  short('Patient.department', department);
  short('Patient.ageClass', AGE_CLASSES[letter] ?? '');
  put('Patient.birthYear', Number(birthDate.slice(0, 4)));
  if (military) short('Patient.schemeCode', '08');
  if (['131', '920'].includes(person.body.slice(2))) short('Patient.bodyCode', person.body.slice(2));
  aviary.put('Patient.nir, sealed', String(patient.nir), letter);
  const pseudonyms = { COVID: patient.pseudonymCovid, ARS: patient.pseudonymArs, SNDS: patient.pseudonymSnds };
  for (const [space, pseudonym] of Object.entries(pseudonyms))
    aviary.put('Patient.pseudonym', String(pseudonym), letter, { space: space as 'COVID' });
  return registration;
}

async function addHealth(
  manager: EntityManager,
  aviary: Aviary,
  letter: string,
  patientKey: string,
  index: number,
): Promise<void> {
  const one = (field: Field, tag: string) => [aviary.put(field, `Z${letter}${tag}${letter}`, letter)];
  await manager.insert(PatientHealth, {
    patientKey,
    medicalCriteriaCodes: [aviary.put('Patient.medicalCriteriaCodes', `ZQ${letter}M606060`, letter)],
    treatments: one('Patient.treatments', 'TREATMENT'),
    contraindications: one('Patient.contraindications', 'CONTRAIND'),
    adverseEffects: one('Patient.adverseEffects', 'ADVERSE'),
    infectionDate: aviary.put('Patient.infectionDate', `2020-03-${11 + index}`, letter),
  });
}

function instant(aviary: Aviary, field: Field, letter: string, value: string): string {
  aviary.put(field, value, letter);
  return `${value}Z`;
}

async function addSteps(
  manager: EntityManager,
  aviary: Aviary,
  person: Person,
  patientKey: string,
  index: number,
): Promise<void> {
  const { letter, doses } = person;
  const professionalKey = await addProfessional(manager, aviary, letter, index, false);
  const prescriberKey = await addProfessional(manager, aviary, letter, 50 + index, true);
  const day = 11 + index;
  const at = (field: Field, month: string) => instant(aviary, field, letter, `2021-${month}-${day}T09:00:${day}`);
  await manager.insert(EligibilityStep, {
    patientKey,
    performedAt: at('EligibilityStep.performedAt', '03'),
    professionalKey,
    prescriberKey,
    prescribedAt: at('EligibilityStep.prescribedAt', '02'),
    notRecommendedVaccines: [aviary.put('EligibilityStep.notRecommendedVaccines', `Z${letter}NOTREC${letter}`, letter)],
  });
  for (let dose = 0; dose < doses; dose += 1)
    await addDose(manager, aviary, person, { patientKey, professionalKey, number: dose * 20 + index });
  await addAct(manager, aviary, professionalKey, index);
  if (doses > 0) await addAttestation(manager, aviary, person, patientKey, index);
}

interface DoseOf {
  readonly patientKey: string;
  readonly professionalKey: string;
  readonly number: number;
}

async function addDose(
  manager: EntityManager,
  aviary: Aviary,
  { letter, vaccine }: Person,
  { patientKey, professionalKey, number }: DoseOf,
): Promise<void> {
  const n = String(100 + number);
  const text = (field: Field, value: string) => aviary.put(field, value, letter);
  const [month, day] = number < 20 ? ['04', 11 + number] : ['05', number - 9];
  await manager.insert(InjectionStep, {
    patientKey,
    professionalKey,
    rank: vaccine ? 1 : number < 20 ? 7 : 8,
    vaccine: text('InjectionStep.vaccine', vaccine ?? `EU/1/88/0${n}`),
    lotNumber: text('InjectionStep.lotNumber', `Z${letter}LOTNR${n}`),
    lotStatus: text('InjectionStep.lotStatus', `Z${letter}LOTSTATUS${n}`),
    administrationRoute: text('InjectionStep.administrationRoute', `Z${letter}ROUTE${n}`),
    injectionSite: text('InjectionStep.injectionSite', `Z${letter}BODYSITE${n}`),
    performedAt: instant(aviary, 'InjectionStep.performedAt', letter, `2021-${month}-${day}T10:30:${n.slice(1)}`),
    placeCategory: aviary.put('InjectionStep.placeCategory', 4000 + number, letter),
    placeFiness: text('InjectionStep.placeFiness', `880000${n}`),
    placeSiret: text('InjectionStep.placeSiret', `77700000000${n}`),
  });
}

async function addProfessional(
  manager: EntityManager,
  aviary: Aviary,
  letter: string | null,
  number: number,
  byHand: boolean,
): Promise<string> {
  const n = 100 + number;
  const rest: Partial<Canary> = byHand ? { byHand: true } : {};
  const put = (field: Field, value: string) => aviary.put(field, value, letter, rest);
  const saved = await manager.save(
    Professional,
    manager.create(Professional, {
      rpps: put('Professional.rpps', `81000000${n}`),
      amNumber: put('Professional.amNumber', `ZAM${n}AM9`),
      familyName: put('Professional.familyName', `ZF${n}FAMILYNAME`),
      firstName: put('Professional.firstName', `ZG${n}GIVENNAME`),
      category: put('Professional.category', `ZP${n}CATEGORY`),
      assurance: put('Professional.assurance', `ZQ${n}ASSURANCE`),
      phone: put('Professional.phone', `+331240000${n}`),
      email: put('Professional.email', `zpro${n}@practice.test`),
      structureFiness: put('Professional.structureFiness', `660000${n}`),
      declaredByHand: byHand,
    }),
  );
  aviary.put('Professional.key', saved.key, letter);
  return saved.key;
}

async function addAct(manager: EntityManager, aviary: Aviary, professionalKey: string, index: number): Promise<void> {
  const saved = await manager.save(
    Act,
    manager.create(Act, {
      kind: aviary.put('Act.kind', `ZACTKIND${100 + index}`, null),
      performedOn: aviary.put('Act.performedOn', `2021-09-${11 + index}`, null),
      professionalKey,
    }),
  );
  aviary.put('Act.key', saved.key, null);
}

async function addAttestation(
  manager: EntityManager,
  aviary: Aviary,
  { letter }: Person,
  patientKey: string,
  index: number,
): Promise<void> {
  const day = 11 + index;
  const id = `a77e57a7-0000-4000-8000-0000000001${day}`;
  await manager.insert(Attestation, {
    patientKey,
    id: aviary.put('Attestation.id', id, letter),
    issuedAt: instant(aviary, 'Attestation.issuedAt', letter, `2021-06-${day}T11:00:${day}`),
    kind: aviary.put('Attestation.kind', `Z${letter}ATTKIND`, letter),
    content: aviary.put('Attestation.content', `HC1:Z${letter}CONTENT${letter}`, letter),
    dataMatrix: aviary.put('Attestation.dataMatrix', `DC04Z${letter}MATRIX${letter}`, letter),
    expiresAt: instant(aviary, 'Attestation.expiresAt', letter, `2022-06-${day}T11:00:${day}`),
    revokedAt: instant(aviary, 'Attestation.revokedAt', letter, `2021-07-${day}T11:00:${day}`),
    rank: 9,
    uvci: aviary.put('Attestation.uvci', `URN:UVCI:01:FR:Z${letter}UVCI${letter}#0`, letter),
  });
}

/** Rows that hang on no person: professionals without a step, sites, technical tables. */
async function addBystanders(register: Register, manager: EntityManager, aviary: Aviary): Promise<void> {
  await addProfessional(manager, aviary, null, 98, false);
  await addProfessional(manager, aviary, null, 99, true);
  await manager.insert(VaccinationSite, [
    { finess: '290000001', name: 'CENTRE CIVIL', department: '29', vaccines: ['EU/1/88/0999'], military: false },
    {
      finess: aviary.put('VaccinationSite.finess, military', '830000099', null),
      name: aviary.put('VaccinationSite.name, military', 'ZMILITARYSITE', null),
      department: '29',
      vaccines: [aviary.put('VaccinationSite.vaccines, military', 'EU/1/88/0998', null)],
      military: true,
    },
  ]);
  const nirIndex = register.registrar.indexOf(nirOf(90, true, '1931-01-01'), '1931-01-01');
  const sealedIdentity = register.sealer.seal('{}', referentialContext(nirIndex));
  await manager.insert(ReferentialPerson, {
    nirIndex,
    sealedIdentity: aviary.put('ReferentialPerson.sealedIdentity', sealedIdentity, null),
  });
  await manager.insert(TargetingReject, {
    importId: '1a9e0000-0000-4000-8000-000000000001',
    line: 3,
    column: 'nir',
    code: 'NIR_KEY',
    sealedLine: aviary.put('TargetingReject.sealedLine', 'ZSEALEDREJECTEDLINE', null),
  });
  await manager.insert(IdempotencyKey, {
    subject: 'somebody',
    key: aviary.put('IdempotencyKey.key', 'ZIDEMPOTENCYKEY', null),
    digest: aviary.put('IdempotencyKey.digest', 'ZIDEMPOTENCYDIGEST', null),
  });
}

/** Whom a recipient may reach: DESIGN §1, written again. `searched` is the person a professional has in care. */
export function reaches(recipient: Recipient, person: Person, searched?: string): boolean {
  switch (recipient) {
    case 'PS':
      return person.letter === searched;
    case 'MEDECIN_TRAITANT':
      return person.attending === 'caller';
    case 'AGENT_AM':
    case 'AGENT_ATTESTATION':
      return person.body === '01751';
    case 'DMP':
    case 'ANSM':
      return person.doses > 0;
    case 'SPF':
    case 'DREES':
      return true;
    case 'ARS':
      return person.region === '11';
    case 'HDH':
      return !person.objector;
    case 'PATIENT':
      return person.letter === 'A';
    default:
      return false;
  }
}

/** The letters of those whom a recipient may reach. */
export const lettersOf = (recipient: Recipient, searched?: string): string[] =>
  PEOPLE.filter((person) => reaches(recipient, person, searched)).map(({ letter }) => letter);

const SPACES: Partial<Record<Recipient, Canary['space']>> = { SPF: 'COVID', DREES: 'COVID', ARS: 'ARS', HDH: 'SNDS' };

/** Whether the transcription lets this value appear before this recipient. */
export function mayAppear(recipient: Recipient, canary: Canary, searched?: string): boolean {
  if (canary.category === 'unserved') return recipient === 'AUDITEUR' && canary.field === 'Patient.key';
  const condition = grantedTo(recipient).get(canary.field as Field);
  if (!condition || (canary.space && canary.space !== SPACES[recipient])) return false;
  if (recipient === 'SPIS' || recipient === 'REMUNERATION') return !canary.byHand;
  const person = PEOPLE.find(({ letter }) => letter === canary.person);
  if (!person) return !canary.field.startsWith('Professional.');
  return reaches(recipient, person, searched) && (condition !== 'consent' || person.consent);
}

function worldOf(canaries: readonly Canary[], people: Readonly<Record<string, Inhabitant>>): CanaryWorld {
  const plain = new Scanner(canaries.map((of) => ({ text: plainForm(of), of })));
  const numbers = canaries.filter(({ match }) => match === 'number');
  const disguised = new Scanner(
    canaries.flatMap((of) => [plainForm(of), ...disguisesOf(of)].map((text) => ({ text, of }))),
  );
  const numbersIn = (text: string) => {
    const data = text.replace(/"locations":\[[^\]]*\]/g, '');
    return numbers.filter(({ value }) => new RegExp(`[:[,]${value}[,}\\]]`).test(data));
  };
  const seen = (text: string) => new Set([...plain.scan(text), ...numbersIn(text)]);
  return {
    canaries,
    people,
    seen,
    principal: (recipient) => principalOf(recipient, people),
    leaks: (recipient, text, searched) =>
      [...new Set([...disguised.scan(text), ...disguised.scan(decoded(text)), ...numbersIn(text)])].filter(
        (canary) => !mayAppear(recipient, canary, searched),
      ),
  };
}

/** A number is looked for apart: this form never stands in JSON. */
const plainForm = ({ value, match }: Canary): string =>
  match === 'text' ? value : match === 'string' ? `"${value}"` : `\0${value}`;

/** Other ways in which a value may leave: cut, reversed, and in the usual encodings, at every alignment. */
function disguisesOf({ value, match, person }: Canary): string[] {
  if (match !== 'text' || value.length < 6) return [];
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  return [
    [...value].reverse().join(''),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64,
    encodeURIComponent(value),
    ...(/^[A-Z]{7}/.test(value) ? [value.toLowerCase()] : []),
    ...(person && /^[A-Z]{7}/.test(value) ? [value.slice(0, 7)] : []),
  ];
}

/** What the longer base64 words of a text hold: cursors, above all. */
const decoded = (text: string): string =>
  [...text.matchAll(/[A-Za-z0-9_-]{32,}/g)]
    .map(([word]) => Buffer.from(word, 'base64url').toString('latin1'))
    .join('\n');

function principalOf(recipient: Recipient, people: Readonly<Record<string, Inhabitant>>): Principal {
  const base = { recipient, subject: `caller-${recipient.toLowerCase()}` };
  switch (recipient) {
    case 'PS':
    case 'MEDECIN_TRAITANT':
      return { ...base, professional: CALLER };
    case 'AGENT_AM':
    case 'AGENT_ATTESTATION':
      return { ...base, bodies: ['01751'] };
    case 'ARS':
      return { ...base, region: '11' };
    case 'PATIENT':
      return { ...base, patient: people.A?.id ?? '' };
    default:
      return base;
  }
}
