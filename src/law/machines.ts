import { RECIPIENT_IDS, type Recipient, recipientRule } from './recipients.js';
import type { Citation } from './texts.js';

/**
 * Recipients that are a body and not a person: their own systems call, with the credentials of an OAuth client. Whoever
 * is absent proves a person's identity, and no client credential stands for it.
 */
export const MACHINES: Partial<Record<Recipient, Citation>> = {
  DNUM:         'art. 3, I, 4°',
  DMP:          'AIPD, destinataires, 5°',
  ANSM:         'AIPD, destinataires, 6°',
  SPIS:         'AIPD, destinataires, 7°',
  SPF:          'AIPD, destinataires pseudonymisés, 1°',
  ARS:          'AIPD, destinataires pseudonymisés, 2°',
  DREES:        'AIPD, destinataires pseudonymisés, 3°',
  HDH:          'AIPD, destinataires pseudonymisés, 4°',
  PILOTAGE:     'AIPD, pilotage',
  REMUNERATION: 'AIPD, paiement',
  OPERATEUR:    'AIPD M1.58',
  AUDITEUR:     'AIPD M1.102',
};

export const mayBeMachine = (recipient: Recipient): boolean => Object.hasOwn(MACHINES, recipient);

/** Whether a client of this recipient must be declared with its region. */
export const needsRegion = (recipient: Recipient): boolean => recipientRule(recipient).rows === 'ownRegion';

/** The OAuth scope of a recipient: its name in lower case, with dashes. */
export const scopeOf = (recipient: Recipient): string => recipient.toLowerCase().replaceAll('_', '-');

/** The recipient that a scope names exactly; undefined for every other text. */
export const recipientOfScope = (scope: string): Recipient | undefined =>
  RECIPIENT_IDS.find((recipient) => scopeOf(recipient) === scope);
