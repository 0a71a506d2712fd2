/**
 * The certificate's data set (AIPD M1.81): name, first names, birth date, vaccine, rank and date of one dose, the vaccine
 * of the first. Read by a database role that sees these columns, of one person at a time, and nothing else (M1.82).
 */
import type { Pool } from 'pg';
import { pipeline, type Row, type Step, statement } from '../../db/pipeline.js';

export interface Dataset {
  readonly patientKey: string;
  readonly birthName: string;
  readonly firstNames: readonly string[];
  /** `YYYY-MM-DD`, month or day 00 when unknown. */
  readonly birthDate: string;
  readonly rank: number;
  /** `mp` of the product (DOMAIN §3.3). */
  readonly vaccine: string;
  /** `YYYY-MM-DD`. */
  readonly performedOn: string;
  readonly firstVaccine: string;
}

const ATTESTED = statement(`select set_config('lancette.attested', $1, true)`);
const DATASET = statement(`select p.birth_name, to_json(p.first_names), p.birth_date, i.rank, i.vaccine,
  to_char(i.performed_at, 'YYYY-MM-DD'), (select s.vaccine from injection_step s where s.patient_key = p.key and s.rank = 1)
from patient p, injection_step i where p.key = $1::bigint and i.patient_key = p.key and ($2::smallint is null or i.rank = $2)
order by i.rank desc limit 1`);

/** Whose rows the role may reach in this transaction. */
export const attested = (patientKey: string): Step => ({ statement: ATTESTED, values: [patientKey] });

/** The last dose, or that of a rank; undefined without such an injection. */
export async function readDataset(pool: Pool, patientKey: string, rank?: number): Promise<Dataset | undefined> {
  const values = [patientKey, rank === undefined ? null : String(rank)];
  const [, rows] = await pipeline(pool, [attested(patientKey), { statement: DATASET, values }]);
  const [row] = rows ?? [];
  return row && datasetOf(patientKey, row);
}

function datasetOf(patientKey: string, row: Row): Dataset {
  const [birthName, firstNames, birthDate, rank, vaccine, performedOn, firstVaccine] = row.map((value) => value ?? '');
  return {
    patientKey,
    birthName: String(birthName),
    firstNames: JSON.parse(firstNames || '[]') as string[],
    birthDate: String(birthDate),
    rank: Number(rank),
    vaccine: String(vaccine),
    performedOn: String(performedOn),
    firstVaccine: String(firstVaccine),
  };
}
