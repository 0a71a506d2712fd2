import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { Principal } from '../../src/access/principal.js';
import { Cursors } from '../../src/read/cursors.js';
import { type APatient, aPatient, aPhysician } from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
const patients: APatient[] = [];
const BORN = ['1950-01-01', '1950-01-02', '1951-00-00'];
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  for (let n = 0; n < 23; n += 1) {
    const person = {
      birthDate: BORN[n % 3] as string,
      department: n % 2 ? '75' : '13',
      sex: n % 5 ? 'F' : 'M',
    } as const;
    patients.push(await aPatient(register, 7000 + n, { doses: 1, person }));
  }
});
afterAll(() => register.close());

const QUERY = `query ($first: Int!, $after: String, $filter: PatientFilter, $orderBy: PatientOrder) {
  patients(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { sex VALUE } } pageInfo { hasNextPage endCursor } } }`;
const queryOf = (value: string): string => QUERY.replace('VALUE', value);
const codeOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.code;

interface List {
  readonly principal: Principal;
  readonly value: string;
  readonly of: (patient: APatient) => string;
  readonly orderBy?: string;
}
const BY_ID: List = { principal: as('DMP'), value: 'id', of: ({ id }) => id, orderBy: 'ID' };
const BY_BIRTH: List = {
  principal: as('DMP'),
  value: 'birthDate',
  of: ({ person }) => person.birthDate,
  orderBy: 'BIRTH_DATE',
};
const BY_PSEUDONYM: List = {
  principal: as('SPF'),
  value: 'pseudonym',
  of: ({ pseudonyms }) => pseudonyms.covid,
  orderBy: 'PSEUDONYM',
};
const LISTS: [string, List][] = [
  ['DMP by ID', BY_ID],
  ['DMP by BIRTH_DATE', BY_BIRTH],
  ['ANSM by BIRTH_DATE', { ...BY_BIRTH, principal: as('ANSM') }],
  ['ANSM in the order of its view', { principal: as('ANSM'), value: 'birthDate', of: BY_BIRTH.of }],
  ['SPF by PSEUDONYM', BY_PSEUDONYM],
  ['SPF in the order of its view', { principal: as('SPF'), value: 'pseudonym', of: BY_PSEUDONYM.of }],
  [
    'ARS by PSEUDONYM',
    { ...BY_PSEUDONYM, principal: as('ARS', { region: '11' }), of: ({ pseudonyms }) => pseudonyms.ars },
  ],
  ['HDH by PSEUDONYM', { ...BY_PSEUDONYM, principal: as('HDH'), of: ({ pseudonyms }) => pseudonyms.snds }],
];

const ask = ({ principal, value, orderBy }: List, variables: object) =>
  endpoint.ask(principal, queryOf(value), { first: 100, orderBy, ...variables });

/** Walks a whole list, so many rows at a time. */
async function walk(list: List, first: number, filter?: object) {
  const found: { cursor: string; node: Record<string, string> }[] = [];
  for (let after: string | null = null; ; ) {
    const answer: Answer = await ask(list, { first, after, filter });
    const { edges, pageInfo } = answer.body.data.patients;
    found.push(...edges);
    expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null);
    if (!pageInfo.hasNextPage) return found;
    expect(edges).toHaveLength(first);
    after = pageInfo.endCursor;
  }
}

describe('the pages of a list', () => {
  it.each(LISTS)('of %s cover every row once, in order, whatever their size', async (_, list) => {
    const rows = list.principal.region ? patients.filter(({ person }) => person.department === '75') : patients;
    const expected = rows.map(list.of).sort();
    for (const first of [1, 7, rows.length, 100]) {
      const found = await walk(list, first);
      expect(found.map(({ node }) => node[list.value])).toEqual(expected);
      expect(new Set(found.map(({ cursor }) => cursor)).size).toBe(rows.length);
    }
  });

  it.each([
    ['sex', { sex: 'M' }, (patient: APatient) => patient.person.sex === 'M', BY_ID],
    [
      'birth date',
      { birthDate: '1951-00-00' },
      (patient: APatient) => patient.person.birthDate === '1951-00-00',
      BY_BIRTH,
    ],
    ['department', { department: '75' }, (patient: APatient) => patient.person.department === '75', BY_PSEUDONYM],
    [
      'age class and sex',
      { ageClass: '70-74', sex: 'F' },
      (patient: APatient) => patient.person.sex === 'F',
      BY_PSEUDONYM,
    ],
    ['nothing', {}, () => true, BY_PSEUDONYM],
  ])('filtered by %s hold the rows that match, and no other', async (_, filter, keeps, list) => {
    const expected = patients.filter(keeps).map(list.of).sort();
    const found = await walk(list, 2, filter);
    expect(found.map(({ node }) => node[list.value])).toEqual(expected);
  });

  it.each([0, 101, -1, 1_000_000_000, -2_147_483_648])('are not of %d rows', async (first) => {
    for (const endpointQuery of [
      ask(BY_ID, { first }),
      endpoint.ask(as('DMP'), `{ patients(first: ${first}) { edges { cursor } } }`),
    ]) {
      const answer = await endpointQuery;
      expect(codeOf(answer)).toBe('PAGE_TOO_LARGE');
      expect(answer.body.data ?? null).toBeNull();
    }
  });
});

describe('a cursor', () => {
  const someCursors = async (list: List) => (await walk(list, 100)).map(({ cursor }) => cursor);

  it('of another view, another filter or another order is refused', async () => {
    const cursorOf = async (list: List, filter?: object) => (await walk(list, 100, filter))[0]?.cursor;
    const uses: [string | undefined, List, object?][] = [
      [await cursorOf(BY_PSEUDONYM), { ...BY_PSEUDONYM, principal: as('DREES') }],
      [await cursorOf(BY_ID), BY_BIRTH],
      [await cursorOf(BY_BIRTH), { ...BY_BIRTH, principal: as('ANSM') }],
      [await cursorOf(BY_ID), BY_ID, { sex: 'F' }],
      [await cursorOf(BY_ID, { sex: 'M' }), BY_ID, { sex: 'F' }],
      [await cursorOf(BY_ID, { sex: 'M' }), BY_ID],
    ];
    for (const [after, list, filter] of uses) expect(codeOf(await ask(list, { after, filter }))).toBe('INVALID_CURSOR');
  });

  it('of another list of the same view is refused', async () => {
    const physician = aPhysician(1);
    await aPatient(register, 7100, { attending: { rpps: physician.subject, consent: true } });
    await endpoint.ask(physician, 'mutation { requestUnvaccinatedList }');
    const { body } = await endpoint.ask(physician, '{ myPatients { edges { cursor } } }');
    const after = body.data.myPatients.edges[0].cursor;
    const answer = await endpoint.ask(physician, `{ unvaccinatedPatients(after: "${after}") { edges { cursor } } }`);
    expect(codeOf(answer)).toBe('INVALID_CURSOR');
  });

  it('that was altered is refused over HTTP', async () => {
    const [cursor = ''] = await someCursors(BY_ID);
    const altered = [
      '',
      ' ',
      'x',
      `${cursor}=`,
      `${cursor}A`,
      ` ${cursor}`,
      cursor.slice(1),
      cursor.slice(0, -1),
      cursor.slice(0, 16),
      cursor.toUpperCase(),
      [...cursor].reverse().join(''),
      Buffer.from(JSON.stringify(['0', '0'])).toString('base64url'),
      `1' or '1'='1`,
      '\0',
    ];
    for (const after of altered) {
      const answer = await ask(BY_ID, { after });
      expect([after, codeOf(answer)]).toEqual([after, 'INVALID_CURSOR']);
    }
  });

  it('altered in any of ten thousand ways is refused', () => {
    const cursors = new Cursors(randomBytes(32));
    const refused = (cursor: string, binding = 'list') => {
      try {
        cursors.open(cursor, binding);
      } catch (error) {
        if ((error as { code?: string }).code === 'INVALID_CURSOR') return;
      }
      throw new Error(`accepted or ill refused: ${cursor}`);
    };
    const position = fc.tuple(fc.string({ maxLength: 40 }), fc.nat().map(String));
    const alteration = fc.oneof(
      fc.record({ at: fc.nat(), xor: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ cut: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ more: fc.base64String({ minLength: 1, maxLength: 8 }) }),
      fc.record({ binding: fc.string().filter((binding) => binding !== 'list') }),
    );
    fc.assert(
      fc.property(position, alteration, (given, how) => {
        const cursor = cursors.seal(given, 'list');
        expect(cursors.open(cursor, 'list')).toEqual(given);
        if ('binding' in how) return refused(cursor, how.binding);
        if ('more' in how) return refused(cursor + how.more);
        if ('cut' in how) return refused(cursor.slice(0, -how.cut));
        const bytes = Buffer.from(cursor, 'base64url');
        const at = how.at % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ how.xor;
        refused(bytes.toString('base64url'));
      }),
      { numRuns: 10_000, seed: 1690 },
    );
  });

  it('sealed under another key is refused', () => {
    const cursor = new Cursors(randomBytes(32)).seal(['a', '1'], 'list');
    expect(() => new Cursors(randomBytes(32)).open(cursor, 'list')).toThrow(
      expect.objectContaining({ code: 'INVALID_CURSOR' }),
    );
  });

  it('holds no identifier, NIR, name, date or pseudonym, however it is decoded', async () => {
    for (const list of [BY_ID, BY_BIRTH, BY_PSEUDONYM]) {
      const decoded = (await someCursors(list)).flatMap(decodings);
      for (const { id, key, person, pseudonyms } of patients) {
        const values = [id, person.nir, person.birthName, person.birthDate, pseudonyms.covid, `"${key}"`];
        // The hex of a short one is a few digits, which chance alone writes sooner or later.
        const hex = values.filter((value) => value.length >= 6).map((value) => Buffer.from(value).toString('hex'));
        const forms = [...values.flatMap((value) => [value, value.replaceAll('-', '')]), ...hex];
        for (const form of forms) expect(decoded.some((text) => text.includes(form))).toBe(false);
      }
    }
  });

  it('is as long for every row of a list', async () => {
    for (const list of [BY_ID, BY_BIRTH, BY_PSEUDONYM])
      expect(new Set((await someCursors(list)).map((cursor) => cursor.length)).size).toBe(1);
  });

  const decodings = (cursor: string): string[] => {
    const bytes = Buffer.from(cursor, 'base64url');
    const reversed = Buffer.from(bytes).reverse();
    return [bytes, reversed].flatMap((one) =>
      (['latin1', 'utf8', 'hex', 'base64', 'utf16le'] as const).map((encoding) => one.toString(encoding)),
    );
  };
});

describe('a filter or an order', () => {
  it.each([
    ['SPF', 'birthDate', '1950-01-01'],
    ['SPF', 'birthYear', 1950],
    ['ANSM', 'department', '75'],
    ['ANSM', 'ageClass', '70-74'],
    ['DMP', 'department', '75'],
    ['DMP', 'birthYear', 1950],
    ['ARS', 'department', '75'],
    ['HDH', 'nir', '1'],
  ] as const)(
    'by what %s is not granted (%s) is refused, as literal and as variable',
    async (recipient, field, value) => {
      const principal = as(recipient, recipient === 'ARS' ? { region: '11' } : {});
      const literal = `{ patients(filter: { ${field}: ${JSON.stringify(value)} }) { edges { cursor } } }`;
      const variable = 'query ($filter: PatientFilter) { patients(filter: $filter) { edges { cursor } } }';
      const answers = [
        await endpoint.ask(principal, literal),
        await endpoint.ask(principal, variable, { filter: { [field]: value } }),
      ];
      expect(answers.map(codeOf)).toEqual(['INVALID_DOCUMENT', 'INVALID_VARIABLES']);
      expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    },
  );

  it.each([
    ['SPF', 'BIRTH_DATE'],
    ['SPF', 'ID'],
    ['ANSM', 'ID'],
    ['DMP', 'PSEUDONYM'],
  ] as const)('of %s by %s is refused', async (recipient, orderBy) => {
    const answer = await endpoint.ask(as(recipient), `{ patients(orderBy: ${orderBy}) { edges { cursor } } }`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'INVALID_DOCUMENT']);
  });
});
