import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { roleOf } from '../../access/grants.js';
import { Deliveries } from '../../areas/invitations/deliveries.js';
import { InvitationSender, type SendingReport } from '../../areas/invitations/sending.service.js';
import { LancetteError } from '../../kernel/errors.js';
import { readNotice } from '../../sending/dsn.js';
import { closeSenders, createSenders, outboxSenders, type Senders } from '../../sending/senders.js';
import { type CommandContext, withSession } from '../context.js';
import { demoOutbox } from '../demo-outbox.js';
import type { Session } from '../session.js';

const TEXTS = {
  fr: {
    description: 'Envoie les invitations planifiées dont le jour est venu',
    follow: 'reste en marche et envoie au fil des jours',
    json: 'écrit le compte rendu en JSON',
    done: ({ batches, SENT, BOUNCED, UNCERTAIN, FAILED, LAPSED, LATER }: SendingReport) =>
      `${batches} lot(s) : ${SENT} envoyée(s), ${BOUNCED} refusée(s), ${UNCERTAIN} incertaine(s), ${FAILED} échouée(s), ${LAPSED} devenue(s) sans objet, ${LATER} remise(s) à plus tard`,
    bounces: 'Lit des avis de non-remise (RFC 3464), un fichier chacun',
    read: (read: number, known: number) => `${read} avis lu(s), ${known} message(s) mis à jour`,
  },
  en: {
    description: 'Sends the planned invitations whose day has come',
    follow: 'keep running and send as days come',
    json: 'write the report as JSON',
    done: ({ batches, SENT, BOUNCED, UNCERTAIN, FAILED, LAPSED, LATER }: SendingReport) =>
      `${batches} batch(es): ${SENT} sent, ${BOUNCED} bounced, ${UNCERTAIN} uncertain, ${FAILED} failed, ${LAPSED} lapsed, ${LATER} put off`,
    bounces: 'Reads notices of non-delivery (RFC 3464), one a file',
    read: (read: number, known: number) => `${read} notice(s) read, ${known} message(s) updated`,
  },
} as const;

const POLL_MS = 5000;

/** `lancette send-invitations`: a worker; as many as wanted may run. It sends what is planned, and takes nobody's name. */
export function sendInvitations(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('send-invitations')
    .description(texts.description)
    .option('--follow', texts.follow)
    .option('--json', texts.json)
    .action(({ follow, json }: { follow?: true; json?: true }) =>
      withSession(context, async (session) => {
        const senders = sendersOf(session);
        if (!senders) throw new LancetteError('INVALID_INPUT', { field: 'LANCETTE_SENDING_FILE' });
        const stop = { asked: false };
        process.once('SIGTERM', () => {
          stop.asked = true;
        });
        const worker = new InvitationSender({ ...session, senders, hours: session.config.sending?.hours });
        const goOn = () => !stop.asked;
        const tell = (so: SendingReport) => context.tell(texts.done(so));
        try {
          for (;;) {
            const report = await worker.run(goOn, tell);
            if (!follow || report.batches > 0) context.print(json ? JSON.stringify(report) : texts.done(report));
            if (!follow || stop.asked) return;
            await sleep(POLL_MS);
          }
        } finally {
          await closeSenders(senders);
        }
      }),
    );
}

/** `lancette record-bounces <file…>`: what comes back to the senders' address, as a mail server delivers it. */
export function recordBounces(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('record-bounces')
    .description(texts.bounces)
    .argument('<file...>')
    .action((files: string[]) =>
      withSession(context, async ({ database, clock }) => {
        const deliveries = new Deliveries(database.pool(roleOf('sender')));
        const [found, known] = [{ count: 0 }, { count: 0 }];
        for (const file of files) {
          const notice = readNotice(await textOf(file));
          if (!notice) continue;
          found.count += 1;
          if (await deliveries.report(notice.reference, notice.state, clock.now())) known.count += 1;
        }
        context.print(texts.read(found.count, known.count));
      }),
    );
}

/** A demonstration's messages stay in its outbox; elsewhere nothing leaves that was not declared. */
function sendersOf({ config, clock }: Session): Senders | undefined {
  if (config.sending) return createSenders(config.sending, clock);
  if (config.issuer.kind !== 'demo') return undefined;
  const { outbox, letters } = demoOutbox(config.dataDir);
  return outboxSenders(outbox, letters);
}

/** @throws FILE_UNREADABLE */
const textOf = (file: string): Promise<string> =>
  readFile(file, 'latin1').catch(() => Promise.reject(new LancetteError('FILE_UNREADABLE')));
