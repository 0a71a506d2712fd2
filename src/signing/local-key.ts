import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type CoseAlgorithm, signLocally } from '../formats/dcc/cose.js';
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
