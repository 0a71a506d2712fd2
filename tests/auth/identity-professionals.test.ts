import { Competences } from '../../src/access/competence.js';
import { ProSanteConnect } from '../../src/auth/identity/pro-sante-connect.js';
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE } from '../../src/auth/identity/token-exchange.js';
import { Upstream } from '../../src/auth/identity/upstream.js';
import { aPractice, demoAccounts, pscAccount } from '../../src/demo/accounts.js';
import { aForgedProvider, type ForgedProvider } from '../builders/a-forged-provider.js';
import { anEligibility, anInjection, aPatient, byCode } from '../builders/a-patient.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import {
  aClient,
  anIdentityWorld,
  aReplay,
  type IdentityWorld,
  REFUSED,
  refusalOf,
} from '../builders/an-identity-world.js';

const PARIS = '750100125';
const person = { familyName: 'TEST', firstName: 'ANNE', label: '' };
const ACCOUNTS = {
  ...demoAccounts(),
  psc: [
    ...demoAccounts().psc,
    pscAccount({ ...person, name: 'adeli', rpps: '759312345', practices: [aPractice('60', 'C', PARIS)] }),
    pscAccount({ ...person, name: 'student', rpps: '99700400049', practices: [aPractice('10', 'E', PARIS)] }),
    pscAccount({ ...person, name: 'soldier', rpps: '99700400056', practices: [aPractice('10', 'M', PARIS)] }),
  ],
};

describe('a professional by Pro Santé Connect', () => {
  let register: Register;
  let endpoint: Endpoint;
  let world: IdentityWorld;

  beforeAll(async () => {
    register = await aRegister();
    endpoint = await register.serve();
    world = await anIdentityWorld({ register, accounts: ACCOUNTS });
  });
  afterAll(async () => {
    await world?.close();
    await register?.close();
  });

  const as = async (account: string, given: Record<string, string | undefined> = {}, client?: string) => {
    const { access_token } = await world.logIn('psc', account, client);
    return world.exchange('psc', { subject_token: access_token, ...given });
  };

  it('is who the claims say, with profession, speciality and structure', async () => {
    expect(await as('physician')).toEqual({
      recipient: 'PS',
      subject: '99700366240',
      client: 'lps-demo',
      professional: {
        rpps: '99700366240',
        profession: '10',
        practiceCategory: 'C',
        speciality: 'SM26',
        familyName: 'DUBOIS',
        firstName: 'HÉLÈNE',
        category: 'MEDECIN',
        structureFiness: PARIS,
      },
    });
  });

  it('may be known by an ADELI number, a soldier by his profession', async () => {
    expect((await as('adeli')).subject).toBe('759312345');
    expect((await as('soldier')).professional?.practiceCategory).toBe('M');
  });

  it('acts as attending physician when he is one and asks for it', async () => {
    expect((await as('physician', { scope: 'medecin-traitant' })).recipient).toBe('MEDECIN_TRAITANT');
    expect(await refusalOf(as('nurse', { scope: 'medecin-traitant' }))).toBe(REFUSED);
    const both = { practice: '21C', scope: 'medecin-traitant' };
    expect(await refusalOf(as('two-practices', both))).toBe(REFUSED);
  });

  it('with several practices is told their codes and nothing more, and chooses one', async () => {
    const asked = JSON.parse(await refusalOf(as('two-practices')));
    expect(asked).toMatchObject({ code: 'PRACTICE_REQUIRED', choices: ['10C', '21C'] });
    expect(Object.keys(asked).sort()).toEqual(['choices', 'code', 'message']);
    const { professional } = await as('two-practices', { practice: '21C' });
    expect(professional).toMatchObject({ profession: '21', category: 'PHARMACIEN', structureFiness: '690781810' });
    for (const practice of ['60C', '10', '10M', '', '10C,21C', '21c'])
      expect(await refusalOf(as('two-practices', { practice }))).toBe(REFUSED);
  });

  it.each(['without-right', 'student'])('%s, who may do nothing of the pathway, gets no token', async (account) => {
    expect(await refusalOf(as(account))).toBe(REFUSED);
  });

  it('searches, consults and injects with the token that this identity gives', async () => {
    const patient = await aPatient(register, 1);
    const nurse = await as('nurse');
    const consult = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
    const inject = 'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id } }';
    const first = await endpoint.ask(nurse, consult, { input: anEligibility(byCode(patient)) });
    const second = await endpoint.ask(nurse, inject, { input: anInjection(byCode(patient), 1) });
    expect([first.body.errors, second.body.errors]).toEqual([undefined, undefined]);
  });

  describe('one same refusal', () => {
    const SCOPES = [
      'agent-am',
      'patient',
      'ps medecin-traitant',
      'ps ps',
      'openid',
      '',
      'PS',
      'spf',
      'auditeur',
      'toString',
    ];
    it.each(SCOPES)('when the scope is « %s »', async (scope) => {
      expect(await refusalOf(as('physician', { scope }))).toBe(REFUSED);
    });

    const PARAMETERS: readonly [string, Record<string, string | undefined>][] = [
      ['no subject_token', { subject_token: undefined }],
      ['an empty subject_token', { subject_token: '' }],
      ['an invented subject_token', { subject_token: 'A'.repeat(43) }],
      ['a subject_token with a line', { subject_token: 'AAAAAAAAAAAAAAAA\nB' }],
      ['an endless subject_token', { subject_token: 'A'.repeat(20_000) }],
      ['no subject_token_type', { subject_token_type: undefined }],
      ['type id_token', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }],
      ['type jwt', { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }],
      ['type refresh_token', { subject_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }],
      ['type saml2', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }],
      ['a refresh token wanted', { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }],
      ['an id token wanted', { requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' }],
      ['an actor', { actor_token: 'x', actor_token_type: ACCESS_TOKEN_TYPE }],
      ['another audience', { audience: 'https://elsewhere.example' }],
      ['another resource', { resource: 'https://elsewhere.example' }],
      ['no issuer', { subject_issuer: undefined }],
      ['an issuer with a slash', { subject_issuer: 'http://localhost/psc/' }],
      ['an issuer unknown', { subject_issuer: 'https://idp.example' }],
      ['another grant', { grant_type: 'client_credentials' }],
    ];
    it.each(PARAMETERS)('when the request has %s', async (_, given) => {
      expect(await refusalOf(as('physician', given))).toBe(REFUSED);
    });

    it('when an ID token, a refresh token or an altered one is shown as the access token', async () => {
      const tokens = await world.logIn('psc', 'physician');
      const text = tokens.access_token;
      const shown = [
        tokens.id_token,
        text.toLowerCase(),
        text.slice(0, -1),
        `${text}A`,
        `${text}=`,
        ` ${text}`,
        `Bearer ${text}`,
      ];
      for (const subject_token of shown)
        expect(await refusalOf(world.exchange('psc', { subject_token }))).toBe(REFUSED);
      expect((await world.exchange('psc', { subject_token: text })).subject).toBe('99700366240');
    });

    it('when the token is used again, once or twenty times at a time', async () => {
      const { access_token } = await world.logIn('psc', 'physician');
      const once = () => world.exchange('psc', { subject_token: access_token });
      const outcomes = await Promise.all(Array.from({ length: 20 }, async () => (await refusalOf(once())) === REFUSED));
      expect(outcomes.filter((refused) => !refused).length).toBe(1);
      expect(await refusalOf(once())).toBe(REFUSED);
    });

    it('when the token comes from another issuer', async () => {
      const agent = await world.logIn('insurance', 'agent-0001');
      expect(await refusalOf(world.exchange('psc', { subject_token: agent.access_token }))).toBe(REFUSED);
      const ps = await world.logIn('psc', 'physician');
      const client = aClient('caisse-demo');
      const given = { subject_token: ps.access_token };
      expect(await refusalOf(world.exchange('insurance', given, { client }))).toBe(REFUSED);
    });

    it('when the token was issued to another software, or is presented by one', async () => {
      expect(await refusalOf(as('physician', {}, 'lps-inconnu'))).toBe(REFUSED);
      const { access_token } = await world.logIn('psc', 'physician');
      for (const client of ['lps-inconnu', 'portail-demo', 'LPS-DEMO', ''].map((id) => aClient(id)))
        expect(await refusalOf(world.exchange('psc', { subject_token: access_token }, { client }))).toBe(REFUSED);
    });

    it('when the software may exchange no professional', async () => {
      const { access_token } = await world.logIn('psc', 'physician');
      for (const given of [{ exchanges: false }, { recipients: [] }, { recipients: ['MEDECIN_TRAITANT' as const] }]) {
        const client = aClient('lps-demo', given);
        expect(await refusalOf(world.exchange('psc', { subject_token: access_token }, { client }))).toBe(REFUSED);
      }
    });

    it('when the token has lived its two minutes', async () => {
      const { access_token } = await world.logIn('psc', 'physician');
      const late = new Date(Date.now() + 126_000);
      expect(await refusalOf(world.exchange('psc', { subject_token: access_token }, { now: late }))).toBe(REFUSED);
    });

    it('save for a software that did not authenticate, which is told so', async () => {
      const { access_token } = await world.logIn('psc', 'physician');
      const refusal = await refusalOf(world.exchange('psc', { subject_token: access_token }, { client: undefined }));
      expect(JSON.parse(refusal).code).toBe('UNAUTHENTICATED');
    });
  });
});

describe('the claims of Pro Santé Connect', () => {
  let provider: ForgedProvider;
  let exchange: ProSanteConnect;
  const honest = demoAccounts().psc[0]?.claims ?? {};
  const practices = (...list: object[]) => ({ SubjectRefPro: { exercices: list } });
  const physician = aPractice('10', 'C', PARIS);

  beforeAll(async () => {
    provider = await aForgedProvider(honest);
    exchange = new ProSanteConnect(new Upstream(provider.config(), aReplay()), 'urn:here', new Competences());
  });
  afterAll(() => provider?.close());

  const withClaims = async (claims: Record<string, unknown>, practice?: string) => {
    provider.person = { ...honest, ...claims };
    const parameters = new Map([
      ['grant_type', TOKEN_EXCHANGE],
      ['subject_token', await provider.token({ jti: crypto.randomUUID() })],
      ['subject_token_type', ACCESS_TOKEN_TYPE],
      ...(practice ? ([['practice', practice]] as const) : []),
    ]);
    return exchange.exchange({ parameters, client: aClient('lps'), now: new Date() });
  };

  it('are accepted in both spellings of the other identifiers, and without any', async () => {
    const mine = [{ identifiant: '99700366240', origine: 'RPPS', qualite: 1 }];
    for (const claims of [{}, { otherIds: undefined, otherIDs: mine }, { otherIds: undefined }])
      expect((await withClaims(claims)).subject).toBe('99700366240');
  });

  it.each<[string, Record<string, unknown>]>([
    ['RPPS with a wrong key', { SubjectNameID: '899700366241' }],
    ['RPPS without prefix', { SubjectNameID: '99700366240' }],
    ['RPPS under the prefix of ADELI', { SubjectNameID: '099700366240' }],
    ['unknown prefix', { SubjectNameID: '399700366240' }],
    ['ADELI under the prefix of RPPS', { SubjectNameID: '8759312345' }],
    ['RPPS too short', { SubjectNameID: '89970036624' }],
    ['RPPS with a space', { SubjectNameID: '8 99700366240' }],
    ['empty number', { SubjectNameID: '' }],
    ['no number', { SubjectNameID: undefined }],
    ['number as a number', { SubjectNameID: 899700366240 }],
    ['number as a list', { SubjectNameID: ['899700366240'] }],
    ['another RPPS among the other identifiers', { otherIds: [{ identifiant: '99700218896', origine: 'RPPS' }] }],
    ['another RPPS in the other spelling', { otherIDs: [{ identifiant: '99700218896', origine: 'RPPS' }] }],
    ['other identifiers as a text', { otherIds: '99700366240' }],
    ['no practice', practices()],
    ['no reference', { SubjectRefPro: undefined }],
    ['too many practices', practices(...Array.from({ length: 21 }, () => physician))],
    ['two practices that no code tells apart', practices(physician, aPractice('10', 'C', PARIS, 'SM54'))],
    ['unknown profession', practices(aPractice('99', 'C', PARIS))],
    ['profession of three digits', practices(aPractice('100', 'C', PARIS))],
    ['profession as a word', practices(aPractice('MEDECIN', 'C', PARIS))],
    ['empty profession', practices(aPractice('', 'C', PARIS))],
    ['unknown category', practices(aPractice('10', 'X', PARIS))],
    ['student', practices(aPractice('10', 'E', PARIS))],
    ['physiotherapist', practices(aPractice('70', 'C', PARIS))],
    ['no family name', { family_name: undefined }],
    ['empty first name', { given_name: '' }],
    ['endless family name', { family_name: 'X'.repeat(81) }],
  ])('are refused: %s', async (_, claims) => {
    expect(await refusalOf(withClaims(claims))).toBe(REFUSED);
  });

  it.each([
    ['R95141', undefined],
    ['F750100125', '750100125'],
    ['F1', undefined],
    ['', undefined],
  ])('name the structure %s as %s', async (organisation, finess) => {
    const claims = { SubjectOrganizationID: organisation, ...practices({ ...physician, activities: [] }) };
    expect((await withClaims(claims)).professional?.structureFiness).toBe(finess);
  });
});
