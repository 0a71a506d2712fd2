import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { arrayLiteral, pipeline, statement } from '../../db/pipeline.js';
import type { Clock } from '../../kernel/clock.js';
import type { Keys } from '../../signing/keyring.js';
import type { Attestation } from './attestation.js';
import { certify } from './certifier.js';
import { attested, readDataset } from './dataset.js';
import { type Author, recordStep } from './record.js';

const REVOKE = statement(`update attestation set revoked_at = $3::timestamptz
  where patient_key = $1::bigint and rank = $2::smallint and revoked_at is null`);
const REVOKED = statement(`select rank from attestation where patient_key = $1::bigint and rank = any ($2::smallint[])
  group by rank having bool_and(revoked_at is not null) order by rank`);
const HAD_ONE = statement('select 1 from attestation where patient_key = $1::bigint and rank = $2::smallint limit 1');

/** A right is not counted as a wish is: what a correction makes again has no limit of its own. */
const UNLIMITED = { points: 2 ** 31 - 1, seconds: 1 };

/** Makes certificates again whose step was corrected. */
export class ReissueService {
  constructor(private readonly parts: { readonly database: Database; readonly keys: Keys; readonly clock: Clock }) {}

  /**
   * Follows a correction, which has revoked in its own transaction what it made wrong: of these doses, those that had
   * certificates and have no valid one any more get a new one. Asked again after a failure, it makes what is missing.
   *
   * @throws UNAVAILABLE without a signer
   */
  async renew(patientKey: string, ranks: readonly number[], author: Omit<Author, 'operation'>): Promise<void> {
    const look = { statement: REVOKED, values: [patientKey, arrayLiteral(ranks)] };
    const [, revoked] = await pipeline(this.parts.database.pool(roleOf('attestations')), [attested(patientKey), look]);
    for (const [rank] of revoked ?? []) await this.reissue({ patientKey, rank: Number(rank) }, author);
  }

  /**
   * After a step was corrected: in one transaction, the certificates of that dose are revoked, those that still were not,
   * and the new one is made. Whoever never had one gets none; nor does whoever has no such dose any more.
   *
   * @returns undefined when there was none to make again
   * @throws UNAVAILABLE without a signer; the certificates of before are then revoked all the same
   */
  async reissue(
    { patientKey, rank }: { readonly patientKey: string; readonly rank: number },
    author: Omit<Author, 'operation'>,
  ): Promise<Attestation | undefined> {
    const pool = this.parts.database.pool(roleOf('attestations'));
    const of = [patientKey, String(rank)];
    const now = this.parts.clock.now();
    const revoke = { statement: REVOKE, values: [...of, now.toISOString()] };
    const [, had] = await pipeline(pool, [attested(patientKey), { statement: HAD_ONE, values: of }]);
    if (!had?.length) return undefined;
    try {
      const dataset = await readDataset(pool, patientKey, rank);
      const attestation = dataset && (await certify(dataset, this.parts.keys, now));
      const record = attestation && recordStep(attestation, { ...author, operation: 'reissueAttestation' }, UNLIMITED);
      await pipeline(pool, [attested(patientKey), revoke, ...(record ? [record] : [])]);
      return attestation;
    } catch (error) {
      // A certificate that is known to be wrong must not stay valid because the right one cannot be made now.
      await pipeline(pool, [attested(patientKey), revoke]);
      throw error;
    }
  }
}
