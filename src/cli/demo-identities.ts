import { type DemoAccount, personAccount } from '../demo/accounts.js';
import { DEMO_PERSONS, demoPerson } from './demo-campaign.js';

/** The pivot of the nth person of the demonstration's campaign, as FranceConnect would give it. */
function pivotOf(n: number) {
  const { firstNames, birthName, birthDate, sex, birthPlace } = demoPerson(n);
  return {
    given_name: firstNames.join(' '),
    family_name: birthName,
    birthdate: birthDate,
    gender: sex === 'F' ? ('female' as const) : ('male' as const),
    birthplace: birthPlace ?? '',
    birthcountry: '99100',
  };
}

/** Two vaccinated persons, one of them also with a means too weak for health data, and one who was never targeted. */
export const demoPersons = (): DemoAccount[] => [
  personAccount('person-1', pivotOf(1)),
  personAccount('person-2', pivotOf(2)),
  personAccount('person-1-weak', pivotOf(1), 'eidas1'),
  personAccount('person-unknown', pivotOf(DEMO_PERSONS - 1)),
];
