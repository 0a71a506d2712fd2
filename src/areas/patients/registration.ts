import { randomUUID } from 'node:crypto';
import { type NirIndex, type Sealer, sealContext } from '../../db/sealing.js';
import type { Pseudonymiser } from '../../formats/pseudonym.js';
import { newInvitationCode } from '../../kernel/identifiers.js';
import type { PseudonymSpace } from '../../law/recipients.js';
import { regionOf } from '../../law/regions.js';

/** A person as a targeting file or a referential gives it. Codes and dates are already checked. */
export interface PersonIdentity {
  readonly nir: string;
  readonly birthName: string;
  readonly usageName: string | null;
  readonly firstNames: readonly string[];
  readonly sex: 'F' | 'M';
  readonly birthDate: string;
  readonly birthPlace: string | null;
  readonly schemeCode: string;
  readonly bodyCode: string;
  readonly department: string;
  readonly postalAddress: string | null;
  readonly phone: string | null;
  readonly email: string | null;
  readonly legalRepresentative: string | null;
  readonly nonMedicalCriteriaCodes: readonly string[];
}

/** The properties of `Patient` that registration gives a value, in the order in which rows are written. */
export const REGISTERED = [
  'id',
  'birthName',
  'usageName',
  'firstNames',
  'sex',
  'birthDate',
  'birthPlace',
  'nir',
  'birthNamePrefix',
  'firstNamePrefix',
  'birthYear',
  'ageClass',
  'schemeCode',
  'bodyCode',
  'bodyKey',
  'department',
  'regionCode',
  'postalAddress',
  'phone',
  'email',
  'legalRepresentative',
  'nonMedicalCriteriaCodes',
  'targetingType',
  'pseudonymCovid',
  'pseudonymArs',
  'pseudonymSnds',
] as const;

/** Everything that is computed once when a person enters the register, and stored with it. */
export interface Registration {
  readonly id: string;
  readonly nirIndex: Buffer;
  readonly code: string;
  /** Column values of `patient`, by property, the key excepted. */
  readonly patient: Readonly<Record<string, ColumnValue>>;
}

type ColumnValue = string | number | readonly string[] | null;

/** Age classes of the campaign, by the age reached in its reference year: they do not drift with time. */
export const REFERENCE_YEAR = 2021;
const AGE_CLASSES = [0, 5, 10, 12, 18, 25, 30, 40, 50, 60, 65, 70, 75, 80] as const;

/** `18-24`, …, `80+`; someone born after the reference year is in the first class. */
export function ageClassOf(birthYear: number): string {
  const age = Math.max(0, REFERENCE_YEAR - birthYear);
  const index = AGE_CLASSES.findLastIndex((from) => age >= from);
  const next = AGE_CLASSES[index + 1];
  return next === undefined ? `${AGE_CLASSES[index]}+` : `${AGE_CLASSES[index]}-${next - 1}`;
}

/** Scheme of the military fund, whose insured persons have no address here (AIPD M1.32). */
export const MILITARY_SCHEME = '08';

/** Turns an identity into a dossier: identifiers, seals, pseudonyms and derived columns, in one place. */
export class Registrar {
  constructor(
    private readonly sealer: Sealer,
    private readonly nirIndex: NirIndex,
    private readonly pseudonymisers: Readonly<Record<PseudonymSpace, Pseudonymiser>>,
  ) {}

  register(person: PersonIdentity, targetingType: 'AUTOMATIC' | 'MANUAL'): Registration {
    const id = randomUUID();
    const birthYear = Number(person.birthDate.slice(0, 4));
    const contact = person.schemeCode !== MILITARY_SCHEME;
    const { nir, birthName, birthDate, sex } = person;
    const named = { nir, birthName, birthDate, sex, firstNames: person.firstNames[0] ?? '' };
    return {
      id,
      nirIndex: this.nirIndex.of(person.nir, person.birthDate),
      code: newInvitationCode(),
      patient: {
        id,
        birthName: person.birthName,
        usageName: person.usageName,
        firstNames: person.firstNames,
        sex: person.sex,
        birthDate: person.birthDate,
        birthPlace: person.birthPlace,
        nir: this.sealer.seal(person.nir, sealContext(id)),
        birthNamePrefix: firstLetters(person.birthName),
        firstNamePrefix: firstLetters(person.firstNames[0] ?? ''),
        birthYear,
        ageClass: ageClassOf(birthYear),
        schemeCode: person.schemeCode,
        bodyCode: person.bodyCode,
        bodyKey: person.schemeCode + person.bodyCode,
        department: person.department,
        regionCode: regionOf(person.department) ?? '',
        postalAddress: contact ? person.postalAddress : null,
        phone: contact ? person.phone : null,
        email: contact ? person.email : null,
        legalRepresentative: contact ? person.legalRepresentative : null,
        nonMedicalCriteriaCodes: person.nonMedicalCriteriaCodes,
        targetingType,
        pseudonymCovid: this.pseudonymisers.COVID.of(named),
        pseudonymArs: this.pseudonymisers.ARS.of(named),
        pseudonymSnds: this.pseudonymisers.SNDS.of(named),
      } satisfies Record<(typeof REGISTERED)[number], ColumnValue>,
    };
  }

  indexOf(nir: string, birthDate: string): Buffer {
    return this.nirIndex.of(nir, birthDate);
  }
}

const SURROGATE = /[\ud800-\udfff]/;

/** The first three letters, counted as PostgreSQL counts them: by code point. */
function firstLetters(name: string): string {
  const units = name.slice(0, 3);
  return SURROGATE.test(units) ? [...name].slice(0, 3).join('') : units;
}
