import { createHash } from 'node:crypto';
import { TEXTS } from '../../src/law/texts.js';
import { aCanaryWorld, type Canary, type CanaryWorld, lettersOf } from '../builders/a-canary-world.js';
import { type Answer, aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { ALL_FIELDS, grantedTo, mayCall, mayRead, nameOf, TYPES, typeOf } from '../law/comparing.js';
import { type Field, type Recipient, TRANSCRIBED_RECIPIENTS, WORKED_OUT } from '../law/transcription.js';
import { bytesOf, inParallel, refusalsIn, send } from './asking.js';
import { type Attempt, attempts, isOpen, type Route, refusalOn, routesAbout, SHAPES } from './documents.js';

const WIDTH = 8;
let register: Register;
let endpoint: Endpoint;
let world: CanaryWorld;
const counts = { cases: 0, requests: 0, paths: new Set<string>(), principals: new Set<string>() };

beforeAll(async () => {
  register = await aRegister();
  world = await aCanaryWorld(register);
  endpoint = await register.serve();
  await endpoint.ask(world.principal('MEDECIN_TRAITANT'), 'mutation { requestUnvaccinatedList }');
});

afterAll(async () => {
  await register.close();
  const { cases, requests, paths, principals } = counts;
  process.stdout.write(
    `every field: ${cases} cases in ${requests} requests, ${principals.size} recipients, ${paths.size} paths, 0 canaries\n`,
  );
});

const subject = () => world.people.A as CanaryWorld['people'][string];
const fieldsOf = (type: string): Field[] => ALL_FIELDS.filter((field) => typeOf(field) === type);

/** A recipient's own ways to a type; when it has none, one way that belongs to others. */
function routesOf(recipient: Recipient, type: string): Route[] {
  const routes = routesAbout(subject()).filter((route) => route.type === type);
  const own = routes.filter(({ root }) => mayCall(recipient, root));
  return own.length > 0 ? own : routes.slice(0, 1);
}

async function tried(recipient: Recipient, attempt: Attempt): Promise<Answer> {
  const answer = await send(endpoint, world.principal(recipient), attempt.body);
  counts.cases += attempt.fields.length;
  counts.requests += 1;
  counts.principals.add(recipient);
  const { root, links } = attempt.route;
  counts.paths.add(`${attempt.shape} · ${[root, ...links].join('.')}`);
  return answer;
}

const leaksOf = (recipient: Recipient, answer: Answer): string[] =>
  world.leaks(recipient, bytesOf(answer), 'A').map(({ field, person }) => `${field} of ${person}`);

/** Complaints about one refused document: not refused, refused without text, refused for something else, or leaking. */
function complaints(recipient: Recipient, { route, fields, body }: Attempt, answer: Answer): string[] {
  const seen = refusalsIn(answer);
  const expected = fields.map((field) => refusalOn(recipient, route, field));
  const missing = expected.filter((one) => !seen.some(({ code, field }) => code === one?.code && field === one.field));
  const unsourced = seen.filter(
    ({ code, article }) => code.startsWith('FORBIDDEN') && !Object.hasOwn(TEXTS, article ?? ''),
  );
  const strange = seen.filter(
    ({ code }) => !['FORBIDDEN_FIELD', 'FORBIDDEN_OPERATION', 'INVALID_DOCUMENT'].includes(code),
  );
  const found = [
    ...missing.map((one) => `not refused: ${one?.field}`),
    ...unsourced.map(({ field, article }) => `${field} refused by no text: ${article}`),
    ...strange.map(({ code }) => `answered ${code}`),
    ...(answer.body?.data ? ['executed'] : []),
    ...leaksOf(recipient, answer).map((leak) => `leaked ${leak}`),
  ];
  return found.map((complaint) => `${recipient} · ${complaint} · ${answer.status} · ${body.query}`);
}

/** Complaints about a granted document: refused, or showing more than it may. */
function regrets(recipient: Recipient, { body }: Attempt, answer: Answer): string[] {
  const refused = answer.status === 200 && !answer.body?.errors ? [] : [`refused ${answer.text.slice(0, 200)}`];
  const leaks = leaksOf(recipient, answer).map((leak) => `leaked ${leak}`);
  return [...refused, ...leaks].map((regret) => `${recipient} · ${regret} · ${body.query}`);
}

describe('a field that is not granted is refused before execution, with its article, whatever the path', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    for (const type of TYPES) {
      const denied = fieldsOf(type).filter((field) => !grantedTo(recipient).has(field));
      if (denied.length === 0) continue;
      it(`art. 3 · ${recipient} · ${type}.{${denied.map(nameOf).join()}} · refused`, async () => {
        const all = routesOf(recipient, type).flatMap((route) =>
          Object.keys(SHAPES).flatMap((shape) => attempts(shape, route, denied)),
        );
        const found: string[] = [];
        await inParallel(WIDTH, all, async (attempt) => {
          found.push(...complaints(recipient, attempt, await tried(recipient, attempt)));
        });
        expect(found).toEqual([]);
      });
    }
  }
});

describe('a granted field is answered on every path, within the perimeter', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS.filter((one) => grantedTo(one).size > 0)) {
    it(`${recipient} reads what the texts give and meets no other canary`, async () => {
      const routes = routesAbout(subject()).filter((route) => route.kind === 'query' && isOpen(recipient, route));
      const all = routes.flatMap((route) => {
        const granted = fieldsOf(route.type).filter((field) => grantedTo(recipient).has(field));
        return Object.keys(SHAPES).flatMap((shape) => attempts(shape, route, granted));
      });
      const found: string[] = [];
      const seen = new Set<string>();
      await inParallel(WIDTH, all, async (attempt) => {
        const answer = await tried(recipient, attempt);
        found.push(...regrets(recipient, attempt, answer));
        for (const canary of world.seen(answer.text)) seen.add(`${canary.field} of ${canary.person}`);
      });
      expect(found).toEqual([]);
      expect([...expectedSights(recipient)].filter((sight) => !seen.has(sight))).toEqual([]);
    });
  }
});

/** The canaries that a recipient must have met, or the test proves nothing: its fields of those whom it reaches. */
function expectedSights(recipient: Recipient): Set<string> {
  // One person is asked for by identifier, number or code; lists show everyone.
  const reached =
    mayCall(recipient, 'patient') && !mayCall(recipient, 'myPatients') ? ['A'] : lettersOf(recipient, 'A');
  const sights = world.canaries.filter(({ field, person, space }) => {
    const condition = grantedTo(recipient).get(field as Field);
    const owner = world.people[person ?? ''];
    if (!condition || !owner || space || !reached.includes(owner.letter)) return false;
    // Without the consultation, professionals are met on injections only.
    const met =
      !field.startsWith('Professional.') || mayRead(recipient, 'Patient', 'eligibilityStep') || owner.doses > 0;
    return met && (condition !== 'consent' || owner.consent);
  });
  return new Set(sights.map(({ field, person }) => `${field} of ${person}`));
}

/** One document of all that a recipient is denied of a type, on its own way there. */
const deniedDocuments = (recipient: Recipient): Attempt[] =>
  TYPES.flatMap((type) => {
    const denied = fieldsOf(type).filter((field) => !grantedTo(recipient).has(field));
    return routesOf(recipient, type).flatMap((route) => (denied.length > 0 ? attempts('direct', route, denied) : []));
  });

const json = { 'content-type': 'application/json' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const persisted = (query: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(query) } });

/** The other ways into a GraphQL server, and what each is answered with here. */
const TRANSPORTS: Readonly<
  Record<string, { code: string; init(query: string, url: string): RequestInit & { url?: string } }>
> = {
  GET: { code: 'METHOD_NOT_ALLOWED', init: () => ({ method: 'GET' }) },
  PUT: {
    code: 'METHOD_NOT_ALLOWED',
    init: (query) => ({ method: 'PUT', headers: json, body: JSON.stringify({ query }) }),
  },
  'batch array': {
    code: 'INVALID_REQUEST',
    init: (query) => ({ headers: json, body: JSON.stringify([{ query }, { query }]) }),
  },
  'hash of a persisted query': {
    code: 'INVALID_REQUEST',
    init: (query) => ({ headers: json, body: JSON.stringify({ extensions: persisted(query) }) }),
  },
  'persisted identifier': {
    code: 'INVALID_REQUEST',
    init: (query) => ({ headers: json, body: JSON.stringify({ id: sha256(query), documentId: sha256(query) }) }),
  },
  'identifier of a trusted document': {
    code: 'UNTRUSTED_DOCUMENT',
    init: (query) => ({ headers: json, body: JSON.stringify({ documentId: `sha256:${sha256(query)}` }) }),
  },
  'query registered with its hash': {
    code: 'INVALID_REQUEST',
    init: (query) => ({ headers: json, body: JSON.stringify({ query, extensions: persisted(query) }) }),
  },
  subscription: {
    code: 'INVALID_DOCUMENT',
    init: (query) => ({
      headers: json,
      body: JSON.stringify({ query: query.replace(/^(query|mutation)/, 'subscription') }),
    }),
  },
  multipart: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    init: (query) => {
      const form = new FormData();
      form.set('operations', JSON.stringify({ query }));
      form.set('map', '{}');
      return { body: form };
    },
  },
  'form of a web page': { code: 'UNSUPPORTED_MEDIA_TYPE', init: (query) => ({ body: new URLSearchParams({ query }) }) },
  'plain text': {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    init: (query) => ({ headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ query }) }),
  },
  'UTF-16': {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    init: (query) => ({
      headers: { 'content-type': 'application/json; charset=utf-16' },
      body: JSON.stringify({ query }),
    }),
  },
};

describe('no other way into the server leads past the walls', () => {
  for (const [name, { code, init }] of Object.entries(TRANSPORTS)) {
    it(`${name} · answered ${code}, for every recipient and denied field`, async () => {
      const all = TRANSCRIBED_RECIPIENTS.flatMap((recipient) =>
        deniedDocuments(recipient).map((one) => ({ recipient, one })),
      );
      const found: string[] = [];
      await inParallel(WIDTH, all, async ({ recipient, one }) => {
        const { headers, ...rest } = init(one.body.query, endpoint.url);
        const authorization = `Bearer ${await endpoint.tokenFor(world.principal(recipient))}`;
        const answer = await endpoint.post({ ...rest, headers: { ...(headers as object), authorization } });
        counts.requests += 1;
        counts.cases += one.fields.length;
        counts.paths.add(name);
        const codes = refusalsIn(answer).map((refusal) => refusal.code);
        const asExpected = codes.length > 0 && codes.every((seen) => seen.startsWith(code) || name === 'subscription');
        if (!asExpected || answer.body?.data) found.push(`${recipient} · ${codes} · ${one.body.query}`);
        found.push(...leaksOf(recipient, answer).map((leak) => `${recipient} · leaked ${leak}`));
      });
      expect(found).toEqual([]);
    });
  }
});

describe('a document that another recipient has just been answered', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS.filter((one) => grantedTo(one).size > 0)) {
    it(`is judged anew for ${recipient}`, async () => {
      const found: string[] = [];
      const others = TRANSCRIBED_RECIPIENTS.filter((one) => one !== recipient);
      const pairs = others.flatMap((donor) => documentsOf(donor, recipient).map((attempt) => ({ donor, attempt })));
      await inParallel(WIDTH, pairs, async ({ donor, attempt }) => {
        expect((await tried(donor, attempt)).body.errors).toBeUndefined();
        const denied = attempt.fields.filter((field) => refusalOn(recipient, attempt.route, field));
        found.push(...complaints(recipient, { ...attempt, fields: denied }, await tried(recipient, attempt)));
      });
      expect(found).toEqual([]);
    });
  }
});

/** What one recipient may read on a way that both may take, of which the other may not read all. */
const documentsOf = (donor: Recipient, recipient: Recipient): Attempt[] =>
  routesAbout(subject())
    .filter((route) => route.kind === 'query' && mayCall(recipient, route.root) && isOpen(donor, route))
    .flatMap((route) =>
      attempts(
        'direct',
        route,
        fieldsOf(route.type).filter((field) => grantedTo(donor).has(field)),
      ),
    )
    .filter(({ route, fields }) => fields.some((field) => refusalOn(recipient, route, field)));

describe('introspection', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    it(`shows ${recipient} the fields and operations that it is granted, and no other`, async () => {
      const query = '{ __schema { types { name fields(includeDeprecated: true) { name } } } }';
      const { body } = await endpoint.ask(world.principal(recipient), query);
      const types: { name: string; fields: { name: string }[] | null }[] = body.data.__schema.types;
      const shown = (type: string) => types.find(({ name }) => name === type)?.fields?.map(({ name }) => name) ?? [];
      for (const type of TYPES) expect(shown(type).filter((field) => !mayRead(recipient, type, field))).toEqual([]);
      for (const root of ['Query', 'Mutation'])
        expect(shown(root).filter((name) => !mayCall(recipient, name))).toEqual([]);
    });
    it(`does not tell ${recipient} of a field by __type or by a suggestion`, async () => {
      const denied = ALL_FIELDS.filter((field) => !grantedTo(recipient).has(field));
      const found: string[] = [];
      await inParallel(WIDTH, TYPES, async (type) => {
        const answer = await endpoint.ask(
          world.principal(recipient),
          `{ __type(name: "${type}") { fields { name } } }`,
        );
        const shown: string[] = answer.body.data.__type?.fields.map(({ name }: { name: string }) => name) ?? [];
        found.push(...denied.filter((field) => typeOf(field) === type && shown.includes(nameOf(field))));
      });
      const misspelt = await endpoint.ask(
        world.principal(recipient),
        '{ myRights { categorie } patiens { birthNam } }',
      );
      expect(misspelt.text).not.toMatch(/Did you mean|category|patients|birthName/);
      expect(found).toEqual([]);
    });
  }
});

describe('SECURITY A8 · lists are filtered and sorted by granted fields only', () => {
  const FILTERS = { sex: 'F', birthDate: '"1941-01-11"', birthYear: 1941, ageClass: '"80+"', department: '"75"' };
  const ORDERS = { ID: 'id', PSEUDONYM: 'pseudonym', BIRTH_DATE: 'birthDate' };
  const ask = (recipient: Recipient, args: string) =>
    endpoint.ask(world.principal(recipient), `{ patients(first: 2, ${args}) { pageInfo { hasNextPage } } }`);

  for (const recipient of TRANSCRIBED_RECIPIENTS.filter((one) => mayCall(one, 'patients'))) {
    for (const [name, value] of Object.entries(FILTERS)) {
      const granted = mayRead(recipient, 'Patient', name);
      it(`${recipient} · filter on ${name} · ${granted ? 'answered' : 'refused'}`, async () => {
        const literal = await ask(recipient, `filter: {${name}: ${value}}`);
        const variable = await endpoint.ask(
          world.principal(recipient),
          'query Q($filter: PatientFilter) { patients(filter: $filter) { pageInfo { hasNextPage } } }',
          { filter: { [name]: typeof value === 'number' ? value : value.replaceAll('"', '') } },
        );
        for (const answer of [literal, variable]) {
          expect(Boolean(answer.body.errors)).toBe(!granted);
          expect(answer.text).not.toContain('1941');
        }
      });
    }
    for (const [key, name] of Object.entries(ORDERS)) {
      const granted = mayRead(recipient, 'Patient', name);
      it(`${recipient} · order by ${key} · ${granted ? 'answered' : 'refused'}`, async () => {
        expect(Boolean((await ask(recipient, `orderBy: ${key}`)).body.errors)).toBe(!granted);
      });
    }
    it(`${recipient} · no other field is a filter or a sort key`, async () => {
      await inParallel(WIDTH, [...new Set(ALL_FIELDS.map(nameOf))], async (field) => {
        const column = field.replace(/([A-Z])/g, '_$1').toUpperCase();
        if (!(field in FILTERS)) expect((await ask(recipient, `filter: {${field}: "A"}`)).body.data).toBeUndefined();
        if (!(column in ORDERS)) expect((await ask(recipient, `orderBy: ${column}`)).body.data).toBeUndefined();
      });
    });
  }
});

describe('what is withheld or absent tells nothing more', () => {
  const ask = (recipient: Recipient, query: string) => endpoint.ask(world.principal(recipient), query);
  const person = (letter: string) => world.people[letter] as CanaryWorld['people'][string];
  const health = 'treatments contraindications infectionDate injectionSteps { rank } eligibilityStep { performedAt }';

  it('art. 3, I, 2° · without consent, a vaccinated patient and an unvaccinated one look the same', async () => {
    const [vaccinated, not] = await Promise.all(
      ['B', 'F'].map((letter) => ask('MEDECIN_TRAITANT', `{ patient(id: "${person(letter).id}") { ${health} } }`)),
    );
    expect(vaccinated?.text).toBe(not?.text);
    expect(vaccinated?.status).toBe(not?.status);
    expect(headerNames(vaccinated as Answer)).toEqual(headerNames(not as Answer));
    expect(
      vaccinated?.body.extensions.withheld.every((one: object) => Object.keys(one).join() === 'field,article'),
    ).toBe(true);
  });
  it('outside the perimeter is answered like nobody', async () => {
    const nobody = '0b0d0000-0000-4000-8000-000000000000';
    for (const [recipient, letter] of [
      ['MEDECIN_TRAITANT', 'E'],
      ['AGENT_AM', 'C'],
      ['AGENT_AM', 'F'],
      ['AGENT_ATTESTATION', 'H'],
    ] as const) {
      const [outside, unknown] = await Promise.all(
        [person(letter).id, nobody].map((id) => ask(recipient, `{ patient(id: "${id}") { birthName } }`)),
      );
      expect(outside?.text).toBe(unknown?.text);
      expect(headerNames(outside as Answer)).toEqual(headerNames(unknown as Answer));
    }
  });
  it('AIPD M1.47 · a code with another birth date is answered like a code of nobody', async () => {
    const answers = await Promise.all(
      [
        `patientByInvitation(code: "${person('A').code}", birthDate: "1941-01-12")`,
        'patientByInvitation(code: "QQQ-QQQ-QQQ", birthDate: "1941-01-11")',
      ].map((search) => ask('PS', `{ found: ${search} { birthName } }`)),
    );
    expect(answers[0]?.text).toBe(answers[1]?.text);
  });
  it('a list of unvaccinated patients names nobody who is vaccinated, and nothing of health', async () => {
    const { body, text } = await ask(
      'MEDECIN_TRAITANT',
      `{ unvaccinatedPatients { edges { node { birthName ${health} } } } }`,
    );
    const names = body.data.unvaccinatedPatients.edges.map(
      ({ node }: { node: { birthName: string } }) => node.birthName,
    );
    expect(names.sort()).toEqual(['ZQDBIRTHNAMED', 'ZQFBIRTHNAMEF']);
    expect(
      [...world.seen(text)].map(({ field }) => field).filter((field) => !field.startsWith('Patient.birthName')),
    ).toEqual([]);
  });
  it('cursors have one length and are bound to their view and list', async () => {
    const pages = await Promise.all(
      (['SPF', 'DREES', 'ANSM', 'DMP'] as const).map((one) => ask(one, '{ patients { edges { cursor } } }')),
    );
    const cursors: string[][] = pages.map(({ body }) =>
      body.data.patients.edges.map((edge: { cursor: string }) => edge.cursor),
    );
    expect(new Set(cursors.flat().map((cursor) => cursor.length)).size).toBe(1);
    expect(new Set(cursors.flat()).size).toBe(cursors.flat().length);
    const stolen = await ask('DREES', `{ patients(after: "${cursors[0]?.[0]}") { pageInfo { hasNextPage } } }`);
    expect(refusalsIn(stolen).map(({ code }) => code)).toEqual(['INVALID_CURSOR']);
  });
  it('rows come in the order of a granted field', async () => {
    const { body } = await ask('ANSM', '{ patients { edges { node { birthDate } } } }');
    const dates: string[] = body.data.patients.edges.map(({ node }: { node: { birthDate: string } }) => node.birthDate);
    expect(dates).toEqual([...dates].sort());
    const spf = await ask('SPF', '{ patients { edges { node { pseudonym } } } }');
    const pseudonyms: string[] = spf.body.data.patients.edges.map(
      ({ node }: { node: { pseudonym: string } }) => node.pseudonym,
    );
    expect(pseudonyms.length).toBe(lettersOf('SPF').length);
  });
});

const headerNames = ({ headers }: Answer): string[] => [...headers.keys()].sort();

describe('the payload of a mutation shows what a query would', () => {
  const person = (letter: string) => world.people[letter] as CanaryWorld['people'][string];
  const everything = (recipient: Recipient, route: Route): string =>
    fieldsOf(route.type)
      .filter((field) => grantedTo(recipient).has(field))
      .map(nameOf)
      .join(' ');
  const steps = [
    ['PS', 'recordEligibility', 'K'],
    ['PS', 'recordInjection', 'K'],
    ['PS', 'issueAttestation', 'J'],
    ['AGENT_ATTESTATION', 'issueAttestation', 'J'],
  ] as const;
  for (const [recipient, root, letter] of steps) {
    it(`${recipient} · ${root} · granted fields only`, async () => {
      const about = person(letter);
      const [route] = routesAbout(about).filter((one) => one.root === root && one.links.length === 0);
      const input =
        recipient === 'PS' ? `code: "${about.code}", birthDate: "${about.birthDate}"` : `patientId: "${about.id}"`;
      const args = root === 'issueAttestation' ? `(input: {${input}})` : route?.args;
      const query = `mutation { ${root}${args} { ${everything(recipient, route as Route)} } }`;
      const answer = await endpoint.ask(world.principal(recipient), query);
      expect(answer.body.errors).toBeUndefined();
      expect(world.leaks(recipient, bytesOf(answer), letter).map(({ field }) => field)).toEqual([]);
    });
  }
  it('SECURITY A4 · a failure that holds canaries lets none of them out', async () => {
    const answer = await endpoint.ask(world.principal('PATIENT'), 'mutation { issueAttestation { content } }');
    expect(refusalsIn(answer).map(({ code }) => code)).toEqual(['INTERNAL']);
    expect([...world.seen(bytesOf(answer))]).toEqual([]);
  });
});

describe('the canaries', () => {
  const disguises: Readonly<Record<string, (value: string) => string>> = {
    'as it is': (value) => `{"a":"${value}"}`,
    reversed: (value) => [...value].reverse().join(''),
    hexadecimal: (value) => Buffer.from(value).toString('hex'),
    'in the middle of a base64 text': (value) => Buffer.from(`x${value}yz`).toString('base64'),
    'in a base64url word': (value) =>
      Buffer.from(JSON.stringify(['a', value, 'and more that follows'])).toString('base64url'),
    'in a link': (value) => `https://here.test/?q=${encodeURIComponent(value)}`,
  };
  it.each(Object.entries(disguises))('are recognised %s', (_, disguise) => {
    const found = (canary: Canary) =>
      world.leaks('PILOTAGE', disguise(canary.value)).some(({ field }) => field === canary.field);
    const long = world.canaries.filter(({ match, value }) => match === 'text' && value.length >= 8);
    expect(long.length).toBeGreaterThan(400);
    expect(long.filter((canary) => !found(canary)).map(({ field, value }) => `${field} ${value}`)).toEqual([]);
  });
  it('stand in every field of every person', () => {
    const fields = new Set(world.canaries.map(({ field }) => field));
    expect(ALL_FIELDS.filter((field) => !fields.has(field) && !WORKED_OUT.includes(typeOf(field)))).toEqual([]);
    expect(Object.keys(world.people).length).toBeGreaterThanOrEqual(8);
  });
});

it('the whole proof is as large as it claims', () => {
  expect(counts.cases).toBeGreaterThan(35_000);
  expect(counts.principals.size).toBe(TRANSCRIBED_RECIPIENTS.length);
  expect(Object.keys(SHAPES).length + Object.keys(TRANSPORTS).length).toBeGreaterThanOrEqual(24);
});
