import type { ServiceRole } from './writes.js';

/** Service roles that read less than a whole table: the columns of each, in the table's own names. */
export const SERVICE_COLUMNS: Partial<Record<ServiceRole, Readonly<Record<string, readonly string[]>>>> = {
  planner: {
    patient: [
      ...['key', 'department', 'scheme_code', 'postal_address', 'phone', 'email', 'non_medical_criteria_codes'],
      ...['vaccinated', 'targeting_type', 'targeting_phase'],
    ],
    patient_health: ['patient_key', 'medical_criteria_codes'],
    eligibility_step: ['patient_key'],
    invitation: ['patient_key', 'sent_at'],
  },
  sender: {
    patient: [
      ...['key', 'id', 'nir', 'scheme_code', 'birth_name', 'usage_name', 'first_names', 'vaccinated'],
      ...['postal_address', 'phone', 'email', 'legal_representative'],
    ],
    eligibility_step: ['patient_key'],
  },
};
