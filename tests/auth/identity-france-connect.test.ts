import type { Pool } from 'pg';
import { roleOf } from '../../src/access/grants.js';
import { type DemoAccount, type DemoPivot, demoAccounts, personAccount } from '../../src/demo/accounts.js';
import { type APatient, aPatient, aPerson } from '../builders/a-patient.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { aClient, anIdentityWorld, type IdentityWorld, REFUSED, refusalOf } from '../builders/an-identity-world.js';

const MARIE: DemoPivot = {
  given_name: 'Marie-Anne Zoé',
  family_name: 'LEFEVRE',
  birthdate: '1962-07-13',
  gender: 'female',
  birthplace: '75056',
  birthcountry: '99100',
};
const REGISTERED = {
  birthName: 'LEFÈVRE',
  firstNames: ['MARIE-ANNE', 'ZOÉ'],
  sex: 'F',
  birthDate: '1962-07-13',
  birthPlace: '75056',
} as const;

/** Each letter of a name lost, doubled, changed, or exchanged with the next one. */
const slips = (name: string): string[] => {
  const made = [...name].flatMap((letter, at) => {
    const [before, after] = [name.slice(0, at), name.slice(at + 1)];
    const other = letter.toUpperCase() === 'X' ? 'Y' : 'X';
    const swapped = after ? before + after[0] + letter + after.slice(1) : name;
    return [before + after, before + letter + letter + after, before + other + after, swapped];
  });
  return [...new Set(made)].filter((slip) => slip !== name);
};
const pivots = (key: keyof DemoPivot, values: readonly string[]): [string, DemoPivot][] =>
  values.map((value, at) => [`${key} ${at + 1}`, { ...MARIE, [key]: value } as DemoPivot]);

const DIFFERENT: readonly [string, DemoPivot][] = [
  ...pivots('family_name', slips('LEFEVRE')),
  ...pivots('family_name', ['LEFEVRE MARTIN', 'MARTIN', 'MARIE-ANNE', 'LE', '1', 'ЛЕФЕВР', '-']),
  ...pivots(
    'given_name',
    slips('MARIEANNE').map((name) => `${name} Zoé`),
  ),
  ...pivots('given_name', ['Zoé', 'Zoé Marie-Anne', 'Anne-Marie', 'Marie', 'Марія', ' ']),
  ...pivots('birthdate', ['1962-07-12', '1962-07-14', '1962-06-13', '1962-08-13', '1961-07-13', '1963-07-13']),
  ...pivots('birthdate', ['1962-07-01', '1962-01-01', '1962-07-00', '1926-07-13', '1962-13-07', '13/07/1962', '1962']),
  ...pivots('gender', ['male', 'F', '']),
  ...pivots('birthplace', ['75057', '75156', '69123', '', '75056 ', 'PARIS']),
  ...pivots('birthcountry', ['99101', 'FR', '']),
];

const accounts: DemoAccount[] = [
  personAccount('marie', MARIE),
  personAccount('marie-weak', MARIE, 'eidas1'),
  personAccount('marie-strong', MARIE, 'eidas3'),
  personAccount('marie-accents', { ...MARIE, family_name: 'Lefèvre', given_name: 'MARIE-ANNE' }),
  personAccount('born-abroad', { ...MARIE, birthdate: '1950-01-01', birthplace: '', birthcountry: '99351' }),
  personAccount('homonym', { ...MARIE, birthdate: '1970-02-02' }),
  personAccount('twin', { ...MARIE, family_name: 'JUMEAU', given_name: 'Léa', birthdate: '1990-03-03' }),
  personAccount('stranger', { ...MARIE, family_name: 'INCONNU' }),
  ...DIFFERENT.map(([name, pivot]) => personAccount(`different ${name}`, pivot)),
];

describe('a person by FranceConnect', () => {
  let register: Register;
  let endpoint: Endpoint;
  let world: IdentityWorld;
  let marie: APatient;
  let sister: APatient;
  let abroad: APatient;
  const homonyms: APatient[] = [];
  const twins: APatient[] = [];
  let statements = 0;

  beforeAll(async () => {
    register = await aRegister();
    endpoint = await register.serve();
    marie = await aPatient(register, 1, { person: REGISTERED, doses: 2 });
    sister = await aPatient(register, 2, { person: { ...REGISTERED, firstNames: ['CLAIRE'] }, doses: 2 });
    abroad = await aPatient(register, 3, { person: { ...REGISTERED, birthDate: '1950-00-00', birthPlace: 'ORAN' } });
    for (const n of [4, 5]) {
      homonyms.push(await aPatient(register, n, { person: { ...REGISTERED, birthDate: '1970-02-02' }, doses: 1 }));
      const twin = {
        ...REGISTERED,
        birthName: 'JUMEAU',
        firstNames: [n === 4 ? 'LÉA' : 'ZOÉ'],
        birthDate: '1990-03-03',
      };
      twins.push(await aPatient(register, n + 10, { person: twin, doses: 1 }));
    }
    const pool = register.database.pool(roleOf('reconciler'));
    const connect = () => {
      statements += 1;
      return pool.connect();
    };
    const reconcilers = { connect } as unknown as Pool;
    const everybody = { ...demoAccounts(), 'france-connect': accounts };
    world = await anIdentityWorld({ register, accounts: everybody, reconcilers });
  });
  afterAll(async () => {
    await world?.close();
    await register?.close();
  });

  const as = async (account: string, given: Record<string, string | undefined>, client?: string) => {
    const { access_token } = await world.logIn('france-connect', account, client);
    return world.exchange('france-connect', { subject_token: access_token, ...given });
  };

  it.each(['marie', 'marie-strong', 'marie-accents'])('%s is found with her own NIR', async (account) => {
    const principal = await as(account, { nir: marie.person.nir });
    expect(principal).toEqual({ recipient: 'PATIENT', subject: marie.id, patient: marie.id, client: 'portail-demo' });
  });

  it('is found under a presumed birth date, which the register keeps as unknown', async () => {
    expect((await as('born-abroad', { nir: abroad.person.nir })).patient).toBe(abroad.id);
  });

  it('is told apart from a twin by the first name', async () => {
    expect((await as('twin', { nir: twins[0]?.person.nir })).patient).toBe(twins[0]?.id);
    expect(await refusalOf(as('twin', { nir: twins[1]?.person.nir }))).toBe(REFUSED);
  });

  it('gets her own certificate and reaches nobody else’s (AIPD M1.101)', async () => {
    const principal = await as('marie', { nir: marie.person.nir });
    const issue = 'mutation ($id: ID) { issueAttestation(input: { patientId: $id }) { id } }';
    const byNir = 'mutation ($nir: Nir) { issueAttestation(input: { nir: $nir, birthDate: "1962-07-13" }) { id } }';
    for (const id of [sister.id, marie.id, null]) await endpoint.ask(principal, issue, { id });
    await endpoint.ask(principal, byNir, { nir: sister.person.nir });
    const { body } = await endpoint.ask(principal, '{ me { birthName firstNames attestations { id } } }');
    const owners = await register.database.owner.query('select distinct patient_key::text as key from attestation');
    expect(owners).toEqual([{ key: marie.key }]);
    expect(body.data.me).toMatchObject({ birthName: 'LEFÈVRE', firstNames: ['MARIE-ANNE', 'ZOÉ'] });
    expect(body.data.me.attestations.length).toBeGreaterThan(0);
  });

  describe('one same refusal, after the same statement,', () => {
    it.each(DIFFERENT)('when the pivot differs: %s', async (name) => {
      expect(await refusalOf(as(`different ${name}`, { nir: marie.person.nir }))).toBe(REFUSED);
    });

    const changed = (nir: string, at: number) => {
      const digit = String((Number(nir[at]) + 1) % 10);
      const body = `${nir.slice(0, at)}${digit}${nir.slice(at + 1, 13)}`;
      return body + String(97 - Number(BigInt(body) % 97n)).padStart(2, '0');
    };
    const NIRS: readonly [string, () => string | undefined][] = [
      ['none', () => undefined],
      ['empty', () => ''],
      ['of her sister', () => sister.person.nir],
      ['of a person with another birth date', () => abroad.person.nir],
      ['of a homonym', () => homonyms[0]?.person.nir],
      ['of a person who is not in the register', () => aPerson(900).nir],
      ['with a wrong key', () => `${marie.person.nir.slice(0, 13)}${marie.person.nir.endsWith('01') ? '02' : '01'}`],
      ['without its key', () => marie.person.nir.slice(0, 13)],
      ['with spaces', () => `${marie.person.nir.slice(0, 1)} ${marie.person.nir.slice(1)}`],
      ['with a space behind', () => `${marie.person.nir} `],
      ['twice', () => `${marie.person.nir},${marie.person.nir}`],
      ['as a pattern', () => '%'],
      ['as SQL', () => `${marie.person.nir}' or '1'='1`],
      ['as an array', () => `{${marie.person.nir}}`],
      ['very long', () => '1'.repeat(5000)],
      ...Array.from({ length: 12 }, (_, at): [string, () => string] => [
        `with digit ${at + 2} changed and a fitting key`,
        () => changed(marie.person.nir, at + 1),
      ]),
    ];
    it.each(NIRS)('when the NIR is another: %s', async (_, nir) => {
      expect(await refusalOf(as('marie', { nir: nir() }))).toBe(REFUSED);
    });

    it('when two persons of the register share the pivot', async () => {
      for (const one of homonyms) expect(await refusalOf(as('homonym', { nir: one.person.nir }))).toBe(REFUSED);
    });

    it('when nobody has this pivot', async () => {
      expect(await refusalOf(as('stranger', { nir: marie.person.nir }))).toBe(REFUSED);
    });

    it('and as many statements for each of them', async () => {
      const counts: number[] = [];
      const nirs = [marie.person.nir, sister.person.nir, homonyms[0]?.person.nir, aPerson(901).nir, 'x', undefined];
      for (const account of ['marie', 'stranger', 'homonym', 'different family_name 1']) {
        for (const nir of nirs) {
          const before = statements;
          await refusalOf(as(account, { nir }));
          counts.push(statements - before);
        }
      }
      expect(counts).toEqual(counts.map(() => 1));
    });

    it('when the level is too low for health data, before anything is looked up', async () => {
      const before = statements;
      expect(await refusalOf(as('marie-weak', { nir: marie.person.nir }))).toBe(REFUSED);
      expect(statements).toBe(before);
    });

    it('when the token is used again, even with the right NIR after a wrong one', async () => {
      const { access_token } = await world.logIn('france-connect', 'marie');
      const given = { subject_token: access_token };
      expect(await refusalOf(world.exchange('france-connect', { ...given, nir: sister.person.nir }))).toBe(REFUSED);
      expect(await refusalOf(world.exchange('france-connect', { ...given, nir: marie.person.nir }))).toBe(REFUSED);
    });

    it.each([
      'ps',
      'agent-am',
      'patient ps',
      'patient patient',
      'medecin-traitant',
      'openid',
      '',
      'operateur',
      'PATIENT',
    ])('when the scope is « %s »', async (scope) => {
      expect(await refusalOf(as('marie', { nir: marie.person.nir, scope }))).toBe(REFUSED);
    });

    it('when the token was issued to another software, or is presented by one', async () => {
      expect(await refusalOf(as('marie', { nir: marie.person.nir }, 'portail-inconnu'))).toBe(REFUSED);
      const { access_token } = await world.logIn('france-connect', 'marie');
      const given = { subject_token: access_token, nir: marie.person.nir };
      const client = aClient('lps-demo');
      expect(await refusalOf(world.exchange('france-connect', given, { client }))).toBe(REFUSED);
    });
  });

  it('with a NIR vouched for by the insurance needs none typed, and no other typed', async () => {
    const vouched = { ...personAccount('vouched', MARIE), claims: { ...MARIE, nir_reconcilie: marie.person.nir } };
    const other = await anIdentityWorld({
      register,
      accounts: { ...demoAccounts(), 'france-connect': [vouched] },
      configured: ({ franceConnect, ...rest }) => ({
        ...rest,
        franceConnect: franceConnect && { ...franceConnect, nirClaim: 'nir_reconcilie' },
      }),
    });
    const ask = async (nir: string | undefined) => {
      const { access_token } = await other.logIn('france-connect', 'vouched');
      return other.exchange('france-connect', { subject_token: access_token, nir });
    };
    try {
      expect((await ask(undefined)).patient).toBe(marie.id);
      expect((await ask(marie.person.nir)).patient).toBe(marie.id);
      expect(await refusalOf(ask(sister.person.nir))).toBe(REFUSED);
    } finally {
      await other.close();
    }
  });
});
