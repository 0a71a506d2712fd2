import { randomUUID } from 'node:crypto';
import {
  type APatient,
  anEligibility,
  aPatient,
  aPerson,
  aPs,
  aReferentialPerson,
  asOwner,
  byCode,
  byNir,
} from '../builders/a-patient.js';
import { type Answer, as, type Endpoint } from '../builders/a-register.js';
import { aTargetedPerson, lineOf } from '../builders/a-targeting-file.js';
import { aTargetingWorld, type TargetingWorld } from '../builders/a-targeting-world.js';

let world: TargetingWorld;
let endpoint: Endpoint;
let people = 0;
beforeAll(async () => {
  world = await aTargetingWorld();
  endpoint = await world.register.serve();
});
afterAll(() => world.close());

const AGENT = as('AGENT_AM', { subject: 'agent-objections', bodies: ['01751'] });
const insured = (story: Parameters<typeof aPatient>[2] = {}) => {
  people += 1;
  return aPatient(world.register, people, { ...story, person: { schemeCode: '01', bodyCode: '751', ...story.person } });
};
const OBJECT = 'mutation ($id: ID) { recordObjection(patientId: $id) }';
const OBJECT_TO_RESEARCH = 'mutation ($id: ID) { recordResearchObjection(patientId: $id) }';
const CONSULT = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
const object = ({ id }: { id: string }, by = AGENT) => endpoint.ask(by, OBJECT, { id });
const codeOf = ({ body }: Answer): string => body.errors?.[0]?.extensions.code ?? 'DONE';
const owner = <T extends object>(sql: string, values: unknown[] = []) => asOwner<T>(world.register, sql, values);

/** Every table, as text, in which one of the values stands. */
async function tablesWith(values: readonly string[], except: readonly string[] = []): Promise<string[]> {
  const tables = await owner<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const [hit] = await owner<{ n: number }>(
      `select count(*)::int as n from ${name} t where exists (select from unnest($1::text[]) v where position(v in to_jsonb(t)::text) > 0)`,
      [values],
    );
    if (hit?.n && !except.includes(name)) found.push(name);
  }
  return found;
}
const marksOf = ({ id, code, person, pseudonyms }: APatient): string[] => [
  ...[
    id,
    code,
    person.nir,
    person.birthName,
    String(person.email),
    String(person.postalAddress),
    ...Object.values(pseudonyms),
  ],
  world.register.registrar.indexOf(person.nir, person.birthDate).toString('hex'),
];
const named = (mark: string) => ({
  birthName: `ZZ${mark}`,
  email: `zz${mark}@exemple.fr`,
  postalAddress: `zz ${mark} rue des Lilas`,
});
const rowsOf = async (key: string): Promise<string[]> => {
  const tables = await owner<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'patient_key' where c.relkind = 'r'`,
  );
  expect(tables.length).toBeGreaterThanOrEqual(9);
  const found: string[] = [];
  for (const { name } of tables)
    if ((await owner(`select from public.${name} where patient_key = $1`, [key])).length > 0) found.push(name);
  return found;
};

describe('art. 5 · before the entry in the pathway, an objection deletes the person', () => {
  it('wholly: from every table, health, invitation, physician and lookups included', async () => {
    const patient = await insured({
      person: named('WHOLLY'),
      health: { medicalCriteriaCodes: ['ALD12'] },
      attending: { rpps: '99700000001', consent: true },
      invitation: { sentAt: '2021-01-10T08:00:00Z', channel: 'EMAIL' },
    });
    expect((await rowsOf(patient.key)).sort()).toEqual([
      'attending_physician',
      'invitation',
      'invitation_code',
      'patient_health',
      'patient_nir',
    ]);
    const answer = await object(patient);
    expect(Date.parse(answer.body.data.recordObjection)).not.toBeNaN();
    expect(await rowsOf(patient.key)).toEqual([]);
    expect(await tablesWith(marksOf(patient))).toEqual([]);
  });

  it('and leaves one trace, which names no record', async () => {
    const patient = await insured();
    const answer = await object(patient);
    expect(
      await owner('select recipient, actor, operation, outcome, article, records from trace where request_id = $1', [
        answer.headers.get('x-request-id'),
      ]),
    ).toEqual([
      {
        recipient: 'AGENT_AM',
        actor: AGENT.subject,
        operation: 'recordObjection',
        outcome: 'RECORDED',
        article: 'art. 5',
        records: [],
      },
    ]);
    expect(await owner('select from register_event where patient_key = $1', [patient.key])).toEqual([]);
  });

  it('and whoever looks for her then is answered as for somebody never known', async () => {
    const patient = await insured();
    await object(patient);
    const stranger = aPerson(90_001);
    const search = (code: string, birthDate: string) =>
      endpoint.ask(aPs(1), `{ patientByInvitation(code: "${code}", birthDate: "${birthDate}") { id } }`);
    const [one, other] = [
      await search(patient.code, patient.person.birthDate),
      await search('QQQ-QQQ-QQQ', stranger.birthDate),
    ];
    expect([one.status, one.text]).toEqual([other.status, other.text]);
    const [again, unknown] = [await object(patient), await object({ id: randomUUID() })];
    expect(codeOf(again)).toBe('NOT_FOUND');
    expect([again.status, again.text]).toEqual([unknown.status, unknown.text]);
  });

  it('on the person’s own account as well, for herself and for nobody else', async () => {
    const [patient, other] = [await insured(), await insured()];
    const self = as('PATIENT', { subject: patient.id, patient: patient.id });
    expect(codeOf(await object(other, self))).toBe('NOT_FOUND');
    expect(codeOf(await endpoint.ask(self, OBJECT))).toBe('DONE');
    const traces = await owner(
      `select from trace where operation = 'recordObjection' and outcome = 'RECORDED' and actor = $1`,
      [patient.id],
    );
    expect(traces).toEqual([]);
    expect((await endpoint.ask(self, '{ me { id } }')).body.data.me).toBeNull();
    expect(await rowsOf(other.key)).not.toEqual([]);
  });

  it('and her lines among the rejects go, sealed as they are; the others stay', async () => {
    const cells = aTargetedPerson(70_001, { schemeCode: '01', bodyCode: '751', birthName: 'ZZREJECTED' });
    const lines = [
      ...[
        lineOf(cells),
        lineOf({ ...cells, nir: `${cells.nir.slice(0, 13)}98` }),
        lineOf({ ...cells, nir: '', birthName: 'Zzrejected' }),
      ],
      lineOf(aTargetedPerson(70_002, { sex: 'X' })),
    ];
    await world.importer.importTargeting(world.file('rejects.csv', lines));
    const [{ importId } = { importId: '' }] = await owner<{ importId: string }>(
      'select import_id as "importId" from targeting_reject limit 1',
    );
    await owner(
      `insert into targeting_reject (import_id, line, column_name, code, sealed_line) values ($1, 99, 'line', 'QUOTING', 'sealed under a key long gone')`,
      [importId],
    );
    expect(await world.count('targeting_reject')).toBe(4);
    const [person] = await owner<{ id: string }>(`select id from patient where birth_name = 'ZZREJECTED'`);
    expect(codeOf(await object(person as { id: string }))).toBe('DONE');
    expect(await owner('select line from targeting_reject order by line')).toEqual([{ line: 5 }, { line: 99 }]);
  });

  it.each([
    ['the consultation', { eligible: true }],
    ['an injection', { doses: 1 }],
  ])('but not after %s: refused with its article, traced, and nothing is deleted', async (_, story) => {
    const patient = await insured(story);
    const answer = await object(patient);
    expect(answer.body.errors[0].extensions).toEqual({ code: 'OBJECTION_AFTER_ENTRY', article: 'art. 5' });
    expect(
      await owner('select outcome, article, records from trace where request_id = $1', [
        answer.headers.get('x-request-id'),
      ]),
    ).toEqual([{ outcome: 'REFUSED', article: 'art. 5', records: [] }]);
    expect((await owner('select from patient where key = $1', [patient.key])).length).toBe(1);
  });

  it('nor outside the bodies of the agent', async () => {
    const patient = await insured({ person: { bodyCode: '692' } });
    expect(codeOf(await object(patient))).toBe('NOT_FOUND');
    expect(codeOf(await endpoint.ask(AGENT, OBJECT))).toBe('INVALID_INPUT');
    expect(await rowsOf(patient.key)).not.toEqual([]);
  });

  it('and a step withdrawn as another person’s is no entry: the archive goes with the person', async () => {
    const patient = await insured({ eligible: true, person: named('WITHDRAWN') });
    const WITHDRAW = 'mutation ($input: WithdrawalInput!) { withdrawStep(input: $input) { id } }';
    await endpoint.ask(AGENT, WITHDRAW, { input: { patientId: patient.id, idempotencyKey: randomUUID() } });
    expect((await rowsOf(patient.key)).filter((table) => /superseded|event/.test(table))).toHaveLength(2);
    expect(codeOf(await object(patient))).toBe('DONE');
    expect(await rowsOf(patient.key)).toEqual([]);
    expect(await tablesWith(marksOf(patient))).toEqual([]);
  });
});

describe('no list of objectors is kept', () => {
  it('so that a later import targets the same person again, as a new one', async () => {
    const [line, other] = [71_001, 71_002].map((number) =>
      lineOf(aTargetedPerson(number, { schemeCode: '01', bodyCode: '751' })),
    );
    await world.importer.importTargeting(world.file('a.csv', [String(line)]));
    const find = () =>
      owner<{ id: string; key: string }>(
        'select p.id, p.key from patient p join patient_nir n on n.patient_key = p.key where n.nir_index = $1',
        [world.register.registrar.indexOf(aTargetedPerson(71_001).nir, aTargetedPerson(71_001).birthDate)],
      );
    const [before] = await find();
    expect(codeOf(await object(before as { id: string }))).toBe('DONE');
    expect(await find()).toEqual([]);
    const { changes } = await world.importer.importTargeting(world.file('b.csv', [String(line), String(other)]));
    expect(changes).toMatchObject({ personsCreated: 2, personsUnchanged: 0 });
    expect((await find())[0]?.id).not.toBe(before?.id);
  });

  it('and a search by NIR takes the person in from the referential, as anyone', async () => {
    const patient = await insured();
    await aReferentialPerson(world.register, patient.person);
    await object(patient);
    const { nir, birthDate } = patient.person;
    const answer = await endpoint.ask(aPs(1), `{ patientByNir(nir: "${nir}", birthDate: "${birthDate}") { id } }`);
    expect(answer.body.data.patientByNir.id).not.toBe(patient.id);
  });
});

describe('an objection and what comes at the same moment', () => {
  it('a recording: either the person has entered the pathway, or she is gone', async () => {
    const patients = await Promise.all(Array.from({ length: 24 }, () => insured()));
    const answers = await Promise.all(
      patients.flatMap((patient, index) => {
        const who = index % 2 ? byCode(patient) : byNir(patient.person);
        const both = [object(patient), endpoint.ask(aPs(index % 5), CONSULT, { input: anEligibility(who) })];
        return both;
      }),
    );
    const pairs = patients.map((_, index) =>
      answers
        .slice(2 * index, 2 * index + 2)
        .map(codeOf)
        .join(' '),
    );
    expect(pairs.filter((pair) => !['DONE NOT_FOUND', 'OBJECTION_AFTER_ENTRY DONE'].includes(pair))).toEqual([]);
    for (const [index, { key }] of patients.entries()) {
      const rows = await owner('select from eligibility_step where patient_key = $1', [key]);
      expect([pairs[index], rows.length]).toEqual([pairs[index], pairs[index] === 'DONE NOT_FOUND' ? 0 : 1]);
    }
  });

  it('an import that meets the same persons: it ends well, and each is whole or gone', async () => {
    const cells = Array.from({ length: 600 }, (_, at) =>
      aTargetedPerson(72_000 + at, { schemeCode: '01', bodyCode: '751', medicalCriteriaCodes: '' }),
    );
    await world.importer.importTargeting(
      world.file(
        'first.csv',
        cells.map((one) => lineOf(one)),
      ),
    );
    const known = await owner<{ id: string }>(
      `select id from patient where body_key = '01751' and not exists (select from eligibility_step e where e.patient_key = patient.key) order by key desc limit 60`,
    );
    const enriched = cells.map((one) =>
      lineOf({
        ...one,
        medicalCriteriaCodes: 'ALD99',
        nonMedicalCriteriaCodes: `${one.nonMedicalCriteriaCodes},NEW1`.replace(/^,/, ''),
      }),
    );
    const importing = world.importer.importTargeting({ ...world.file('second.csv', enriched), blockBytes: 16_384 });
    const objecting = Promise.all(known.map((one) => object(one)));
    const [report, answers] = [await importing, await objecting];
    expect(report.outcome).toBe('DONE');
    expect(answers.map(codeOf)).toEqual(Array(60).fill('DONE'));
    expect(report.changes.linesRead).toBe(600);
    const [odd] = await owner<{ n: number }>(
      `select (select count(*) from patient_nir n where not exists (select from patient p where p.key = n.patient_key))
            + (select count(*) from invitation_code c where not exists (select from patient p where p.key = c.patient_key))
            + (select count(*) from patient p where not exists (select from patient_nir n where n.patient_key = p.key))
            + (select count(*) from patient p where not exists (select from invitation i join invitation_code c using (code) where i.patient_key = p.key)) as n`,
    );
    expect(Number(odd?.n)).toBe(0);
  });
});

describe('AIPD, rights · the objection to research', () => {
  const seenByResearch = async ({ pseudonyms }: APatient): Promise<boolean> => {
    for (let after: string | null = null; ; ) {
      const page: Answer = await endpoint.ask(
        as('HDH'),
        'query ($after: String) { patients(first: 100, after: $after) { edges { node { pseudonym } } pageInfo { hasNextPage endCursor } } }',
        { after },
      );
      if (page.text.includes(pseudonyms.snds)) return true;
      const { hasNextPage, endCursor } = page.body.data.patients.pageInfo;
      if (!hasNextPage) return false;
      after = endCursor;
    }
  };

  it('holds at any time, vaccinated or not, from the next answer on, and is an event once', async () => {
    const patient = await insured({ doses: 1 });
    expect(await seenByResearch(patient)).toBe(true);
    for (const by of [AGENT, as('PATIENT', { patient: patient.id })])
      expect(codeOf(await endpoint.ask(by, OBJECT_TO_RESEARCH, { id: patient.id }))).toBe('DONE');
    expect(await seenByResearch(patient)).toBe(false);
    expect(await owner('select kind from register_event where patient_key = $1', [patient.key])).toEqual([
      { kind: 'RESEARCH_OBJECTION' },
    ]);
  });

  it('is recorded by the person’s own body only', async () => {
    const patient = await insured({ person: { bodyCode: '692' } });
    expect(codeOf(await endpoint.ask(AGENT, OBJECT_TO_RESEARCH, { id: patient.id }))).toBe('NOT_FOUND');
    expect(codeOf(await endpoint.ask(AGENT, OBJECT_TO_RESEARCH))).toBe('NOT_FOUND');
  });
});
