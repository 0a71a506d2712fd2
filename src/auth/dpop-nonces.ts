import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../kernel/clock.js';

const SLOT_SECONDS = 60;

/**
 * Nonces for proofs of possession (RFC 9449 §8): a minute, and a keyed digest of it. Nothing is stored, and every instance
 * knows the nonces of the others. One is good until the end of the next minute.
 */
export class DpopNonces {
  private readonly key: Buffer;

  /** @param secret of the register, from which a key of this purpose alone is derived */
  constructor(
    secret: Buffer,
    private readonly clock: Clock,
  ) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'lancette dpop nonce', 32));
  }

  /** Gives whoever comes with a proof the nonce for his next one (RFC 9449 §8.2). */
  offer({ headers }: IncomingMessage, response: ServerResponse): void {
    if (headers.dpop !== undefined) response.setHeader('DPoP-Nonce', this.of(this.slot()));
  }

  isGood(nonce: string | undefined): boolean {
    const given = Buffer.from(nonce ?? '');
    return [this.slot(), this.slot() - 1]
      .map((slot) => Buffer.from(this.of(slot)))
      .some((good) => good.length === given.length && timingSafeEqual(good, given));
  }

  private of(slot: number): string {
    return `${slot.toString(36)}.${createHmac('sha256', this.key).update(String(slot)).digest('base64url')}`;
  }

  private slot(): number {
    return Math.floor(this.clock.now().getTime() / 1000 / SLOT_SECONDS);
  }
}
