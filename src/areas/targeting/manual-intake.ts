import DataLoader from 'dataloader';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { typeMapOf } from '../../db/mapping.js';
import { arrayLiteral, pipeline, type Statement, statement } from '../../db/pipeline.js';
import type { Sealer } from '../../db/sealing.js';
import type { Intake } from '../patients/intake.js';
import type { PersonIdentity, Registrar, Registration } from '../patients/registration.js';

/** The insured persons of every scheme, asked when a NIR was never targeted (AIPD, suivi). */
export interface Referential {
  find(nirIndex: Buffer): Promise<PersonIdentity | undefined>;
}

const FIND = statement(
  `select encode(nir_index, 'hex'), sealed_identity from referential_person where nir_index = any ($1::bytea[])`,
);

export const referentialContext = (nirIndex: Buffer): string => `ReferentialPerson|${nirIndex.toString('hex')}`;

/** Nobody, by a NIR whose key none has: as long as somebody, so that what is done for the unknown takes as long. */
const NOBODY: PersonIdentity = {
  nir: '199017505600100',
  birthName: 'PERSONNE',
  usageName: null,
  firstNames: ['AUCUNE', 'SANS'],
  sex: 'F',
  birthDate: '1900-01-01',
  birthPlace: '75056',
  schemeCode: '01',
  bodyCode: '751',
  department: '75',
  postalAddress: '1 rue de nulle part, 75000 PARIS',
  phone: '0600000000',
  email: 'personne@example.org',
  legalRepresentative: null,
  nonMedicalCriteriaCodes: [],
};
const NOBODY_CONTEXT = referentialContext(Buffer.alloc(32));

/**
 * The referential as a table of sealed identities. Searches of the same moment share one round trip; none is kept. One
 * identity is opened whoever is sought.
 */
export class TableReferential implements Referential {
  private readonly loader: DataLoader<Buffer, string | undefined, string>;
  private readonly nobody: string;

  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
  ) {
    this.loader = new DataLoader((indexes) => this.load(indexes), { cache: false, maxBatchSize: 100 });
    this.nobody = sealer.seal(JSON.stringify(NOBODY), NOBODY_CONTEXT);
  }

  async find(nirIndex: Buffer): Promise<PersonIdentity | undefined> {
    const sealed = await this.loader.load(nirIndex);
    const context = sealed ? referentialContext(nirIndex) : NOBODY_CONTEXT;
    const identity: PersonIdentity = JSON.parse(this.sealer.open(sealed ?? this.nobody, context));
    return sealed ? identity : undefined;
  }

  private async load(indexes: readonly Buffer[]): Promise<(string | undefined)[]> {
    const keys = indexes.map((index) => index.toString('hex'));
    const list = arrayLiteral(keys.map((key) => `\\x${key}`));
    const [rows] = await pipeline(this.database.pool(roleOf('intake')), [{ statement: FIND, values: [list] }]);
    const found = new Map((rows ?? []).map(([key, sealed]) => [key, sealed ?? undefined]));
    return keys.map((key) => found.get(key));
  }
}

const UNIQUE_VIOLATION = '23505';
const ATTEMPTS = 5;

/**
 * Takes in a person who was never targeted, as type MANUAL, without letting the professional know (AIPD M1.50): the
 * dossier has a code like any other. Targeted, never targeted and unknown cost the same statements and the same
 * decryptions: for the first nothing is inserted because he is there, for the last because nobody is to be.
 */
export class ManualIntake implements Intake {
  private insert: Statement | undefined;

  constructor(
    private readonly database: Database,
    private readonly registrar: Registrar,
    private readonly referential: Referential,
  ) {}

  /** @returns whether such a person now is in the register; two calls at once create one dossier */
  async takeIn(nirIndex: Buffer): Promise<boolean> {
    const person = await this.referential.find(nirIndex);
    for (let attempt = 1; ; attempt += 1) {
      const registration = this.registrar.register(person ?? NOBODY, 'MANUAL');
      // A referential that answers about somebody else is not believed.
      const known = person !== undefined && registration.nirIndex.equals(nirIndex);
      try {
        await pipeline(this.database.pool(roleOf('intake')), [
          { statement: this.statementFor(registration), values: valuesOf(registration, known) },
        ]);
        return known;
      } catch (error) {
        // The code was taken (DOMAIN §2.7): the next registration draws another one.
        if ((error as { code?: string }).code !== UNIQUE_VIOLATION || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private statementFor({ patient }: Registration): Statement {
    const { columns } = typeMapOf(this.database.mapping, 'Patient');
    const names = Object.keys(patient).map((property) => columns.get(property)?.name ?? '');
    this.insert ??= statement(`with found as (
  insert into patient_nir (nir_index, patient_key) select $1, nextval('patient_key_seq') where $${names.length + 3}::boolean
    on conflict do nothing returning patient_key),
person as (insert into patient (key, ${names.join(', ')}) select patient_key, ${names.map((_, index) => `$${index + 3}`).join(', ')} from found),
code as (insert into invitation_code (code, patient_key) select $2, patient_key from found)
insert into invitation (patient_key, code) select patient_key, $2 from found`);
    return this.insert;
  }
}

const valuesOf = ({ nirIndex, code, patient }: Registration, known: boolean): (string | Buffer | null)[] => [
  nirIndex,
  code,
  ...Object.values(patient).map((value) =>
    Array.isArray(value) ? arrayLiteral(value) : value === null ? null : String(value),
  ),
  String(known),
];
