import type { FieldId } from './fields.js';

/**
 * What goes with a professional to the ANSM's portal for an immediate adverse effect (AIPD, suivi; conflict 5): three
 * letters of the name in use and one of the first name, never a contact of the professionals of the steps. The telephone
 * and e-mail of the caller are « sous réserve » in the AIPD: left out.
 */
export const HANDOFF_FIELDS: readonly FieldId[] = [
  'Patient.usageName', 'Patient.birthName', 'Patient.firstNames', 'Patient.birthDate', 'Patient.sex',
  'InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.lotNumber',
];

/** Letters of the name in use (of birth where there is none) and of the first name. */
export const HANDOFF_LETTERS = { name: 3, firstName: 1 } as const;

/** How long the link is good for, in seconds: the time of a click. */
export const HANDOFF_SECONDS = 300;
