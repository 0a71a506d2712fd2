import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import { operator as operatorName } from '../../src/areas/traces/operator.js';
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE } from '../../src/auth/identity/token-exchange.js';
import { seedDemoAccreditations } from '../../src/cli/demo-accreditations.js';
import { type DemoIssuerName, demoAccounts, personAccount } from '../../src/demo/accounts.js';
import { systemClock } from '../../src/kernel/clock.js';
import { aCertificate, type Seal } from '../builders/a-certificate.js';
import { aFile, aJwksFile, askToken, declare, operator } from '../builders/a-client.js';
import { type APatient, anEligibility, aPatient, asOwner, byCode } from '../builders/a-patient.js';
import { AMPLE, type Answer, aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { ASSERTION_TYPE, aClientAssertion, aKey } from '../builders/a-token.js';
import { asParameter, aVihf, signed, type VihfFields } from '../builders/a-vihf.js';
import { accreditationsAt, anAgent, dayAfter } from '../builders/an-accreditation.js';
import { anIdentityWorld, type IdentityWorld } from '../builders/an-identity-world.js';

const HEADER = 'x-client-certificate';
const GRID = 150;
const NORTH = '750100125';
const SOUTH = '690781810';
const key = aKey();

const north = aCertificate({ name: 'north.test', kind: 'ec' });
const stranger = aCertificate({ name: 'north.test', kind: 'ec' });
const northTls = aCertificate({ name: 'north-tls.test', kind: 'ec' });
const southTls = aCertificate({ name: 'south-tls.test', kind: 'ec' });

/** Agents of the insurance, beside those of the demonstration. */
const AGENTS = ['AGENT-EXPIRED', 'AGENT-UNREVIEWED', 'AGENT-REVOKED', 'AGENT-UNKNOWN', 'AGENT-OTHER'];
const agentAccount = (agent_id: string) => ({
  ...{ name: agent_id, label: agent_id, sub: agent_id.toLowerCase(), acr: 'eidas2' },
  claims: { agent_id, given_name: 'ANNE', family_name: 'TEST' },
});

let register: Register;
let endpoint: Endpoint;
let world: IdentityWorld;
let patient: APatient;
let elsewhere: APatient;
const logged: string[] = [];
const { writeSync } = fs;

beforeAll(async () => {
  register = await aRegister();
  patient = await aPatient(register, 1, {
    doses: 1,
    person: { schemeCode: '01', bodyCode: '751', birthPlace: '75056' },
  });
  elsewhere = await aPatient(register, 2, { doses: 1, person: { schemeCode: '01', bodyCode: '131' } });
  const { firstNames, birthName, birthDate, sex, birthPlace } = patient.person;
  const pivot = {
    given_name: firstNames.join(' '),
    family_name: birthName,
    birthdate: birthDate,
    gender: sex === 'F' ? ('female' as const) : ('male' as const),
    birthplace: birthPlace ?? '',
    birthcountry: '99100',
  };
  const insurance = [...demoAccounts().insurance, ...AGENTS.map(agentAccount)];
  world = await anIdentityWorld({
    register,
    accounts: { ...demoAccounts([personAccount('someone', pivot)]), insurance },
  });
  // The log writes to standard error, in this process: listen there.
  fs.writeSync = ((fd: number, ...rest: [string]) => {
    if (fd === 2) logged.push(String(rest[0]));
    return fd === 2 ? Buffer.byteLength(String(rest[0])) : writeSync(fd, ...rest);
  }) as typeof fs.writeSync;
  endpoint = await register.serve({
    config: { ...register.config, identity: world.identity, certificateHeader: HEADER, logLevel: 'info' },
    limits: { ...AMPLE, gridMilliseconds: GRID },
  });
  const scopes = { 'caisse-demo': ['agent-am', 'agent-attestation'], 'portail-demo': ['patient'] };
  for (const [id, recipients] of Object.entries(scopes)) {
    const named = recipients.flatMap((scope) => ['--recipient', scope]);
    await declare(register, id, ...named, '--exchanges', '--jwks', aJwksFile({ k1: key }));
  }
});
afterAll(async () => {
  fs.writeSync = writeSync;
  await world?.close();
  await register?.close();
});

const now = () => Math.floor(Date.now() / 1000);
const asking = (token: string, query: string, variables?: object, headers: Record<string, string> = {}) =>
  endpoint.post({
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query, variables }),
  });
const codeOf = ({ body }: Answer): string | undefined => body.errors?.[0]?.extensions.code;
const told = ({ status, body }: Answer) => [status, body.error];
const REFUSED = [400, 'invalid_grant'];
const lastTrace = async () =>
  (await asOwner(register, 'select recipient, actor, operation, outcome from trace order by id desc limit 1'))[0];

/** A token of the demonstration's provider, by the real code flow, shown at the token endpoint by its software. */
async function exchanged(
  name: DemoIssuerName,
  account: string,
  given: Record<string, string> = {},
  where = endpoint,
): Promise<Answer> {
  const client = world.provider.clients[name][0];
  const { access_token } = await world.logIn(name, account);
  return askToken(where, {
    grant_type: TOKEN_EXCHANGE,
    subject_token_type: ACCESS_TOKEN_TYPE,
    subject_issuer: world.provider.issuers[name],
    subject_token: access_token,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: aClientAssertion({ id: client, key, audience: register.config.issuer.id, now: now() }),
    ...given,
  });
}

describe('an establishment by VIHF', () => {
  const GRANT = 'urn:ietf:params:oauth:grant-type:saml2-bearer';
  const SEARCH =
    'query ($code: InvitationCode!, $birthDate: BirthDate!) { patientByInvitation(code: $code, birthDate: $birthDate) { birthName } }';
  const der = ({ pem }: Seal) => new X509Certificate(pem).raw.toString('base64');
  const through = (connection: Seal) => ({ [HEADER]: der(connection) });
  /** Made now, unlike the builder's, whose clock stands still: the token endpoint lives by the true time. */
  const assertion = (seal = north, given: Partial<VihfFields> = {}) =>
    asParameter(
      signed(
        aVihf(seal, NORTH, {
          recipient: `http://localhost:${register.config.port}/token`,
          audience: register.config.audience,
          ...given,
        }),
        seal,
      ),
    );
  const present = (parameter: string, headers = {}) =>
    askToken(endpoint, { grant_type: GRANT, assertion: parameter }, headers);

  beforeAll(async () => {
    const establishment = (finess: string, { pem }: Seal, usage: string) =>
      operator(
        register,
        ...['declare-establishment', '--finess', finess, '--name', 'Hôpital', '--means', '1,4'],
        ...['--certificate', aFile(pem, 'pem'), '--usage', usage],
      );
    for (const given of [
      [NORTH, north, 'seal'],
      [NORTH, northTls, 'tls'],
      [SOUTH, southTls, 'tls'],
    ] as const)
      expect((await establishment(given[0], given[1], given[2])).code).toBe(0);
  });

  it('gives a token with which a query answers, and every act of it is traced', async () => {
    const answer = await present(assertion());
    expect([answer.status, answer.body]).toMatchObject([200, { token_type: 'Bearer', scope: 'ps', expires_in: 3600 }]);
    const read = await asking(answer.body.access_token, SEARCH, byCode(patient));
    expect(read.body).toEqual({ data: { patientByInvitation: { birthName: patient.person.birthName } } });
    expect(await lastTrace()).toEqual({
      ...{ recipient: 'PS', actor: '99700366240', operation: 'patientByInvitation', outcome: 'DISCLOSED' },
    });
  });

  it('gives a token with which every mutation is refused (convention AIR, art. 3)', async () => {
    const { body } = await present(assertion());
    const record = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
    const answer = await asking(body.access_token, record, { input: anEligibility(byCode(patient)) });
    expect(codeOf(answer)).toBe('FORBIDDEN_OPERATION');
    expect(answer.body.errors[0].extensions.article).toBe('convention AIR, art. 3');
    const [{ n }] = (await asOwner<{ n: number }>(register, 'select count(*)::int as n from eligibility_step')) as [
      { n: number },
    ];
    expect(n).toBe(2);
  });

  it('is believed once, also when presented many times at once', async () => {
    const parameter = assertion();
    const answers = await Promise.all(Array.from({ length: 8 }, () => present(parameter)));
    expect(answers.map(told).sort()).toEqual([[200, undefined], ...Array.from({ length: 7 }, () => REFUSED)]);
    expect(told(await present(parameter))).toEqual(REFUSED);
    expect(await lastTrace()).toMatchObject({ recipient: 'UNKNOWN', operation: GRANT, outcome: 'REJECTED' });
  });

  it('is bound to the certificate of its connection, which is one that it declared', async () => {
    expect(told(await present(assertion(), through(southTls)))).toEqual(REFUSED);
    const answer = await present(assertion(), through(northTls));
    const ask = (headers = {}) => asking(answer.body.access_token, SEARCH, byCode(patient), headers);
    expect((await ask(through(northTls))).body.data.patientByInvitation.birthName).toBe(patient.person.birthName);
    for (const headers of [{}, through(southTls), through(stranger)]) expect((await ask(headers)).status).toBe(401);
  });

  it.each<[string, () => string]>([
    ['sealed by another key under its name', () => assertion(stranger)],
    ['sealed by the certificate of its connections', () => assertion(northTls)],
    ['for another audience', () => assertion(north, { audience: 'https://elsewhere.example' })],
    ['for another endpoint', () => assertion(north, { recipient: 'https://elsewhere.example/token' })],
    ['that is over', () => assertion(north, { until: -30, confirmedUntil: -30 })],
    ['by means that were not declared', () => assertion(north, { declaration: 'CARTE_ETS' })],
    ['altered', () => `${assertion().slice(0, -40)}${'A'.repeat(40)}`],
  ])('is refused %s', async (_, parameter) => {
    expect(told(await present(parameter()))).toEqual(REFUSED);
  });

  it('is refused from the next request on once its certificate is revoked', async () => {
    const renewed = aCertificate({ name: 'north.test', kind: 'ec' });
    const declared = ['declare-establishment', '--finess', NORTH, '--name', 'Hôpital', '--means', '1,4'];
    await operator(register, ...declared, '--certificate', aFile(renewed.pem, 'pem'), '--usage', 'seal');
    expect((await present(assertion(renewed))).status).toBe(200);
    expect((await operator(register, 'revoke-certificate', '--thumbprint', renewed.thumbprint)).code).toBe(0);
    expect(told(await present(assertion(renewed)))).toEqual(REFUSED);
  });
});

describe('an agent by the insurance', () => {
  const byId = ({ id }: APatient) => `{ patient(id: "${id}") { birthName } }`;
  const long = new Date(Date.now() - 400 * 86_400_000);

  beforeAll(async () => {
    await seedDemoAccreditations(register.database, systemClock);
    const past = accreditationsAt(register, long);
    await past.grant(anAgent({ subject: 'AGENT-EXPIRED', until: dayAfter(100, long) }));
    await past.grant(anAgent({ subject: 'AGENT-UNREVIEWED', until: dayAfter(300) }));
    const revoked = await accreditationsAt(register).grant(anAgent({ subject: 'AGENT-REVOKED' }));
    await accreditationsAt(register).revoke(revoked, 'départ');
  });

  it.each([
    ['agent-0001', 'agent-am', '01751'],
    ['agent-0002', 'agent-attestation', '01691'],
  ])('%s of the demonstration acts as %s for the insured persons of %s', async (account, scope, body) => {
    const answer = await exchanged('insurance', account, { scope });
    expect([answer.status, answer.body.scope]).toEqual([200, scope]);
    const own = await asking(answer.body.access_token, byId(patient));
    expect(Boolean(own.body.data.patient)).toBe(body === '01751');
    expect((await asking(answer.body.access_token, byId(elsewhere))).body.data.patient).toBeNull();
  });

  it.each(['AGENT-EXPIRED', 'AGENT-UNREVIEWED', 'AGENT-REVOKED', 'AGENT-UNKNOWN'])(
    '%s gets no token',
    async (account) => {
      expect(told(await exchanged('insurance', account, { scope: 'agent-am' }))).toEqual(REFUSED);
      expect(await lastTrace()).toMatchObject({ recipient: 'UNKNOWN', actor: 'caisse-demo', outcome: 'REJECTED' });
    },
  );

  it('gets none for what he is not accredited for', async () => {
    expect(told(await exchanged('insurance', 'agent-0001', { scope: 'agent-attestation' }))).toEqual(REFUSED);
  });

  it('is reviewed, and may act again; is revoked, and may not from the next request on', async () => {
    const run = async (...args: string[]) => (await operator(register, ...args)).code;
    const [{ id }] = (await asOwner<{ id: string }>(
      register,
      `select id from accreditation where subject = 'AGENT-UNREVIEWED'`,
    )) as [{ id: string }];
    expect(await run('review-accreditation', id, '--by', 'Directrice')).toBe(0);
    const { body } = await exchanged('insurance', 'AGENT-UNREVIEWED', { scope: 'agent-am' });
    const ask = () => asking(body.access_token, byId(patient));
    expect((await ask()).body.data.patient.birthName).toBe(patient.person.birthName);
    expect(await run('revoke-accreditation', id, '--reason', 'fin de mission')).toBe(0);
    expect([codeOf(await ask()), (await ask()).text.includes(patient.person.birthName)]).toEqual([
      'ACCREDITATION_SUSPENDED',
      false,
    ]);
    expect(told(await exchanged('insurance', 'AGENT-UNREVIEWED', { scope: 'agent-am' }))).toEqual(REFUSED);
  });

  it('of the demonstration is accredited once: what was revoked stays so at the next start', async () => {
    const accreditations = () =>
      asOwner(
        register,
        `select subject, revoked_at from accreditation where subject like 'AGENT-000%' order by subject`,
      );
    const before = await accreditations();
    await seedDemoAccreditations(register.database, systemClock);
    expect(await accreditations()).toEqual(before);
    expect(before).toHaveLength(2);
  });
});

describe('a person by FranceConnect', () => {
  const timed = async (nir: string) => {
    const { access_token } = await world.logIn('france-connect', 'someone');
    const began = performance.now();
    const answer = await exchanged('france-connect', 'someone', { nir, subject_token: access_token });
    return { answer, milliseconds: performance.now() - began };
  };
  it('gets a token by his own NIR and reads his own record', async () => {
    const { answer } = await timed(patient.person.nir);
    expect([answer.status, answer.body.scope]).toEqual([200, 'patient']);
    const { body } = await asking(answer.body.access_token, '{ me { birthName injectionSteps { rank } } }');
    expect(body.data.me).toEqual({ birthName: patient.person.birthName, injectionSteps: [{ rank: 1 }] });
  });
  it('is answered on the grid, whether the NIR is his own, another’s, or nobody’s (AIPD M1.101)', async () => {
    for (const nir of [patient.person.nir, elsewhere.person.nir, '295109912611193'])
      expect((await timed(nir)).milliseconds).toBeGreaterThanOrEqual(GRID - 1);
  });
});

describe('a provider that cannot be reached', () => {
  const unreachable = async (identity: IdentityWorld['identity'], name: DemoIssuerName, given = {}) => {
    const where = await register.serve({ config: { ...register.config, identity, logLevel: 'info' } });
    logged.length = 0;
    const traces = await asOwner(register, 'select from trace');
    const answer = await exchanged(name, name === 'insurance' ? 'agent-0001' : 'someone', given, where);
    expect((await asOwner(register, 'select from trace')).length).toBe(traces.length);
    return answer;
  };
  const closed = 'http://127.0.0.1:9/insurance';

  it('is told apart from a refusal, and leaves one line without an identity', async () => {
    const { insurance } = world.identity;
    const identity = { insurance: insurance && { ...insurance, issuer: closed } };
    const answer = await unreachable(identity, 'insurance', { subject_issuer: closed, scope: 'agent-am' });
    expect(told(answer)).toEqual([503, 'temporarily_unavailable']);
    expect(logged.map((line) => JSON.parse(line))).toEqual([
      {
        ...{ level: 50, time: expect.any(Number), event: 'token request failed', provider: '127.0.0.1:9' },
        requestId: answer.headers.get('x-request-id'),
        error: { name: 'ProviderUnreachable', code: 'UNAVAILABLE' },
      },
    ]);
  });
});

describe('what an operator declares', () => {
  const UUID = '[0-9a-f-]{36}';
  it('leaves a trace each: who, what, on what, by which text', async () => {
    const run = async (...args: string[]) => {
      const { code, said } = await operator(register, ...args);
      expect([args[0], code]).toEqual([args[0], 0]);
      return said;
    };
    const agent = ['--subject', 'AGENT-OTHER', '--name', 'Anne Test', '--body', '01751', '--by', 'Directrice'];
    const id = await run('accredit', 'agent-am', ...agent, '--until', dayAfter(100));
    await run('review-accreditation', id, '--by', 'Directrice');
    await run('revoke-accreditation', id, '--reason', 'départ');
    const delegation = await run('delegate-body', '01131', '01751', '--from', dayAfter(0), '--until', dayAfter(9));
    await run('end-delegation', delegation);
    await run('declare-client', '--id', 'short-lived', '--recipient', 'spf', '--jwks', aJwksFile({ k1: key }));
    await run('disable-client', '--id', 'short-lived');
    // One that begins like an option of a command.
    let seal = aCertificate({ name: 'other.test', kind: 'ec' });
    while (!seal.thumbprint.startsWith('-')) seal = aCertificate({ name: 'other.test', kind: 'ec' });
    const establishment = ['--finess', SOUTH, '--name', 'Hôpital', '--means', '1', '--usage', 'seal'];
    await run('declare-establishment', ...establishment, '--certificate', aFile(seal.pem, 'pem'));
    await run('revoke-certificate', '--thumbprint', seal.thumbprint);
    const traces = await asOwner<{ operation: string }>(
      register,
      `select recipient, actor, operation, outcome, article, categories, records from trace
        where recipient = 'OPERATEUR' order by id desc limit 9`,
    );
    const expected = (operation: string, on: string, article: string) => ({
      ...{ recipient: 'OPERATEUR', actor: operatorName(), outcome: 'RECORDED', categories: [], records: [] },
      ...{ operation: `${operation} ${on}`, article },
    });
    expect(traces.reverse()).toEqual([
      expected('accredit', id, 'art. 3, I, 3°'),
      expected('reviewAccreditation', id, 'AIPD M2.33'),
      expected('revokeAccreditation', id, 'AIPD M2.33'),
      expected('delegateBody', delegation, 'AIPD M1.94'),
      expected('endDelegation', delegation, 'AIPD M1.94'),
      expected('declareClient', 'short-lived', 'AIPD M2.33'),
      expected('disableClient', 'short-lived', 'AIPD M2.33'),
      expected('declareEstablishment', SOUTH, 'convention AIR, art. 4.2'),
      expected('revokeCertificate', seal.thumbprint, 'convention AIR, art. 4.2'),
    ]);
    expect([id, delegation].every((text) => new RegExp(`^${UUID}$`).test(text))).toBe(true);
    expect(JSON.stringify(traces)).not.toMatch(/Anne|Directrice|Hôpital/);
  });

  it('leaves none when it is refused', async () => {
    const count = async () => (await asOwner(register, `select from trace where recipient = 'OPERATEUR'`)).length;
    const before = await count();
    expect((await operator(register, 'disable-client', '--id', 'nobody')).code).toBe(1);
    expect((await operator(register, 'revoke-certificate', '--thumbprint', 'A'.repeat(43))).code).toBe(1);
    expect(await count()).toBe(before);
  });

  it('fails when its trace cannot be kept', async () => {
    await asOwner(register, 'alter table trace rename to trace_gone');
    try {
      const declared = ['--recipient', 'spf', '--jwks', aJwksFile({ k1: key })];
      expect((await operator(register, 'declare-client', '--id', 'untraced', ...declared)).code).toBe(1);
    } finally {
      await asOwner(register, 'alter table trace_gone rename to trace');
    }
  });
});
