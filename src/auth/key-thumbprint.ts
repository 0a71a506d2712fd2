import { createHash, type KeyObject } from 'node:crypto';

/** SHA-256 of the public key's SPKI form, base64url. */
export const thumbprintOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
