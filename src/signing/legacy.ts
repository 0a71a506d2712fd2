import { createPrivateKey } from 'node:crypto';
import { localKey } from './local-key.js';
import type { SigningKey } from './signing-key.js';

/** A key without a certificate, from the keys file: it signed the first certificates, which keep verifying. */
export function bareKey(given: { privateKey: string; kid: Buffer; notAfter: string }): SigningKey {
  const handle = localKey(createPrivateKey(given.privateKey));
  return {
    ...handle,
    purpose: 'dcc',
    algorithm: 'ES256',
    kid: given.kid,
    chain: [],
    notAfter: new Date(given.notAfter),
    // Any key that has a certificate took office later.
    activeFrom: new Date(0),
  };
}
