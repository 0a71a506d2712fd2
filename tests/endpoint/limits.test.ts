import { getIntrospectionQuery, parse, visit } from 'graphql';
import { LIMITS } from '../../src/endpoint/limits.js';
import { LIST_SIZES } from '../../src/law/list-sizes.js';
import { aPhysician } from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
});
afterAll(() => register.close());

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const page = (inside: string): string => `{ patients { edges { node { ${inside} } } } }`;
const refusal = ({ body }: Answer): [string, string] | undefined => {
  const [error] = body.errors ?? [];
  return error && [error.extensions.code, error.extensions.field];
};

/** A document at each limit, by how much it asks for: the limit itself passes, one more does not. */
const AT_LIMIT: Record<string, { limit: keyof typeof LIMITS; build(n: number): string; passes?: string }> = {
  aliases: { limit: 'aliases', build: (n) => page(times(n, (at) => `a${at}: sex`)) },
  'aliases of __typename': { limit: 'aliases', build: (n) => page(times(n, (at) => `a${at}: __typename`)) },
  'one name': { limit: 'duplicates', build: (n) => page(times(n, () => 'sex')) },
  __typename: { limit: 'duplicates', build: (n) => page(times(n, () => '__typename')) },
  roots: { limit: 'roots', build: (n) => `{ ${times(n, (at) => `a${at}: patients(first: 1) { edges { cursor } }`)} }` },
  directives: { limit: 'directives', build: (n) => page(times(n, () => 'sex @skip(if: false)')) },
  fragments: {
    limit: 'fragments',
    build: (n) => `${page(times(n, (at) => `...F${at}`))} ${times(n, (at) => `fragment F${at} on Patient { sex }`)}`,
  },
  operations: { limit: 'operations', build: (n) => times(n, (at) => `query Q${at} { __typename }`) },
  searches: {
    limit: 'searches',
    build: (n) => `{ ${times(n, (at) => `a${at}: patientByNir(nir: "1", birthDate: "1950") { id }`)} }`,
    passes: 'another refusal',
  },
  depth: {
    limit: 'depth',
    build: (n) => `${'{ a '.repeat(n - 1)}{ b }${'}'.repeat(n - 1)}`,
    passes: 'another refusal',
  },
  literals: {
    limit: 'literals',
    build: (n) => `{ patients(filter: ${'{a:'.repeat(n)}1${'}'.repeat(n)}) { edges { cursor } } }`,
    passes: 'another refusal',
  },
  variables: {
    limit: 'variables',
    build: (n) => `query (${times(n, (at) => `$v${at}: Int`)}) { __typename }`,
    passes: 'another refusal',
  },
  'directives on the operation': {
    limit: 'directives',
    build: (n) => `query ${times(n, () => '@a')} { __typename }`,
    passes: 'another refusal',
  },
  arguments: {
    limit: 'arguments',
    build: (n) => `{ patients(${times(n, (at) => `a${at}: 1`)}) { edges { cursor } } }`,
    passes: 'another refusal',
  },
  'spreads of fragments that do not exist': {
    limit: 'fragments',
    build: (n) => page(times(n, (at) => `...F${at}`)),
    passes: 'another refusal',
  },
  'spreads of one fragment': {
    limit: 'duplicates',
    build: (n) => `${page(times(n, () => '...F'))} fragment F on Patient { __typename }`,
  },
  tokens: { limit: 'tokens', build: (n) => `{ ${'a '.repeat(n - 2)}}`, passes: 'fields' },
};

describe('a document', () => {
  it.each(Object.entries(AT_LIMIT))(
    'may reach the limit of %s and not exceed it',
    async (_, { limit, build, passes }) => {
      const at = await endpoint.ask(as('SPF'), build(LIMITS[limit]));
      if (!passes) expect(at.body.errors).toBeUndefined();
      else expect(refusal(at)).not.toEqual(['DOCUMENT_TOO_COMPLEX', limit]);
      const beyond = await endpoint.ask(as('SPF'), build(LIMITS[limit] + 1));
      expect([beyond.status, ...(refusal(beyond) ?? [])]).toEqual([400, 'DOCUMENT_TOO_COMPLEX', limit]);
    },
  );
});

const DOSE = LIST_SIZES['Patient.injectionSteps'].most;

describe('the cost of a document, in rows, is told before anything is read', () => {
  const doses = '{ edges { node { injectionSteps { rank professional { rpps } } } } }';
  const each = 1 + 2 * DOSE;
  const most = Math.floor(5000 / each / 5);
  const five = (first: string, head = ''): string =>
    `query ${head} { ${times(5, (at) => `a${at}: patients(first: ${first}) ${doses}`)} }`;

  it.each([
    ['a page size in the document', five(String(most)), {}, five(String(most + 1)), {}],
    ['a page size in a variable', five('$n', '($n: Int!)'), { n: most }, five('$n', '($n: Int!)'), { n: most + 1 }],
    [
      'a page size in a variable’s default',
      five('$n', `($n: Int! = ${most})`),
      {},
      five('$n', `($n: Int! = ${most + 1})`),
      {},
    ],
    [
      'the page size of the schema, twice and a half',
      `{ ${times(5, (at) => `a${at}: patients ${doses}`)} }`,
      {},
      `{ ${times(5, (at) => `a${at}: patients { edges { node { injectionSteps { rank } more: injectionSteps { rank } again: injectionSteps { rank } } } }`)} }`,
      {},
    ],
    [
      'lists behind fragments',
      `{ ${times(5, (at) => `a${at}: patients(first: ${most}) { ...C }`)} } fragment C on PatientConnection ${doses}`,
      {},
      `{ ${times(5, (at) => `a${at}: patients(first: ${most + 1}) { ...C }`)} } fragment C on PatientConnection ${doses}`,
      {},
    ],
  ])('%s', async (_, affordable, itsVariables, dear, dearVariables) => {
    const journal = async (): Promise<number> =>
      Number((await register.database.owner.query('select count(*) from trace'))[0].count);
    expect((await endpoint.ask(as('ANSM'), affordable, itsVariables)).body.errors).toBeUndefined();
    const before = await journal();
    const refused = await endpoint.ask(as('ANSM'), dear, dearVariables);
    expect([refused.status, ...(refusal(refused) ?? [])]).toEqual([400, 'DOCUMENT_TOO_COMPLEX', 'cost']);
    expect(await journal()).toBe(before);
  });

  it('of a whole page with all that hangs on its persons is affordable', async () => {
    const query = `{ myPatients(first: 100) { edges { cursor node { id injectionSteps { rank professional { rpps } } eligibilityStep { performedAt professional { rpps } } } } pageInfo { endCursor } } }`;
    expect((await endpoint.ask(aPhysician(1), query)).body.errors).toBeUndefined();
  });

  it.each([0, -1, 101, 2 ** 31 - 1])('a page of %d is refused whatever it costs', async (first) => {
    const answer = await endpoint.ask(as('SPF'), `{ patients(first: ${first}) { edges { cursor } } }`);
    expect(refusal(answer)?.[0]).toBe('PAGE_TOO_LARGE');
  });
  it.each(['1e9', '1000000000000', '"5"', 'true', 'null', '[1]', '{}'])('a page of %s is no page', async (first) => {
    const answer = await endpoint.ask(as('SPF'), `{ patients(first: ${first}) { edges { cursor } } }`);
    expect(answer.status).toBe(400);
    for (const given of [first.startsWith('[') ? [1] : first, Number.NaN, 1.5, 1e12]) {
      const late = await endpoint.ask(as('SPF'), 'query ($n: Int!) { patients(first: $n) { edges { cursor } } }', {
        n: given,
      });
      expect(refusal(late)?.[0]).toBe('INVALID_VARIABLES');
    }
  });
  it('a cursor of 19 kB is a false cursor like any other', async () => {
    const answer = await endpoint.ask(as('SPF'), `{ patients(after: "${'A'.repeat(19_000)}") { edges { cursor } } }`);
    expect(refusal(answer)?.[0]).toBe('INVALID_CURSOR');
  });
});

describe('the sizes of lists', () => {
  it('are declared in the law for every list of rows that a schema offers', async () => {
    const { fullSchema } = await import('../../src/schema.js');
    const { printSchema } = await import('graphql');
    const lists = new Set<string>();
    const document = parse(printSchema(fullSchema()));
    const objects = new Set<string>();
    visit(document, { ObjectTypeDefinition: ({ name }) => void objects.add(name.value) });
    visit(document, {
      ObjectTypeDefinition: ({ name, fields = [] }) => {
        for (const field of fields) {
          const text = JSON.stringify(field.type);
          const named = /"NamedType","name":\{"kind":"Name","value":"(\w+)"/.exec(text)?.[1] ?? '';
          if (text.includes('ListType') && objects.has(named) && !named.endsWith('Edge'))
            lists.add(`${name.value}.${field.name.value}`);
        }
      },
    });
    expect([...lists].sort()).toEqual(Object.keys(LIST_SIZES).sort());
  });
});

describe('introspection', () => {
  it('of one’s own view is answered to the tools that ask for all of it', async () => {
    const answer = await endpoint.ask(as('SPF'), getIntrospectionQuery());
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('birthName');
    expect(answer.body.data.__schema.types.map(({ name }: { name: string }) => name)).toContain('Patient');
  });
  it('is closed when the configuration says so, while questions are answered', async () => {
    const surface = { ...register.config.surface, introspection: 'off' as const };
    const closed = await register.serve({ config: { ...register.config, surface } });
    for (const query of [
      getIntrospectionQuery(),
      '{ __schema { types { name } } }',
      '{ __type(name: "Patient") { name } }',
    ]) {
      const answer = await closed.ask(as('SPF'), query);
      expect([answer.status, refusal(answer)?.[0]]).toEqual([400, 'INTROSPECTION_OFF']);
      expect(answer.body.data).toBeUndefined();
    }
    expect((await closed.ask(as('SPF'), '{ __typename myRights { category } }')).status).toBe(200);
  });
  it.each(['patint', 'pseudonim', 'nirr', 'patientss'])('« %s » is suggested no other name', async (name) => {
    const { text } = await endpoint.ask(as('SPF'), `{ ${name} }`);
    expect(text).not.toMatch(/mean|patients|pseudonym/i);
  });
});
