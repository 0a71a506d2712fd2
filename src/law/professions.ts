import type { Recipient } from './recipients.js';
import type { Citation } from './texts.js';

/** The acts of the vaccination pathway that a profession may perform (AIPD, suivi). */
export const ACTS = ['consult', 'prescribe', 'inject'] as const;
export type Act = (typeof ACTS)[number];

/** Category of practice of the national directory: civil, military, student (NOS, DOMAIN §5.2). */
export const PRACTICE_CATEGORIES = ['C', 'M', 'E'] as const;
export type PracticeCategory = (typeof PRACTICE_CATEGORIES)[number];

export interface ProfessionRule {
  /** Profession code of the national nomenclature (NOS), as Pro Santé Connect gives it. */
  readonly profession: string;
  /** Speciality (`SM26`): a rule that names one goes before the rule of the whole profession. */
  readonly speciality?: string;
  readonly categories: readonly PracticeCategory[];
  /** First day in force; among rules for the same person the latest that has begun decides. */
  readonly from: string;
  readonly consult: boolean;
  readonly prescribe: boolean;
  readonly inject: boolean;
  readonly source: Citation;
}

const yes = true;
const no = false;
const PRACTISING = ['C', 'M'] as const;

/**
 * Who may consult, prescribe and inject. Whoever is absent may do nothing: so are students (E), whom an act under
 * somebody's responsibility makes a matter of that person's own token. Soldiers (M) have the rights of their profession.
 * Scope and dates of the three decrees are from general knowledge and await confirmation: a file may replace the table.
 */
export const PROFESSIONS: readonly ProfessionRule[] = [
  { profession: '10', categories: PRACTISING, from: '2020-12-27', consult: yes, prescribe: yes, inject: yes, source: 'décret 2020-1691' },
  { profession: '60', categories: PRACTISING, from: '2020-12-27', consult: no,  prescribe: no,  inject: yes, source: 'décret 2020-1691' },
  { profession: '21', categories: PRACTISING, from: '2021-03-05', consult: yes, prescribe: yes, inject: yes, source: 'décret 2021-248' },
  { profession: '50', categories: PRACTISING, from: '2021-03-05', consult: yes, prescribe: yes, inject: yes, source: 'décret 2021-248' },
  { profession: '60', categories: PRACTISING, from: '2021-03-27', consult: yes, prescribe: yes, inject: yes, source: 'décret 2021-325' },
  { profession: '40', categories: PRACTISING, from: '2021-03-27', consult: yes, prescribe: yes, inject: yes, source: 'décret 2021-325' },
  { profession: '70', categories: PRACTISING, from: '2020-12-27', consult: no,  prescribe: no,  inject: no,  source: 'art. 3, I, 1°' },
  { profession: '80', categories: PRACTISING, from: '2020-12-27', consult: no,  prescribe: no,  inject: no,  source: 'art. 3, I, 1°' },
];

/** What is cited against a profession that no rule names. */
export const NO_PROFESSION: Citation = 'art. 3, I, 1°';

/** How the register writes a profession: label by NOS code. */
export const PROFESSION_LABELS: Readonly<Record<string, string>> = {
  10: 'MEDECIN',
  21: 'PHARMACIEN',
  40: 'CHIRURGIEN_DENTISTE',
  50: 'SAGE_FEMME',
  60: 'INFIRMIER',
  70: 'MASSEUR_KINESITHERAPEUTE',
  80: 'PEDICURE_PODOLOGUE',
};

interface IdentityScope {
  readonly recipient: Recipient;
  /** Professions that may ask for it; absent: every one that may do something. */
  readonly professions?: readonly string[];
  readonly source: Citation;
}

/** Scopes that an identity of each provider opens; the first is given when none is asked for. */
export const IDENTITY_SCOPES = {
  professional: {
    ps:                  { recipient: 'PS',                source: 'art. 3, I, 1°' },
    'medecin-traitant':  { recipient: 'MEDECIN_TRAITANT',  source: 'art. 3, I, 2°', professions: ['10'] },
  },
  person: {
    patient:             { recipient: 'PATIENT',           source: 'AIPD M1.101' },
  },
  agent: {
    'agent-am':          { recipient: 'AGENT_AM',          source: 'art. 3, I, 3°' },
    'agent-attestation': { recipient: 'AGENT_ATTESTATION', source: 'AIPD, attestation' },
  },
} as const satisfies Record<string, Readonly<Record<string, IdentityScope>>>;

export type IdentityKind = keyof typeof IDENTITY_SCOPES;
export const identityScopes = (kind: IdentityKind): ReadonlyMap<string, IdentityScope> =>
  new Map(Object.entries(IDENTITY_SCOPES[kind]));
