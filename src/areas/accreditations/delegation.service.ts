import { randomUUID } from 'node:crypto';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Row, type Statement, type Step, statement } from '../../db/pipeline.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import { requireBody, requireDay } from './accreditation-input.js';

export interface NewDelegation {
  /** Whose insured persons: scheme and body code joined. */
  readonly delegatingBody: string;
  /** Whose agents. */
  readonly delegatedBody: string;
  /** First and last day, both included, `YYYY-MM-DD`. */
  readonly from: string;
  readonly until: string;
}

const DELEGATE = statement(`insert into body_delegation (id, delegating_body, delegated_body, from_day, until_day)
values ($1::uuid, $2, $3, $4::date, $5::date) returning id`);
const END = statement(`update body_delegation set ended_at = $2::timestamptz
 where id = $1::uuid and ended_at is null returning id`);

/** Who may act for whose insured persons, and when (AIPD M1.94, TRAM). */
export class DelegationService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** @returns the identifier of the delegation @throws INVALID_INPUT when days are reversed or the bodies the same */
  async delegate({ delegatingBody, delegatedBody, from, until }: NewDelegation): Promise<string> {
    requireBody('delegatingBody', delegatingBody);
    requireBody('delegatedBody', delegatedBody);
    if (delegatingBody === delegatedBody) throw new LancetteError('INVALID_INPUT', { field: 'delegatedBody' });
    requireDay('from', from);
    requireDay('until', until);
    if (until < from) throw new LancetteError('INVALID_INPUT', { field: 'until' });
    const [row] = await this.run(DELEGATE, [randomUUID(), delegatingBody, delegatedBody, from, until]);
    return String(row?.[0]);
  }

  /** From the next request on. @throws NOT_FOUND when it is unknown or ended already */
  async end(id: string): Promise<void> {
    const ended = await this.run(END, [id, this.clock.now().toISOString()]);
    if (ended.length === 0) throw new LancetteError('NOT_FOUND');
  }

  private async run(what: Statement, values: Step['values']): Promise<Row[]> {
    const [rows] = await pipeline(this.database.pool(roleOf('accreditations')), [{ statement: what, values }]);
    return rows ?? [];
  }
}
