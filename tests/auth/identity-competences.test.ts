import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Competences } from '../../src/access/competence.js';
import type { ProfessionalIdentity } from '../../src/access/principal.js';
import { ACTS, PROFESSION_LABELS, PROFESSIONS } from '../../src/law/professions.js';
import { anEligibility, anInjection, aPatient, aProfessionalIdentity, byCode } from '../builders/a-patient.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

const CONSULT = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
const INJECT = 'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id } }';
const PRESCRIBER = { rpps: '99700366240', familyName: 'DUBOIS', firstName: 'HELENE' };
const day = (text: string): Date => new Date(`${text}T12:00:00Z`);
const civil = (profession: string) => ({ profession, practiceCategory: 'C', category: '' });

describe('the table of professions', () => {
  const competences = new Competences();
  it.each([
    ['10', '2020-12-26', []],
    ['10', '2020-12-27', ['consult', 'prescribe', 'inject']],
    ['60', '2021-01-10', ['inject']],
    ['60', '2021-03-27', ['consult', 'prescribe', 'inject']],
    ['21', '2021-03-04', []],
    ['21', '2021-03-05', ['consult', 'prescribe', 'inject']],
    ['50', '2021-03-05', ['consult', 'prescribe', 'inject']],
    ['40', '2021-03-26', []],
    ['70', '2022-01-01', []],
    ['99', '2022-01-01', []],
  ])('lets %s on %s do %j', (profession, on, acts) => {
    expect(competences.actsOf(civil(profession), day(on))).toEqual(acts);
  });
  it('gives a student nothing, a soldier the rights of the profession', () => {
    const physician = (practiceCategory: string) => ({ ...civil('10'), practiceCategory });
    expect(competences.actsOf(physician('E'), day('2022-01-01'))).toEqual([]);
    expect(competences.actsOf(physician('M'), day('2022-01-01'))).toEqual(ACTS);
  });
  it('has a label for every profession that it names', () => {
    expect(PROFESSIONS.filter(({ profession }) => !PROFESSION_LABELS[profession])).toEqual([]);
  });
});

describe('a table of professions from a file', () => {
  const file = (content: unknown): string => {
    const name = path.join(mkdtempSync(path.join(tmpdir(), 'professions-')), 'professions.json');
    writeFileSync(name, JSON.stringify(content));
    return name;
  };
  const rule = {
    profession: '10',
    categories: ['C'],
    from: '2021-01-01',
    ...{ consult: true, prescribe: true, inject: false },
    source: 'Arrêté de démonstration',
  };
  it('takes the place of the law’s, a speciality going before its profession', () => {
    const competences = Competences.read(file([rule, { ...rule, speciality: 'SM54', inject: true }]));
    expect(competences.actsOf(civil('10'), day('2022-01-01'))).toEqual(['consult', 'prescribe']);
    expect(competences.actsOf({ ...civil('10'), speciality: 'SM54' }, day('2022-01-01'))).toEqual(ACTS);
    expect(competences.actsOf(civil('60'), day('2022-01-01'))).toEqual([]);
  });
  it.each<[string, unknown]>([
    ['no rule', []],
    ['no list', {}],
    ['a profession in words', [{ ...rule, profession: 'MEDECIN' }]],
    ['an unknown category', [{ ...rule, categories: ['X'] }]],
    ['a right in words', [{ ...rule, inject: 'yes' }]],
    ['a right left out', [{ ...rule, inject: undefined }]],
    ['an impossible day', [{ ...rule, from: '2021-02-30' }]],
    ['no source', [{ ...rule, source: '' }]],
    ['a rule too many', [{ ...rule, everything: true }]],
  ])('stops the start with %s', (_, content) => {
    expect(() => Competences.read(file(content))).toThrow(/^professions: /);
  });
});

describe('a recording', () => {
  let register: Register;
  let endpoint: Endpoint;
  let number = 0;
  const nextNumber = (): number => {
    number += 1;
    return number;
  };
  beforeAll(async () => {
    // On that day nurses inject and do nothing else, and pharmacists do nothing yet.
    register = await aRegister({ now: () => day('2021-03-04') });
    endpoint = await register.serve();
  });
  afterAll(() => register?.close());

  const who = (given: Partial<ProfessionalIdentity>) => {
    const professional = { ...aProfessionalIdentity(1), category: '', ...given };
    return as('PS', { subject: professional.rpps, professional });
  };
  const nurse = who({ profession: '60', practiceCategory: 'C' });
  const steps = async (table: string) => (await register.database.owner.query(`select from ${table}`)).length;
  const refusal = async (asking: ReturnType<typeof who>, query: string, input: object) => {
    const { body } = await endpoint.ask(asking, query, { input });
    return body.errors?.[0]?.extensions;
  };

  it.each<[string, Partial<ProfessionalIdentity>, string]>([
    ['pharmacist too early', { profession: '21', practiceCategory: 'C' }, 'art. 3, I, 1°'],
    ['nurse', { profession: '60', practiceCategory: 'C' }, 'décret 2020-1691'],
    ['student of medicine', { profession: '10', practiceCategory: 'E' }, 'art. 3, I, 1°'],
    ['physiotherapist', { profession: '70' }, 'art. 3, I, 1°'],
    ['unknown profession', { profession: '99' }, 'art. 3, I, 1°'],
    ['unknown profession that calls itself physician', { profession: '99', category: 'MEDECIN' }, 'art. 3, I, 1°'],
    ['no profession', {}, 'art. 3, I, 1°'],
    ['unknown label', { category: 'REBOUTEUX' }, 'art. 3, I, 1°'],
    ['label of the prototype', { category: 'toString' }, 'art. 3, I, 1°'],
  ])('of a consultation is refused with its source: %s', async (_, identity, article) => {
    const patient = await aPatient(register, nextNumber());
    for (const given of [{}, { deliversPrescription: false, prescriber: PRESCRIBER }]) {
      const input = anEligibility(byCode(patient), given);
      const refused = await refusal(who(identity), CONSULT, input);
      expect(refused).toMatchObject({ code: 'FORBIDDEN_OPERATION', article, field: 'recordEligibility' });
    }
    expect(await steps('eligibility_step')).toBe(0);
  });

  it('of an injection asks for the right to inject, and no other', async () => {
    const patient = await aPatient(register, nextNumber(), { eligible: true });
    const input = anInjection(byCode(patient), 1);
    const early = who({ profession: '21', practiceCategory: 'C' });
    expect(await refusal(early, INJECT, input)).toMatchObject({
      code: 'FORBIDDEN_OPERATION',
      field: 'recordInjection',
    });
    expect(await steps('injection_step')).toBe(0);
    expect(await refusal(nurse, INJECT, input)).toBeUndefined();
    expect(await steps('injection_step')).toBe(1);
  });
});
