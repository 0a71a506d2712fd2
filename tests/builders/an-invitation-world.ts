import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CampaignService } from '../../src/areas/invitations/campaign.service.js';
import { parseCapacities, parsePhases } from '../../src/areas/invitations/campaign-file.js';
import { InvitationPlanner, type PlanReport } from '../../src/areas/invitations/planner.js';
import { InvitationSender, type SendingReport } from '../../src/areas/invitations/sending.service.js';
import { sealContext } from '../../src/db/sealing.js';
import { type Clock, systemClock } from '../../src/kernel/clock.js';
import type { Senders } from '../../src/sending/senders.js';
import { aRegister, type Register } from './a-register.js';
import { emptying } from './emptying.js';

/** Long past, so that whatever is planned from here on is due. */
export const DAY_ONE = '2021-03-01';

/** A person as the planner sees one; everything that is not told is the most ordinary. */
export interface Invitee {
  readonly department?: string;
  readonly schemeCode?: string;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly postalAddress?: string | null;
  readonly nonMedical?: readonly string[];
  readonly medical?: readonly string[];
  readonly phase?: string | null;
  readonly manual?: boolean;
  readonly inPathway?: boolean;
  readonly vaccinated?: boolean;
  readonly invitedBefore?: boolean;
  /** A first message of an earlier plan, and what became of it. */
  readonly earlier?: { readonly channel: string; readonly state: string } | null;
}

export interface InvitationWorld {
  readonly register: Register;
  readonly folder: string;
  readonly planner: InvitationPlanner;
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Empties the register and fills it with these, whose keys are 1, 2, 3 … */
  people(invitees: readonly Invitee[]): Promise<void>;
  declare(phases: readonly object[], capacities?: object): Promise<void>;
  plan(given?: { from?: string; days?: number; portals?: readonly string[]; commit?: boolean }): Promise<PlanReport>;
  send(senders: Senders, clock?: Clock): Promise<SendingReport>;
  close(): Promise<void>;
}

const TABLES = [
  'patient',
  'patient_nir',
  'invitation_code',
  'invitation_phase',
  'channel_capacity',
  'vaccination_capacity',
  'invitation_batch',
  'invitation_message',
  'invitation_run',
  'trace',
  'lancette_queue.job',
];

const FILL = `
  with given as (select * from jsonb_to_recordset($1::jsonb) as g (key bigint, id uuid, nir text, department text, scheme text, email text, phone text,
      address text, "nonMedical" text[], medical text[], phase text, manual boolean, pathway boolean, vaccinated boolean, invited boolean, channel text, state text)),
  persons as (insert into patient (key, id, birth_name, first_names, sex, birth_date, nir, birth_name_prefix, first_name_prefix, birth_year, age_class,
      scheme_code, body_code, body_key, department, region_code, postal_address, phone, email, non_medical_criteria_codes, vaccinated,
      targeting_type, targeting_phase, pseudonym_covid, pseudonym_ars, pseudonym_snds)
    select key, id, 'NOM' || key, array['PRENOM'], 'F', '1950-01-01', nir, 'NOM', 'PRE', 1950, '70-74', scheme, '751', scheme || '751', department, '11',
      address, phone, email, "nonMedical", vaccinated, case when manual then 'MANUAL' else 'AUTOMATIC' end, phase, key::text, key::text, key::text from given),
  health as (insert into patient_health (patient_key, medical_criteria_codes) select key, medical from given where cardinality(medical) > 0),
  codes as (insert into invitation (patient_key, code, sent_at)
    select key, 'AAA-AAA-' || chr(65 + (key / 676 % 26)::int) || chr(65 + (key / 26 % 26)::int) || chr(65 + (key % 26)::int), case when invited then now() end from given),
  earlier as (insert into invitation_message (patient_key, attempt, batch_id, phase_code, channel, state)
    select key, 1, gen_random_uuid(), 'A', channel, state from given where channel is not null)
  insert into eligibility_step (patient_key, performed_at, professional_key, not_recommended_vaccines) select key, now(), 1, '{}' from given where pathway`;

export async function anInvitationWorld(): Promise<InvitationWorld> {
  const register = await aRegister();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-invitations-'));
  const { database, sealer } = register;
  const parts = { database, clock: systemClock };
  const planner = new InvitationPlanner(parts);
  const campaign = new CampaignService(parts);
  const query = async (sql: string, values: unknown[] = []) => (await database.ownerPool().query(sql, values)).rows;
  return {
    register,
    folder,
    planner,
    query,
    people: async (invitees) => {
      await query(emptying(TABLES));
      await query(
        `insert into professional (key, rpps, family_name) values (1, '99700366240', 'DUBOIS') on conflict do nothing`,
      );
      await query(FILL, [
        JSON.stringify(invitees.map((invitee, at) => rowOf(invitee, at + 1, sealer.seal.bind(sealer)))),
      ]);
    },
    declare: async (phases, capacities) => {
      await campaign.declarePhases(parsePhases(JSON.stringify({ phases })), 'Essai');
      if (capacities) await campaign.declareCapacities(parseCapacities(JSON.stringify(capacities)), 'Essai');
    },
    plan: ({ from = DAY_ONE, days = 5, portals = [], commit = true } = {}) =>
      planner.plan({ from, days, portals, commit }),
    send: (senders, clock = systemClock) => new InvitationSender({ database, sealer, clock, senders }).run(),
    close: async () => {
      rmSync(folder, { recursive: true, force: true });
      await register.close();
    },
  };
}

/** Identifiers that grow with the key: equal worlds have equal rows. */
const idOf = (key: number): string => `00000000-0000-4000-8000-${String(key).padStart(12, '0')}`;
/** The NIR under which the nth person is known to the portal of his scheme. */
export const nirOfInvitee = (key: number): string => `2500175${String(key).padStart(8, '0')}`;

function rowOf(given: Invitee, key: number, seal: (value: string, context: string) => string): object {
  return {
    key,
    id: idOf(key),
    nir: seal(nirOfInvitee(key), sealContext(idOf(key))),
    department: given.department ?? '75',
    scheme: given.schemeCode ?? '01',
    email: given.email === undefined ? `personne${key}@exemple.test` : given.email,
    phone: given.phone === undefined ? null : given.phone,
    address: given.postalAddress === undefined ? null : given.postalAddress,
    nonMedical: given.nonMedical ?? ['AGE75'],
    medical: given.medical ?? [],
    phase: given.phase ?? null,
    manual: given.manual ?? false,
    pathway: given.inPathway ?? false,
    vaccinated: given.vaccinated ?? false,
    invited: given.invitedBefore ?? false,
    ...given.earlier,
  };
}

/** A phase that concerns whoever has AGE75, by e-mail unless told otherwise. */
export const aPhase = (given: object = {}): object => ({
  code: 'P2',
  startsOn: DAY_ONE,
  criteriaCodes: ['AGE75'],
  channels: ['EMAIL'],
  ...given,
});

/** Room for everyone. */
export const AMPLE_CAPACITIES = {
  channels: ['ACCOUNT', 'EMAIL', 'SMS', 'LETTER'].map((channel) => ({ channel, startsOn: DAY_ONE, perDay: 100_000 })),
  departments: ['75', '69', '13', '2A'].map((department) => ({ department, startsOn: DAY_ONE, perDay: 100_000 })),
};
