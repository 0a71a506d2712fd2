import type { Clock } from '../kernel/clock.js';
import { GatewaySender } from './gateway.js';
import { LetterFolder } from './letters.js';
import { Outbox } from './outbox.js';
import type { Sender } from './sender.js';
import type { SendingSettings } from './settings.js';
import { SmtpSender } from './smtp.js';

/** The declared ways out. One that is not declared is absent, and its messages wait. */
export interface Senders {
  readonly email?: Sender;
  readonly sms?: Sender;
  /** By scheme code. */
  readonly portals: Readonly<Record<string, Sender>>;
  readonly letters?: LetterFolder;
}

export function createSenders(settings: SendingSettings, clock: Clock): Senders {
  const { smtp, sms, portals, letters } = settings;
  return {
    email: smtp && new SmtpSender(smtp),
    sms: sms && new GatewaySender(sms, clock),
    portals: Object.fromEntries(
      Object.entries(portals).map(([scheme, gateway]) => [scheme, new GatewaySender(gateway, clock)]),
    ),
    letters: letters && new LetterFolder(letters),
  };
}

/** A demonstration's: every message stays in the outbox. */
export function outboxSenders(outbox: Outbox, letters: LetterFolder): Senders {
  return { email: outbox.sender('EMAIL'), sms: outbox.sender('SMS'), portals: {}, letters };
}

export const closeSenders = async ({ email, sms, portals }: Senders): Promise<void> => {
  for (const sender of [email, sms, ...Object.values(portals)]) await sender?.close();
};
