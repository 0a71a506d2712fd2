import type { Condition } from '../law/conditions.js';
import type { Operation } from '../law/operations.js';

/** What an operation may do in the database beyond reading: nothing is updated or deleted but what is listed. */
export interface Write {
  readonly table: string;
  readonly may: 'INSERT' | 'UPDATE';
}

const insert = (...tables: string[]): Write[] => tables.map((table) => ({ table, may: 'INSERT' }));

export const WRITES: Partial<Record<Operation, readonly Write[]>> = {
  recordEligibility: insert('eligibility_step', 'act', 'idempotency_key', 'trace'),
  recordInjection: insert('injection_step', 'act', 'idempotency_key', 'trace'),
  issueAttestation: insert('attestation', 'trace'),
};

/** Functions of the database that an operation, or a row condition, calls with the rights of their owner. */
/** Functions that every recipient calls: whether he is in good standing is asked in the transaction that reads (F24). */
export const CALLED_BY_ALL = ['lancette.require_standing(text,text,text)'] as const;

export const CALLS: Partial<Record<Operation, readonly string[]>> = {
  patientByInvitation: ['lancette.enter_care(text,bytea,text)'],
  patientByNir: ['lancette.key_of_nir(bytea)'],
  me: ['lancette.enter_self(uuid)'],
  unvaccinatedPatients: ['lancette.vaccinated(bigint)', 'lancette.list_open(text)'],
  requestUnvaccinatedList: ['lancette.request_list(text)'],
  recordEligibility: [
    'lancette.professional_key(text,text,text,text,text,text,text,text,boolean)',
    'lancette.idempotent(text,text)',
  ],
  recordInjection: [
    'lancette.professional_key(text,text,text,text,text,text,text,text,boolean)',
    'lancette.idempotent(text,text)',
    'lancette.civil_place(text)',
  ],
};

/** Functions by which a principal's rows are entered, whatever the operation. */
export const PERIMETER_CALLS: Partial<Record<Condition, readonly string[]>> = {
  ownBodies: ['lancette.enter_accreditation(uuid,text)'],
};

/**
 * The technical roles that no recipient holds: the intake writes targeted persons and reads only keys, the journal
 * writes traces, the limits count guesses and suspend, the register of accreditations says who acts for which bodies.
 * None of them has a view.
 */
export const SERVICE_ROLES = {
  intake: {
    insert: [
      'patient',
      'patient_nir',
      'invitation_code',
      'invitation',
      'patient_health',
      'targeting_import',
      'targeting_reject',
    ],
    select: [
      'patient',
      'patient_nir',
      'invitation_code',
      'patient_health',
      'targeting_import',
      'targeting_reject',
      'referential_person',
    ],
    update: ['patient', 'patient_health', 'targeting_import'],
    delete: ['targeting_reject'],
  },
  accreditations: {
    insert: ['accreditation', 'body_delegation'],
    select: ['accreditation', 'body_delegation'],
    update: ['accreditation', 'body_delegation'],
    delete: [],
  },
  callers: { insert: ['used_proof'], select: ['oauth_client', 'used_proof'], update: [], delete: ['used_proof'] },
  /** Compares the identity of FranceConnect with the register (AIPD M1.101). */
  reconciler: { insert: [], select: ['patient', 'patient_nir'], update: [], delete: [] },
  journal: { insert: ['trace'], select: [], update: [], delete: [] },
  /** Declares phases and capacities, and plans: reads criteria and whether a contact exists, opens nothing that is sealed. */
  planner: {
    insert: [
      'invitation_phase',
      'channel_capacity',
      'vaccination_capacity',
      'invitation_batch',
      'invitation_message',
      'invitation_run',
      'trace',
    ],
    select: [
      'patient',
      'patient_health',
      'eligibility_step',
      'invitation',
      'invitation_phase',
      'channel_capacity',
      'vaccination_capacity',
      'invitation_batch',
      'invitation_message',
      'invitation_run',
    ],
    update: ['invitation_phase', 'channel_capacity', 'vaccination_capacity'],
    delete: [],
  },
  /** Sends: reads contacts and codes, no criterion. */
  sender: {
    insert: ['invitation_run', 'trace'],
    select: [
      'patient',
      'eligibility_step',
      'invitation',
      'invitation_phase',
      'invitation_batch',
      'invitation_message',
      'invitation_run',
    ],
    update: ['invitation', 'invitation_batch', 'invitation_message', 'invitation_run'],
    delete: ['invitation_message'],
  },
  /** Holds the jobs, in a schema of its own (`queue-wall.ts`): no table of the register. */
  queue: { insert: [], select: [], update: [], delete: [] },
  identities: { insert: [], select: ['establishment', 'establishment_certificate'], update: [], delete: [] },
  limits: {
    insert: ['rate_counter', 'suspension'],
    select: ['rate_counter', 'suspension'],
    update: ['rate_counter', 'suspension'],
    delete: ['rate_counter'],
  },
} as const;

export type ServiceRole = keyof typeof SERVICE_ROLES;
