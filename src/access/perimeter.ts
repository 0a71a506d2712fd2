import type { Condition } from '../law/conditions.js';

/** Settings of the running transaction by which PostgreSQL knows on whose behalf it reads. */
const setting = (name: string): string => `nullif(current_setting('lancette.${name}', true), '')`;

/**
 * The rows of `patient` that a condition opens, as SQL over the alias given. One text serves the row policy and the
 * compiled statement. A setting that is absent is null, and null opens nothing.
 */
export function patientPredicate(condition: Condition, alias: string): string {
  switch (condition) {
    case 'all':
      return 'true';
    case 'none':
      return 'false';
    case 'care':
    case 'self':
      return `${alias}.key = ${setting('patient')}::bigint`;
    case 'attending':
      return attending(alias, '');
    case 'consent':
      return attending(alias, ' and a.consent');
    case 'unvaccinatedList':
      return `${attending(alias, '')} and not lancette.vaccinated(${alias}.key) and (select lancette.list_open(${setting('rpps')}))`;
    case 'ownBodies':
      return `${alias}.body_key = any ((select string_to_array(${setting('bodies')}, ','))::text[])`;
    case 'ownRegion':
      return `${alias}.region_code = (select ${setting('region')})`;
    case 'vaccinated':
      return `${alias}.vaccinated`;
    case 'nonObjector':
      return `not ${alias}.research_objection`;
    case 'openRisk':
      // No risk case can be opened yet: the trusted third party reaches nobody.
      return 'false';
  }
}

const attending = (alias: string, consent: string): string =>
  `exists (select from attending_physician a where a.patient_key = ${alias}.key and a.rpps = ${setting('rpps')}${consent})`;

/** The rows of the one person for whom a certificate is made, told by whoever may reach that person. */
export const attestedRows = (table: string): string =>
  `${table === 'patient' ? 'key' : 'patient_key'} = ${setting('attested')}::bigint`;

/** The professionals of the one patient in care: `enter_care` and `enter_self` list their keys. */
export const ownProfessionals = `professional.key = any (${setting('professionals')}::bigint[])`;

/** The rows of a table that hangs on `patient`, by its column `patient_key`. */
export function dependentPredicate(condition: Condition, table: string): string {
  switch (condition) {
    case 'all':
      return 'true';
    case 'none':
    case 'openRisk':
      return 'false';
    case 'care':
    case 'self':
      return `patient_key = ${setting('patient')}::bigint`;
    case 'vaccinated':
      // The policy of injection_step cannot ask injection_step: whoever has a row there is vaccinated.
      if (table === 'injection_step') return 'true';
      return table === 'eligibility_step'
        ? 'vaccinated'
        : `exists (select from injection_step v where v.patient_key = ${table}.patient_key)`;
    case 'attending':
    case 'consent':
    case 'unvaccinatedList':
      // A scalar sub-select: beneath another one, PostgreSQL would turn « exists » into a hash of all own patients.
      return `(select true from attending_physician a where a.patient_key = ${table}.patient_key and a.rpps = ${setting('rpps')}${condition === 'consent' ? ' and a.consent' : ''})`;
    case 'ownBodies':
    case 'ownRegion':
    case 'nonObjector':
      return `exists (select from patient p where p.key = ${table}.patient_key)`;
  }
}
