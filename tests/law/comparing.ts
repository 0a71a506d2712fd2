import { type GraphQLSchema, isObjectType } from 'graphql';
import { fieldRight, operationRight } from '../../src/access/decide.js';
import { selectableColumns } from '../../src/access/grants.js';
import { viewOf } from '../../src/access/views.js';
import type { Mapping } from '../../src/db/mapping.js';
import { TABLE_IDS, TABLE_RIGHTS } from '../../src/law/indicator-rights.js';
import type { TableId } from '../../src/law/indicators.js';
import { OPERATION_IDS } from '../../src/law/operations.js';
import { recipientRule } from '../../src/law/recipients.js';
import {
  type Category,
  type Condition,
  type Field,
  type Holder,
  type Recipient,
  SENTENCES,
  TRANSCRIBED_CATEGORIES,
  TRANSCRIBED_RECIPIENTS,
  TRANSCRIBED_TABLES,
  transcribedFields,
  transcribedOperations,
  WORKED_OUT,
} from './transcription.js';

/** One place where the machine and the transcription do not say the same. */
export interface Difference {
  readonly recipient: Recipient;
  readonly what: string;
  readonly law: string;
  readonly transcription: string;
}

export const CATEGORIES = Object.keys(TRANSCRIBED_CATEGORIES) as Category[];
export const ALL_FIELDS: readonly Field[] = Object.values(TRANSCRIBED_CATEGORIES).flat();
export const TYPES = [...new Set(ALL_FIELDS.map((field) => typeOf(field)))];

export function typeOf(field: string): string {
  return field.slice(0, field.indexOf('.'));
}
export const nameOf = (field: string): string => field.slice(field.indexOf('.') + 1);

/** The types that one type leads to, by field: the shape of issue 2, not read from the law. */
export const LINKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Patient: {
    invitations: 'Invitation',
    eligibilityStep: 'EligibilityStep',
    injectionSteps: 'InjectionStep',
    attestations: 'Attestation',
    nextStep: 'NextStep',
    warnings: 'StepWarning',
  },
  EligibilityStep: { professional: 'Professional', prescriber: 'Professional' },
  InjectionStep: { professional: 'Professional' },
  Act: { professional: 'Professional' },
};

const fieldsTo = new Map(TRANSCRIBED_RECIPIENTS.map((recipient) => [recipient, transcribedFields(recipient)]));
const operationsOf = new Map(TRANSCRIBED_RECIPIENTS.map((recipient) => [recipient, transcribedOperations(recipient)]));

/** Whether the transcription grants a field, or a link, whose target must then hold something granted. */
export function mayRead(recipient: Recipient, type: string, field: string): boolean {
  const target = LINKS[type]?.[field];
  const granted = fieldsTo.get(recipient) as ReadonlyMap<Field, Condition>;
  if (target) return [...granted.keys()].some((id) => typeOf(id) === target);
  return granted.has(`${type}.${field}` as Field);
}

export const mayCall = (recipient: Recipient, operation: string): boolean =>
  (operationsOf.get(recipient) as ReadonlySet<string>).has(operation);

export const grantedTo = (recipient: Recipient): ReadonlyMap<Field, Condition> =>
  fieldsTo.get(recipient) as ReadonlyMap<Field, Condition>;

/** Conflict 6 leaves no person's row: what its addressee reads belongs to the offer of care. */
const readsNoPerson = (recipient: Recipient): boolean =>
  grantedTo(recipient).size === 0 || SENTENCES.some(({ conflict, to }) => conflict === 6 && to === recipient);

/** The condition that all that is granted to a recipient has in common: consent narrows it further. */
function commonCondition(recipient: Recipient): Condition | 'none' {
  const conditions = new Set(grantedTo(recipient).values());
  if (conditions.size > 1) conditions.delete('consent');
  const [only, ...others] = conditions;
  if (others.length > 0) throw new Error(`${recipient} reads under ${[...conditions].join(', ')}`);
  return only ?? 'none';
}

/** The persons whose rows a recipient may reach at all, by the transcription. */
export const transcribedRows = (recipient: Recipient): Condition | 'none' =>
  readsNoPerson(recipient) ? 'none' : commonCondition(recipient);

const lawfulField = (recipient: Recipient, field: Field): string => {
  const right = fieldRight(recipient, typeOf(field), nameOf(field));
  return right.granted ? (right.condition ?? 'in its perimeter') : 'refused';
};

const transcribedField = (recipient: Recipient, field: Field): string => {
  const condition = grantedTo(recipient).get(field);
  if (!condition) return 'refused';
  return condition === commonCondition(recipient) ? 'in its perimeter' : condition;
};

const differing = (recipient: Recipient, what: string, law: string, transcription: string): Difference[] =>
  law === transcription ? [] : [{ recipient, what, law, transcription }];

/** Field by field: what the matrix decides against what the sentences of the decree and the AIPD give. */
export const cellDifferences = (recipient: Recipient, category: Category): Difference[] =>
  TRANSCRIBED_CATEGORIES[category].flatMap((field) =>
    differing(recipient, field, lawfulField(recipient, field), transcribedField(recipient, field)),
  );

export const rowDifferences = (recipient: Recipient): Difference[] =>
  differing(recipient, 'rows', recipientRule(recipient).rows, transcribedRows(recipient));

const opened = (yes: boolean): string => (yes ? 'opened' : 'refused');

export const operationDifferences = (recipient: Recipient): Difference[] =>
  [...new Set<string>([...OPERATION_IDS, ...transcribedOperations(recipient)])].flatMap((operation) =>
    differing(
      recipient,
      operation,
      opened(operationRight(recipient, operation).granted),
      opened(mayCall(recipient, operation)),
    ),
  );

/** The view that is built from the matrix against the fields and operations of the transcription, both ways. */
export function viewDifferences(schema: GraphQLSchema, recipient: Recipient): Difference[] {
  const view = viewOf(schema, recipient);
  return [
    ...['Query', 'Mutation'].flatMap((root) =>
      fieldNames(schema, root).flatMap((operation) =>
        differing(
          recipient,
          operation,
          opened(fieldNames(view, root).includes(operation)),
          opened(mayCall(recipient, operation)),
        ),
      ),
    ),
    ...TYPES.flatMap((type) =>
      fieldNames(view, type)
        .filter((field) => !mayRead(recipient, type, field))
        .map((field) => ({ recipient, what: `${type}.${field}`, law: 'in the view', transcription: 'refused' })),
    ),
    ...reachableTypes(view).flatMap((type) =>
      fieldNames(schema, type)
        .filter((field) => mayRead(recipient, type, field) && !fieldNames(view, type).includes(field))
        .map((field) => ({ recipient, what: `${type}.${field}`, law: 'not in the view', transcription: 'granted' })),
    ),
  ];
}

const reachableTypes = (view: GraphQLSchema): string[] => TYPES.filter((type) => isObjectType(view.getType(type)));

function fieldNames(schema: GraphQLSchema, type: string): string[] {
  const found = schema.getType(type);
  return isObjectType(found) ? Object.keys(found.getFields()) : [];
}

/** Tables of the personal types, as the issue describes them; the health data of 6° live apart. */
const TABLES: Readonly<Record<string, string>> = {
  Patient: 'patient',
  Invitation: 'invitation',
  EligibilityStep: 'eligibility_step',
  InjectionStep: 'injection_step',
  Professional: 'professional',
  Act: 'act',
  Attestation: 'attestation',
};
const HEALTH = ['medicalCriteriaCodes', 'treatments', 'contraindications', 'adverseEffects', 'infectionDate'];
/** Which of the three pseudonyms a recipient of pseudonymised data reads (DOMAIN §6.3). */
const PSEUDONYM_COLUMNS: Partial<Record<Recipient, string>> = {
  SPF: 'pseudonym_covid',
  DREES: 'pseudonym_covid',
  ARS: 'pseudonym_ars',
  HDH: 'pseudonym_snds',
};
/** Columns that join tables and say nothing: readable by whoever reads something of the table. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  patient: ['key'],
  patient_health: ['patient_key'],
  invitation: ['patient_key'],
  eligibility_step: ['patient_key', 'professional_key', 'prescriber_key'],
  injection_step: ['patient_key', 'professional_key'],
  attestation: ['patient_key'],
  professional: ['key'],
  act: ['key', 'professional_key'],
};
/** What the row condition of a recipient is decided by, beside what it is granted. */
const PERIMETER: Partial<Record<Condition | 'none', readonly string[]>> = {
  attending: ['attending_physician.patient_key', 'attending_physician.rpps', 'attending_physician.consent'],
  ownBodies: ['patient.body_key'],
  ownRegion: ['patient.region_code'],
  nonObjector: ['patient.research_objection'],
  vaccinated: ['patient.vaccinated'],
};
/** Tables without personal data, by the operation that lists them. */
const OPEN: Readonly<Record<string, readonly string[]>> = {
  vaccinationSites: [
    ...['finess', 'name', 'department', 'vaccines', 'products'].map((column) => `vaccination_site.${column}`),
    ...['finess', 'from_day', 'weekday', 'opens_at', 'until_day', 'closes_at'].map(
      (column) => `site_opening.${column}`,
    ),
  ],
  supplyLevels: [
    'finess',
    'product',
    'lot_number',
    'received',
    'sent',
    'broken',
    'used',
    'counted_at',
    'remaining',
  ].map((column) => `supply_level.${column}`),
  targetingImports: [
    'id',
    'sha256',
    'started_at',
    'finished_at',
    'lines_read',
    'persons_created',
    'persons_enriched',
    'persons_unchanged',
    'lines_rejected',
    'bytes_done',
    'reject_reasons',
    'duration_milliseconds',
    'rollback_begun_at',
    'rolled_back_at',
  ].map((column) => `targeting_import.${column}`),
  targetingRejects: ['import_id', 'line', 'column_name', 'code', 'set_aside_at'].map(
    (column) => `targeting_reject.${column}`,
  ),
  targetingRuns: [
    ...['id', 'kind', 'import_id', 'started_at', 'finished_at', 'duration_milliseconds', 'error'],
    ...['lines_read', 'persons_created', 'persons_enriched', 'persons_unchanged', 'lines_rejected'],
  ].map((column) => `targeting_run.${column}`),
  accreditations: [
    'id',
    'agent_name',
    'recipient',
    'body_key',
    'accredited_by',
    'granted_at',
    'expires_at',
    'review_due_at',
    'reviewed_at',
    'reviewed_by',
    'revoked_at',
    'revocation_reason',
  ].map((column) => `accreditation.${column}`),
  bodyDelegations: ['id', 'delegating_body', 'delegated_body', 'from_day', 'until_day', 'ended_at'].map(
    (column) => `body_delegation.${column}`,
  ),
  invitationPhases: [
    ...['code', 'starts_on', 'ends_on', 'criteria_codes', 'everyone', 'channels', 'without_invitation', 'declared_at'],
  ].map((column) => `invitation_phase.${column}`),
  invitationRuns: ['id', 'kind', 'started_at', 'finished_at', 'messages', 'errors'].map(
    (column) => `invitation_run.${column}`,
  ),
  traces: [
    'id',
    'at',
    'request_id',
    'recipient',
    'actor',
    'operation',
    'categories',
    'outcome',
    'article',
    'records',
  ].map((column) => `trace.${column}`),
};

const snake = (name: string): string => name.replace(/([A-Z])/g, '_$1').toLowerCase();

/** `table.column` of a field for this recipient: a pseudonym has one column for each space. */
export function columnOf(recipient: Recipient, field: Field): string {
  const [type, name] = [typeOf(field), nameOf(field)];
  if (field === 'Patient.pseudonym') return `patient.${PSEUDONYM_COLUMNS[recipient] ?? 'pseudonym'}`;
  return `${type === 'Patient' && HEALTH.includes(name) ? 'patient_health' : TABLES[type]}.${snake(name)}`;
}

/** Every `table.column` that PostgreSQL must let a recipient select, and no other, by the transcription alone. */
export function transcribedColumns(recipient: Recipient): Set<string> {
  const stored = [...grantedTo(recipient).keys()].filter((field) => !WORKED_OUT.includes(typeOf(field)));
  const fields = stored.map((field) => columnOf(recipient, field));
  const tables = new Set(fields.map((column) => typeOf(column)));
  const hangsOnPatient = [...tables].some((table) => KEYS[table]?.includes('patient_key'));
  const keys = [...tables, ...(hangsOnPatient ? ['patient'] : [])].flatMap((table) =>
    (KEYS[table] ?? []).map((key) => `${table}.${key}`),
  );
  const perimeter = tables.has('patient') ? (PERIMETER[transcribedRows(recipient)] ?? []) : [];
  const open = [...transcribedOperations(recipient)].flatMap((operation) => OPEN[operation] ?? []);
  return new Set([...fields, ...keys, ...perimeter, ...open]);
}

const OPEN_TYPES: Readonly<Record<string, string | readonly string[]>> = {
  vaccinationSites: ['VaccinationSite', 'SiteOpening'],
  supplyLevels: 'SupplyLevel',
  targetingImports: 'TargetingImport',
  targetingRejects: 'TargetingReject',
  targetingRuns: 'TargetingRun',
  traces: 'Trace',
  accreditations: 'Accreditation',
  bodyDelegations: 'BodyDelegation',
  invitationPhases: 'InvitationPhase',
  invitationRuns: 'InvitationRun',
};

/** The column grants that are derived from the matrix against those of the transcription, both ways. */
export function columnDifferences(mapping: Mapping, recipient: Recipient): Difference[] {
  const open = Object.entries(OPEN_TYPES)
    .filter(([operation]) => operationRight(recipient, operation).granted)
    .flatMap(([, type]) => type);
  const granted = new Set(
    [...selectableColumns(recipient, mapping, open)].flatMap(([table, columns]) =>
      [...columns].map((column) => `${table}.${column}`),
    ),
  );
  const expected = transcribedColumns(recipient);
  return [...new Set([...granted, ...expected])].flatMap((column) =>
    differing(recipient, column, opened(granted.has(column)), opened(expected.has(column))),
  );
}

/** Tables of indicators that the law gives a recipient, or the open feed, against the transcription, both ways. */
export function tableDifferences(recipient: Recipient): Difference[] {
  const holders: readonly Holder[] = [recipient, 'OPEN_DATA'];
  const transcribed = TRANSCRIBED_TABLES.flatMap(({ tables }) => tables);
  return holders.flatMap((holder) =>
    [...new Set([...TABLE_IDS, ...transcribed])].flatMap((table) =>
      differing(
        recipient,
        `${table} to ${holder}`,
        opened(TABLE_RIGHTS[table as TableId]?.[holder] !== undefined),
        opened(TRANSCRIBED_TABLES.some(({ to, tables }) => to.includes(holder) && tables.includes(table))),
      ),
    ),
  );
}

export const sentenceOf = ({ recipient, what, law, transcription }: Difference): string =>
  `${recipient} · ${what}: the law says ${law}, the transcription ${transcription}`;
