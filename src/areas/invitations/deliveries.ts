import type { Pool } from 'pg';
import type { Dispatch } from '../../sending/sender.js';
import type { InvitationChannel } from './invitation.js';
import type { MessageState } from './invitation-message.js';

/** A message about to leave, and what is needed to write it. */
export interface ClaimedMessage {
  readonly state: 'SENDING' | 'LAPSED';
  readonly reference: string;
  readonly id: string;
  readonly nir: string | null;
  readonly schemeCode: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly postalAddress: string | null;
  readonly legalRepresentative: string | null;
  readonly code: string;
}

/** Once more at the moment of sending: who has entered the pathway since, or whose phase is silent now, is sent nothing. */
const CLAIM = (most: number): string => `
  update invitation_message m
     set state = case when s.due then 'SENDING' else 'LAPSED' end, reference = coalesce(m.reference, gen_random_uuid()), changed_at = $2
    from (select q.patient_key, q.attempt, p.id, p.nir, p.scheme_code, p.first_names[1] || ' ' || coalesce(p.usage_name, p.birth_name) as name,
                 p.email, p.phone, p.postal_address, p.legal_representative, i.code,
                 not p.vaccinated and not f.without_invitation and i.code is not null
                   and not exists (select from eligibility_step e where e.patient_key = q.patient_key) as due
            from invitation_message q join patient p on p.key = q.patient_key join invitation_phase f on f.code = q.phase_code
            left join lateral (select code from invitation where patient_key = q.patient_key order by code limit 1) i on true
           where q.batch_id = $1 and q.state = 'QUEUED' order by q.patient_key limit ${most} for update of q skip locked) s
   where m.patient_key = s.patient_key and m.attempt = s.attempt
  returning m.state, m.reference, s.id, s.nir, s.scheme_code as "schemeCode", s.name, s.email, s.phone,
    s.postal_address as "postalAddress", s.legal_representative as "legalRepresentative", s.code`;
const CLAIM_ONE = { name: 'claim-message', text: CLAIM(1) };
const CLAIM_ALL = CLAIM(100_000);

/** Whoever left is invited on that day by that channel; whom it did not reach is not. */
const recorded = (where: string): string => `
  with changed as (update invitation_message set state = $2, changed_at = $3 where ${where} returning patient_key, channel)
  update invitation i set sent_at = case when $2 = 'BOUNCED' then null else coalesce(i.sent_at, $3) end,
         channel = case when $2 = 'BOUNCED' then null else c.channel end
    from changed c where i.patient_key = c.patient_key and $2 in ('SENT', 'DELIVERED', 'UNCERTAIN', 'BOUNCED')`;
const RECORD = { name: 'record-message', text: recorded(`reference = $1 and state = 'SENDING'`) };
/** A report may overtake the record of the sending, and says more. A message that was reported on is not reported on again. */
const REPORT = recorded(`reference = $1 and state in ('SENDING', 'SENT', 'UNCERTAIN')`);
const SETTLE = recorded(`batch_id = $1 and state = 'SENDING'`);

const REQUEUE_ONE = `update invitation_message set state = 'QUEUED', changed_at = $2 where reference = $1 and state = 'SENDING'`;
const REQUEUE_BATCH = `update invitation_message set state = 'QUEUED', changed_at = $2 where batch_id = $1 and state = 'SENDING'`;
const GIVE_UP = `update invitation_message set state = 'FAILED', changed_at = $2 where batch_id = $1 and state = 'QUEUED'`;

/** Contacts and codes leave: whose is traced before they do (AIPD M1.12). */
const TRACE = `insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
  select $2, 'OPERATEUR', 'send-invitations', 'sendInvitations', array['1°', '3°', '4°'], 'DISCLOSED', 'AIPD, ciblage', array_agg(patient_key order by patient_key)
    from invitation_message where batch_id = $1 and state = 'QUEUED' having count(*) > 0`;

/** Of persons who were deleted while they were being planned. */
const FORGET =
  'delete from invitation_message m where batch_id = $1 and not exists (select from patient p where p.key = m.patient_key)';

const COUNTS = `select b.planned_on::text as day, m.channel, m.state, count(*)::int as messages
  from invitation_message m join invitation_batch b on b.id = m.batch_id group by 1, 2, 3 order by 1, 2, 3`;

export interface Batch {
  readonly id: string;
  readonly channel: InvitationChannel;
  readonly day: string;
}

/** What became of each message, in the database: every change of state is one statement, decided by the state before it. */
export class Deliveries {
  /** @param pool of the sender's role */
  constructor(private readonly pool: Pool) {}

  async batch(id: string): Promise<Batch | undefined> {
    const { rows } = await this.pool.query<Batch>(
      'select id, channel, planned_on::text as day from invitation_batch where id = $1',
      [id],
    );
    return rows[0];
  }

  async trace(batch: string, requestId: string): Promise<void> {
    await this.pool.query(TRACE, [batch, requestId]);
  }

  /** The next message of the batch, now `SENDING`, which is durable before anything leaves; or lapsed; or none. */
  async claim(batch: string, now: Date): Promise<ClaimedMessage | undefined> {
    const { rows } = await this.pool.query<ClaimedMessage>({ ...CLAIM_ONE, values: [batch, now] });
    return rows[0];
  }

  /** All that is left of the batch, at once. */
  async claimAll(batch: string, now: Date): Promise<ClaimedMessage[]> {
    const { rows } = await this.pool.query<ClaimedMessage>(CLAIM_ALL, [batch, now]);
    return rows;
  }

  async record(reference: string, dispatch: Dispatch, now: Date): Promise<void> {
    if (dispatch === 'LATER') await this.pool.query(REQUEUE_ONE, [reference, now]);
    else await this.pool.query({ ...RECORD, values: [reference, dispatch, now] });
  }

  /** What a provider or a mail server says afterwards. @returns whether it changed anything */
  async report(reference: string, state: 'DELIVERED' | 'BOUNCED', now: Date): Promise<boolean> {
    const { rowCount } = await this.pool.query(REPORT, [reference, state, now]);
    return (rowCount ?? 0) > 0;
  }

  /** A worker died between sending and record: what it had in hand counts as this. */
  async settle(batch: string, state: 'SENT' | 'UNCERTAIN', now: Date): Promise<number> {
    const { rowCount } = await this.pool.query(SETTLE, [batch, state, now]);
    return rowCount ?? 0;
  }

  /** A worker died, and its provider knows each message by its reference: they may be handed over again. */
  async requeue(batch: string, now: Date): Promise<void> {
    await this.pool.query(REQUEUE_BATCH, [batch, now]);
  }

  async giveUp(batch: string, now: Date): Promise<number> {
    const { rowCount } = await this.pool.query(GIVE_UP, [batch, now]);
    return rowCount ?? 0;
  }

  /** How many messages are in which state, by day and channel. */
  async counts(): Promise<{ day: string; channel: InvitationChannel; state: MessageState; messages: number }[]> {
    const client = await this.pool.connect();
    try {
      // One pass over every message there is: longer than any request may take.
      await client.query('begin; set local statement_timeout = 0');
      const { rows } = await client.query(COUNTS);
      await client.query('commit');
      return rows;
    } finally {
      client.release();
    }
  }

  async finish(batch: string, now: Date): Promise<void> {
    await this.pool.query(FORGET, [batch]);
    await this.pool.query('update invitation_batch set finished_at = $2 where id = $1', [batch, now]);
  }
}
