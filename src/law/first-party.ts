import type { Recipient } from './recipients.js';
import type { Citation } from './texts.js';

/**
 * Recipients whose only callers are the register's own dashboards: they ask what the signed manifest holds, and nothing
 * else. The configuration may name others; the reading that applies without it is this one.
 */
export const TRUSTED_DOCUMENTS_ONLY = {
  PILOTAGE: 'AIPD, pilotage',
} as const satisfies Partial<Record<Recipient, Citation>>;

export const TRUSTED_ONLY_IDS = Object.keys(TRUSTED_DOCUMENTS_ONLY) as Recipient[];
