import type { Recipient } from './recipients.js';
import type { Citation } from './texts.js';

/** Recipients who act by name only: each agent is accredited by the director of his body, and nobody else acts as one. */
export const ACCREDITED = {
  AGENT_AM:          { source: 'art. 3, I, 3°',                  label: 'Agent d’un régime obligatoire' },
  AGENT_ATTESTATION: { source: 'AIPD, personnes accédant au SI', label: 'Agent délivrant les attestations' },
} as const satisfies Partial<Record<Recipient, { source: Citation; label: string }>>;

export type AccreditedRecipient = keyof typeof ACCREDITED;
export const isAccredited = (recipient: string): recipient is AccreditedRecipient => Object.hasOwn(ACCREDITED, recipient);

/** How long an accreditation lasts. Durations are ISO 8601. No text gives `longest`: it is a choice, to be narrowed. */
export const ACCREDITATION = {
  reviewEvery: { duration: 'P1Y', from: 'octroi ou dernière revue', source: 'AIPD M2.33' },
  longest:     { duration: 'P3Y', from: 'octroi',                   source: 'AIPD M2.33' },
} as const satisfies Record<string, { duration: string; from: string; source: Citation }>;
