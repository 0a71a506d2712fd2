import type { Pool } from 'pg';
import { arrayLiteral, pipeline, type Row, statement } from '../../db/pipeline.js';
import type { NirIndex } from '../../db/sealing.js';
import type { Pseudonymiser } from '../../formats/pseudonym.js';
import { agrees, datesOf, type Pivot, type Registered } from './pivot.js';

interface Found extends Registered {
  readonly id: string;
  readonly by: string | null;
}

/** More namesakes born on one day than this are not told apart. */
const NAMESAKES = 100;
const COLUMNS = 'id, birth_name, array_to_json(first_names), sex, birth_date, birth_place';
/** Whom the NIR leads to, and everyone whom the register knows under the same name and date, in one statement. */
const LOOK = statement(
  `(select 'nir', ${COLUMNS} from patient_nir n join patient p on p.key = n.patient_key where n.nir_index = any ($1::bytea[]))
union all (select 'name', ${COLUMNS} from patient where pseudonym_covid = any ($2::text[]) limit ${NAMESAKES})`,
);

/**
 * Finds the person of an identity pivot in the register (AIPD M1.101): the one to whom the NIR leads, if the pivot is his
 * and nobody else's. Unknown, different and ambiguous are one answer, after the same statement.
 */
export class Reconciliation {
  constructor(
    private readonly pool: Pool,
    private readonly nirIndex: NirIndex,
    private readonly pseudonymiser: Pseudonymiser<'SIDEP'>,
  ) {}

  /** The public identifier of the person, or nothing. */
  async find(pivot: Pivot, nir: string): Promise<string | undefined> {
    const dates = datesOf(pivot);
    const indexes = dates.map((date) => `\\x${this.nirIndex.of(nir, date).toString('hex')}`);
    const names = dates.map((date) => this.pseudonymOf(pivot, date));
    const values = [arrayLiteral(indexes), arrayLiteral(names)];
    const [rows] = await pipeline(this.pool, [{ statement: LOOK, values }]);
    const found = (rows ?? []).map(foundIn);
    const fitting = found.filter((person) => agrees(pivot, person));
    const byNir = fitting.filter(({ by }) => by === 'nir');
    const namesakes = fitting.filter(({ by }) => by === 'name');
    const overflow = found.length >= NAMESAKES;
    const [one] = byNir;
    if (!one || byNir.length !== 1 || namesakes.length !== 1 || overflow) return undefined;
    return namesakes[0]?.id === one.id ? one.id : undefined;
  }

  private pseudonymOf({ family_name, given_name }: Pivot, birthDate: string): string {
    try {
      return this.pseudonymiser.of({ birthName: family_name, firstNames: given_name, birthDate });
    } catch {
      // A name without a Latin letter has no canon: nobody is found by it, at the same cost.
      return '-';
    }
  }
}

const foundIn = ([by, id, birthName, firstNames, sex, birthDate, birthPlace]: Row): Found => ({
  by: by ?? null,
  id: id ?? '',
  birthName: birthName ?? '',
  firstNames: JSON.parse(firstNames ?? '[]'),
  sex: sex ?? '',
  birthDate: birthDate ?? '',
  birthPlace: birthPlace ?? null,
});
