import { categoriesOf } from '../../access/decide.js';
import { arrayLiteral, type Step, statement } from '../../db/pipeline.js';
import type { Attestation } from './attestation.js';

/** Nothing is recorded beyond what a person may be given in a period, whoever asks. */
const INSERT = statement(`with issued as (
  insert into attestation (patient_key, id, issued_at, kind, content, data_matrix, expires_at, rank, uvci)
  select $1::bigint, $2::uuid, $3::timestamptz, $4, $5, $6, $7::timestamptz, $8::smallint, $9
  where (select count(*) from attestation a where a.patient_key = $1::bigint
    and a.issued_at > $3::timestamptz - make_interval(secs => $10::integer)) < $11::integer
  returning patient_key)
insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
select $12::uuid, $13, $14, $15, $16::text[], 'RECORDED', $17, array[patient_key] from issued returning 1`);

/** Who is answerable for a trace. */
export interface Author {
  readonly requestId: string;
  readonly recipient: string;
  readonly actor: string;
  readonly operation: string;
  readonly article: string;
}

/**
 * Records a certificate and its trace, in one statement.
 * @param most how many certificates of the person in a period it may be one of; no row comes back beyond
 */
export function recordStep(
  one: Attestation,
  author: Author,
  most: { readonly points: number; readonly seconds: number },
): Step {
  return {
    statement: INSERT,
    values: [
      one.patientKey,
      one.id,
      one.issuedAt,
      one.kind,
      one.content,
      one.dataMatrix ?? null,
      one.expiresAt ?? null,
      String(one.rank),
      one.uvci,
      String(most.seconds),
      String(most.points),
      author.requestId,
      author.recipient,
      author.actor,
      author.operation,
      arrayLiteral(categoriesOf('Attestation')),
      author.article,
    ],
  };
}
