import { randomUUID } from 'node:crypto';
import { ROLES, roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import { VIEWERS } from '../../src/access/views.js';
import type { Walls } from '../../src/application.js';
import { fullSchema } from '../../src/schema.js';
import {
  type APatient,
  anEligibility,
  anInjection,
  aPatient,
  aPerson,
  aProfessionalIdentity,
  aReferentialPerson,
  asOwner,
  byCode,
} from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { mayCall } from '../law/comparing.js';
import { type Recipient, TRANSCRIBED_RECIPIENTS } from '../law/transcription.js';
import { refusalsIn } from './asking.js';

const CONVENTION = 'convention AIR, art. 3';
const NONE: Walls = { view: false, shield: false, database: false };
let register: Register;
let endpoint: Endpoint;
const alone = new Map<keyof Walls, Endpoint>();
/** One person whom each recipient reaches, at each point of the pathway. */
const people = {} as Record<'invited' | 'eligible' | 'vaccinated' | 'mistaken' | 'objecting' | 'myself', APatient>;

beforeAll(async () => {
  register = await aRegister();
  const attending = { rpps: aProfessionalIdentity(1).rpps, consent: true };
  people.invited = await aPatient(register, 1, { attending });
  people.eligible = await aPatient(register, 2, { attending, eligible: true });
  people.vaccinated = await aPatient(register, 3, { attending, doses: 1 });
  people.mistaken = await aPatient(register, 4, { attending, doses: 1 });
  people.objecting = await aPatient(register, 5, { attending });
  people.myself = await aPatient(register, 6, { attending });
  endpoint = await register.serve();
  for (const wall of ['view', 'shield', 'database'] as const)
    alone.set(wall, await register.serve({ walls: { ...NONE, [wall]: true } }));
});
afterAll(() => register.close());

const bodyOf = ({ person }: APatient): string => person.schemeCode + person.bodyCode;

/** A caller of this kind who reaches all three persons, by a proof that allows everything or to consult only. */
function caller(recipient: Recipient, proof: 'ordinary' | 'consultation'): Principal {
  return as(recipient, {
    professional: aProfessionalIdentity(1),
    subject: aProfessionalIdentity(1).rpps,
    bodies: Object.values(people).map(bodyOf),
    region: '11',
    patient: people.vaccinated.id,
    ...(proof === 'consultation' && { consultationOnly: true, establishment: '750100125' }),
  });
}

const correction = ({ id }: APatient) => ({ patientId: id, idempotencyKey: randomUUID(), reason: 'INACCURATE' });

/** Every mutation, as it would succeed for whoever holds it. */
const MUTATIONS: Readonly<Record<string, (recipient: Recipient) => [string, object?]>> = {
  requestUnvaccinatedList: () => ['mutation { requestUnvaccinatedList }'],
  recordEligibility: () => [
    'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { __typename } }',
    { input: anEligibility(byCode(people.invited)) },
  ],
  recordInjection: () => [
    'mutation ($input: InjectionInput!) { recordInjection(input: $input) { __typename } }',
    { input: anInjection(byCode(people.eligible), 1) },
  ],
  correctInjection: () => [
    'mutation ($input: InjectionCorrectionInput!) { correctInjection(input: $input) { __typename } }',
    { input: { ...correction(people.vaccinated), rank: 1, lotNumber: 'LOT9' } },
  ],
  correctEligibility: () => [
    'mutation ($input: EligibilityCorrectionInput!) { correctEligibility(input: $input) { __typename } }',
    { input: { ...correction(people.eligible), performedAt: '2021-02-01T09:00:00Z' } },
  ],
  withdrawStep: () => [
    'mutation ($input: WithdrawalInput!) { withdrawStep(input: $input) { __typename } }',
    { input: { patientId: people.mistaken.id, idempotencyKey: randomUUID(), rank: 1 } },
  ],
  recordResearchObjection: () => [`mutation { recordResearchObjection(patientId: "${people.vaccinated.id}") }`],
  recordObjection: (recipient) => [
    recipient === 'PATIENT'
      ? 'mutation { recordObjection }'
      : `mutation { recordObjection(patientId: "${people.objecting.id}") }`,
  ],
  issueAttestation: (recipient) => [
    'mutation ($input: AttestationInput) { issueAttestation(input: $input) { __typename } }',
    { input: recipient === 'PS' ? byCode(people.vaccinated) : { patientId: people.vaccinated.id } },
  ],
  reportAdverseEffect: () => [
    'mutation ($input: AdverseEffectInput!) { reportAdverseEffect(input: $input) }',
    { input: byCode(people.vaccinated) },
  ],
};
const NAMES = Object.keys(MUTATIONS);
const attempt = (where: Endpoint, who: Principal, mutation: string): Promise<Answer> =>
  where.ask(who, ...(MUTATIONS[mutation] as (recipient: Recipient) => [string, object?])(who.recipient));

/** All that a mutation could change. */
const state = async (): Promise<unknown> =>
  asOwner(
    register,
    `select ${[
      'eligibility_step',
      'injection_step',
      'attestation',
      'act',
      'idempotency_key',
      'unvaccinated_list_request',
      'professional',
      'patient',
    ]
      .map((table) => `(select count(*) from ${table}) as ${table}`)
      .join(', ')}`,
  );

/** A document may be wrong twice for one refusal: it names the mutation, and the type of its argument. */
const distinct = (answer: Answer): unknown[] =>
  [...new Set(refusalsIn(answer).map((refusal) => JSON.stringify(refusal)))]
    .map((text) => JSON.parse(text))
    .map(({ code, field, article }) => ({ code, field, article }));

const tracesOf = (answer: Answer) =>
  asOwner(register, 'select actor, operation, outcome, article, records from trace where request_id = $1 order by id', [
    answer.headers.get('x-request-id'),
  ]);

it('the mutations tried here are all that exist', () => {
  expect(Object.keys(fullSchema().getMutationType()?.getFields() ?? {}).sort()).toEqual([...NAMES].sort());
});

describe('convention AIR, art. 3 · every mutation × every recipient × consultation only', () => {
  let before: unknown;
  beforeAll(async () => {
    before = await state();
  });
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    it.each(NAMES)(`${recipient} · %s · refused, with its article and its trace`, async (mutation) => {
      const who = caller(recipient, 'consultation');
      const answer = await attempt(endpoint, who, mutation);
      const article = mayCall(recipient, mutation) ? CONVENTION : 'art. 3';
      expect(answer.body.data ?? null).toBeNull();
      expect(distinct(answer)).toEqual([{ code: 'FORBIDDEN_OPERATION', field: mutation, article }]);
      expect(await tracesOf(answer)).toEqual([
        { actor: who.subject, operation: mutation, outcome: 'REFUSED', article, records: [] },
      ]);
    });
  }
  it('and nothing has changed', async () => {
    expect(await state()).toEqual(before);
  });
});

describe('the same mutation written otherwise', () => {
  const documents: Readonly<Record<string, string>> = {
    'under an alias': 'mutation { x: issueAttestation(input: {}) { __typename } }',
    'in a fragment': 'mutation { ...M } fragment M on Mutation { issueAttestation(input: {}) { __typename } }',
    'in an inline fragment': 'mutation { ... on Mutation { issueAttestation(input: {}) { __typename } } }',
    'beside a query': 'query Q { __typename } mutation M { issueAttestation(input: {}) { __typename } }',
    'twice, once skipped':
      'mutation { a: issueAttestation(input: {}) @skip(if: true) { __typename } issueAttestation(input: {}) { __typename } }',
  };
  for (const wall of ['view', 'shield', 'database'] as const) {
    it.each(Object.keys(documents))(`%s, the ${wall} alone: nothing is issued`, async (written) => {
      const who = caller('PATIENT', 'consultation');
      const before = await state();
      const answer = await (alone.get(wall) as Endpoint).post({
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await endpoint.tokenFor(who)}`,
        },
        body: JSON.stringify({
          query: documents[written],
          ...(written === 'beside a query' && { operationName: 'M' }),
        }),
      });
      expect(answer.body.data?.issueAttestation ?? null).toBeNull();
      expect(refusalsIn(answer).map(({ code }) => code)).toContainEqual(
        expect.stringMatching(/^(FORBIDDEN_\w+|INVALID_DOCUMENT|DOCUMENT_TOO_COMPLEX)$/),
      );
      expect(await state()).toEqual(before);
    });
  }
});

describe('each wall alone', () => {
  const held = TRANSCRIBED_RECIPIENTS.flatMap((recipient) =>
    NAMES.filter((mutation) => mayCall(recipient, mutation)).map((mutation) => [recipient, mutation] as const),
  );
  for (const wall of ['view', 'shield'] as const) {
    it.each(held)(`the ${wall} refuses %s to consult by %s, and says why`, async (recipient, mutation) => {
      const who = caller(recipient, 'consultation');
      const answer = await attempt(alone.get(wall) as Endpoint, who, mutation);
      expect(distinct(answer)).toEqual([{ code: 'FORBIDDEN_OPERATION', field: mutation, article: CONVENTION }]);
      expect(await tracesOf(answer)).toEqual([
        { actor: who.subject, operation: mutation, outcome: 'REFUSED', article: CONVENTION, records: [] },
      ]);
    });
  }
  it.each(held)('PostgreSQL refuses %s to consult by %s', async (recipient, mutation) => {
    const before = await state();
    const answer = await attempt(alone.get('database') as Endpoint, caller(recipient, 'consultation'), mutation);
    expect(answer.body.data?.[mutation] ?? null).toBeNull();
    expect(refusalsIn(answer)).toEqual([expect.objectContaining({ code: 'FORBIDDEN_FIELD', article: 'art. 3' })]);
    expect(await tracesOf(answer)).toMatchObject([{ outcome: 'REFUSED', article: 'art. 3', records: [] }]);
    expect(await state()).toEqual(before);
  });
});

describe('PostgreSQL: the role of whoever may only consult', () => {
  const narrowed = VIEWERS.filter(({ consultationOnly }) => consultationOnly);

  it('exists for every recipient who records anything', () => {
    const recording = TRANSCRIBED_RECIPIENTS.filter((one) => NAMES.some((mutation) => mayCall(one, mutation)));
    expect(narrowed.map(({ recipient }) => recipient)).toEqual(recording);
    for (const { key } of narrowed) expect(ROLES).toContain(roleOf(key));
  });

  it.each(narrowed.map(({ key }) => key))('%s may write to no table', async (key) => {
    const tables = await asOwner<{ name: string }>(
      register,
      `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations'`,
    );
    const pool = register.database.pool(roleOf(key));
    const done: string[] = [];
    for (const { name } of tables) {
      for (const write of [`insert into ${name} default values`, `delete from ${name}`, `truncate ${name}`]) {
        const code = await pool.query(write).then(
          () => 'done',
          (error: { code: string }) => error.code,
        );
        if (code !== '42501') done.push(`${write}: ${code}`);
      }
    }
    expect(tables.length).toBeGreaterThan(15);
    expect(done).toEqual([]);
  });

  it.each(narrowed.map(({ key }) => key))('%s may call no function that writes', async (key) => {
    const pool = register.database.pool(roleOf(key));
    for (const call of [
      `lancette.request_list('99700000001')`,
      `lancette.professional_key('99700000001', null, null, null, null, null, null, null, true)`,
      ...['correct_injection(null, 1::smallint, null, null)', 'correct_eligibility(null, null, null, null)'].map(
        (one) => `lancette.${one}`,
      ),
      `lancette.record_objection(null, null, null)`,
    ])
      await expect(pool.query(`select ${call}`)).rejects.toMatchObject({ code: '42501' });
  });

  it.each(narrowed)('$key may become no other role', async ({ key, recipient }) => {
    const pool = register.database.pool(roleOf(key));
    await expect(pool.query(`set role ${roleOf(recipient)}`)).rejects.toMatchObject({ code: '42501' });
  });

  it.each(narrowed)('$key reads what $recipient reads', async ({ key, recipient }) => {
    const columns = (role: string) =>
      asOwner(
        register,
        `select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
          where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and has_column_privilege($1, c.oid, a.attnum, 'SELECT')
          order by 1, 2`,
        [role],
      );
    expect(await columns(roleOf(key))).toEqual(await columns(roleOf(recipient)));
  });
});

describe('what remains is to consult', () => {
  const search = ({ code, person }: APatient) =>
    `{ patientByInvitation(code: "${code}", birthDate: "${person.birthDate}") { id birthName injectionSteps { vaccine } } }`;

  it('a professional finds the patient in care as by any other proof', async () => {
    const [one, other] = [
      await endpoint.ask(caller('PS', 'consultation'), search(people.vaccinated)),
      await endpoint.ask(caller('PS', 'ordinary'), search(people.vaccinated)),
    ];
    expect(one.text).toBe(other.text);
    expect(one.body.data.patientByInvitation.id).toBe(people.vaccinated.id);
  });

  it.each(TRANSCRIBED_RECIPIENTS.filter((one) => mayCall(one, 'patient')))('%s reads his own persons', async (one) => {
    const query = `{ patient(id: "${people.vaccinated.id}") { id birthName } }`;
    const { body } = await endpoint.ask(caller(one, 'consultation'), query);
    expect(body.data.patient.id).toBe(people.vaccinated.id);
  });

  it('its view has no mutation at all', async () => {
    const query = '{ __schema { mutationType { name } queryType { name } } }';
    const { body } = await endpoint.ask(caller('PS', 'consultation'), query);
    expect(body.data.__schema).toEqual({ mutationType: null, queryType: { name: 'Query' } });
  });

  // AIPD M1.50: if such a search found only those who were targeted, it would tell who was. The register takes the person
  // in by a role of its own, as for any search: the caller writes nothing.
  it('a search by NIR takes in a person never targeted, so that it tells nobody apart', async () => {
    const person = aPerson(50);
    await aReferentialPerson(register, person);
    const query = `{ patientByNir(nir: "${person.nir}", birthDate: "${person.birthDate}") { id birthName } }`;
    const first = await endpoint.ask(caller('PS', 'consultation'), query);
    expect(first.body.data.patientByNir.birthName).toBe(person.birthName);
    const again = await endpoint.ask(caller('PS', 'ordinary'), query);
    expect(again.text).toBe(first.text);
  });
});

describe('SECURITY A32 · every mutation × every recipient × an ordinary proof', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    it.each(NAMES)(`${recipient} · %s · only as the law says`, async (mutation) => {
      // Whoever objects for himself must not have entered the pathway (art. 5).
      const self = mutation === 'recordObjection' ? { patient: people.myself.id } : {};
      const answer = await attempt(endpoint, { ...caller(recipient, 'ordinary'), ...self }, mutation);
      if (mayCall(recipient, mutation)) {
        expect(answer.body.errors).toBeUndefined();
        expect(answer.body.data[mutation]).toBeTruthy();
      } else {
        expect(answer.body.data ?? null).toBeNull();
        expect(distinct(answer)).toEqual([{ code: 'FORBIDDEN_OPERATION', field: mutation, article: 'art. 3' }]);
      }
    });
  }
});
