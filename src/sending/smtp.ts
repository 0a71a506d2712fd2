import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Dispatch, OutgoingMessage, Sender } from './sender.js';
import type { SmtpSettings } from './settings.js';

/** One address and nothing that could end a header or a command, or add another recipient. */
const ADDRESS = /^[^\s@;<>"(),:\\[\]\p{C}]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+$/u;

/**
 * E-mail over SMTP, by TLS except on this machine (AIPD M1.38). A server does not know twice the same message from two: what
 * was cut off once its text had begun to leave is `UNCERTAIN`, and never handed over again. So connections are held here,
 * and not by nodemailer's pool, which sends again whatever was under way on a connection that closed.
 */
export class SmtpSender implements Sender {
  readonly repeatable = false;
  private readonly idle: SMTPConnection[] = [];

  constructor(private readonly settings: SmtpSettings) {}

  async send(message: OutgoingMessage): Promise<Dispatch> {
    if (!ADDRESS.test(message.to)) return 'BOUNCED';
    const bytes = await this.compose(message);
    const idle = this.idle.pop();
    const dispatch = idle ? await this.handOver(idle, message, bytes) : 'LATER';
    if (dispatch !== 'LATER') return dispatch;
    // The server ends connections that are idle for long: only a fresh one tells whether it is away.
    const fresh = await this.connect().catch(() => undefined);
    return fresh ? this.handOver(fresh, message, bytes) : 'LATER';
  }

  async close(): Promise<void> {
    for (const connection of this.idle.splice(0)) connection.quit();
  }

  private compose({ reference, to, subject, text, html }: OutgoingMessage): Promise<Buffer> {
    const { from, name } = this.settings;
    return new MailComposer({
      from: { name, address: from },
      to: { name: '', address: to },
      messageId: `<${reference}@${from.split('@')[1]}>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      ...{ subject, text, html, textEncoding: 'quoted-printable', disableFileAccess: true, disableUrlAccess: true },
    })
      .compile()
      .build();
  }

  private async handOver(connection: SMTPConnection, message: OutgoingMessage, bytes: Buffer): Promise<Dispatch> {
    const [user, domain] = this.settings.from.split('@');
    // A notice of non-delivery comes back to an address that names the message and nobody.
    const envelope = { from: `${user}+${message.reference}@${domain}`, to: [message.to] };
    let begun = false;
    // Read only once the server has agreed to take the text.
    const text = new Readable({
      read() {
        begun = true;
        this.push(bytes);
        this.push(null);
      },
    });
    const failure = await new Promise<Failure | undefined>((resolve) => {
      connection.once('error', resolve);
      connection.once('end', () => resolve({}));
      connection.send(envelope, text, (error) => resolve(error ?? undefined));
    });
    connection.removeAllListeners('error').removeAllListeners('end').on('error', ignore);
    if (!failure) this.idle.push(connection);
    else connection.close();
    return failure ? dispatchOf(failure, begun) : 'SENT';
  }

  private async connect(): Promise<SMTPConnection> {
    const { host, port, secure, plain, user, password } = this.settings;
    const connection = new SMTPConnection({
      ...{ host, port, secure, requireTLS: !secure && !plain, ignoreTLS: plain, logger: false },
      ...{ connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 },
    });
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.once('end', () => reject(new Error('closed')));
      const ready = (error?: Error | null) => (error ? reject(error) : resolve());
      connection.connect((error) => {
        if (error || !user) ready(error);
        else connection.login({ credentials: { user, pass: password ?? '' } }, ready);
      });
    }).catch((error: Error) => {
      connection.on('error', ignore).close();
      throw error;
    });
    connection.removeAllListeners('error').removeAllListeners('end').on('error', ignore);
    return connection;
  }
}

/** The next use of a connection that died while idle says so. */
const ignore = (): void => undefined;

interface Failure {
  readonly command?: string;
  readonly responseCode?: number;
}

/** A server that answered has not taken the message (RFC 5321 §4.2); one that went silent may have, once the text had begun. */
function dispatchOf({ command, responseCode }: Failure, begun: boolean): Dispatch {
  if (responseCode === undefined) return begun ? 'UNCERTAIN' : 'LATER';
  const aboutTheAddress = command === 'RCPT TO' || command === 'DATA';
  return responseCode >= 500 && aboutTheAddress ? 'BOUNCED' : 'LATER';
}
