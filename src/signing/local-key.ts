import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { type CoseAlgorithm, PSS, signLocally } from '../formats/dcc/cose.js';
import type { KeyHandle } from './signing-key.js';

/** A key in the memory of this process: a signature takes less than a thread would to be asked for it. */
export function localKey(privateKey: KeyObject): KeyHandle {
  const algorithm = privateKey.asymmetricKeyType === 'ec' ? 'ES256' : 'PS256';
  return {
    publicKey: createPublicKey(privateKey),
    sign: async (message) => signLocally(algorithm, privateKey, message),
  };
}

export function newPrivateKey(algorithm: CoseAlgorithm): KeyObject {
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

/** Whether the key of this public one signed the message, as `KeyHandle.sign` writes it. */
export function isSignedBy(publicKey: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  const options = publicKey.asymmetricKeyType === 'ec' ? ({ dsaEncoding: 'ieee-p1363' } as const) : PSS;
  return verify('sha256', message, { key: publicKey, ...options }, signature);
}
