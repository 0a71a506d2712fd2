import { roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import { DpopProofs } from '../../src/auth/dpop.js';
import { TokenIssuer } from '../../src/auth/issuer.js';
import { ReplayRegister } from '../../src/auth/replay-register.js';
import { TokenVerifier } from '../../src/auth/tokens.js';
import { csvLine } from '../../src/formats/csv.js';
import { systemClock } from '../../src/kernel/clock.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import {
  accreditationsAt,
  anAccreditedAgent,
  anAgent,
  commandOn,
  dayAfter,
  parisDay,
} from '../builders/an-accreditation.js';
import { mayCall } from '../law/comparing.js';
import { TRANSCRIBED_RECIPIENTS } from '../law/transcription.js';

let register: Register;
let endpoint: Endpoint;
const ids: Record<string, string> = {};
const DAY = 86_400_000;
const ago = (days: number) => accreditationsAt(register, new Date(Date.now() - days * DAY));

beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  ids.inForce = (await anAccreditedAgent(register, { agentName: '=HYPERLINK("http://x";"y")' })).accreditation;
  ids.suspended = await ago(370).grant(anAgent({ agentName: 'AGENT NON REVU' }));
  ids.expired = await ago(100).grant(anAgent({ until: dayAfter(-3) }));
  ids.revoked = (await anAccreditedAgent(register)).accreditation;
  await accreditationsAt(register).revoke(ids.revoked, '@SUM(A1) ; départ');
  const [from, until] = [await parisDay(register, -1), await parisDay(register, 1)];
  await commandOn(register, 'delegate-body', '01691', '01751', '--from', from, '--until', until);
  await commandOn(register, 'delegate-body', '01131', '01751', '--from', until, '--until', until);
});
afterAll(() => register.close());

describe('AIPD M2.33 · the export for the yearly review', () => {
  const exported = async () =>
    (await commandOn(register, 'accreditations', '--json')).stdout.split('\n').map((line) => JSON.parse(line));

  it('says of everybody, then and now: who, which body, which delegations, since, until, last review, due, state', async () => {
    const lines = await exported();
    expect(Object.fromEntries(lines.map(({ id, state }) => [id, state]))).toEqual({
      [String(ids.inForce)]: 'IN_FORCE',
      [String(ids.suspended)]: 'SUSPENDED',
      [String(ids.expired)]: 'EXPIRED',
      [String(ids.revoked)]: 'REVOKED',
    });
    expect(lines.find(({ id }) => id === ids.suspended)).toEqual({
      id: ids.suspended,
      agentName: 'AGENT NON REVU',
      subject: expect.stringMatching(/^agent-/),
      recipient: 'AGENT_AM',
      bodyKey: '01751',
      delegatingBodies: ['01691'],
      accreditedBy: 'Directrice de la caisse',
      grantedAt: expect.any(String),
      expiresAt: expect.any(String),
      reviewedAt: null,
      reviewedBy: null,
      reviewDueAt: expect.any(String),
      state: 'SUSPENDED',
      revokedAt: null,
      revocationReason: null,
    });
  });
  it('puts first whoever must be reviewed first, and the revoked last', async () => {
    const states = (await exported()).map(({ state }) => state);
    expect([states[0], states.at(-1)]).toEqual(['SUSPENDED', 'REVOKED']);
  });
  it('as CSV runs no formula in a spreadsheet', async () => {
    const { stdout } = await commandOn(register, 'accreditations', '--csv');
    const [header, ...lines] = stdout.split('\n');
    expect(header).toMatch(/^id;agentName;subject;recipient;bodyKey;delegatingBodies;accreditedBy;/);
    expect(lines).toHaveLength(4);
    expect(stdout).toContain(`;"'=HYPERLINK(""http://x"";""y"")";`);
    expect(stdout).toContain(`;"'@SUM(A1) ; départ"`);
    for (const cell of lines.flatMap((line) => line.split(';'))) expect(cell).not.toMatch(/^"?[=+@-]/);
  });
  it('on a terminal is short', async () => {
    const { stdout, exitCode } = await commandOn(register, 'accreditations');
    expect([exitCode, stdout.split('\n').length]).toEqual([0, 4]);
    expect(stdout).toContain(`${ids.suspended}\tSUSPENDED\t`);
  });
});

describe('a cell of a CSV file', () => {
  it.each([
    ['=1+1', `'=1+1`],
    ['+1', `'+1`],
    ['-1', `'-1`],
    ['@A1', `'@A1`],
    [' =1', `' =1`],
    ['\t=1', `'\t=1`],
    ['＝1', `'＝1`],
    ['a;b', '"a;b"'],
    ['a"b', '"a""b"'],
    ['a\nb', '"a\nb"'],
    ['01751', '01751'],
    ['Anne-Marie', 'Anne-Marie'],
  ])('%j is written %j', (cell, written) => {
    expect(csvLine([cell, null, cell])).toBe(`${written};;${written}`);
  });
});

describe('the command line of the register of accreditations', () => {
  const accredit = (...more: string[]) =>
    commandOn(
      register,
      ...['accredit', 'agent-attestation', '--name', 'A. GENT', '--body', '01691', '--by', 'Le directeur', ...more],
    );
  it('accredits, and gives the identifier', async () => {
    const { exitCode, stdout } = await accredit('--subject', 'cli-1', '--until', dayAfter(90), '--json');
    expect(exitCode).toBe(0);
    expect(await accreditationsAt(register).find('cli-1', new Date())).toEqual({
      id: JSON.parse(stdout).id,
      recipient: 'AGENT_ATTESTATION',
    });
  });
  it.each([
    [['--subject', 'cli-2', '--until', '2020-01-01'], 1, 'INVALID_INPUT: until'],
    [['--subject', 'cli-1', '--until', dayAfter(90)], 1, 'ALREADY_ACCREDITED'],
    [['--until', dayAfter(90)], 2, '--help'],
  ])('refuses %j', async (more, exitCode, told) => {
    const ran = await accredit(...more);
    expect([ran.exitCode, ran.stderr]).toEqual([exitCode, expect.stringContaining(told)]);
  });
  it.each(['review-accreditation', 'revoke-accreditation', 'end-delegation'])(
    '%s wants an identifier',
    async (name) => {
      const more =
        name === 'review-accreditation' ? ['--by', 'x'] : name === 'revoke-accreditation' ? ['--reason', 'x'] : [];
      expect((await commandOn(register, name, 'all', ...more)).exitCode).toBe(2);
      const unknown = await commandOn(register, name, '6f9619ff-8b86-4011-b42d-00c04fc964ff', ...more);
      expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining('NOT_FOUND')]);
    },
  );
});

describe('AIPD M2.33 · the same by GraphQL, for the operator', () => {
  const QUERY = '{ accreditations { edges { node { id agentName recipient bodyKey reviewDueAt revokedAt } } } }';
  const codes = ({ body }: Answer) =>
    body.errors?.map(({ extensions }: { extensions: { code: string } }) => extensions.code);

  it('lists agents and delegations', async () => {
    const { body } = await endpoint.ask(as('OPERATEUR'), QUERY);
    const found = body.data.accreditations.edges.map(({ node }: { node: { id: string } }) => node.id);
    expect(found).toEqual(expect.arrayContaining(Object.values(ids)));
    const answer = await endpoint.ask(
      as('OPERATEUR'),
      '{ bodyDelegations { edges { node { delegatingBody delegatedBody fromDay untilDay endedAt } } } }',
    );
    expect(answer.body.data.bodyDelegations.edges).toHaveLength(2);
  });
  it('never says by which identifier an agent is known elsewhere', async () => {
    const answer = await endpoint.ask(as('OPERATEUR'), '{ accreditations { edges { node { subject } } } }');
    expect(codes(answer)).toEqual(['UNKNOWN_FIELD']);
  });
  it.each(TRANSCRIBED_RECIPIENTS.filter((one) => !mayCall(one, 'accreditations')))(
    '%s is refused',
    async (recipient) => {
      const who = recipient.startsWith('AGENT') ? { bodies: ['01751'] } : {};
      const answer = await endpoint.ask(as(recipient, { ...PERIMETERS[recipient], ...who }), QUERY);
      expect(codes(answer)).toContain('FORBIDDEN_OPERATION');
      expect(answer.body.data ?? null).toBeNull();
    },
  );
});

const PROFESSIONAL = { rpps: '99700000001', familyName: 'A', firstName: 'B', category: 'MEDECIN' };
const PERIMETERS: Readonly<Record<string, object>> = {
  PS: { professional: PROFESSIONAL },
  MEDECIN_TRAITANT: { professional: PROFESSIONAL },
  ARS: { region: '11' },
  PATIENT: { patient: '6f9619ff-8b86-4011-b42d-00c04fc964ff' },
};

describe('in production an agent acts by an accreditation or not at all', () => {
  const verified = async (claims: Partial<Principal> & Pick<Principal, 'recipient'>): Promise<Principal> => {
    const config = { ...register.config, issuer: { kind: 'production', id: 'https://issuer.test' } } as const;
    const token = await new TokenIssuer(config, systemClock).tokenFor({ subject: 'agent', ...claims });
    const proofs = new DpopProofs(
      new ReplayRegister(register.database.pool(roleOf('callers')), systemClock),
      systemClock,
    );
    const call = { authorization: `Bearer ${token}`, method: 'POST', url: 'https://issuer.test/graphql' };
    return new TokenVerifier(config, systemClock, proofs).verify(call);
  };

  it.each(['AGENT_AM', 'AGENT_ATTESTATION'] as const)('%s with bodies alone is refused', async (recipient) => {
    await expect(verified({ recipient, bodies: ['01751'] })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
  it.each(['AGENT_AM', 'AGENT_ATTESTATION'] as const)('%s with an accreditation is known', async (recipient) => {
    const accreditation = String(ids.inForce);
    expect(await verified({ recipient, accreditation })).toMatchObject({ recipient, accreditation });
  });
  it('an accreditation that is no identifier is refused', async () => {
    await expect(verified({ recipient: 'AGENT_AM', accreditation: 'all' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});
