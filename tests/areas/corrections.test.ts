import { randomUUID } from 'node:crypto';
import { ROLES } from '../../src/access/grants.js';
import { RECIPIENT_IDS, type Recipient } from '../../src/law/recipients.js';
import {
  type APatient,
  anInjection,
  aPatient,
  aPhysician,
  aProfessional,
  aPs,
  asOwner,
  byCode,
} from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { anAccreditedAgent } from '../builders/an-accreditation.js';

let register: Register;
let endpoint: Endpoint;
let people = 0;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
});
afterAll(() => register.close());

const BODY = '01751';
const AGENT = as('AGENT_AM', { subject: 'agent-corrections', bodies: [BODY] });
const ATTENDING = { rpps: aPhysician(7).professional?.rpps ?? '', consent: true };
/** An insured person of the agent's body, another one each time. */
const insured = (story: Parameters<typeof aPatient>[2] = {}) => {
  people += 1;
  const person = { schemeCode: '01', bodyCode: '751', department: '75', ...story.person };
  return aPatient(register, people, { attending: ATTENDING, ...story, person });
};

const SHOWN =
  'id eligibilityStep { performedAt prescribedAt prescriber { familyName } } injectionSteps { rank vaccine lotNumber performedAt placeFiness placeSiret }';
const CORRECT = `mutation ($input: InjectionCorrectionInput!) { correctInjection(input: $input) { ${SHOWN} } }`;
const CORRECT_CONSULTATION = `mutation ($input: EligibilityCorrectionInput!) { correctEligibility(input: $input) { ${SHOWN} } }`;
const WITHDRAW = `mutation ($input: WithdrawalInput!) { withdrawStep(input: $input) { ${SHOWN} } }`;
const CERTIFY = 'mutation ($input: AttestationInput) { issueAttestation(input: $input) { id revokedAt } }';

const about = ({ id }: APatient, given: object = {}) => ({
  patientId: id,
  idempotencyKey: randomUUID(),
  reason: 'INACCURATE',
  ...given,
});
const withdrawing = ({ id }: APatient, rank?: number) => ({ patientId: id, idempotencyKey: randomUUID(), rank });
const correct = (input: object, by = AGENT) => endpoint.ask(by, CORRECT, { input });
const correctConsultation = (input: object) => endpoint.ask(AGENT, CORRECT_CONSULTATION, { input });
const withdraw = (input: object) => endpoint.ask(AGENT, WITHDRAW, { input });
const codeOf = ({ body }: Answer): string => body.errors?.[0]?.extensions.code ?? 'DONE';
const fieldOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.field;

const archiveOf = ({ key }: APatient) =>
  asOwner(
    register,
    `select kind, rank, reason, replaced, content from superseded_step where patient_key = $1 and kind <> 'attestation' order by superseded_at`,
    [key],
  );
const eventsOf = ({ key }: APatient) =>
  asOwner(register, 'select kind, rank, attestations from register_event where patient_key = $1 order by id', [key]);
const certify = async (patient: APatient): Promise<string> => {
  const answer = await endpoint.ask(aPs(1), CERTIFY, { input: byCode(patient) });
  return answer.body.data.issueAttestation.id;
};
const revoked = async ({ key }: APatient): Promise<string[]> =>
  (
    await asOwner<{ id: string }>(
      register,
      'select id from attestation where patient_key = $1 and revoked_at is not null',
      [key],
    )
  ).map(({ id }) => id);

describe('AIPD, rights · an agent of the body corrects an injection', () => {
  it('by a step that takes the place of the old one, with its archive, event, trace and revocation', async () => {
    const patient = await insured({ doses: 2 });
    const certificate = await certify(patient);
    const answer = await correct(about(patient, { rank: 2, lotNumber: 'RIGHT-LOT' }));
    expect(answer.body.data.correctInjection.injectionSteps).toMatchObject([
      { rank: 1, lotNumber: 'LOT1001' },
      { rank: 2, lotNumber: 'RIGHT-LOT', vaccine: 'EU/1/20/1528', performedAt: '2021-04-02T10:30:00+00:00' },
    ]);
    expect(await archiveOf(patient)).toMatchObject([
      {
        kind: 'injection_step',
        rank: 2,
        reason: 'INACCURATE',
        replaced: true,
        content: { lot_number: 'LOT1002', rank: 2 },
      },
    ]);
    expect(await eventsOf(patient)).toEqual([{ kind: 'INJECTION_CORRECTED', rank: 2, attestations: [certificate] }]);
    expect(await revoked(patient)).toEqual([certificate]);
    const traces = await asOwner(
      register,
      'select recipient, actor, operation, categories, outcome, article, records from trace where request_id = $1 and outcome = $2 order by id',
      [answer.headers.get('x-request-id'), 'RECORDED'],
    );
    expect(traces).toEqual([
      {
        recipient: 'AGENT_AM',
        actor: AGENT.subject,
        operation: 'correctInjection',
        categories: ['5°'],
        outcome: 'RECORDED',
        article: 'AIPD, droits',
        records: [patient.key],
      },
      {
        recipient: 'AGENT_AM',
        actor: AGENT.subject,
        operation: 'reissueAttestation',
        categories: ['certificat'],
        outcome: 'RECORDED',
        article: 'AIPD, droits',
        records: [patient.key],
      },
    ]);
  });

  it('as often as needed, and keeps each step that was superseded', async () => {
    const patient = await insured({ doses: 1 });
    for (const lotNumber of ['LOT-A', 'LOT-B', 'LOT-C'])
      expect(codeOf(await correct(about(patient, { rank: 1, lotNumber })))).toBe('DONE');
    const archived = (await archiveOf(patient)) as { content: { lot_number: string } }[];
    expect(archived.map(({ content }) => content.lot_number)).toEqual(['LOT1001', 'LOT-A', 'LOT-B']);
  });

  it('and all certificates go when the first vaccine, which decides the series, was wrong', async () => {
    const patient = await insured({ doses: 2 });
    const certificate = await certify(patient);
    await correct(about(patient, { rank: 1, injectionSite: 'RIGHT_ARM' }));
    expect(await revoked(patient)).toEqual([]);
    await correct(about(patient, { rank: 1, vaccine: 'EU/1/20/1507' }));
    expect(await revoked(patient)).toEqual([certificate]);
  });

  it('and the act to be paid moves to the right day', async () => {
    const patient = await insured({ doses: 1, by: await aProfessional(register, 501) });
    await register.database.owner.query(
      `insert into act (kind, performed_on, professional_key) select 'INJECTION', performed_at::date, professional_key from injection_step where patient_key = $1`,
      [patient.key],
    );
    await correct(about(patient, { rank: 1, performedAt: '2021-03-05T08:00:00Z' }));
    const acts = await asOwner(register, `select performed_on::text from act where professional_key = $1`, [
      patient.story.by?.key,
    ]);
    expect(acts).toEqual([{ performed_on: '2021-03-05' }]);
  });

  it('empties the place that would reveal a soldier, or that is given as nothing', async () => {
    await asOwner(
      register,
      `insert into vaccination_site (finess, name, department, vaccines, military) values ('830000099', 'M', '83', '{}', true)`,
    );
    const patient = await insured({ doses: 1, dose: { placeSiret: '73282932000074' } });
    const military = await correct(about(patient, { rank: 1, placeFiness: '830000099' }));
    expect(military.body.data.correctInjection.injectionSteps).toMatchObject([{ placeFiness: null, placeSiret: null }]);
    const other = await insured({ doses: 1 });
    const none = await correct(about(other, { rank: 1, placeFiness: null }));
    expect(none.body.data.correctInjection.injectionSteps).toMatchObject([{ placeFiness: null }]);
  });

  it.each([
    ['outside his bodies', { person: { bodyCode: '692' } }, { rank: 1, lotNumber: 'LOT9' }, 'NOT_FOUND', undefined],
    ['a rank not recorded', {}, { rank: 3, lotNumber: 'LOT9' }, 'STEP_NOT_FOUND', 'rank'],
    ['to what it already says', {}, { rank: 1, lotNumber: 'LOT1001' }, 'NOTHING_TO_CORRECT', undefined],
    ['to nothing', {}, { rank: 1 }, 'NOTHING_TO_CORRECT', undefined],
    [
      'to an instant before the consultation',
      {},
      { rank: 1, performedAt: '2021-02-01T10:00:00Z' },
      'STEP_OUT_OF_ORDER',
      'rank',
    ],
    [
      'to an instant after the next dose',
      {},
      { rank: 1, performedAt: '2021-05-01T10:00:00Z' },
      'STEP_OUT_OF_ORDER',
      'rank',
    ],
    [
      'to an instant before the birth',
      {},
      { rank: 1, performedAt: '1900-05-01T10:00:00Z' },
      'INVALID_INPUT',
      'performedAt',
    ],
    ['to an instant to come', {}, { rank: 1, performedAt: '2121-05-01T10:00:00Z' }, 'INVALID_INPUT', 'performedAt'],
    ['to a vaccine that no certificate can name', {}, { rank: 1, vaccine: 'EU/1/99/9999' }, 'INVALID_INPUT', 'vaccine'],
    ['to no lot', {}, { rank: 1, lotNumber: null }, 'INVALID_INPUT', 'lotNumber'],
    ['to a text as lot', {}, { rank: 1, lotNumber: 'lot of monday' }, 'INVALID_VARIABLES', undefined],
    [
      'for a reason that is not in the list',
      {},
      { rank: 1, lotNumber: 'LOT9', reason: 'WRONG_PERSON' },
      'INVALID_VARIABLES',
      undefined,
    ],
  ] as const)('refuses %s, and nothing changes', async (_, story, given, code, field) => {
    const patient = await insured({ doses: 2, ...story });
    const answer = await correct(about(patient, given));
    expect([codeOf(answer), fieldOf(answer)]).toEqual([code, field]);
    expect([await archiveOf(patient), await eventsOf(patient)]).toEqual([[], []]);
    const lots = await asOwner(register, 'select lot_number from injection_step where patient_key = $1 order by rank', [
      patient.key,
    ]);
    expect(lots).toEqual([{ lot_number: 'LOT1001' }, { lot_number: 'LOT1002' }]);
  });

  it('only while his accreditation is in force, and for his own body', async () => {
    const [patient, stranger] = [await insured({ doses: 1 }), await insured({ doses: 1, person: { bodyCode: '692' } })];
    const agent = await anAccreditedAgent(register, { bodyKey: BODY });
    expect(codeOf(await correct(about(stranger, { rank: 1, lotNumber: 'LOT9' }), agent))).toBe('NOT_FOUND');
    expect(codeOf(await correct(about(patient, { rank: 1, lotNumber: 'LOT9' }), agent))).toBe('DONE');
    await asOwner(register, 'update accreditation set revoked_at = now(), revocation_reason = $2 where id = $1', [
      agent.accreditation,
      'left',
    ]);
    expect(codeOf(await correct(about(patient, { rank: 1, lotNumber: 'LOT10' }), agent))).toBe(
      'ACCREDITATION_SUSPENDED',
    );
  });
});

describe('a correction happens exactly once', () => {
  it('when the same request is sent twenty times at once', async () => {
    const patient = await insured({ doses: 1 });
    const input = about(patient, { rank: 1, lotNumber: 'ONCE-1' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => correct(input)));
    expect(answers.map(codeOf)).toEqual(Array(20).fill('DONE'));
    expect([(await archiveOf(patient)).length, (await eventsOf(patient)).length]).toEqual([1, 1]);
    expect(codeOf(await correct({ ...input, lotNumber: 'ONCE-2' }))).toBe('IDEMPOTENCY_MISMATCH');
  });

  it('when one key comes at once for two persons: one of them is corrected', async () => {
    const both = await Promise.all([insured({ doses: 1 }), insured({ doses: 1 })]);
    const idempotencyKey = randomUUID();
    const answers = await Promise.all(
      both.map((one) => correct(about(one, { rank: 1, lotNumber: 'KEY-1', idempotencyKey }))),
    );
    expect(answers.map(codeOf).sort()).toEqual(['DONE', 'IDEMPOTENCY_MISMATCH']);
  });

  it('and thirty different corrections at once leave one line of steps, none lost', async () => {
    const patient = await insured({ doses: 1 });
    const lots = Array.from({ length: 30 }, (_, index) => `RACE-${index}`);
    const answers = await Promise.all(lots.map((lotNumber) => correct(about(patient, { rank: 1, lotNumber }))));
    expect(answers.map(codeOf)).toEqual(Array(30).fill('DONE'));
    const archived = ((await archiveOf(patient)) as { content: { lot_number: string } }[]).map(
      ({ content }) => content.lot_number,
    );
    const [current] = await asOwner<{ lot_number: string }>(
      register,
      'select lot_number from injection_step where patient_key = $1',
      [patient.key],
    );
    expect([...archived, current?.lot_number].sort()).toEqual(['LOT1001', ...lots].sort());
  });
});

describe('the consultation', () => {
  it('is corrected in what the agent may read; 6°b, which he may not, is carried over unseen', async () => {
    const patient = await insured({ eligible: true, notRecommendedVaccines: ['EU/1/21/1529'] });
    const prescriber = { familyName: 'MARTIN', firstName: 'ANNE', rpps: '99700366240' };
    const answer = await correctConsultation(
      about(patient, {
        performedAt: '2021-02-20T09:00:00Z',
        prescriber,
        prescribedAt: '2021-02-19T09:00:00Z',
        reason: 'INCOMPLETE',
      }),
    );
    expect(answer.body.data.correctEligibility.eligibilityStep).toEqual({
      performedAt: '2021-02-20T09:00:00+00:00',
      prescribedAt: '2021-02-19T09:00:00+00:00',
      prescriber: { familyName: 'MARTIN' },
    });
    const steps = await asOwner(
      register,
      'select not_recommended_vaccines from eligibility_step where patient_key = $1',
      [patient.key],
    );
    expect(steps).toEqual([{ not_recommended_vaccines: ['EU/1/21/1529'] }]);
    expect(answer.text).not.toContain('EU/1/21/1529');
    const [trace] = await asOwner<{ categories: string[] }>(
      register,
      `select categories from trace where outcome = 'RECORDED' and $1 = any (records)`,
      [patient.key],
    );
    expect(trace?.categories).not.toContain('6°b');
    const back = await correctConsultation(about(patient, { prescriber: null }));
    expect(back.body.data.correctEligibility.eligibilityStep).toMatchObject({ prescribedAt: null, prescriber: null });
  });

  it.each([
    ['that was never recorded', {}, { performedAt: '2021-02-20T09:00:00Z' }, 'STEP_NOT_FOUND'],
    ['to after the first dose', { doses: 1 }, { performedAt: '2021-04-20T09:00:00Z' }, 'STEP_OUT_OF_ORDER'],
    ['to nothing new', { eligible: true }, {}, 'NOTHING_TO_CORRECT'],
    [
      'to no prescriber but a date of prescription',
      { eligible: true },
      { prescriber: null, prescribedAt: '2021-02-20T09:00:00Z' },
      'INVALID_INPUT',
    ],
  ] as const)('is not corrected %s', async (_, story, given, code) => {
    expect(codeOf(await correctConsultation(about(await insured(story), given)))).toBe(code);
  });
});

describe('a step of the wrong person is withdrawn', () => {
  it('from the last one back: the person is then as before the mistake', async () => {
    const patient = await insured({ doses: 1 });
    const certificate = await certify(patient);
    expect(codeOf(await withdraw(withdrawing(patient)))).toBe('STEP_OUT_OF_ORDER');
    const answer = await withdraw(withdrawing(patient, 1));
    expect(answer.body.data.withdrawStep.injectionSteps).toEqual([]);
    expect(await revoked(patient)).toEqual([certificate]);
    const consultation = 'select performed_at from eligibility_step where patient_key = $1';
    expect((await register.database.pool('lancette_dmp').query(consultation, [patient.key])).rowCount).toBe(0);
    const unvaccinated = await endpoint.ask(as('DMP'), '{ patients(first: 100) { edges { node { id } } } }');
    expect(unvaccinated.text).not.toContain(patient.id);
    expect((await withdraw(withdrawing(patient))).body.data.withdrawStep.eligibilityStep).toBeNull();
    expect(await archiveOf(patient)).toMatchObject([
      { kind: 'injection_step', rank: 1, reason: 'WRONG_PERSON', replaced: false },
      { kind: 'eligibility_step', rank: 0, reason: 'WRONG_PERSON', replaced: false },
    ]);
    expect((await eventsOf(patient)).map((event) => (event as { kind: string }).kind)).toEqual([
      'INJECTION_WITHDRAWN',
      'ELIGIBILITY_WITHDRAWN',
    ]);
    expect(codeOf(await endpoint.ask(aPs(1), CERTIFY, { input: byCode(patient) }))).toBe('NOT_VACCINATED');
  });

  it('and recordings that come at the same moment never follow a step that is no more', async () => {
    const RECORD = 'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id } }';
    const patients = await Promise.all(Array.from({ length: 15 }, () => insured({ doses: 1 })));
    const answers = await Promise.all(
      patients.flatMap((patient, index) => [
        endpoint.ask(aPs(index % 5), RECORD, { input: anInjection(byCode(patient), 2) }),
        withdraw(withdrawing(patient, 1)),
      ]),
    );
    const pairs = patients.map((_, index) =>
      answers
        .slice(2 * index, 2 * index + 2)
        .map(codeOf)
        .join(' '),
    );
    expect(pairs.filter((pair) => !['DONE STEP_OUT_OF_ORDER', 'STEP_OUT_OF_ORDER DONE'].includes(pair))).toEqual([]);
    const orphans = await asOwner(
      register,
      'select patient_key from injection_step i where rank = 2 and not exists (select from injection_step f where f.patient_key = i.patient_key and f.rank = 1)',
    );
    expect(orphans).toEqual([]);
  });

  it('even when the recording had looked before and writes after', async () => {
    const patient = await insured({ doses: 1 });
    const [one, other] = [await register.database.ownerPool().connect(), await register.database.ownerPool().connect()];
    try {
      const setting = `select set_config('lancette.bodies', '${BODY}', true)`;
      await one.query(`begin; ${setting}`);
      const deed = {
        actor: 'a',
        key: randomUUID(),
        digest: 'd',
        reason: 'WRONG_PERSON',
        request: randomUUID(),
        recipient: 'AGENT_AM',
        operation: 'withdrawStep',
        categories: [],
      };
      await one.query('select lancette.withdraw_step($1, 1::smallint, $2)', [patient.id, JSON.stringify(deed)]);
      const late = other.query(
        `insert into injection_step (patient_key, rank, vaccine, lot_number, administration_route, injection_site, performed_at, place_category, professional_key)
         select patient_key, 2, vaccine, 'LATE', administration_route, injection_site, now(), place_category, professional_key
           from injection_step where patient_key = $1 and rank = 1`,
        [patient.key],
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      await one.query('commit');
      expect((await late).rowCount).toBe(0);
    } finally {
      one.release(true);
      other.release(true);
    }
  });
});

describe('after a correction, nobody finds what stood there before', () => {
  const CANARY = 'ZCANARYLOT1';
  const OLD_FINESS = '690781810';
  const everything: Readonly<Partial<Record<Recipient, (patient: APatient) => string>>> = {
    PS: ({ code, person }) =>
      `{ patientByInvitation(code: "${code}", birthDate: "${person.birthDate}") { id injectionSteps { rank vaccine lotNumber placeFiness performedAt } attestations { id content revokedAt } } }`,
    MEDECIN_TRAITANT: ({ id }) =>
      `{ patient(id: "${id}") { id injectionSteps { rank vaccine lotNumber placeFiness } } }`,
    AGENT_AM: ({ id }) => `{ patient(id: "${id}") { id injectionSteps { rank vaccine lotNumber placeFiness } } }`,
    AGENT_ATTESTATION: ({ id }) =>
      `{ patient(id: "${id}") { id injectionSteps { rank vaccine performedAt } attestations { content } } }`,
    DMP: () => '{ patients(first: 100) { edges { node { id injectionSteps { rank lotNumber placeFiness } } } } }',
    ANSM: () =>
      '{ patients(first: 100) { edges { node { birthDate injectionSteps { rank lotNumber placeFiness } } } } }',
    DNUM: () => '{ patients(first: 100) { edges { node { id injectionSteps { lotNumber } } } } }',
    SPF: () =>
      '{ patients(first: 100) { edges { node { pseudonym injectionSteps { rank lotNumber placeFiness } } } } }',
    ARS: () => '{ patients(first: 100) { edges { node { pseudonym injectionSteps { rank vaccine performedAt } } } } }',
    DREES: () =>
      '{ patients(first: 100) { edges { node { pseudonym injectionSteps { rank vaccine performedAt } } } } }',
    HDH: () => '{ patients(first: 100) { edges { node { pseudonym injectionSteps { rank vaccine performedAt } } } } }',
    SPIS: () => '{ vaccinationSites(first: 100) { edges { node { name products } } } }',
    PILOTAGE: () => '{ myRights { label } }',
    REMUNERATION: () => '{ acts(first: 100) { edges { node { kind performedOn } } } }',
    PATIENT: () =>
      '{ me { id injectionSteps { rank vaccine lotNumber placeFiness performedAt } attestations { id content revokedAt } } }',
    OPERATEUR: () => '{ supplyLevels(first: 100) { edges { node { finess lotNumber used } } } }',
    AUDITEUR: () => '{ traces(first: 100) { edges { node { actor operation records } } } }',
  };
  const callerOf = (recipient: Recipient, patient: APatient) => {
    if (recipient === 'PS') return aPs(1);
    if (recipient === 'MEDECIN_TRAITANT') return aPhysician(7);
    return as(recipient, { bodies: [BODY], region: '11', patient: patient.id });
  };

  it('in any answer of any recipient, who all found it before where it is granted', async () => {
    const patient = await insured({ doses: 1, dose: { lotNumber: CANARY, placeFiness: OLD_FINESS } });
    const seenBy = async (text: string): Promise<Recipient[]> => {
      const found: Recipient[] = [];
      for (const recipient of RECIPIENT_IDS) {
        const answer = await endpoint.ask(callerOf(recipient, patient), everything[recipient]?.(patient) ?? '');
        expect([recipient, answer.body.errors]).toEqual([recipient, undefined]);
        if (answer.text.includes(text)) found.push(recipient);
      }
      return found;
    };
    expect(await seenBy(CANARY)).toEqual(['PS', 'MEDECIN_TRAITANT', 'AGENT_AM', 'DMP', 'ANSM', 'SPF', 'PATIENT']);
    const answer = await correct(about(patient, { rank: 1, lotNumber: 'TRUELOT1', placeFiness: '750100125' }));
    expect(answer.text).not.toContain(CANARY);
    expect(await seenBy(CANARY)).toEqual([]);
    expect(await seenBy(OLD_FINESS)).toEqual([]);
    expect(await seenBy('TRUELOT1')).toEqual(['PS', 'MEDECIN_TRAITANT', 'AGENT_AM', 'DMP', 'ANSM', 'SPF', 'PATIENT']);
  });

  it('nor in a certificate: its text, which says the old dose, goes to the archive', async () => {
    const patient = await insured({ doses: 1 });
    const id = await certify(patient);
    const contents = async () => {
      const { body } = await endpoint.ask(
        callerOf('PATIENT', patient),
        '{ me { attestations { id content revokedAt } } }',
      );
      return body.data.me.attestations;
    };
    const [{ content: old }] = await contents();
    expect(old).toMatch(/^HC1:/);
    await correct(about(patient, { rank: 1, performedAt: '2021-03-04T10:30:00Z' }));
    const shown: { id: string; content: string; revokedAt: string | null }[] = await contents();
    expect(shown).toHaveLength(2);
    expect(shown.find((one) => one.id === id)).toEqual({ id, content: '', revokedAt: expect.stringMatching(/^20/) });
    const renewed = shown.find((one) => one.id !== id);
    expect(renewed).toMatchObject({ content: expect.stringMatching(/^HC1:/), revokedAt: null });
    expect(renewed?.content).not.toBe(old);
    const archived = await asOwner<{ content: { content: string } }>(
      register,
      `select content from superseded_step where patient_key = $1 and kind = 'attestation'`,
      [patient.key],
    );
    expect(archived.map(({ content }) => content.content)).toEqual([old]);
  });

  it('which the corrected one follows at once, for whoever had one, and once for a correction that is sent twice', async () => {
    const [had, never] = [await insured({ doses: 2 }), await insured({ doses: 2 })];
    await certify(had);
    const twice = about(had, { rank: 2, performedAt: '2021-04-03T10:30:00Z' });
    for (const input of [twice, twice, about(never, { rank: 2, performedAt: '2021-04-03T10:30:00Z' })])
      expect(codeOf(await correct(input))).toBe('DONE');
    const issued = ({ key }: APatient) =>
      asOwner(register, 'select rank, revoked_at is null as valid from attestation where patient_key = $1 order by 2', [
        key,
      ]);
    expect(await issued(had)).toEqual([
      { rank: 2, valid: false },
      { rank: 2, valid: true },
    ]);
    expect(await issued(never)).toEqual([]);
    await withdraw(withdrawing(had, 2));
    expect(await issued(had)).toEqual([
      { rank: 2, valid: false },
      { rank: 2, valid: false },
    ]);
  });

  it('nor in PostgreSQL, where the archive, the events and the parts of a correction are granted to no role', async () => {
    const granted = await asOwner(
      register,
      `select r, t, p from unnest($1::text[]) r, unnest(array['superseded_step', 'register_event']) t,
              unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p where has_table_privilege(r, t, p)
       union all select r, f.oid::regprocedure::text, 'EXECUTE' from unnest($1::text[]) r, pg_proc f
        where f.pronamespace = 'lancette'::regnamespace and has_function_privilege(r, f.oid, 'EXECUTE')
          and f.proname in ('archive_step', 'conclude_correction', 'hold_person', 'move_act', 'trace_deed', 'why_not_correct')`,
      [ROLES],
    );
    expect(granted).toEqual([]);
    for (const role of ['lancette_agent_am', 'lancette_auditeur', 'lancette_patient'])
      for (const statement of [
        'select from superseded_step',
        'select from register_event',
        'select lancette.hold_person(null)',
      ])
        await expect(register.database.pool(role).query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the way out of a final step', () => {
  const SETTINGS = [
    `set lancette.correcting = 'on'`,
    `set lancette.bodies = '${BODY}'`,
    `set lancette.patient = '1'`,
    'set session_replication_role = replica',
    'set row_security = off',
    `set search_path = pg_temp, public`,
  ];

  it('is opened to no role by any setting', async () => {
    const patient = await insured({ doses: 1 });
    const client = await register.database.ownerPool().connect();
    try {
      for (const role of ROLES) {
        await client.query(`set role ${role}`);
        for (const setting of SETTINGS) {
          await client.query(setting).catch(() => undefined);
          for (const table of ['injection_step', 'eligibility_step'])
            await expect(
              client.query(`delete from public.${table} where patient_key = ${patient.key}`),
            ).rejects.toMatchObject({ code: '42501' });
        }
        await client.query('reset all; reset role');
      }
    } finally {
      client.release(true);
    }
  });

  it('nor to the owner of the tables: without the same content in the archive, by the same transaction, nothing goes', async () => {
    const patient = await insured({ doses: 1 });
    await correct(about(patient, { rank: 1, lotNumber: 'ARCHIVED' }));
    await correct(about(patient, { rank: 1, lotNumber: 'LOT1001' }));
    const client = await register.database.ownerPool().connect();
    const refused = (statement: string) => expect(client.query(statement)).rejects.toMatchObject({ code: 'LC001' });
    try {
      for (const setting of SETTINGS.slice(0, 5)) {
        await client.query(setting);
        for (const table of ['injection_step', 'eligibility_step', 'superseded_step', 'register_event']) {
          await refused(`delete from public.${table} where patient_key = ${patient.key}`);
          await refused(`truncate public.${table}`);
        }
        await refused(`update injection_step set lot_number = 'X' where patient_key = ${patient.key}`);
        await refused(`update superseded_step set reason = 'INCOMPLETE'`);
      }
    } finally {
      client.release(true);
    }
    expect(await archiveOf(patient)).toMatchObject([
      { content: { lot_number: 'LOT1001' } },
      { content: { lot_number: 'ARCHIVED' } },
    ]);
  });
});
