import type { Clock } from '../kernel/clock.js';
import type { Dispatch, OutgoingMessage, Sender } from './sender.js';
import type { GatewaySettings } from './settings.js';
import { sign } from './signature.js';

/** How long a gateway may take to answer. */
const PATIENCE_MS = 10_000;

/**
 * A gateway over HTTP (docs/invitations.md): one signed POST a message, in JSON, whose `Idempotency-Key` is the message's
 * reference. It answers 2xx when it has taken the message or already had it, 404, 410 or 422 when the address leads to
 * nobody, 429 or 5xx when it should be asked again.
 */
export class GatewaySender implements Sender {
  readonly repeatable = true;

  constructor(
    private readonly settings: GatewaySettings,
    private readonly clock: Clock,
  ) {}

  async send(message: OutgoingMessage): Promise<Dispatch> {
    const url = new URL(this.settings.url);
    const { reference, to, subject, text } = message;
    const body = Buffer.from(JSON.stringify({ reference, to, subject, text }));
    const signature = sign(
      this.settings.key,
      { method: 'POST', path: url.pathname + url.search, body },
      this.clock.now(),
    );
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', 'idempotency-key': reference, ...signature },
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await response.body?.cancel();
      return dispatchOf(response.status);
    } catch {
      // Taken or not: the gateway knows the reference, and the message may be handed over again.
      return 'LATER';
    }
  }

  async close(): Promise<void> {}
}

function dispatchOf(status: number): Dispatch {
  if (status >= 200 && status < 300) return 'SENT';
  if (status === 404 || status === 410 || status === 422) return 'BOUNCED';
  return status === 429 || status >= 500 ? 'LATER' : 'FAILED';
}
