/** Someone who can log in at the demonstration's provider. */
export interface DemoAccount {
  /** What is typed or clicked. */
  readonly name: string;
  readonly label: string;
  readonly sub: string;
  /** Level of the means with which this person logs in. */
  readonly acr: string;
  /** Claims of the UserInfo, `sub` excepted. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export const DEMO_ISSUERS = ['psc', 'france-connect', 'insurance'] as const;
export type DemoIssuerName = (typeof DEMO_ISSUERS)[number];
export type DemoAccounts = Readonly<Record<DemoIssuerName, readonly DemoAccount[]>>;

/** One practice as the claim `SubjectRefPro` writes it (DOMAIN §5.2). */
export const aPractice = (profession: string, category: string, finess: string, speciality?: string) => ({
  codeProfession: profession,
  codeCategorieProfessionnelle: category,
  codeCiviliteDexercice: 'M',
  codeTypeSavoirFaire: speciality ? 'S' : '',
  codeSavoirFaire: speciality ?? '',
  activities: [{ codeModeExercice: 'L', codeSecteurDactivite: 'SA07', numeroFinessSite: finess, numeroSiretSite: '' }],
});

interface Professional {
  readonly name: string;
  readonly label: string;
  readonly rpps: string;
  readonly familyName: string;
  readonly firstName: string;
  readonly practices: readonly ReturnType<typeof aPractice>[];
  readonly acr?: string;
}

/** A professional as Pro Santé Connect describes him, down to the prefix of the national number. */
export function pscAccount({ name, label, rpps, familyName, firstName, practices, acr }: Professional): DemoAccount {
  const prefix = rpps.length === 11 ? '8' : '0';
  const [first] = practices;
  return {
    name,
    label,
    sub: `f:550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd:${prefix}${rpps}`,
    acr: acr ?? 'eidas1',
    claims: {
      preferred_username: prefix + rpps,
      given_name: firstName,
      family_name: familyName,
      Secteur_Activite: 'SA07^1.2.250.1.71.4.2.4',
      SubjectOrganization: 'CABINET DE DEMONSTRATION',
      SubjectOrganizationID: `F${first?.activities[0]?.numeroFinessSite ?? ''}`,
      SubjectRole: [`${first?.codeProfession ?? ''}^1.2.250.1.213.1.1.5.5`],
      SubjectNameID: prefix + rpps,
      UITVersion: '1.0',
      Palier_Authentification: 'APPPRIP3^1.2.250.1.213.1.5.1.1.1',
      Acces_Regulation_Medicale: 'FAUX',
      otherIds: [{ identifiant: rpps, origine: prefix === '8' ? 'RPPS' : 'ADELI', qualite: 1 }],
      SubjectRefPro: { codeCivilite: 'M', exercices: practices },
    },
  };
}

const PARIS = '750100125';
const LYON = '690781810';

const PROFESSIONALS: readonly Professional[] = [
  {
    name: 'physician',
    label: 'Dr Hélène Dubois, médecin',
    rpps: '99700366240',
    familyName: 'DUBOIS',
    firstName: 'HÉLÈNE',
    practices: [aPractice('10', 'C', PARIS, 'SM26')],
  },
  {
    name: 'nurse',
    label: 'Karim Belaïd, infirmier',
    rpps: '99700218896',
    familyName: 'BELAÏD',
    firstName: 'KARIM',
    practices: [aPractice('60', 'C', PARIS)],
  },
  {
    name: 'pharmacist',
    label: 'Anne Perrin, pharmacienne',
    rpps: '99700400015',
    familyName: 'PERRIN',
    firstName: 'ANNE',
    practices: [aPractice('21', 'C', LYON)],
  },
  {
    name: 'two-practices',
    label: 'Dr Paul Roche, médecin et pharmacien',
    rpps: '99700400023',
    familyName: 'ROCHE',
    firstName: 'PAUL',
    practices: [aPractice('10', 'C', PARIS), aPractice('21', 'C', LYON)],
  },
  {
    name: 'without-right',
    label: 'Julie Moreau, masseuse-kinésithérapeute',
    rpps: '99700400031',
    familyName: 'MOREAU',
    firstName: 'JULIE',
    practices: [aPractice('70', 'C', LYON)],
  },
];

/** The identity pivot of an invented person (DOMAIN §5.3). */
export interface DemoPivot {
  readonly given_name: string;
  readonly family_name: string;
  readonly birthdate: string;
  readonly gender: 'male' | 'female';
  readonly birthplace: string;
  readonly birthcountry: string;
}

export const personAccount = (name: string, pivot: DemoPivot, acr = 'eidas2'): DemoAccount => ({
  name,
  label: `${pivot.given_name} ${pivot.family_name}, ${pivot.birthdate} (${acr})`,
  sub: `${Buffer.from(name.padEnd(33, '0')).toString('hex')}v1`,
  acr,
  claims: { ...pivot },
});

const agentAccount = (number: string, firstName: string, familyName: string): DemoAccount => ({
  name: `agent-${number}`,
  label: `${firstName} ${familyName}, agent AGENT-${number}`,
  sub: `agent:${number}`,
  acr: 'eidas2',
  claims: { agent_id: `AGENT-${number}`, given_name: firstName, family_name: familyName },
});

/** The invented people of a demonstration; the persons of FranceConnect are those of its campaign. */
export const demoAccounts = (persons: readonly DemoAccount[] = []): DemoAccounts => ({
  psc: PROFESSIONALS.map(pscAccount),
  'france-connect': persons,
  insurance: [agentAccount('0001', 'CLAIRE', 'VIDAL'), agentAccount('0002', 'MARC', 'OLIVIER')],
});
