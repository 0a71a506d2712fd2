import { randomUUID } from 'node:crypto';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Row, type Step, statement } from '../../db/pipeline.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import { ACCREDITATION, type AccreditedRecipient, isAccredited } from '../../law/accreditation.js';
import { requireBody, requireName, requireRecipient, requireSubject } from './accreditation-input.js';

/** Where an exchange of identities finds what an agent may act as. */
export interface AccreditationRegister {
  /** @returns nothing unless an accreditation is in force at that instant */
  find(agentSubject: string, now: Date): Promise<{ id: string; recipient: AccreditedRecipient } | undefined>;
}

export interface NewAccreditation {
  /** The agent at the identity provider of the insurance. */
  readonly subject: string;
  readonly agentName: string;
  readonly recipient: string;
  /** Scheme and body code joined. */
  readonly bodyKey: string;
  /** Name of the director. */
  readonly accreditedBy: string;
  /** Last day, `YYYY-MM-DD`. */
  readonly until: string;
}

/** An accreditation whose time is over leaves room for the next one, and remains on record. */
const CLOSE_EXPIRED = statement(
  `update accreditation set revoked_at = expires_at, revocation_reason = 'EXPIRED'
    where subject = $1 and revoked_at is null and expires_at <= $2::timestamptz`,
);

/** Days are those of the bodies: they end at midnight in Paris. */
const GRANT = statement(`insert into accreditation
  (id, subject, agent_name, recipient, body_key, accredited_by, granted_at, expires_at, review_due_at)
select $1::uuid, $2, $3, $4, $5, $6, $7::timestamptz, last.day, $7::timestamptz + $9::interval
  from (select (($8::date + 1)::timestamp at time zone 'Europe/Paris') as day) last
 where last.day > $7::timestamptz and last.day <= $7::timestamptz + $10::interval
returning id`);

const REVIEW = statement(`update accreditation
   set reviewed_at = $2::timestamptz, reviewed_by = $3, review_due_at = $2::timestamptz + $4::interval
 where id = $1::uuid and revoked_at is null and expires_at > $2::timestamptz returning id`);

const REVOKE = statement(`update accreditation set revoked_at = $2::timestamptz, revocation_reason = $3
 where id = $1::uuid and revoked_at is null returning id`);

const FIND = statement(`select id, recipient from accreditation
 where subject = $1 and revoked_at is null and expires_at > $2::timestamptz and review_due_at > $2::timestamptz`);

const UNIQUE_VIOLATION = '23505';
const LAST_DAY_REFUSED: ReadonlySet<string> = new Set(['22007', '22008']);

/**
 * The register of accreditations, through a role of its own. What it changes holds from the next request on, since each
 * request of an agent asks the database anew (`lancette.enter_accreditation`).
 */
export class AccreditationService implements AccreditationRegister {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns the identifier of the accreditation
   * @throws INVALID_INPUT, also for a last day that is past or further than the law's longest; ALREADY_ACCREDITED
   */
  async grant(wanted: NewAccreditation): Promise<string> {
    requireRecipient(wanted.recipient);
    requireBody('bodyKey', wanted.bodyKey);
    requireSubject(wanted.subject);
    requireName('agentName', wanted.agentName);
    requireName('accreditedBy', wanted.accreditedBy);
    const [, granted] = await this.granting(wanted);
    const id = granted?.[0]?.[0];
    if (!id) throw new LancetteError('INVALID_INPUT', { field: 'until' });
    return id;
  }

  /** Restores what was suspended for want of a review. @throws NOT_FOUND when it is unknown, revoked or expired */
  async review(id: string, by: string): Promise<void> {
    requireName('by', by);
    await this.change(REVIEW, [id, this.now(), by, ACCREDITATION.reviewEvery.duration]);
  }

  /** @throws NOT_FOUND when it is unknown or revoked already */
  async revoke(id: string, reason: string): Promise<void> {
    requireName('reason', reason);
    await this.change(REVOKE, [id, this.now(), reason]);
  }

  async find(agentSubject: string, now: Date): Promise<{ id: string; recipient: AccreditedRecipient } | undefined> {
    const [row] = await this.run({ statement: FIND, values: [agentSubject, now.toISOString()] });
    const [id, recipient] = row ?? [];
    return id && recipient && isAccredited(recipient) ? { id, recipient } : undefined;
  }

  private async granting(wanted: NewAccreditation): Promise<Row[][]> {
    const { subject, agentName, recipient, bodyKey, accreditedBy, until } = wanted;
    const now = this.now();
    const who = [randomUUID(), subject, agentName, recipient, bodyKey, accreditedBy];
    const times = [now, until, ACCREDITATION.reviewEvery.duration, ACCREDITATION.longest.duration];
    try {
      return await pipeline(this.database.pool(roleOf('accreditations')), [
        { statement: CLOSE_EXPIRED, values: [subject, now] },
        { statement: GRANT, values: [...who, ...times] },
      ]);
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (code === UNIQUE_VIOLATION) throw new LancetteError('ALREADY_ACCREDITED');
      if (LAST_DAY_REFUSED.has(code)) throw new LancetteError('INVALID_INPUT', { field: 'until' });
      throw error;
    }
  }

  private async change(what: Step['statement'], values: Step['values']): Promise<void> {
    if ((await this.run({ statement: what, values })).length === 0) throw new LancetteError('NOT_FOUND');
  }

  private async run(step: Step): Promise<Row[]> {
    const [rows] = await pipeline(this.database.pool(roleOf('accreditations')), [step]);
    return rows ?? [];
  }

  private now(): string {
    return this.clock.now().toISOString();
  }
}
