import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { LancetteError } from '../kernel/errors.js';

/** A shorter tag would be easier to forge; Node takes one unless it is told. */
const TAG = { authTagLength: 16 };

/** Longer than any position: a pseudonym or an identifier, and a technical key. */
const PADDED = 128;

/**
 * Opaque positions in a list, bound to the view, the plan and its filter. The nonce is derived from what is sealed
 * (SIV manner), so that equal positions have equal cursors and no nonce is ever used for two texts.
 */
export class Cursors {
  private readonly sealing: KeyObject;
  private readonly nonces: KeyObject;

  constructor(key: Buffer) {
    this.sealing = createSecretKey(createHmac('sha256', key).update('seal').digest());
    this.nonces = createSecretKey(createHmac('sha256', key).update('nonce').digest());
  }

  /** @param position sort value and technical key of a row */
  seal(position: readonly string[], binding: string): string {
    // Padded (JSON ends in white space as well), so that its length does not tell how long a key is.
    const text = JSON.stringify(position).padEnd(PADDED);
    const nonce = createHmac('sha256', this.nonces).update(`${binding}\0${text}`).digest().subarray(0, 12);
    const cipher = createCipheriv('aes-256-gcm', this.sealing, nonce);
    cipher.setAAD(Buffer.from(binding));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64url',
    );
  }

  /** @throws INVALID_CURSOR when it was altered, or belongs to another view, list or filter */
  open(cursor: string, binding: string): string[] {
    try {
      const bytes = Buffer.from(cursor, 'base64url');
      // Decoding is lenient, a cursor is not: one position, one text.
      if (bytes.toString('base64url') !== cursor) throw new Error('not as it was written');
      const decipher = createDecipheriv('aes-256-gcm', this.sealing, bytes.subarray(0, 12), TAG);
      decipher.setAAD(Buffer.from(binding));
      decipher.setAuthTag(bytes.subarray(-16));
      return JSON.parse(decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8'));
    } catch {
      throw new LancetteError('INVALID_CURSOR', { field: 'after' });
    }
  }
}
