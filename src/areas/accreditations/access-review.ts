import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { pipeline, statement } from '../../db/pipeline.js';
import type { Clock } from '../../kernel/clock.js';

export type AccreditationState = 'IN_FORCE' | 'SUSPENDED' | 'EXPIRED' | 'REVOKED';

/** What the yearly review looks at, one line an accreditation. Instants are RFC 3339, in UTC. */
export interface ReviewedAccess {
  readonly id: string;
  readonly agentName: string;
  readonly subject: string;
  readonly recipient: string;
  readonly bodyKey: string;
  /** Bodies that delegate to the agent's own body today. */
  readonly delegatingBodies: readonly string[];
  readonly accreditedBy: string;
  readonly grantedAt: string;
  readonly expiresAt: string;
  readonly reviewedAt: string | null;
  readonly reviewedBy: string | null;
  readonly reviewDueAt: string;
  readonly state: AccreditationState;
  readonly revokedAt: string | null;
  readonly revocationReason: string | null;
}

/** Whoever is to be reviewed first stands first. */
const REVIEWED = statement(`select row_to_json(line) from (
  select a.id, a.agent_name as "agentName", a.subject, a.recipient, a.body_key as "bodyKey",
         array(select distinct d.delegating_body from body_delegation d
                where d.delegated_body = a.body_key and d.ended_at is null
                  and ($1::timestamptz at time zone 'Europe/Paris')::date between d.from_day and d.until_day
                order by 1) as "delegatingBodies",
         a.accredited_by as "accreditedBy", a.granted_at as "grantedAt", a.expires_at as "expiresAt",
         a.reviewed_at as "reviewedAt", a.reviewed_by as "reviewedBy", a.review_due_at as "reviewDueAt",
         case when a.revoked_at is not null then 'REVOKED' when a.expires_at <= $1::timestamptz then 'EXPIRED'
              when a.review_due_at <= $1::timestamptz then 'SUSPENDED' else 'IN_FORCE' end as state,
         a.revoked_at as "revokedAt", a.revocation_reason as "revocationReason"
    from accreditation a order by a.revoked_at is not null, a.review_due_at, a.id) line`);

/** Everybody accredited, then and now: the export for the documented review of accesses (AIPD M2.33). */
export async function accessReview(database: Database, clock: Clock): Promise<ReviewedAccess[]> {
  const [rows] = await pipeline(database.pool(roleOf('accreditations')), [
    { statement: REVIEWED, values: [clock.now().toISOString()] },
  ]);
  return (rows ?? []).map(([line]) => JSON.parse(line ?? 'null') as ReviewedAccess);
}
