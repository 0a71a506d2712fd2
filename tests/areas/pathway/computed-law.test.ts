import 'reflect-metadata';
import { nextStepOf, type ShownPatient, type ShownStep, warningsOf } from '../../../src/areas/injection/pathway.js';
import { COMPUTED, COMPUTED_TYPES, linkTarget, type PersonalType } from '../../../src/law/fields.js';

const PFIZER = 'EU/1/20/1528';
const step = (performedAt: string, given: Partial<ShownStep> = {}): ShownStep => ({
  vaccine: PFIZER,
  performedAt: `${performedAt}T09:00:00Z`,
  lotStatus: 'KNOWN',
  placeFiness: '750100125',
  ...given,
});
const CONSULTATION = { performedAt: '2021-03-01T09:00:00Z', notRecommendedVaccines: [], prescriber: null };
const BEFORE: ShownPatient = {
  birthDate: '1950-05-05',
  infectionDate: null,
  eligibilityStep: null,
  injectionSteps: [],
};
const CONSULTED: ShownPatient = { ...BEFORE, eligibilityStep: CONSULTATION };

/** A person at each point of the pathway, and in each case that the rules tell apart. */
const PEOPLE: readonly ShownPatient[] = [
  BEFORE,
  CONSULTED,
  { ...CONSULTED, eligibilityStep: { ...CONSULTATION, prescriber: {} } },
  { ...CONSULTED, injectionSteps: null },
  { ...CONSULTED, injectionSteps: [step('2021-03-02')] },
  { ...CONSULTED, injectionSteps: [step('2021-03-02'), step('2021-03-30', { vaccine: 'EU/1/20/1507' })] },
  { ...CONSULTED, injectionSteps: [step('2021-03-02'), step('2021-03-30'), step('2021-10-30')] },
  { ...CONSULTED, infectionDate: '2021-01-05', injectionSteps: [step('2021-03-02', { lotStatus: 'UNKNOWN' })] },
  { ...CONSULTED, infectionDate: '2021-10-05', injectionSteps: [step('2021-03-02'), step('2021-10-30')] },
  { ...CONSULTED, injectionSteps: [step('2021-03-02', { placeFiness: null })] },
];

/** This object as it is, but that whatever is read of it is noted, and of what it leads to. */
function watched<T extends object>(object: T, type: PersonalType, note: (id: string) => void): T {
  return new Proxy(object, {
    get(target, name) {
      const value = Reflect.get(target, name);
      const to = linkTarget(type, String(name));
      // A professional is looked at for being there or not: no field of hers is read.
      if (!to || to === 'Professional') {
        note(`${type}.${String(name)}`);
        return value;
      }
      if (Array.isArray(value)) return value.map((one) => watched(one, to, note));
      return value && watched(value, to, note);
    },
  });
}

const READ: { readonly [type in string]?: (patient: ShownPatient) => unknown } = {
  NextStep: (patient) => nextStepOf(patient, '2022-01-10'),
  StepWarning: (patient) => warningsOf(patient, 'fr'),
};

it('there is such a reading for every computed type of the law', () => {
  expect(Object.keys(READ).sort()).toEqual([...COMPUTED_TYPES].sort());
});

describe('what is computed is made of what the law says, no more and no less', () => {
  it.each(COMPUTED_TYPES)('%s', (type) => {
    const read = new Set<string>();
    for (const patient of PEOPLE) READ[type]?.(watched(patient, 'Patient', (id) => read.add(id)));
    expect([...read].sort()).toEqual([...(COMPUTED[type] ?? [])].sort());
  });
});
