import { MapperKind, mapSchema } from '@graphql-tools/utils';
import fc, { type GeneratorValue } from 'fast-check';
import {
  buildSchema,
  executeSync,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
  parse,
  printSchema,
} from 'graphql';
import type { Principal } from '../../src/access/principal.js';
import { viewOf } from '../../src/access/views.js';
import { VaccinationSite } from '../../src/areas/injection/vaccination-site.js';
import { Professional } from '../../src/areas/professionals/professional.js';
import { Act } from '../../src/areas/remuneration/act.js';
import { SiteOpening } from '../../src/areas/supply/site-opening.js';
import { TargetingImport } from '../../src/areas/targeting/targeting-import.js';
import { TargetingReject } from '../../src/areas/targeting/targeting-reject.js';
import { Trace } from '../../src/areas/traces/trace.js';
import { admit } from '../../src/endpoint/limits.js';
import { Executor } from '../../src/read/executor.js';
import { fullSchema } from '../../src/schema.js';
import {
  type APatient,
  type AProfessional,
  aPatient,
  aPerson,
  aPhysician,
  aProfessional,
  aProfessionalIdentity,
  aPs,
  CONSULTED_AT,
  ISSUED_AT,
  VACCINE,
} from '../builders/a-patient.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { type Condition, type Field, type Recipient, transcribedFields, WORKED_OUT } from '../law/transcription.js';

/**
 * Random valid documents of every view, over random callers and patients. Each is answered three times: compiled to SQL,
 * by graphql-js over the same register, and by graphql-js over what the builders put in, filtered by the transcription of
 * the law. The first two agree byte for byte, and the third says what they should be. A failure prints seed and document;
 * LANCETTE_SEED replays it, LANCETTE_SHRINK=1 looks for a smaller one.
 */
const RUNS = Number(process.env.LANCETTE_SOAK ? 100_000 : 500);
const SEED = Number(process.env.LANCETTE_SEED ?? 20_201_690);

let register: Register;
let short: Endpoint;
let long: Endpoint;
let world: World;
const taken = { short: 0, long: 0 };

beforeAll(async () => {
  register = await aRegister();
  world = await aWorld(register);
  short = await register.serve();
  long = await register.serve({ shortPath: false });
  countPaths();
});
afterAll(() => register.close());

/** Counts, at the source, which documents the compiler answered. */
function countPaths(): void {
  const { answer } = Executor.prototype;
  Executor.prototype.answer = async function counted(...given) {
    const text = await answer.apply(this, given);
    taken[text === undefined ? 'long' : 'short'] += 1;
    return text;
  };
}

// ---- the world ------------------------------------------------------------------------------------------------------

interface World {
  readonly patients: readonly APatient[];
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly byHand: AProfessional;
}
type Row = Readonly<Record<string, unknown>>;

const DEPARTMENTS = ['75', '92', '2A', '13', '69'] as const;
const REGION: Record<string, string> = { 75: '11', 92: '11', '2A': '94', 13: '93', 69: '84' };
/** Every character that JSON escapes, and some that it leaves alone. */
const TO_ESCAPE = Array.from({ length: 0x1f }, (_, at) => String.fromCharCode(at + 1)).join('');
const HOSTILE = {
  usageName: 'A"},{"node":null,"x":"',
  firstNames: ['A\\', `a${TO_ESCAPE}"b`, 'A\u007f\u0085\u2028😀', 'null'],
  birthPlace: `~\n${TO_ESCAPE}`,
};
const NAMES = ['LE "BON"', "D'ARC\\", 'ÉLÉONORE', '𝒜𝒷𝒸-DEF', 'O{}[]:,', 'AB'] as const;
const PHYSICIAN = 40;

async function aWorld(register: Register): Promise<World> {
  const doctors: AProfessional[] = [];
  for (const number of [40, 41, 42]) doctors.push(await aProfessional(register, number));
  const byHand = await aPrescriberByHand(register);
  const patients: APatient[] = [];
  for (let n = 0; n < 30; n += 1) patients.push(await aPatient(register, 5000 + n, aStory(n, doctors, byHand)));
  return { patients, byHand, rows: await theRest(register, doctors) };
}

function aStory(n: number, doctors: readonly AProfessional[], byHand: AProfessional) {
  const military = n % 9 === 8;
  const health = {
    medicalCriteriaCodes: n % 2 ? ['ALD30', 'C2'] : null,
    treatments: n % 3 ? [] : ['T1'],
    contraindications: n % 4 ? ['ALLERGIE-PEG'] : null,
    adverseEffects: n % 5 ? null : ['FIÈVRE'],
    infectionDate: n % 3 ? '2020-11-00' : null,
  };
  return {
    person: {
      birthName: NAMES[n % NAMES.length] as string,
      ...(n % 8 === 4 && HOSTILE),
      department: DEPARTMENTS[n % DEPARTMENTS.length] as string,
      bodyCode: String(101 + (n % 4)),
      schemeCode: military ? '08' : '01',
      legalRepresentative: n % 7 ? null : 'TUTEUR',
      birthDate: n % 6 ? aPerson(5000 + n).birthDate : '1951-00-00',
      ...(military && { postalAddress: null, phone: null, email: null, legalRepresentative: null }),
    },
    ...(n % 2 && { invitation: { sentAt: '2021-02-01T08:00:00.125+00:00', channel: 'EMAIL' as const } }),
    ...(n % 4 !== 3 && { health }),
    ...(n % 3 !== 2 && {
      attending: { rpps: aProfessionalIdentity(n % 2 ? PHYSICIAN : PHYSICIAN + 1).rpps, consent: n % 4 < 2 },
    }),
    researchObjection: n % 5 === 0,
    eligible: n % 5 !== 1,
    notRecommendedVaccines: n % 7 ? [] : ['EU/1/21/1529'],
    doses: n % 5 === 1 ? 0 : n % 4,
    dose: n % 2 ? { placeFiness: null, placeSiret: '12345678901234' } : {},
    by: doctors[n % 3] as AProfessional,
    ...(n % 6 === 2 && { prescriber: byHand }),
    attestations: Array.from({ length: n % 3 }, (_, at) => ({
      id: `00000000-0000-4000-8000-${String(n * 10 + at).padStart(12, '0')}`,
      content: `HC1:${n}.${at}`,
    })),
  };
}

async function aPrescriberByHand(register: Register): Promise<AProfessional> {
  const repository = register.database.owner.getRepository(Professional);
  const identity = { ...aProfessionalIdentity(90), category: '' };
  const { rpps, familyName, firstName } = identity;
  const saved = await repository.save(
    repository.create({ rpps, familyName, firstName, declaredByHand: true, assurance: 'INDICATIVE' }),
  );
  return { key: saved.key, identity };
}

/** The tables that hold nobody: few rows, written down once for the database and once for the oracle. */
async function theRest(register: Register, doctors: readonly AProfessional[]): Promise<World['rows']> {
  const { owner } = register.database;
  const acts = [0, 1, 2, 3, 4].map((n) => ({
    kind: n % 2 ? 'INJECTION' : 'CONSULTATION',
    performedOn: `2021-03-0${n + 1}`,
    professionalKey: String(doctors[n % 3]?.key),
  }));
  const sites = [0, 1, 2, 3].map((n) => ({
    finess: `75000000${n}`,
    name: `Centre « ${n} »`,
    department: n % 2 ? '75' : '13',
    vaccines: n ? [VACCINE] : [],
    products: n === 1 ? [VACCINE] : [],
    military: n === 2,
  }));
  const openings = [1, 2, 3].flatMap((n) =>
    [1, 5].map((weekday) => ({
      finess: `75000000${n}`,
      fromDay: '2021-03-01',
      weekday,
      opensAt: '09:00',
      untilDay: '2021-06-30',
      closesAt: `1${n}:30`,
    })),
  );
  const imports = [0, 1, 2].map((n) => ({
    id: `10000000-0000-4000-8000-00000000000${n}`,
    sha256: `${n}`.repeat(64),
    startedAt: '2021-01-04T06:00:00+00:00',
    finishedAt: n ? '2021-01-04T06:05:00.5+00:00' : null,
    linesRead: 10 * n,
    personsCreated: n,
    personsEnriched: n,
    personsUnchanged: 0,
    linesRejected: 2 * n,
  }));
  const rejects = [0, 1, 2, 3].map((n) => ({
    importId: imports[n % 2]?.id as string,
    line: 10 - n,
    column: 'nir',
    code: 'NIR_KEY',
    setAsideAt: '2021-03-01T00:00:00.5+00:00',
    sealedLine: 'x',
  }));
  const traces = Array.from({ length: 130 }, (_, n) => ({
    id: String(n + 1),
    at: `2021-03-01T00:00:${String(n % 60).padStart(2, '0')}.25+00:00`,
    requestId: `20000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    recipient: 'PS',
    actor: `actor ${n}`,
    operation: 'me',
    categories: n % 2 ? ['1°', '6°a'] : [],
    outcome: 'DISCLOSED' as const,
    article: n % 3 ? null : 'art. 3, I, 1°',
    records: n % 4 ? [String(n), '9007199254740993'] : [],
  }));
  await owner.getRepository(Act).insert(acts);
  await owner.getRepository(VaccinationSite).insert(sites);
  await owner.getRepository(SiteOpening).insert(openings);
  await owner.getRepository(TargetingImport).insert(imports);
  await owner.getRepository(TargetingReject).insert(rejects.map((one) => ({ ...one })));
  await owner.query(`select setval('trace_id_seq', 1, false)`);
  await owner.getRepository(Trace).insert(traces.map(({ id: _, ...trace }) => trace));
  return {
    Act: acts.map(({ professionalKey, ...act }) => ({
      ...act,
      professional: professionalRow(doctors.find(({ key }) => key === professionalKey)),
    })),
    Professional: doctors.map(professionalRow) as Row[],
    VaccinationSite: sites
      .filter(({ military }) => !military)
      .map((site) => ({ ...site, openings: openings.filter(({ finess }) => finess === site.finess) })),
    TargetingImport: imports,
    TargetingReject: [...rejects].sort((a, b) => compare(a.importId, b.importId) || a.line - b.line),
    Trace: traces,
  };
}

// ---- the callers ----------------------------------------------------------------------------------------------------

const CALLERS: readonly { readonly principal: () => Principal; readonly roots: readonly string[] }[] = [
  { principal: () => aPs(50), roots: ['patientByInvitation', 'patientByNir'] },
  { principal: () => aPhysician(PHYSICIAN), roots: ['patient', 'myPatients', 'unvaccinatedPatients'] },
  { principal: () => as('AGENT_AM', { bodies: ['01101', '01102'] }), roots: ['patient', 'patientByNir'] },
  { principal: () => as('AGENT_ATTESTATION', { bodies: ['01103', '08101'] }), roots: ['patient', 'patientByNir'] },
  { principal: () => as('DNUM'), roots: ['patients'] },
  { principal: () => as('DMP'), roots: ['patients'] },
  { principal: () => as('ANSM'), roots: ['patients'] },
  { principal: () => as('SPIS'), roots: ['vaccinationSites', 'professionals'] },
  { principal: () => as('SPF'), roots: ['patients'] },
  { principal: () => as('ARS', { region: '11' }), roots: ['patients'] },
  { principal: () => as('ARS', { region: '94' }), roots: ['patients'] },
  { principal: () => as('DREES'), roots: ['patients'] },
  { principal: () => as('HDH'), roots: ['patients'] },
  { principal: () => as('REMUNERATION'), roots: ['acts'] },
  { principal: () => as('PATIENT', { patient: world.patients[7]?.id }), roots: ['me'] },
  { principal: () => as('OPERATEUR'), roots: ['targetingImports', 'targetingRejects'] },
  { principal: () => as('AUDITEUR'), roots: ['traces'] },
];

const full = fullSchema();
const views = new Map<Recipient, GraphQLSchema>();
/** Without what is worked out when it is asked for: graphql-js answers that on both paths. */
const stored = (view: GraphQLSchema): GraphQLSchema =>
  mapSchema(view, {
    [MapperKind.OBJECT_FIELD]: (config) => (WORKED_OUT.includes(getNamedType(config.type).name) ? null : config),
  });
const viewFor = (recipient: Recipient): GraphQLSchema => {
  const view = views.get(recipient) ?? buildSchema(printSchema(stored(viewOf(full, recipient))));
  views.set(recipient, view);
  return view;
};

// ---- the oracle -----------------------------------------------------------------------------------------------------

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const PERSONAL = ['Patient', 'Invitation', 'EligibilityStep', 'InjectionStep', 'Professional', 'Act', 'Attestation'];
const AGE_CLASSES = '0-4 5-9 10-11 12-17 18-24 25-29 30-39 40-49 50-59 60-64 65-69 70-74 75-79 80+'.split(' ');

const ageClass = (birthYear: number): string =>
  [...AGE_CLASSES].reverse().find((name) => Number.parseInt(name, 10) <= Math.max(0, 2021 - birthYear)) ?? '';
const letters = (name: string | undefined): string => [...(name ?? '')].slice(0, 3).join('');
const professionalRow = (professional: AProfessional | undefined): Row | null =>
  professional
    ? professional.identity.category === ''
      ? {
          rpps: professional.identity.rpps,
          familyName: professional.identity.familyName,
          firstName: professional.identity.firstName,
          assurance: 'INDICATIVE',
        }
      : { assurance: 'VERIFIED', ...professional.identity }
    : null;

/** All that the builders put in for one patient, in the shape of the schema, rights aside. */
function patientRow(recipient: Recipient, patient: APatient): Row {
  const { person, story, pseudonyms } = patient;
  const birthYear = Number(person.birthDate.slice(0, 4));
  const space = recipient === 'ARS' ? 'ars' : recipient === 'HDH' ? 'snds' : 'covid';
  const professional = professionalRow(story.by);
  return {
    ...person,
    ...story.health,
    patient,
    id: patient.id,
    birthYear,
    ageClass: ageClass(birthYear),
    birthNamePrefix: letters(person.birthName),
    firstNamePrefix: letters(person.firstNames[0]),
    pseudonym: pseudonyms[space],
    invitations: [
      { code: patient.code, ...(story.invitation && { ...story.invitation, sentAt: '2021-02-01T08:00:00.125+00:00' }) },
    ],
    eligibilityStep:
      story.eligible || patient.doses.length > 0
        ? {
            patient,
            professional,
            performedAt: CONSULTED_AT,
            prescriber: professionalRow(story.prescriber),
            prescribedAt: story.prescriber ? CONSULTED_AT : null,
            notRecommendedVaccines: story.notRecommendedVaccines,
          }
        : null,
    injectionSteps: patient.doses.map((dose) => ({ lotStatus: 'UNKNOWN', ...dose, patient, professional })),
    attestations: (story.attestations ?? []).map((one) => ({
      ...one,
      issuedAt: ISSUED_AT,
      kind: 'EU_DCC_VACCINATION',
    })),
  };
}

const holds: Record<Condition, (patient: APatient, principal: Principal, args: Row) => boolean> = {
  care: ({ code, person }, _, args) =>
    (args.code === code || args.nir === person.nir) && args.birthDate === person.birthDate,
  attending: ({ story }, principal) => story.attending?.rpps === principal.professional?.rpps,
  consent: ({ story }) => story.attending?.consent === true,
  ownBodies: ({ person }, { bodies }) => bodies?.includes(person.schemeCode + person.bodyCode) ?? false,
  openRisk: () => false,
  vaccinated: ({ doses }) => doses.length > 0,
  ownRegion: ({ person }, { region }) => REGION[person.department] === region,
  nonObjector: ({ story }) => !story.researchObjection,
  all: () => true,
  self: ({ id }, principal) => id === principal.patient,
};

class Oracle {
  readonly withheld = new Set<string>();
  private readonly rights: Map<Field, Condition>;

  constructor(private readonly principal: Principal) {
    this.rights = transcribedFields(principal.recipient);
  }

  /** Field by field, in the manner of the specification; a field that the transcription does not grant fails the test. */
  readonly resolve = (
    source: Row | undefined,
    args: Row,
    _: unknown,
    info: { fieldName: string; parentType: GraphQLObjectType },
  ): unknown => {
    const type = info.parentType.name;
    if (!source) return this.root(info.fieldName, args);
    if (!PERSONAL.includes(type)) return source[info.fieldName] ?? null;
    const when = this.conditionOf(type, info.fieldName, info.parentType);
    const { patient } = source as { patient?: APatient };
    // A professional is reached through a step, where the consent was asked for already.
    if (when === 'consent' && (source.listed || (patient && !holds.consent(patient, this.principal, {})))) {
      this.withheld.add(`${type}.${info.fieldName}`);
      return null;
    }
    return source[info.fieldName] ?? null;
  };

  private conditionOf(type: string, field: string, parent: GraphQLObjectType): Condition {
    const target = getNamedType(parent.getFields()[field]?.type);
    const fields = isObjectType(target)
      ? [...this.rights].filter(([id]) => id.startsWith(`${target.name}.`)).map(([, when]) => when)
      : [this.rights.get(`${type}.${field}` as Field)];
    const when = fields.find((one) => one !== 'consent') ?? fields[0];
    if (!when) throw new Error(`${type}.${field} is in the view, and not in the transcription`);
    return when;
  }

  private root(name: string, args: Row): unknown {
    const rows = this.rowsOf(name, args);
    if (args.first !== undefined) return page(rows, lists.get(listKey(this.principal, name, args)) ?? [], args);
    if (name === 'patientByNir')
      return rows.find(({ nir, birthDate }) => nir === args.nir && birthDate === args.birthDate) ?? null;
    return (name === 'patient' ? rows.find(({ id }) => id === args.id) : rows[0]) ?? null;
  }

  private rowsOf(name: string, args: Row): Row[] {
    const open = OPEN_ROOTS[name];
    if (open)
      return (world.rows[open] ?? []).filter(({ department }) => !args.department || department === args.department);
    const mine = world.patients.filter((patient) => holds[this.perimeter()](patient, this.principal, args));
    const all = mine.map((patient) => patientRow(this.principal.recipient, patient));
    const rows = this.sorted(all, args.orderBy).filter(matches(args.filter));
    return name === 'unvaccinatedPatients'
      ? rows.filter(({ patient }) => (patient as APatient).doses.length === 0).map(listed)
      : rows;
  }

  private perimeter(): Condition {
    const [, when] = [...this.rights].find(([id, one]) => id.startsWith('Patient.') && one !== 'consent') ?? [];
    return when ?? 'openRisk';
  }

  private sorted(rows: Row[], orderBy: unknown): Row[] {
    const keys = { ID: 'id', PSEUDONYM: 'pseudonym', BIRTH_DATE: 'birthDate' } as const;
    const granted = Object.values(keys).find((field) => this.rights.has(`Patient.${field}` as Field)) ?? 'id';
    const field = orderBy ? keys[orderBy as keyof typeof keys] : granted;
    return [...rows].sort((a, b) => compare(String(a[field]), String(b[field])));
  }
}

const OPEN_ROOTS: Readonly<Record<string, string>> = {
  acts: 'Act',
  professionals: 'Professional',
  vaccinationSites: 'VaccinationSite',
  targetingImports: 'TargetingImport',
  targetingRejects: 'TargetingReject',
  traces: 'Trace',
};

/** A row of the list of the unvaccinated, which shows no more than who they are. */
const listed = (row: Row): Row => ({
  ...row,
  listed: true,
  eligibilityStep: row.eligibilityStep && { ...(row.eligibilityStep as Row), listed: true },
});

const matches =
  (filter: unknown) =>
  (row: Row): boolean =>
    Object.entries((filter ?? {}) as Row).every(([name, value]) => value === null || row[name] === value);

/** One page of a list. Cursors are the register's own, as it gave them in the same list asked for in another way. */
function page(rows: readonly Row[], cursors: readonly string[], args: Row) {
  const from = args.after ? cursors.indexOf(String(args.after)) + 1 : 0;
  const kept = rows.slice(from, from + Number(args.first));
  return {
    edges: kept.map((node, index) => ({ cursor: cursors[from + index], node })),
    pageInfo: {
      hasNextPage: rows.length > from + kept.length,
      endCursor: cursors[from + kept.length - 1] && kept.length > 0 ? cursors[from + kept.length - 1] : null,
    },
  };
}

// ---- the documents --------------------------------------------------------------------------------------------------

interface Asked {
  readonly principal: Principal;
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** The cursors of whole lists, by caller, root field, filter and order. */
const lists = new Map<string, string[]>();

function listKey(principal: Principal, root: string, { filter, orderBy, department }: Row): string {
  const given = Object.entries((filter ?? {}) as Row).filter(([, value]) => value !== null);
  return JSON.stringify([principal, root, given.sort(([a], [b]) => compare(a, b)), orderBy, department]);
}

/** Asks for a list with one page of a hundred rows, and the next one. */
async function list(principal: Principal, root: string, args: string, key: string): Promise<string[]> {
  const known = lists.get(key);
  if (known) return known;
  const cursors: string[] = [];
  for (let more = true; more && cursors.length < 130; ) {
    const after = cursors.length > 0 ? `, after: "${cursors.at(-1)}"` : '';
    const { body } = await short.ask(
      principal,
      `{ ${root}(first: 100${args}${after}) { edges { cursor } pageInfo { hasNextPage } } }`,
    );
    cursors.push(...body.data[root].edges.map(({ cursor }: { cursor: string }) => cursor));
    more = body.data[root].pageInfo.hasNextPage;
  }
  lists.set(key, cursors);
  return cursors;
}

const TRICKY_ALIASES = 'r p h t1 t2 key data errors node constructor __proto__ toString length null_ select from'.split(
  ' ',
);

/** Writes one valid document, within the limits of the endpoint; what varies is drawn from `g`, so that it shrinks. */
class Writer {
  private readonly fragments: { readonly name: string; readonly on: string; readonly text: string }[] = [];
  private readonly definitions = new Map<string, string>();
  readonly variables: Record<string, unknown> = {};
  private readonly aliases = new Map<string, string>();
  private left = { fields: 45, aliases: 10, directives: 4 };

  constructor(
    private readonly g: GeneratorValue,
    private readonly view: GraphQLSchema,
    private readonly principal: Principal,
  ) {}

  upTo(max: number): number {
    return this.g(fc.nat, max);
  }

  private chance(percent: number): boolean {
    return this.upTo(99) >= 100 - percent;
  }

  private oneOf<T>(values: readonly T[]): T {
    return values[this.upTo(values.length - 1)] as T;
  }

  async document(roots: readonly string[]): Promise<string> {
    const written: string[] = [];
    let searches = 0;
    for (let n = 0; n <= this.upTo(2); n += 1) {
      const name = this.oneOf(roots);
      if (/^patientBy/.test(name) && searches++ > 0) continue;
      const field = await this.root(name, `root${n}`);
      written.push(...(this.chance(10) && !/^patientBy/.test(name) ? [field, field] : [field]));
    }
    if (this.chance(15)) written.push('__typename');
    if (this.chance(10)) written[0] = `... on Query { ${written[0]} }`;
    const defined = [...this.definitions].map(([name, type]) => `$${name}: ${type}`).join(', ');
    const fragments = this.fragments.map(({ name, on, text }) => `fragment ${name} on ${on} ${text}`);
    return [`query Random${defined && `(${defined})`} { ${written.join(' ')} }`, ...fragments].join('\n');
  }

  private async root(name: string, alias: string): Promise<string> {
    const field = this.view.getQueryType()?.getFields()[name];
    const args = await this.arguments(name, new Set(field?.args.map((one) => one.name)));
    const selection = this.selection(getNamedType(field?.type) as GraphQLObjectType, 2);
    return `${alias}: ${name}${args}${this.directive()} ${selection}`;
  }

  private async arguments(name: string, known: ReadonlySet<string>): Promise<string> {
    const patient = this.oneOf(world.patients);
    const birthDate = this.chance(90) ? patient.person.birthDate : '1900-01-01';
    const given: string[] = [];
    if (known.has('code')) given.push(`code: ${this.value('InvitationCode!', patient.code)}`);
    if (known.has('nir')) given.push(`nir: ${this.value('Nir!', patient.person.nir)}`);
    if (known.has('birthDate')) given.push(`birthDate: ${this.value('BirthDate!', birthDate)}`);
    if (known.has('id')) given.push(`id: ${this.value('ID!', patient.id)}`);
    if (known.has('first')) given.push(...(await this.pageArguments(name, known)));
    return given.length > 0 ? `(${given.join(', ')})` : '';
  }

  private async pageArguments(name: string, known: ReadonlySet<string>): Promise<string[]> {
    const which: Record<string, unknown> = {};
    if (known.has('filter') && this.chance(40)) which.filter = this.filter();
    if (known.has('orderBy') && this.chance(40)) which.orderBy = this.oneOf(this.offered('PatientOrder'));
    if (known.has('department') && this.chance(40)) which.department = '75';
    const texts = Object.entries(which).map(([argument, value]) => `${argument}: ${literal(value)}`);
    const key = listKey(this.principal, name, which);
    const cursors = await list(this.principal, name, texts.map((text) => `, ${text}`).join(''), key);
    if (this.chance(80)) texts.push(`first: ${this.value('Int!', this.oneOf([1, 2, 3, 5, 8, 50, 100]))}`);
    const cursor = this.chance(30) ? cursors[this.upTo(14)] : undefined;
    if (cursor) texts.push(`after: ${this.value('String', cursor)}`);
    return texts;
  }

  /** Fields of a filter, or values of an order, that this view offers. */
  private offered(name: string): string[] {
    const type = this.view.getType(name);
    if (isEnumType(type)) return type.getValues().map((value) => value.name);
    return isInputObjectType(type) ? Object.keys(type.getFields()) : [];
  }

  private filter(): Row {
    const { person } = this.oneOf(world.patients.slice(0, 8));
    const birthYear = Number(person.birthDate.slice(0, 4));
    const { sex, birthDate, department } = person;
    const values: Row = { sex, birthDate, birthYear, ageClass: ageClass(birthYear), department };
    const chosen = this.offered('PatientFilter').filter(() => this.chance(50));
    return Object.fromEntries(chosen.map((name) => [name, this.chance(90) ? values[name] : null]));
  }

  /** A literal, or a variable that holds it. */
  private value(type: string, value: string | number): string {
    if (!this.chance(40)) return JSON.stringify(value);
    const name = `v${this.definitions.size}`;
    this.definitions.set(name, type);
    this.variables[name] = value;
    return `$${name}`;
  }

  private selection(type: GraphQLObjectType, depth: number): string {
    const items = Array.from({ length: 1 + this.upTo(2) }, () => this.item(type, depth));
    return `{ ${items.join(' ')} }`;
  }

  private item(type: GraphQLObjectType, depth: number): string {
    const kind = this.upTo(19);
    if (this.left.fields <= 0 || kind === 19) return `__typename${this.directive()}`;
    this.left.fields -= 1;
    if (kind === 18) return `...${this.directive()} ${this.selection(type, depth)}`;
    if (kind === 17) return `... on ${type.name}${this.directive()} ${this.selection(type, depth)}`;
    if (kind >= 15) return this.spread(type, depth);
    return this.field(type, depth);
  }

  private spread(type: GraphQLObjectType, depth: number): string {
    const ready = this.fragments.filter(({ on }) => on === type.name);
    if (ready.length > 0 && this.chance(60)) {
      const { name, text } = this.oneOf(ready);
      this.left.fields -= text.split(' ').length;
      this.left.directives -= text.split('@').length - 1;
      this.left.aliases -= text.split(': ').length - 1;
      return `...${name}${this.directive()}`;
    }
    if (this.fragments.length >= 5) return '__typename';
    const text = this.selection(type, depth);
    const name = `F${this.fragments.length}`;
    this.fragments.push({ name, on: type.name, text });
    return `...${name}${this.directive()}`;
  }

  private field(type: GraphQLObjectType, depth: number): string {
    const field = this.oneOf(Object.values(type.getFields()));
    const target = getNamedType(field.type);
    const alias = this.alias(type, field.name);
    const inner = isObjectType(target) ? ` ${depth < 8 ? this.selection(target, depth + 1) : '{ __typename }'}` : '';
    return `${alias}${field.name}${this.directive()}${inner}`;
  }

  /** One alias a field in the whole document, so that merged selections never contradict each other. */
  private alias(type: GraphQLObjectType, field: string): string {
    if (this.left.aliases <= 0 || !this.chance(25)) return '';
    const id = `${type.name}.${field}`;
    const known = this.aliases.get(id);
    const alias = known ?? this.freshAlias(type, field);
    this.aliases.set(id, alias);
    this.left.aliases -= 1;
    return `${alias}: `;
  }

  private freshAlias(type: GraphQLObjectType, field: string): string {
    const elsewhere = Object.keys((full.getType(type.name) as GraphQLObjectType).getFields());
    const free = [...TRICKY_ALIASES, ...elsewhere].filter(
      (name) =>
        !type.getFields()[name] &&
        ![...this.aliases].some(([id, one]) => one === name && id.startsWith(`${type.name}.`)),
    );
    return this.chance(60) && free.length > 0 ? this.oneOf(free) : `as_${field}`;
  }

  private directive(): string {
    if (this.left.directives <= 0 || !this.chance(10)) return '';
    this.left.directives -= 1;
    const name = this.oneOf(['skip', 'include']);
    const wanted = this.chance(70) === (name === 'include');
    if (this.chance(40)) return ` @${name}(if: ${wanted})`;
    const variable = `v${this.definitions.size}`;
    const byDefault = this.chance(30);
    this.definitions.set(variable, byDefault ? `Boolean = ${wanted}` : 'Boolean!');
    if (!byDefault) this.variables[variable] = wanted;
    return ` @${name}(if: $${variable})`;
  }
}

/** A value as GraphQL writes it; an enumerated one is known by its form. */
function literal(value: unknown): string {
  if (typeof value === 'string' && /^(F|M|ID|PSEUDONYM|BIRTH_DATE)$/.test(value)) return value;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name}: ${literal(one)}`)
    .join(', ')} }`;
}

async function aDocument(g: GeneratorValue): Promise<Asked> {
  const caller = CALLERS[g(fc.nat, CALLERS.length - 1)]!;
  const principal = caller.principal();
  const writer = new Writer(g, viewFor(principal.recipient), principal);
  const query = await writer.document(caller.roots);
  return { principal, query, variables: writer.variables };
}

const isAdmitted = (query: string): boolean => {
  try {
    admit(query);
    return true;
  } catch {
    return false;
  }
};

/** What the law and the builders say the answer is. */
function expected({ principal, query, variables }: Asked) {
  const oracle = new Oracle(principal);
  const { data, errors } = executeSync({
    schema: viewFor(principal.recipient),
    document: parse(query),
    variableValues: variables,
    fieldResolver: oracle.resolve,
  });
  if (errors) throw new Error(`the oracle refuses: ${errors.map(({ message }) => message).join('; ')}`);
  return { text: JSON.stringify(data), withheld: oracle.withheld };
}

async function check(asked: Asked): Promise<void> {
  const [compiled, executed] = await Promise.all(
    [short, long].map((endpoint) => endpoint.ask(asked.principal, asked.query, asked.variables)),
  );
  const oracle = expected(asked);
  if (compiled?.text !== executed?.text) throw differing('compiled', compiled?.text, 'executed', executed?.text);
  if (compiled?.status !== 200 || compiled.body.errors) throw new Error(`refused: ${compiled?.text}`);
  const actual = JSON.stringify(compiled.body.data);
  if (actual !== oracle.text) throw differing('answered', actual, 'expected', oracle.text);
  checkWithheld(compiled.body.extensions?.withheld ?? [], oracle.withheld);
}

/** Two texts around the place where they part. */
function differing(one: string, text = '', other: string, otherText = ''): Error {
  const at = [...text].findIndex((_, index) => text[index] !== otherText[index]);
  const part = (whole: string) => whole.slice(Math.max(0, at - 200), at + 200);
  return new Error(`${one}: …${part(text)}…\n${other}: …${part(otherText)}…`);
}

/** All that the oracle withheld is listed; beneath it, conditional fields that were never reached may be listed too. */
function checkWithheld(listed: readonly { field: string; article: string }[], withheld: ReadonlySet<string>): void {
  const fields = new Set(listed.map(({ field }) => field));
  const missing = [...withheld].filter((field) => !fields.has(field));
  if (missing.length > 0 || (withheld.size === 0 && fields.size > 0) || listed.some(({ article }) => !article))
    throw new Error(`withheld: ${[...fields]}\nexpected: ${[...withheld]}`);
}

describe('a random valid document', () => {
  it(`of any view is answered by SQL as by graphql-js, and as the law says (${RUNS} documents, seed ${SEED})`, async () => {
    await short.ask(aPhysician(PHYSICIAN), 'mutation { requestUnvaccinatedList }');
    const recipients = new Map<string, number>();
    taken.short = 0;
    taken.long = 0;
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (g) => {
        const asked = await aDocument(g);
        fc.pre(isAdmitted(asked.query));
        try {
          await check(asked);
        } catch (error) {
          const { principal, query, variables } = asked;
          throw new Error(
            `${principal.recipient}\n${query}\n${JSON.stringify(variables)}\n${(error as Error).message}`,
          );
        }
        recipients.set(asked.principal.recipient, (recipients.get(asked.principal.recipient) ?? 0) + 1);
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: !process.env.LANCETTE_SHRINK },
    );
    expect(recipients.size).toBe(16);
    expect(Math.min(...recipients.values())).toBeGreaterThan(RUNS / 60);
    expect(taken.long).toBe(0);
    expect(taken.short).toBeGreaterThanOrEqual(RUNS);
  });
});

describe('what a random document seldom holds', () => {
  const both = async (principal: Principal, query: string, variables?: object) => {
    const [one, other] = [await short.ask(principal, query, variables), await long.ask(principal, query, variables)];
    expect(one.text).toBe(other.text);
    return one;
  };

  it('an alias longer than a name of PostgreSQL is compiled, and answered in full', async () => {
    const [one, other] = [`${'a'.repeat(63)}b`, `${'a'.repeat(63)}c`];
    const before = taken.short;
    const { body } = await both(
      as('SPF'),
      `{ patients(first: 1) { edges { node { ${one}: sex ${other}: ageClass } } } }`,
    );
    expect(Object.keys(body.data.patients.edges[0].node)).toEqual([one, other]);
    expect(taken.short).toBe(before + 1);
  });

  it('a null given to @include is refused by both', async () => {
    const query = 'query ($yes: Boolean = true) { patients(first: 1) { edges { node { sex @include(if: $yes) } } } }';
    const answer = await both(as('SPF'), query, { yes: null });
    expect(answer.body.errors).toMatchObject([{ extensions: { code: 'INVALID_VARIABLES' } }]);
  });

  it('a field that @skip leaves out is not listed as withheld', async () => {
    const refusing = world.patients.find(
      ({ story }) => story.attending?.rpps === aProfessionalIdentity(PHYSICIAN).rpps && !story.attending.consent,
    );
    const query = `query ($no: Boolean!) { patient(id: "${refusing?.id}") {
      id contraindications @skip(if: true) treatments @include(if: $no) adverseEffects } }`;
    const { body } = await both(aPhysician(PHYSICIAN), query, { no: false });
    expect(body.extensions.withheld.map(({ field }: { field: string }) => field)).toEqual(['Patient.adverseEffects']);
  });

  it('a selection in which everything is skipped is an empty object', async () => {
    const { text } = await both(as('SPF'), '{ patients(first: 1) { edges { node { sex @skip(if: true) } } } }');
    expect(text).toBe('{"data":{"patients":{"edges":[{"node":{}}]}}}');
  });

  it('every non-null field of every view is non-null in every answer', () => {
    const types = [...views.values()].flatMap((view) => Object.values(view.getTypeMap()));
    const conditional = [...transcribedFields('MEDECIN_TRAITANT')].filter(([, when]) => when === 'consent');
    const view = viewFor('MEDECIN_TRAITANT');
    const strict = conditional.filter(([id]) => {
      const [type = '', field = ''] = id.split('.');
      const object = view.getType(type);
      return type === 'Patient' && isObjectType(object) && isNonNullType(object.getFields()[field]?.type);
    });
    expect(types.length).toBeGreaterThan(100);
    expect(strict).toEqual([]);
  });
});
