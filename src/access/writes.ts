import type { Condition } from '../law/conditions.js';
import type { PersonalType } from '../law/fields.js';
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

/** Functions that every recipient calls: whether he is in good standing is asked in the transaction that reads (F24). */
export const CALLED_BY_ALL = ['lancette.require_standing(text,text,text)'] as const;

/** A hand-off writes nothing that could be refused: this function, called in the transaction that reads, is the right to it. */
export const HAND_OFF = ['lancette.hand_off()'] as const;

/** Functions of the database that an operation, or a row condition, calls with the rights of their owner. */
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
    'lancette.lot_status(text,text)',
  ],
  reportAdverseEffect: HAND_OFF,
  correctInjection: ['lancette.correct_injection(uuid,smallint,jsonb,jsonb)'],
  correctEligibility: ['lancette.correct_eligibility(uuid,jsonb,jsonb,jsonb)'],
  withdrawStep: ['lancette.withdraw_step(uuid,smallint,jsonb)'],
  recordObjection: ['lancette.record_objection(uuid,bytea,jsonb)'],
  recordResearchObjection: ['lancette.record_research_objection(uuid,jsonb)'],
};

/**
 * What is computed has no column that could be refused: this function, called in the transaction that reads its parts, is
 * the right to it.
 */
export const computing = (type: PersonalType): string =>
  `lancette.compute_${type.replace(/[A-Z]/g, (letter, at) => `${at > 0 ? '_' : ''}${letter.toLowerCase()}`)}()`;

/** Functions by which a principal's rows are entered, whatever the operation. */
export const PERIMETER_CALLS: Partial<Record<Condition, readonly string[]>> = {
  ownBodies: ['lancette.enter_accreditation(uuid,text)'],
};

/** What a technical role may do. `columns` narrows a table to some; `rows` to those of the one person that it was told. */
export interface ServiceRule {
  readonly insert: readonly string[];
  readonly select: readonly string[];
  readonly update: readonly string[];
  readonly delete: readonly string[];
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  readonly rows?: 'attested';
}
/** What an import remembers of itself: for the operator, and so that it can be taken back. */
const TARGETING_LEDGER = ['targeting_block', 'targeting_gain', 'targeting_run'] as const;

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
      ...TARGETING_LEDGER,
    ],
    select: [
      'patient',
      'patient_nir',
      'invitation_code',
      'patient_health',
      'targeting_import',
      'targeting_reject',
      'referential_person',
      ...TARGETING_LEDGER,
    ],
    update: ['patient', 'patient_health', 'targeting_import', 'targeting_run'],
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
  /** Takes in what is delivered to the places of vaccination, and when they open (AIPD, finalités, 2°). */
  supply: {
    insert: ['vaccination_site', 'site_opening', 'supply_movement', 'trace'],
    select: ['vaccination_site', 'site_opening', 'supply_movement', 'supply_level'],
    update: ['vaccination_site'],
    delete: ['site_opening'],
  },
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
    columns: {
      patient: [
        ...['key', 'department', 'scheme_code', 'postal_address', 'phone', 'email', 'non_medical_criteria_codes'],
        ...['vaccinated', 'targeting_type', 'targeting_phase'],
      ],
      patient_health: ['patient_key', 'medical_criteria_codes'],
      eligibility_step: ['patient_key'],
      invitation: ['patient_key', 'sent_at'],
    },
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
    columns: {
      patient: [
        ...['key', 'id', 'nir', 'scheme_code', 'birth_name', 'usage_name', 'first_names', 'vaccinated'],
        ...['postal_address', 'phone', 'email', 'legal_representative'],
      ],
      eligibility_step: ['patient_key'],
    },
  },
  /** Holds the jobs, in a schema of its own (`queue-wall.ts`): no table of the register. */
  queue: { insert: [], select: [], update: [], delete: [] },
  /**
   * Reads the certificate's data set and nothing else, of one person at a time (AIPD M1.81, M1.82); makes again
   * what a correction revoked. A first issue is recorded by the caller's own role.
   */
  attestations: {
    insert: ['attestation', 'trace'],
    select: ['patient', 'injection_step', 'attestation'],
    update: ['attestation'],
    delete: [],
    columns: {
      patient: ['key', 'birth_name', 'first_names', 'birth_date'],
      injection_step: ['patient_key', 'rank', 'vaccine', 'performed_at'],
      attestation: ['patient_key', 'rank', 'issued_at', 'revoked_at'],
    },
    rows: 'attested',
  },
  /** Publishes the hashes of revoked certificates; sees no certificate and no person. */
  revocations: { insert: [], select: ['revocation'], update: [], delete: [] },
  identities: { insert: [], select: ['establishment', 'establishment_certificate'], update: [], delete: [] },
  /** Folds and publishes the de-identified copy, and reads what is published of it: in a schema of its own (`steering-wall.ts`). */
  steering: { insert: [], select: [], update: [], delete: [] },
  indicators: { insert: [], select: [], update: [], delete: [] },
  limits: {
    insert: ['rate_counter', 'suspension'],
    select: ['rate_counter', 'suspension'],
    update: ['rate_counter', 'suspension'],
    delete: ['rate_counter'],
  },
} as const satisfies Record<string, ServiceRule>;

export type ServiceRole = keyof typeof SERVICE_ROLES;

/** Functions that a technical role calls with the rights of their owner. */
export const SERVICE_CALLS: Partial<Record<ServiceRole, readonly string[]>> = {
  intake: [
    'lancette.begin_rollback(uuid)',
    'lancette.rollback_obstacle(uuid)',
    'lancette.withdraw_block(bigint,bytea[])',
  ],
  supply: ['lancette.refresh_supply()'],
};
