import type { Operation } from './operations.js';
import type { Citation } from './texts.js';

/** Whom a counter counts for: the account, its structure, its network (/24 in IPv4, /48 in IPv6), or everybody. */
export type Counted = 'principal' | 'structure' | 'address' | 'national';

/** So many points in so many seconds. `lease`: points that an instance reserves at a time. */
export interface Counter {
  readonly of: Counted;
  readonly points: number;
  readonly seconds: number;
  readonly lease: number;
  /** Whoever has used it up is suspended until it starts anew, rather than slowed down. */
  readonly suspends?: true;
  readonly source: Citation;
}

export interface GuessRule {
  /** Misses that cost no delay. */
  readonly freeMisses: number;
  /** Delay after the next one, in seconds; doubled by each further miss. */
  readonly firstDelaySeconds: number;
  readonly counters: Readonly<Record<string, Counter>>;
}

export interface DisclosureRule {
  readonly of: 'principal' | 'structure';
  /** Distinct persons disclosed. */
  readonly points: number;
  readonly seconds: number;
  readonly source: Citation;
}

/** So many in so many seconds. */
export interface Allowance {
  readonly points: number;
  readonly seconds: number;
  readonly source: Citation;
}

const HOUR = 3600;
const DAY = 86_400;

/**
 * How hard a caller may push. Every figure may be replaced by the file that `LANCETTE_LIMITS_FILE` names. A miss is a
 * search that finds nobody: a search that finds somebody costs nothing.
 */
export const LIMITS = {
  /** Answers to a search by NIR leave at a multiple of this since the request arrived, whoever was found (AIPD M1.50). */
  gridMilliseconds: 250,

  guesses: {
    code: {
      freeMisses: 5, firstDelaySeconds: 1,
      counters: {
        principalDay: { of: 'principal', points: 20,      seconds: DAY, lease: 5,   suspends: true, source: 'AIPD M1.15' },
        structureDay: { of: 'structure', points: 200,     seconds: DAY, lease: 10,  source: 'AIPD M1.71' },
        addressDay:   { of: 'address',   points: 400,     seconds: DAY, lease: 20,  source: 'AIPD M1.97' },
        nationalHour: { of: 'national',  points: 20_000,  seconds: HOUR, lease: 100, source: 'AIPD M1.71' },
      },
    },
    nir: {
      freeMisses: 5, firstDelaySeconds: 1,
      counters: {
        principalHour: { of: 'principal', points: 10,     seconds: HOUR, lease: 5,  source: 'AIPD M1.15' },
        principalDay:  { of: 'principal', points: 50,     seconds: DAY, lease: 5,   suspends: true, source: 'AIPD M1.15' },
        structureDay:  { of: 'structure', points: 500,    seconds: DAY, lease: 10,  source: 'AIPD M1.71' },
        addressDay:    { of: 'address',   points: 1000,   seconds: DAY, lease: 20,  source: 'AIPD M1.97' },
        nationalHour:  { of: 'national',  points: 50_000, seconds: HOUR, lease: 100, source: 'AIPD M1.71' },
      },
    },
  },

  /** Distinct NIR missed, of those that share their first ten digits, at which the operator is alerted. */
  sharedPrefix: { points: 20, seconds: DAY },

  requests: {
    principal: { of: 'principal', points: 20_000,  seconds: HOUR, lease: 1000, source: 'AIPD M1.71' },
    structure: { of: 'structure', points: 200_000, seconds: HOUR, lease: 5000, source: 'AIPD M1.71' },
    address:   { of: 'address',   points: 400_000, seconds: HOUR, lease: 5000, source: 'AIPD M1.97' },
  },

  /** Requests of one account that name the operation. */
  operations: {
    patientByInvitation: { of: 'principal', points: 2000, seconds: HOUR, lease: 200, source: 'AIPD M1.71' },
    patientByNir:        { of: 'principal', points: 1000, seconds: HOUR, lease: 100, source: 'AIPD M1.71' },
    issueAttestation:    { of: 'principal', points: 1000, seconds: HOUR, lease: 100, source: 'AIPD M1.71' },
  },

  /** Certificates of one person in a day, whoever asks: one after each injection, and some that were lost. */
  issues: { person: { points: 20, seconds: DAY, source: 'AIPD M1.71' } },

  /** Verifications of certificates by one network: open to all, counted in memory, where nothing remains of them. */
  verifications: { address: { points: 120, seconds: 60, source: 'AIPD M1.97' } },

  /** Questions to the open feed of indicators by one network, counted in the same way. */
  indicators: { address: { points: 1200, seconds: 60, source: 'AIPD M1.97' } },

  /** Beyond these the account, or the establishment, is suspended until an operator lifts it (seed 001, §2.1). */
  disclosures: {
    principalHour: { of: 'principal', points: 150,  seconds: HOUR, source: 'AIPD M1.97' },
    principalDay:  { of: 'principal', points: 400,  seconds: DAY,  source: 'AIPD M1.97' },
    structureHour: { of: 'structure', points: 2000, seconds: HOUR, source: 'AIPD M1.97' },
    structureDay:  { of: 'structure', points: 8000, seconds: DAY,  source: 'AIPD M1.97' },
  },
} as const satisfies {
  readonly gridMilliseconds: number;
  readonly guesses: Readonly<Record<GuessKind, GuessRule>>;
  readonly sharedPrefix: { readonly points: number; readonly seconds: number };
  readonly requests: Readonly<Record<string, Counter>>;
  readonly operations: Partial<Record<Operation, Counter>>;
  readonly issues: Readonly<Record<string, Allowance>>;
  readonly verifications: Readonly<Record<string, Allowance>>;
  readonly indicators: Readonly<Record<string, Allowance>>;
  readonly disclosures: Readonly<Record<string, DisclosureRule>>;
};

export type GuessKind = 'code' | 'nir';

/** The same shape with other figures. */
type Figures<T> = { readonly [K in keyof T]: T[K] extends number ? number : T[K] extends object ? Figures<T[K]> : T[K] };
export type Limits = Figures<typeof LIMITS>;

/** Perimeters of single persons, whose disclosures are counted; feeds and pseudonymised lists are wide by law. */
export const WATCHED_PERIMETERS: readonly string[] = ['care', 'attending', 'ownBodies'];
