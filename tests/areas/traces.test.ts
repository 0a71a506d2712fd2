import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import { GroupCommitJournal } from '../../src/areas/traces/group-commit-journal.js';
import { operator } from '../../src/areas/traces/operator.js';
import { RECIPIENT_IDS } from '../../src/law/recipients.js';
import type { Journal, TraceEntry } from '../../src/read/journal.js';
import {
  type APatient,
  anEligibility,
  anInjection,
  aPatient,
  aPhysician,
  aProfessional,
  aProfessionalIdentity,
  aPs,
  asOwner,
  byCode,
  byNir,
} from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { aTargetingWorld, command, type TargetingWorld } from '../builders/a-targeting-world.js';
import { itWhere } from '../builders/where-present.js';

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
});
afterAll(() => register.close());

interface TraceRow {
  readonly recipient: string;
  readonly actor: string;
  readonly operation: string;
  readonly categories: string[];
  readonly outcome: string;
  readonly article: string | null;
  readonly records: string[];
}

/** The traces of one request, found by the header of its answer. */
const tracesOf = (answer: Answer): Promise<TraceRow[]> =>
  asOwner<TraceRow>(
    register,
    `select recipient, actor, operation, categories, outcome, article, records from trace where request_id = $1 order by id`,
    [answer.headers.get('x-request-id')],
  );

const PS = aPs(1);
const search = ({ code, person }: APatient, fields = 'id birthName injectionSteps { vaccine }') =>
  `{ patientByInvitation(code: "${code}", birthDate: "${person.birthDate}") { ${fields} } }`;
const ELIGIBILITY = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id birthName } }';
const INJECTION = 'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id } }';
const ATTESTATION = 'mutation ($input: AttestationInput) { issueAttestation(input: $input) { id } }';
const codeOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.code;

describe('every request leaves its trace', () => {
  it('a disclosure: who, what categories, by which article, of whom', async () => {
    const patient = await aPatient(register, 1, { doses: 1 });
    const answer = await endpoint.ask(PS, search(patient));
    expect(await tracesOf(answer)).toEqual([
      {
        recipient: 'PS',
        actor: PS.subject,
        operation: 'patientByInvitation',
        categories: ['1°', '5°'],
        outcome: 'DISCLOSED',
        article: 'AIPD M1.47',
        records: [patient.key],
      },
    ]);
  });

  it('the same, whether SQL or graphql-js made the answer', async () => {
    const patient = await aPatient(register, 2, { doses: 1 });
    const long = await register.serve({ shortPath: false });
    const [one, other] = [await endpoint.ask(PS, search(patient)), await long.ask(PS, search(patient))];
    expect(await tracesOf(other)).toEqual(await tracesOf(one));
  });

  it('a search that finds nobody', async () => {
    const answer = await endpoint.ask(
      PS,
      '{ patientByInvitation(code: "ZZZ-ZZZ-ZZZ", birthDate: "1950-01-01") { id } }',
    );
    expect(await tracesOf(answer)).toMatchObject([
      { operation: 'patientByInvitation', outcome: 'NOT_FOUND', article: 'AIPD M1.47', records: [] },
    ]);
  });

  it('one for each root field', async () => {
    const [one, two] = [await aPatient(register, 3), await aPatient(register, 4)];
    const agent = as('AGENT_AM', { bodies: [one, two].map(({ person }) => person.schemeCode + person.bodyCode) });
    const answer = await endpoint.ask(
      agent,
      `{ a: patient(id: "${one.id}") { phone } b: patient(id: "${two.id}") { sex } }`,
    );
    expect(await tracesOf(answer)).toMatchObject([
      { operation: 'patient', categories: ['3°'], records: [one.key] },
      { operation: 'patient', categories: ['1°'], records: [two.key] },
    ]);
  });

  it('a page of n patients: it names n records', async () => {
    for (let n = 0; n < 4; n += 1) await aPatient(register, 10 + n, { person: { department: '976' } });
    const answer = await endpoint.ask(
      as('ARS', { region: '06' }),
      '{ patients(first: 3) { edges { node { pseudonym } } pageInfo { hasNextPage } } }',
    );
    const [trace, ...others] = await tracesOf(answer);
    expect(answer.body.data.patients.pageInfo.hasNextPage).toBe(true);
    expect([trace?.outcome, new Set(trace?.records).size, others]).toEqual(['DISCLOSED', 3, []]);
  });

  it.each([
    ['a field', as('SPF'), '{ patients { edges { node { nir } } } }', 'Patient.nir', ['1°']],
    ['a query', as('SPF'), '{ acts { edges { cursor } } }', 'acts', []],
    ['a mutation', as('SPF'), 'mutation { requestUnvaccinatedList }', 'requestUnvaccinatedList', []],
    ['a mutation beside others', aPhysician(1), 'mutation { issueAttestation { id } }', 'issueAttestation', []],
  ] as const)('the refusal of %s, with its article', async (_, principal, query, operation, categories) => {
    const answer = await endpoint.ask(principal as Principal, query);
    const { article } = answer.body.errors[0].extensions;
    expect(article).toBeTruthy();
    expect(await tracesOf(answer)).toEqual([
      {
        recipient: principal.recipient,
        actor: principal.subject,
        operation,
        categories,
        outcome: 'REFUSED',
        article,
        records: [],
      },
    ]);
  });

  it('the refusal of each field, when several are asked for', async () => {
    const answer = await endpoint.ask(as('SPF'), '{ patients { edges { node { nir phone } } } }');
    expect((await tracesOf(answer)).map(({ operation }) => operation).sort()).toEqual(['Patient.nir', 'Patient.phone']);
  });

  it('the refusal of the second wall, when the first is gone', async () => {
    const open = await register.serve({ walls: { view: false, shield: true, database: true } });
    const answer = await open.ask(as('SPF'), '{ patients { edges { node { nir } } } }');
    expect(await tracesOf(answer)).toMatchObject([
      { operation: 'Patient.nir', outcome: 'REFUSED', categories: ['1°'] },
    ]);
  });

  it('a list that was not requested', async () => {
    const physician = aPhysician(30);
    const answer = await endpoint.ask(physician, '{ unvaccinatedPatients { edges { node { id } } } }');
    expect(codeOf(answer)).toBe('LIST_NOT_REQUESTED');
    expect(await tracesOf(answer)).toMatchObject([
      { operation: 'unvaccinatedPatients', outcome: 'REFUSED', article: 'art. 3, I, 2°', actor: physician.subject },
    ]);
  });

  it('a recording, and what its answer discloses', async () => {
    const patient = await aPatient(register, 20);
    const answer = await endpoint.ask(PS, ELIGIBILITY, { input: anEligibility(byCode(patient)) });
    expect(await tracesOf(answer)).toEqual([
      {
        recipient: 'PS',
        actor: PS.subject,
        operation: 'recordEligibility',
        categories: ['5°', '6°b'],
        outcome: 'RECORDED',
        article: 'art. 3, I, 1°',
        records: [patient.key],
      },
      {
        recipient: 'PS',
        actor: PS.subject,
        operation: 'recordEligibility',
        categories: ['1°'],
        outcome: 'DISCLOSED',
        article: 'art. 3, I, 1°',
        records: [patient.key],
      },
    ]);
  });

  it('a certificate handed out', async () => {
    const patient = await aPatient(register, 21, { doses: 1 });
    const answer = await endpoint.ask(PS, ATTESTATION, { input: byCode(patient) });
    expect(await tracesOf(answer)).toMatchObject([
      { operation: 'issueAttestation', categories: ['certificat'], outcome: 'RECORDED', records: [patient.key] },
    ]);
  });

  it.each([
    ['recordEligibility', ELIGIBILITY, anEligibility({ code: 'ZZZ-ZZZ-ZZX', birthDate: '1950-01-01' })],
    ['recordInjection', INJECTION, anInjection({ code: 'ZZZ-ZZZ-ZZX', birthDate: '1950-01-01' }, 1)],
    ['issueAttestation', ATTESTATION, { code: 'ZZZ-ZZZ-ZZX', birthDate: '1950-01-01' }],
  ])('an attempt of %s upon nobody: a guess is seen', async (operation, mutation, input) => {
    const answer = await endpoint.ask(PS, mutation, { input });
    expect(codeOf(answer)).toBe('NOT_FOUND');
    expect(await tracesOf(answer)).toMatchObject([{ operation, outcome: 'NOT_FOUND', actor: PS.subject, records: [] }]);
  });

  it('a person outside the perimeter, as one who does not exist', async () => {
    const patient = await aPatient(register, 22, { person: { bodyCode: '999' } });
    const answer = await endpoint.ask(as('AGENT_AM', { bodies: ['01111'] }), `{ patient(id: "${patient.id}") { id } }`);
    expect(await tracesOf(answer)).toMatchObject([{ operation: 'patient', outcome: 'NOT_FOUND', records: [] }]);
  });

  it('and a request that asks for no data leaves none', async () => {
    for (const query of ['{ __typename }', '{ myRights { category } }', '{ nothing }', '{ patientByNir }']) {
      expect(await tracesOf(await endpoint.ask(PS, query))).toEqual([]);
    }
  });

  it('exactly as many disclosures as there were, when many come at once', async () => {
    const patient = await aPatient(register, 23);
    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => endpoint.ask(aPs(n % 9), search(patient))));
    const [count] = await asOwner<{ count: string; requests: string }>(
      register,
      `select count(*), count(distinct request_id) as requests from trace where $1 = any (records)`,
      [patient.key],
    );
    expect(count).toEqual({ count: '300', requests: '300' });
    expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(300);
  });
});

describe('no trace holds health data or an identity', () => {
  it('whatever was asked, refused or recorded', async () => {
    const physician = aPhysician(40);
    const patient = await aPatient(register, 60, {
      health: { contraindications: ['CANARI-SANTE'], treatments: ['CANARI-TRAITEMENT'] },
      attending: { rpps: physician.subject, consent: true },
      person: { birthName: 'CANARINOM', legalRepresentative: 'CANARITUTEUR' },
    });
    const { person } = patient;
    await endpoint.ask(PS, search(patient, 'nir birthName contraindications invitations { code }'));
    await endpoint.ask(PS, ELIGIBILITY, {
      input: anEligibility(byNir(person), { notRecommendedVaccines: ['EU/1/21/1529'] }),
    });
    await endpoint.ask(PS, INJECTION, { input: anInjection(byNir(person), 1, { lotNumber: 'CANARILOT' }) });
    await endpoint.ask(PS, ATTESTATION, { input: byCode(patient) });
    await endpoint.ask(physician, `{ patient(id: "${patient.id}") { birthName treatments } }`);
    await endpoint.ask(physician, `{ ${person.birthName}: patient(id: "${patient.id}") { ${person.birthName}: nir } }`);
    await endpoint.ask(as('PATIENT', { patient: patient.id }), '{ me { birthName nir phone } }');
    await endpoint.ask(
      as('SPF'),
      `query ${person.birthName} { patients(filter: { department: "75" }) { edges { node { sex } } } }`,
    );
    const rows = await asOwner<{ row: string }>(register, 'select row_to_json(t)::text as row from trace t');
    const all = rows.map(({ row }) => row).join('\n');
    const values = [person.nir, person.birthDate, person.postalAddress, person.phone, person.email, patient.code];
    for (const value of [...values, patient.id, 'CANARI', 'EU/1/', ...Object.values(patient.pseudonyms)])
      if (value) expect(all).not.toContain(value);
    for (const [index, name] of person.firstNames.entries())
      expect([index, all.includes(name)]).toEqual([index, false]);
  });

  it('nor the professional but by the subject of his token', async () => {
    const { familyName, phone, email } = aProfessionalIdentity(1);
    const rows = await asOwner<{ row: string }>(register, 'select row_to_json(t)::text as row from trace t');
    for (const value of [familyName, phone, email])
      expect(rows.some(({ row }) => row.includes(String(value)))).toBe(false);
  });
});

describe('no data leaves before its trace is durable', () => {
  const serveWith = (journal: Journal) => register.serve({ journal });
  const failing: Journal = {
    write: async (entries) => {
      if (entries.length > 0) throw new Error('the disk is full');
    },
  };

  it.each([true, false])('a journal that fails: an error, and no data (short path: %s)', async (shortPath) => {
    const patient = await aPatient(register, 70 + Number(shortPath), { doses: 1 });
    const own = await register.serve({ journal: failing, shortPath });
    const answer = await own.ask(PS, search(patient));
    expect(codeOf(answer)).toBe('INTERNAL');
    expect(answer.body.data?.patientByInvitation ?? null).toBeNull();
    expect(answer.text).not.toMatch(new RegExp(`disk|${patient.person.birthName}|${patient.id}`));
  });

  it('a journal that fails: not even a refusal is explained', async () => {
    const own = await serveWith(failing);
    const answer = await own.ask(as('SPF'), '{ patients { edges { node { nir } } } }');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.data ?? null).toBeNull();
  });

  it('a journal that delays: the answer waits for it', async () => {
    const patient = await aPatient(register, 72);
    const written: (readonly TraceEntry[])[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const own = await serveWith({ write: (entries) => held.then(() => void written.push(entries)) });
    let answered = false;
    const asked = own.ask(PS, search(patient)).then((answer) => {
      answered = true;
      return answer;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([answered, written.length]).toEqual([false, 0]);
    release();
    expect((await asked).body.data.patientByInvitation.id).toBe(patient.id);
    expect(written).toHaveLength(1);
  });

  it('when the answer is there, so is the row', async () => {
    const patient = await aPatient(register, 73);
    for (let n = 0; n < 50; n += 1) expect(await tracesOf(await endpoint.ask(PS, search(patient)))).toHaveLength(1);
  });

  it('one batch that fails fails all that wait for it, and the next one is written', async () => {
    const journal = new GroupCommitJournal(register.database.pool(roleOf('journal')));
    const entry = (requestId: string): TraceEntry => ({
      requestId,
      recipient: 'PS',
      actor: 'batch',
      operation: 'me',
      categories: [],
      outcome: 'DISCLOSED',
      article: null,
      records: [],
    });
    const good = '00000000-0000-4000-8000-000000000001';
    const together = await Promise.allSettled([journal.write([entry(good)]), journal.write([entry('not a uuid')])]);
    expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(journal.write([entry(good)])).resolves.toBeUndefined();
    expect(await asOwner(register, `select from trace where actor = 'batch'`)).toHaveLength(1);
  });
});

describe('a trace is final', () => {
  it('for every role: none may change, remove or empty, and only the reader of traces reads', async () => {
    await aProfessional(register, 1);
    const holders = [...RECIPIENT_IDS, 'intake' as const, 'journal' as const];
    for (const holder of holders) {
      const pool = register.database.pool(roleOf(holder));
      for (const change of [`update trace set actor = 'nobody'`, 'delete from trace', 'truncate trace'])
        await expect(pool.query(change)).rejects.toMatchObject({ code: '42501' });
      const reading = pool.query('select actor from trace limit 1');
      if (holder === 'AUDITEUR') expect((await reading).rows).toHaveLength(1);
      else await expect(reading).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('for the owner of the database too', async () => {
    for (const change of [`update trace set actor = 'nobody'`, 'delete from trace', 'truncate trace'])
      await expect(asOwner(register, change)).rejects.toMatchObject({ code: 'LC001' });
  });

  it('and is read by its reader, whose reading is traced as well', async () => {
    const answer = await endpoint.ask(
      as('AUDITEUR'),
      '{ traces(first: 5) { edges { node { actor outcome article } } } }',
    );
    expect(answer.body.data.traces.edges).toHaveLength(5);
    expect(await tracesOf(answer)).toMatchObject([
      { recipient: 'AUDITEUR', operation: 'traces', outcome: 'DISCLOSED' },
    ]);
  });
});

describe('an act of an operator leaves its trace', () => {
  let world: TargetingWorld;
  beforeAll(async () => {
    world = await aTargetingWorld();
  });
  afterAll(() => world.close());

  it('when it counts the steering copy anew, publishes it, or loads populations', async () => {
    const file = path.join(world.folder, 'population.csv');
    writeFileSync(file, 'kind;code;population;source;as_of\nall;all;1200;essai;2021-01-01\n');
    const results: Record<string, number>[] = [];
    for (const args of [['rebuild-indicators'], ['publish-indicators'], ['load-population', file]]) {
      const { exitCode, stdout } = await command(world, [...args, '--json']);
      expect(exitCode).toBe(0);
      results.push(JSON.parse(stdout));
    }
    const [rebuilt, published, population] = results;
    const traces = await world.query(
      'select recipient, actor, operation, outcome, article, categories, records from trace order by id',
    );
    const expected = (operation: string) => ({
      ...{ recipient: 'OPERATEUR', actor: operator(), operation, outcome: 'RECORDED', article: 'AIPD, pilotage' },
      ...{ categories: [], records: [] },
    });
    expect(traces).toEqual([
      expected(`rebuildIndicators ${rebuilt?.cells}`),
      expected(`publishIndicators ${published?.id}`),
      expected(`loadPopulation ${population?.loaded}`),
    ]);
  });

  it('but not when it was refused', async () => {
    const file = path.join(world.folder, 'population.csv');
    writeFileSync(file, 'kind;code;population;source;as_of\nall;all;1200;essai;2021-02-30\n');
    const before = await world.count('trace');
    expect(await command(world, ['load-population', file], 'en')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('INVALID_INPUT: 2:as_of'),
    });
    expect(await world.count('trace')).toBe(before);
  });

  itWhere(process.getuid?.() === 0 ? undefined : 'only root can be a user whom no account bears')(
    'under the number of a user whom no account bears',
    () => {
      try {
        process.seteuid?.(4_242_424);
        expect(operator()).toBe('cli:uid-4242424');
      } finally {
        process.seteuid?.(0);
      }
      expect(operator()).toMatch(/^cli:(?!uid-)/);
    },
  );
});
