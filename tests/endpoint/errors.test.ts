import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { prepareDatabase } from '../../src/application.js';
import { Database } from '../../src/db/database.js';
import { presented } from '../../src/endpoint/errors.js';
import { TABLES } from '../../src/entities.js';
import { ERRORS } from '../../src/kernel/error-registry.js';
import { type ErrorCode, languageOf } from '../../src/kernel/errors.js';
import {
  type APatient,
  anEligibility,
  aPatient,
  aPerson,
  aPhysician,
  aPs,
  asOwner,
  byCode,
} from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
const logged: string[] = [];
const { writeSync } = fs;
beforeAll(async () => {
  register = await aRegister();
  // The log writes to standard error, in this process: listen there.
  fs.writeSync = ((fd: number, ...rest: [string]) => {
    if (fd === 2) logged.push(String(rest[0]));
    return fd === 2 ? Buffer.byteLength(String(rest[0])) : writeSync(fd, ...rest);
  }) as typeof fs.writeSync;
  endpoint = await register.serve({ config: { ...register.config, logLevel: 'info' } });
});
afterAll(async () => {
  fs.writeSync = writeSync;
  await register.close();
});
beforeEach(() => {
  logged.length = 0;
});

const codeOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.code;
const PS = aPs(1);
const search = ({ code, person }: APatient, fields = 'id nir birthName') =>
  `{ patientByInvitation(code: "${code}", birthDate: "${person.birthDate}") { ${fields} } }`;

/** Nothing of a person, of the machinery or of its statements. */
function expectNothingOf(patient: APatient, ...texts: string[]): void {
  const { nir, birthName, birthDate, firstNames } = patient.person;
  for (const text of texts) {
    for (const value of [nir, birthName, birthDate, firstNames[0] ?? '', patient.code, patient.id])
      expect(text).not.toContain(value);
    expect(text).not.toMatch(
      /select |insert |column "|relation|constraint|node_modules|\/work|\.[jt]s:\d|\bat [A-Z]|stack|ECONN|127\.0\.0\.1/i,
    );
  }
}

describe('the registry of errors', () => {
  it('has a sentence in each language for every code, and a status', () => {
    for (const [code, { fr, en, status }] of Object.entries(ERRORS)) {
      expect([code, fr.length > 10, en.length > 10, fr !== (en as string)]).toEqual([code, true, true, true]);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(`${fr}${en}`).not.toMatch(/[{}$%<>]/);
      expect(presented({ code: code as ErrorCode }, 'fr')).toEqual({ message: fr, extensions: { code } });
      expect(presented({ code: code as ErrorCode }, 'en')).toEqual({ message: en, extensions: { code } });
    }
  });

  it.each([
    [undefined, 'fr'],
    ['', 'fr'],
    ['fr-FR,fr;q=0.9,en;q=0.8', 'fr'],
    ['en', 'en'],
    ['en-GB,en;q=0.9', 'en'],
    ['EN', 'en'],
    ['de', 'fr'],
    ['english', 'fr'],
  ] as const)('for « Accept-Language: %s » speaks %s', (accepted, language) => {
    expect(languageOf(accepted)).toBe(language);
  });

  const json = { 'content-type': 'application/json' };
  const CASES: [ErrorCode, (headers: Record<string, string>) => Promise<Answer>][] = [
    ['UNAUTHENTICATED', (headers) => endpoint.post({ headers: { ...json, ...headers }, body: '{}' })],
    ['METHOD_NOT_ALLOWED', (headers) => endpoint.post({ method: 'GET', headers })],
    [
      'UNSUPPORTED_MEDIA_TYPE',
      (headers) => endpoint.post({ headers: { ...headers, 'content-type': 'text/plain' }, body: '{}' }),
    ],
    ['INVALID_REQUEST', (headers) => raw('{"query":', headers)],
    ['INVALID_REQUEST', (headers) => raw('{"query":"{ __typename }","variables":"x"}', headers)],
    ['INVALID_DOCUMENT', (headers) => endpoint.ask(PS, '{ patientByNir }', {}, headers)],
    ['DOCUMENT_TOO_COMPLEX', (headers) => endpoint.ask(PS, `{ ${'a '.repeat(1001)} }`, {}, headers)],
    ['UNKNOWN_FIELD', (headers) => endpoint.ask(PS, '{ nothing }', {}, headers)],
    ['FORBIDDEN_OPERATION', (headers) => endpoint.ask(PS, '{ patients { edges { cursor } } }', {}, headers)],
    ['FORBIDDEN_FIELD', (headers) => endpoint.ask(as('SPF'), '{ patients { edges { node { nir } } } }', {}, headers)],
    [
      'INVALID_VARIABLES',
      (headers) =>
        endpoint.ask(as('SPF'), 'query ($n: Int!) { patients(first: $n) { edges { cursor } } }', { n: 'x' }, headers),
    ],
    [
      'PAGE_TOO_LARGE',
      (headers) => endpoint.ask(as('SPF'), '{ patients(first: 0) { edges { cursor } } }', {}, headers),
    ],
    [
      'INVALID_CURSOR',
      (headers) => endpoint.ask(as('SPF'), '{ patients(after: "x") { edges { cursor } } }', {}, headers),
    ],
    [
      'LIST_NOT_REQUESTED',
      (headers) => endpoint.ask(aPhysician(9), '{ unvaccinatedPatients { edges { cursor } } }', {}, headers),
    ],
    [
      'INVALID_INPUT',
      (headers) => endpoint.ask(PS, '{ patientByNir(nir: "1", birthDate: "1950-01-01") { id } }', {}, headers),
    ],
  ];
  const raw = async (body: string, headers: Record<string, string>) =>
    endpoint.post({ headers: { ...json, authorization: `Bearer ${await endpoint.tokenFor(PS)}`, ...headers }, body });

  it.each(CASES)('answers %s in the language of the caller', async (code, act) => {
    for (const [accepted, language] of [
      ['fr', 'fr'],
      ['en-GB', 'en'],
    ] as const) {
      const { body } = await act({ 'accept-language': accepted });
      expect([body.errors[0].extensions.code, body.errors[0].message]).toEqual([code, ERRORS[code][language]]);
    }
  });
});

describe('a failure tells its code and nothing else, in the answer and in the log', () => {
  const expectFailure = (answer: Answer, patient: APatient, codes: string[] = ['INTERNAL']) => {
    expect(codes).toContain(codeOf(answer));
    // What passes is the status of the whole answer: nobody takes it for an answer without data.
    if (codeOf(answer) === 'UNAVAILABLE')
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(Object.values(answer.body.data ?? {}).every((value) => value === null)).toBe(true);
    expectNothingOf(patient, answer.text, ...logged);
  };
  const expectLogged = (answer: Answer) =>
    expect(logged.some((line) => line.includes(answer.headers.get('x-request-id') ?? '?'))).toBe(true);

  it('when a statement fails', async () => {
    const patient = await aPatient(register, 8000);
    await asOwner(register, 'alter table patient rename column birth_place to elsewhere');
    try {
      const answer = await endpoint.ask(PS, search(patient, 'id nir birthPlace'));
      expectFailure(answer, patient);
      expectLogged(answer);
    } finally {
      await asOwner(register, 'alter table patient rename column elsewhere to birth_place');
    }
    expect((await endpoint.ask(PS, search(patient))).body.errors).toBeUndefined();
  });

  it.each([
    ['altered', `overlay(nir placing 'AAAA' from 20)`],
    ['cut', 'left(nir, 10)'],
    ['sealed by a key that is gone', `'9' || substr(nir, 2)`],
    ['empty', `''`],
  ])('when a sealed value was %s', async (what, sql) => {
    const patient = await aPatient(register, 8010 + what.length);
    await asOwner(register, `update patient set nir = ${sql} where key = $1`, [patient.key]);
    const answer = await endpoint.ask(PS, search(patient));
    expectFailure(answer, patient);
    expectLogged(answer);
  });

  it('when a sealed value was moved from another row', async () => {
    const [one, other] = [await aPatient(register, 8040), await aPatient(register, 8041)];
    await asOwner(register, 'update patient set nir = (select nir from patient where key = $2) where key = $1', [
      one.key,
      other.key,
    ]);
    const answer = await endpoint.ask(PS, search(one));
    expectFailure(answer, one);
    expectNothingOf(other, answer.text);
  });

  it('when a constraint is broken', async () => {
    const patient = await aPatient(register, 8042);
    await asOwner(
      register,
      `alter table eligibility_step add constraint "nobody_${patient.key}" check (patient_key <> ${patient.key})`,
    );
    const answer = await endpoint.ask(
      PS,
      'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }',
      { input: anEligibility(byCode(patient)) },
    );
    await asOwner(register, `alter table eligibility_step drop constraint "nobody_${patient.key}"`);
    expectFailure(answer, patient);
    expect(answer.text).not.toContain('nobody');
    expectLogged(answer);
  });

  it('when a statement takes too long', async () => {
    const patient = await aPatient(register, 8043);
    const runner = register.database.owner.createQueryRunner();
    await runner.startTransaction();
    await runner.query('lock table patient in access exclusive mode');
    const answer = await endpoint.ask(PS, search(patient));
    await runner.rollbackTransaction();
    await runner.release();
    expectFailure(answer, patient, ['UNAVAILABLE']);
  });

  it('when the database refuses a column: third wall, alone', async () => {
    const patient = await aPatient(register, 8044);
    await asOwner(register, 'revoke select on patient from lancette_ps');
    const answer = await endpoint.ask(PS, search(patient));
    await prepareDatabase(register.database);
    expectFailure(answer, patient, ['FORBIDDEN_FIELD']);
  });

  it('when the database goes away, and it works again when it is back', async () => {
    const patient = await aPatient(register, 8045);
    const line = await aLineTo(register.config.databaseUrl ?? '');
    const database = await Database.connect({ url: line.url, roleSecret: register.config.keys.roles, tables: TABLES });
    try {
      const own = await register.serve({
        database,
        config: { ...register.config, databaseUrl: line.url, logLevel: 'info' },
      });
      const ask = () => own.ask(PS, search(patient));
      expect((await ask()).body.data.patientByInvitation.id).toBe(patient.id);
      await line.cut();
      const answer = await ask();
      expectFailure(answer, patient, ['UNAVAILABLE', 'INTERNAL']);
      expectLogged(answer);
      expect((await fetch(new URL('/readyz', own.url))).status).toBe(503);
      expect((await fetch(new URL('/livez', own.url))).status).toBe(200);
      await line.mend();
      expect((await ask()).body.data.patientByInvitation.id).toBe(patient.id);
    } finally {
      await database.close();
      await line.cut();
    }
  });
});

describe('a value that is refused', () => {
  const wrong = `${aPerson(8100).nir.slice(0, 13)}00`;
  const NIR = wrong === aPerson(8100).nir ? `${wrong.slice(0, 13)}01` : wrong;
  const BORN = '1950-01-01';
  const ASKED: [string, string, object][] = [
    [
      'a NIR with a wrong key, in a variable',
      'query ($nir: Nir!) { patientByNir(nir: $nir, birthDate: "1950-01-01") { id } }',
      { nir: NIR },
    ],
    ['a NIR with a wrong key, in the document', `{ patientByNir(nir: "${NIR}", birthDate: "${BORN}") { id } }`, {}],
    [
      'a NIR in a variable of another type',
      'query ($nir: Int!) { patientByNir(nir: $nir, birthDate: "1950-01-01") { id } }',
      { nir: NIR },
    ],
    [
      'a NIR in a list',
      'query ($nir: Nir!) { patientByNir(nir: $nir, birthDate: "1950-01-01") { id } }',
      { nir: [NIR] },
    ],
    [
      'a NIR as a birth date',
      'query ($date: BirthDate!) { patientByInvitation(code: "AAA-AAA-AAA", birthDate: $date) { id } }',
      { date: NIR },
    ],
    [
      'a NIR as a birth date, in the document',
      `{ patientByInvitation(code: "AAA-AAA-AAA", birthDate: "${NIR}") { id } }`,
      {},
    ],
    ['a NIR as an unknown argument', `{ patientByInvitation(nir: "${NIR}") { id } }`, {}],
    ['a NIR as a number', `{ patientByNir(nir: ${NIR}, birthDate: "${BORN}") { id } }`, {}],
    ['a NIR as a field', `{ patientByNir(nir: "x") { n${NIR} } }`, {}],
    ['a NIR as an operation', `query Q { q${NIR} }`, {}],
    ['a NIR as a directive', `{ __typename @n${NIR} }`, {}],
    ['a NIR as a fragment', `{ ...F${NIR} }`, {}],
    ['a NIR as a type', `query ($v: T${NIR}) { __typename }`, {}],
    ['a NIR in a syntax error', `{ "${NIR}`, {}],
    [
      'a NIR in an input',
      'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }',
      { input: { nir: NIR, [`x${NIR}`]: NIR } },
    ],
    [
      'a NIR as a lot',
      'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id } }',
      {
        input: {
          code: 'AAA-AAA-AAA',
          birthDate: BORN,
          idempotencyKey: NIR,
          rank: 1,
          vaccine: NIR,
          lotNumber: NIR,
          injectionSite: NIR,
          performedAt: '2021-01-01T00:00:00Z',
          placeCategory: 1,
          personAgrees: true,
          personInformed: true,
        },
      },
    ],
    [
      'a NIR as a key',
      'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }',
      {
        input: {
          code: 'AAA-AAA-AAA',
          birthDate: BORN,
          idempotencyKey: NIR,
          performedAt: '2021-01-01T00:00:00Z',
          personAgrees: true,
          personInformed: true,
        },
      },
    ],
    [
      'a NIR as an instant',
      'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }',
      { input: { performedAt: NIR } },
    ],
    [
      'a NIR as an identifier',
      `mutation { issueAttestation(input: { patientId: "${NIR}", code: "${NIR}" }) { id } }`,
      {},
    ],
  ];

  it.each(ASKED)('(%s) is repeated nowhere: not in the answer, the log or the traces', async (_, query, variables) => {
    const answers = [
      await endpoint.ask(PS, query, variables),
      await endpoint.ask(PS, query, variables, { 'accept-language': 'en', 'user-agent': 'x' }),
    ];
    const traces = await asOwner<{ row: string }>(register, 'select row_to_json(t)::text as row from trace t');
    for (const { text, body } of answers) {
      expect(body.errors.length).toBeGreaterThan(0);
      expect(text).not.toContain(NIR);
    }
    expect(logged.join('\n')).not.toContain(NIR);
    expect(traces.map(({ row }) => row).join('\n')).not.toContain(NIR);
  });

  it('forges no line of the log', async () => {
    const evil = 'x\\r\\n{"level":60,"event":"forged"}\\u001b[31m';
    await endpoint.ask(PS, `query Evil { nothing }`, { evil }, { 'user-agent': 'x"}{"event":"forged"' });
    for (const line of logged) expect(Object.keys(JSON.parse(line))).not.toContain('forged');
    expect(logged.join('')).not.toContain('forged');
  });
});

/** A line to the database that can be cut, as a failover does. */
async function aLineTo(databaseUrl: string): Promise<{ url: string; cut(): Promise<void>; mend(): Promise<void> }> {
  const target = new URL(databaseUrl);
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    const onward = net.connect(Number(target.port), target.hostname);
    for (const one of [socket, onward]) {
      sockets.add(one);
      one.on('error', () => undefined).on('close', () => sockets.delete(one));
    }
    socket.pipe(onward).pipe(socket);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.toString(),
    mend: () => listen(port),
    cut: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
