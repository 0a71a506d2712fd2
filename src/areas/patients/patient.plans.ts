import { FILTERS, type FilterName, SORT_KEYS, type SortKey } from '../../law/filters.js';
import { type Act, type Care, type Plan, Source } from '../../read/plan.js';
import type { Intake } from './intake.js';

/** The one patient whom the perimeter leaves: in care, or the person himself. */
export const THE_PATIENT: Plan = { key: 'the patient', type: 'Patient', shape: 'one' };

/**
 * The patient in care; one of a NIR is taken in first, whether or not he was targeted and whoever is sought (AIPD M1.50).
 * @param act what is recorded before he is read
 */
export const patientInCare = (care: Care, intake: Intake, act?: Act): Source => {
  const { nirIndex } = care;
  return new Source(THE_PATIENT, [], {
    ...{ care, act },
    ...(nirIndex && { beforehand: () => intake.takeIn(nirIndex) }),
  });
};

export const PATIENT_BY_ID: Plan = {
  key: 'patient by id',
  type: 'Patient',
  shape: 'one',
  where: (column, p) => `${column('id')} = ${p(1)}`,
};

/** Found through the blind index of NIR and birth date, which only a function of the database reads. */
export const PATIENT_BY_NIR: Plan = {
  key: 'patient by nir',
  type: 'Patient',
  shape: 'one',
  where: (column, p) => `${keyOf(column)} = (select lancette.key_of_nir(${p(1)}::bytea))`,
};

/** In the order of a random identifier: that of the technical key would tell who was registered first (SECURITY A20). */
export const MY_PATIENTS: Plan = { key: 'my patients', type: 'Patient', shape: 'page', orderBy: 'id' };

export const UNVACCINATED_PATIENTS: Plan = {
  key: 'unvaccinated patients',
  type: 'Patient',
  shape: 'page',
  orderBy: 'id',
  rows: 'unvaccinatedList',
  withhold: true,
};

const plans = new Map<string, Plan>();

/** A list of persons under a filter and an order; the same filter names give the same plan. */
export function patientsPlan(names: readonly FilterName[], order: SortKey): Plan {
  const key = `patients|${names.join()}|${order}`;
  const plan: Plan = plans.get(key) ?? {
    key,
    type: 'Patient',
    shape: 'page',
    orderBy: fieldOf(SORT_KEYS[order]),
    ...(names.length > 0 && {
      where: (column, p) =>
        names.map((name, index) => `${column(fieldOf(FILTERS[name]))} = ${p(index + 1)}`).join(' and '),
    }),
  };
  plans.set(key, plan);
  return plan;
}

const fieldOf = (id: string): string => id.slice(id.indexOf('.') + 1);
const keyOf = (column: (field: string) => string): string => column('key');
