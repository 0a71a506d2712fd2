import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: string;
  /** As it came, headers and all. */
  readonly raw: string;
  /** The plain text, decoded. */
  readonly text: string;
}

export interface MailServer {
  readonly port: number;
  readonly received: ReceivedMail[];
  /** What the next messages meet: an SMTP code after RCPT, or a connection that dies once the text has come. */
  meets: (to: string) => 'accepted' | 'cut' | number;
  close(): Promise<void>;
}

/** A real SMTP server on this machine, that keeps what it gets. */
export async function aMailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const refusal = (code: number): Error => Object.assign(new Error('refused'), { responseCode: code });
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: ({ address }, _session, done) => {
      const fate = mail.meets(address);
      done(typeof fate === 'number' ? refusal(fate) : undefined);
    },
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const to = session.envelope.rcptTo[0]?.address ?? '';
        const raw = Buffer.concat(parts).toString('utf8');
        const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
        received.push({ from, to, raw, text: plainText(raw) });
        if (mail.meets(to) !== 'cut') return done();
        // It has the message, and its answer never comes.
        for (const connection of (server as unknown as { connections: Set<{ _socket: { destroy(): void } }> })
          .connections)
          connection._socket.destroy();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mail: MailServer = {
    port: (server.server.address() as AddressInfo).port,
    received,
    meets: () => 'accepted',
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mail;
}

function plainText(raw: string): string {
  const part = /Content-Type: text\/plain[\s\S]*?\r\n\r\n([\s\S]*?)\r\n--/.exec(raw)?.[1] ?? '';
  const bytes = part
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
