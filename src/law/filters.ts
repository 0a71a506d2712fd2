import type { FieldId } from './fields.js';

/** What a list may be filtered and sorted by: each is offered only to the recipients who are granted its field. */
export const FILTERS = {
  sex: 'Patient.sex',
  birthDate: 'Patient.birthDate',
  birthYear: 'Patient.birthYear',
  ageClass: 'Patient.ageClass',
  department: 'Patient.department',
} as const satisfies Record<string, FieldId>;

export const SORT_KEYS = {
  ID: 'Patient.id',
  PSEUDONYM: 'Patient.pseudonym',
  BIRTH_DATE: 'Patient.birthDate',
} as const satisfies Record<string, FieldId>;

export type FilterName = keyof typeof FILTERS;
export type SortKey = keyof typeof SORT_KEYS;
