import { viewOf } from '../../src/access/views.js';
import type { Recipient } from '../../src/law/recipients.js';
import { fullSchema } from '../../src/schema.js';
import { type APatient, anEligibility, anInjection, aPatient, aPs, asOwner, byCode } from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { inputPlaces } from '../builders/an-input.js';

let register: Register;
let endpoint: Endpoint;
let patient: APatient;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  patient = await aPatient(register, 1);
});
afterAll(() => register.close());

const schema = fullSchema();
const codeOf = ({ body }: Answer): string | undefined => body?.errors?.[0]?.extensions.code;

/** Names that a caller may hope are written as they stand: columns, entities, rights, and the machinery of JavaScript and TypeORM. */
const NAMES = [
  'id',
  'key',
  'patientKey',
  'patient_key',
  'patientId',
  'version',
  'createdAt',
  'updatedAt',
  'etape',
  'step',
  'status',
  'psValidation',
  'validated',
  'validatedAt',
  'typeCiblage',
  'targetingType',
  'targetingPhase',
  'caisse',
  'bodyCode',
  'bodyKey',
  'schemeCode',
  'department',
  'regionCode',
  'researchObjection',
  'professional',
  'professionalKey',
  'professionalId',
  'rpps',
  'recipient',
  'role',
  'isAdmin',
  'subject',
  'principal',
  'consent',
  'attending',
  'uvci',
  'content',
  'kind',
  'issuedAt',
  'revokedAt',
  'supersededBy',
  'records',
  'article',
  'birthName',
  'nirIndex',
  'pseudonym',
  'pseudonymCovid',
  'sealed',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '$where',
  '_type',
  '__typename',
  'criteria',
  'where',
  'relations',
  'select',
  'query',
];
/** What they are given: plain values, and the objects that some libraries take for instructions. */
const VALUES: readonly unknown[] = [
  'x',
  { $ne: null },
  { _type: 'not', _value: 'x', _useParameter: true },
  { '@instanceof': 'FindOperator' },
];

/** Whose view takes the most objects, and one complete object of each type. */
const places = (recipient: Recipient) => inputPlaces(viewOf(schema, recipient));
const complete = (type: string): object => {
  if (type === 'EligibilityInput')
    return anEligibility(byCode(patient), {
      deliversPrescription: false,
      prescriber: { familyName: 'A', firstName: 'B', rpps: '99700366240' },
      prescribedAt: '2021-02-20T09:00:00Z',
    });
  if (type === 'InjectionInput') return anInjection(byCode(patient), 1);
  if (type === 'AttestationInput' || type === 'AdverseEffectInput') return byCode(patient);
  return {};
};

interface Payload {
  readonly name: string;
  readonly recipient: Recipient;
  readonly document: string;
  readonly type: string;
  readonly path: readonly string[];
  readonly extra: readonly [string, unknown];
}

const PAYLOADS: Payload[] = (['PS', 'SPF'] as const).flatMap((recipient) =>
  places(recipient).flatMap(({ root, type, document }) => {
    const known = Object.keys(type.getFields());
    const inside = known.includes('prescriber') ? [[], ['prescriber']] : [[]];
    return inside.flatMap((path) =>
      NAMES.filter((name) => !known.includes(name) && !(path.length > 0 && ['rpps'].includes(name))).flatMap((name) =>
        VALUES.map((value) => ({
          name: `${root} · ${[...path, name].join('.')} = ${JSON.stringify(value)}`,
          recipient,
          document,
          type: type.name,
          path,
          extra: [name, value] as const,
        })),
      ),
    );
  }),
);

/** The JSON of an object with one member more, written as text: `__proto__` is a name like any other there. */
function withExtra(given: object, path: readonly string[], [name, value]: readonly [string, unknown]): string {
  const [step, ...rest] = path;
  if (!step)
    return JSON.stringify(given).replace(
      /}$/,
      `${Object.keys(given).length > 0 ? ',' : ''}${JSON.stringify(name)}:${JSON.stringify(value)}}`,
    );
  const inner = withExtra((given as Record<string, object>)[step] ?? {}, rest, [name, value]);
  const { [step]: _, ...others } = given as Record<string, unknown>;
  return JSON.stringify(others).replace(/}$/, `,${JSON.stringify(step)}:${inner}}`);
}

const callerOf = (recipient: Recipient) => (recipient === 'PS' ? aPs(1) : as(recipient));
const steps = async (): Promise<string> => {
  const tables = ['eligibility_step', 'injection_step', 'attestation', 'act', 'idempotency_key'];
  const counts = tables.map((table) => `(select count(*) from ${table})`).join(' + ');
  return JSON.stringify(
    await asOwner(
      register,
      `select ${counts} as rows, (select md5(string_agg(p::text, '')) from patient p) as persons`,
    ),
  );
};

describe(`a member that an input does not have (${PAYLOADS.length} payloads)`, () => {
  it('is tried in five hundred ways and more', () => expect(PAYLOADS.length).toBeGreaterThanOrEqual(500));

  it('is refused each time, and nothing is written', async () => {
    const before = await steps();
    const found: string[] = [];
    for (const { name, recipient, document, type, path, extra } of PAYLOADS) {
      const variables = `{"input":${withExtra(complete(type), path, extra)}}`;
      const answer = await endpoint.post({
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await endpoint.tokenFor(callerOf(recipient))}`,
        },
        body: `{"query":${JSON.stringify(document)},"variables":${variables}}`,
      });
      if (answer.status !== 400 || codeOf(answer) !== 'INVALID_VARIABLES' || answer.body.data)
        found.push(`${name} · ${answer.status} ${codeOf(answer)}`);
    }
    expect(found).toEqual([]);
    expect(await steps()).toBe(before);
  });

  it('is refused in the document as well', async () => {
    const found: string[] = [];
    for (const name of NAMES.filter((one) => /^[A-Za-z]\w*$/.test(one))) {
      const query = `{ patients(filter: { ${name}x: "x" }) { edges { cursor } } }`;
      const answer = await endpoint.ask(as('SPF'), query);
      if (codeOf(answer) !== 'INVALID_VARIABLES' && codeOf(answer) !== 'INVALID_DOCUMENT')
        found.push(`${name} · ${codeOf(answer)}`);
    }
    expect(found).toEqual([]);
  });

  it('and without it, the same object is recorded: the refusals are no accident', async () => {
    const document = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { __typename } }';
    const answer = await endpoint.ask(aPs(1), document, { input: complete('EligibilityInput') });
    expect(answer.text).toBe('{"data":{"recordEligibility":{"__typename":"Patient"}}}');
  });
});

/** Texts of JSON that some readers take for orders to change every object. */
const POISONS = ['__proto__', 'constructor', 'constructor.prototype', 'prototype', '__defineGetter__'].flatMap(
  (name) => {
    const [outer = '', inner] = name.split('.');
    const poison = inner
      ? `"${outer}":{"${inner}":{"polluted":true,"isAdmin":true}}`
      : `"${outer}":{"polluted":true,"isAdmin":true,"recipient":"PATIENT"}`;
    const good = '"query":"{ __typename }"';
    const query = '"query":"query ($f: PatientFilter) { patients(filter: $f) { edges { cursor } } }"';
    return [
      `{${good},${poison}}`,
      `{${poison},${good}}`,
      `{${good},"variables":{${poison}}}`,
      `{${good},"variables":{"a":{${poison}}}}`,
      `{${good},"variables":{"a":[{${poison}}]}}`,
      `{${good},"extensions":{${poison}}}`,
      `{${good},"extensions":{"a":{${poison}}}}`,
      `{${good},"extensions":{"persisted":{${poison}}}}`,
      `{${query},"variables":{"f":{${poison}}}}`,
      `{${query},"variables":{"f":{"sex":"F",${poison}}}}`,
      `{${query},"variables":{${poison},"f":{"sex":"F"}}}`,
      `{${poison}}`,
      `[{${poison}}]`,
      `{"query":{${poison}}}`,
      `{"operationName":{${poison}},${good}}`,
      `{"documentId":{${poison}}}`,
      `{${good},${good},${poison},${poison}}`,
      `{"variables":{${poison}},"variables":{},${good}}`,
      `{"variables":null,${good},"variables":{${poison}}}`,
      `{"query":"{ nothing }",${good},"variables":{"v":{${poison}}}}`,
      `{"\\u005f\\u005fproto\\u005f\\u005f":{"polluted":true},${good}}`,
    ];
  },
);
const ENDPOINTS = ['PS', 'SPF'] as const;

describe(`a body that would poison every object (${POISONS.length * ENDPOINTS.length} of them)`, () => {
  it('is tried in two hundred ways and more', () =>
    expect(POISONS.length * ENDPOINTS.length).toBeGreaterThanOrEqual(200));

  it('poisons none, and is answered as if it were not there, or refused', async () => {
    const own = Object.getOwnPropertyNames(Object.prototype).sort();
    const found: string[] = [];
    for (const body of POISONS)
      for (const recipient of ENDPOINTS) {
        const answer = await endpoint.post({
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${await endpoint.tokenFor(callerOf(recipient))}`,
          },
          body,
        });
        const harmless = answer.status === 200 && !answer.body.errors;
        const refused = answer.status === 400 && /^[A-Z_]+$/.test(codeOf(answer) ?? '');
        if (!harmless && !refused) found.push(`${answer.status} ${answer.text.slice(0, 200)} · ${body}`);
        if (({} as { polluted?: unknown }).polluted !== undefined || /polluted/.test(answer.text))
          found.push(`poisoned by ${body}`);
      }
    expect(found).toEqual([]);
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(own);
  });

  it('of two equal names the last one stands, whoever reads', async () => {
    const authorization = `Bearer ${await endpoint.tokenFor(as('SPF'))}`;
    const headers = { 'content-type': 'application/json', authorization };
    const answer = await endpoint.post({ headers, body: '{"query":"{ nothing }","query":"{ __typename }"}' });
    expect(answer.text).toBe('{"data":{"__typename":"Query"}}');
  });
});
