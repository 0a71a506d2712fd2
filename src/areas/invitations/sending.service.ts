import { randomUUID } from 'node:crypto';
import { roleOf } from '../../access/grants.js';
import type { Database } from '../../db/database.js';
import { type Sealer, sealContext } from '../../db/sealing.js';
import type { Clock } from '../../kernel/clock.js';
import type { LetterFolder } from '../../sending/letters.js';
import type { Dispatch, Sender } from '../../sending/sender.js';
import type { Senders } from '../../sending/senders.js';
import { type Batch, type ClaimedMessage, Deliveries } from './deliveries.js';
import { InvitationQueue, type TakenBatch } from './invitation-queue.js';
import { invitationText, LETTER_PARAGRAPHS, SUBJECT } from './invitation-text.js';

export interface SendingParts {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly senders: Senders;
  /** Hours of Paris between which messages leave; letters leave at any. */
  readonly hours?: { readonly from: number; readonly until: number };
}

export type SendingReport = Readonly<Record<Dispatch | 'LAPSED', number>> & { readonly batches: number };

/** Messages of a batch that are under way at once. */
const LANES = 4;
const PARIS_HOUR = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Paris', hour: 'numeric', hourCycle: 'h23' });

/** M1.58: a run that found nothing due leaves no row; one that was killed leaves a row without an end. */
const BEGIN_RUN = `insert into invitation_run (id, kind, started_at) values ($1, 'SENDING', $2)`;
const END_RUN = 'update invitation_run set finished_at = $2, messages = $3, errors = $4 where id = $1';

type Counts = Record<Dispatch | 'LAPSED' | 'batches', number>;
const nothing = (): Counts => ({ SENT: 0, BOUNCED: 0, LATER: 0, UNCERTAIN: 0, FAILED: 0, LAPSED: 0, batches: 0 });

/**
 * Sends what is planned, batch by batch. A message is `SENDING`, durably, before it leaves, so that a worker that dies never
 * leaves one that could leave twice: the next worker hands over again only what its provider recognises by its reference
 * (gateways, files of letters), and an e-mail of unknown fate stays `UNCERTAIN`. Two workers never hold the same batch: its
 * lock goes with the connection.
 */
export class InvitationSender {
  constructor(private readonly parts: SendingParts) {}

  /**
   * Works until nothing is due.
   * @param goOn asked before each batch
   * @param onBatch told after each batch
   */
  async run(goOn: () => boolean = () => true, onBatch?: (so: SendingReport) => void): Promise<SendingReport> {
    const { database, clock } = this.parts;
    const queue = await InvitationQueue.open(database.pool(roleOf('queue')));
    const pool = database.pool(roleOf('sender'));
    const runId = randomUUID();
    const counts = nothing();
    try {
      await queue.sweep();
      await this.takeOver(queue);
      let begun = false;
      while (goOn()) {
        const taken = await queue.take();
        if (!taken) break;
        if (!begun) await pool.query(BEGIN_RUN, [runId, clock.now()]);
        begun = true;
        await this.work(queue, taken, counts, runId);
        onBatch?.(counts);
      }
      const errors = counts.BOUNCED + counts.UNCERTAIN + counts.FAILED;
      if (begun) await pool.query(END_RUN, [runId, clock.now(), counts.SENT, errors]);
      return counts;
    } finally {
      await queue.close();
    }
  }

  /** Batches whose worker is dead: their lock is free. */
  private async takeOver(queue: InvitationQueue): Promise<void> {
    for (const id of await queue.taken()) await this.locked(id, () => queue.release(id));
  }

  private async work(queue: InvitationQueue, taken: TakenBatch, counts: Counts, runId: string): Promise<void> {
    await this.locked(taken.id, async () => {
      const deliveries = new Deliveries(this.parts.database.pool(roleOf('sender')));
      const batch = await deliveries.batch(taken.id);
      const done = !batch || (await this.send(batch, deliveries, counts, runId));
      if (!done && !taken.last) return queue.putOff(taken.id);
      if (!done) counts.FAILED += await deliveries.giveUp(taken.id, this.parts.clock.now());
      await deliveries.finish(taken.id, this.parts.clock.now());
      await queue.done(taken.id);
      counts.batches += 1;
    });
  }

  /** @returns false when some of it must wait for its provider */
  private async send(batch: Batch, deliveries: Deliveries, counts: Counts, runId: string): Promise<boolean> {
    if (batch.channel === 'LETTER') return this.sendLetters(batch, deliveries, counts, runId);
    const repeatable = batch.channel !== 'EMAIL';
    const now = this.parts.clock.now();
    if (repeatable) await deliveries.requeue(batch.id, now);
    else counts.UNCERTAIN += await deliveries.settle(batch.id, 'UNCERTAIN', now);
    if (!this.mayLeaveNow()) return false;
    await deliveries.trace(batch.id, runId);
    const waits = { any: false };
    const stopAll = (error: unknown): never => {
      waits.any = true;
      throw error;
    };
    const lanes = Array.from({ length: LANES }, () => this.lane(batch, deliveries, counts, waits).catch(stopAll));
    // The batch's lock is held until the last lane has recorded what it had in hand, whatever failed in another.
    const failed = (await Promise.allSettled(lanes)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    return !waits.any;
  }

  private async lane(batch: Batch, deliveries: Deliveries, counts: Counts, waits: { any: boolean }): Promise<void> {
    while (!waits.any) {
      const message = await deliveries.claim(batch.id, this.parts.clock.now());
      if (!message) return;
      if (message.state === 'LAPSED') {
        counts.LAPSED += 1;
        continue;
      }
      // Claimed while another lane learnt that the provider is away: it goes back as it came.
      if (waits.any) return deliveries.record(message.reference, 'LATER', this.parts.clock.now());
      const dispatch = await this.dispatch(batch, message);
      if (dispatch === 'LATER') waits.any = true;
      await deliveries.record(message.reference, dispatch, this.parts.clock.now());
      counts[dispatch] += 1;
    }
  }

  private async dispatch({ channel }: Batch, message: ClaimedMessage): Promise<Dispatch> {
    const way = this.wayOf(channel, message);
    if (!way) return 'LATER';
    if (!way.to) return 'BOUNCED';
    return way.sender.send({ reference: message.reference, to: way.to, ...invitationText(message.code) });
  }

  /** Undeclared since it was planned: it waits. */
  private wayOf(channel: Batch['channel'], message: ClaimedMessage): { sender: Sender; to: string | null } | undefined {
    const { email, sms, portals } = this.parts.senders;
    if (channel === 'EMAIL') return email && { sender: email, to: message.email };
    if (channel === 'SMS') return sms && { sender: sms, to: message.phone };
    const sender = portals[message.schemeCode];
    const nir = message.nir && sender ? this.parts.sealer.open(message.nir, sealContext(message.id)) : null;
    return sender && { sender, to: nir };
  }

  private async sendLetters(batch: Batch, deliveries: Deliveries, counts: Counts, runId: string): Promise<boolean> {
    const { senders, clock } = this.parts;
    const folder: LetterFolder | undefined = senders.letters;
    if (!folder) return false;
    // The folder appears whole: when it is there, the letters in hand are those that are in it.
    if (folder.has(batch.id)) counts.SENT += await deliveries.settle(batch.id, 'SENT', clock.now());
    else {
      await deliveries.requeue(batch.id, clock.now());
      await deliveries.trace(batch.id, runId);
      const all = await deliveries.claimAll(batch.id, clock.now());
      const claimed = all.filter(({ state }) => state === 'SENDING');
      counts.LAPSED += all.length - claimed.length;
      if (claimed.length > 0) await folder.write({ ...batch, letters: claimed.map(letterOf) });
      counts.SENT += await deliveries.settle(batch.id, 'SENT', clock.now());
    }
    return true;
  }

  private mayLeaveNow(): boolean {
    const { hours = { from: 0, until: 24 }, clock } = this.parts;
    const hour = Number(PARIS_HOUR.format(clock.now()));
    return hour >= hours.from && hour < hours.until;
  }

  /** Runs the work alone on this batch, or not at all. */
  private async locked(batch: string, work: () => Promise<unknown>): Promise<void> {
    const client = await this.parts.database.pool(roleOf('sender')).connect();
    client.on('error', () => undefined);
    try {
      const { rows } = await client.query<{ ours: boolean }>(
        `select pg_try_advisory_lock(hashtextextended('lancette.batch.' || $1, 0)) as ours`,
        [batch],
      );
      if (rows[0]?.ours) await work();
    } finally {
      // The lock goes with the connection.
      client.release(true);
    }
  }
}

const letterOf = ({ reference, name, postalAddress, legalRepresentative, code }: ClaimedMessage) => ({
  reference,
  code,
  subject: SUBJECT,
  paragraphs: LETTER_PARAGRAPHS,
  address: [
    name,
    ...(legalRepresentative ? [`Représentant légal : ${legalRepresentative}`] : []),
    ...linesOf(postalAddress ?? ''),
  ],
});

/** A postal address in one block, a line each; a window shows four. */
const linesOf = (address: string): string[] =>
  address
    .split(/[,\n]/)
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(0, 4);
