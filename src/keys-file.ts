import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeysFile } from './config.js';

/** A fresh set of keys in the form of the keys file: every level and space has its own, none derived from another. */
export function newKeys(): KeysFile {
  const random = (bytes: number) => randomBytes(bytes).toString('base64url');
  const newSpace = () => ({ k1: random(48), v1: 1, k2: random(32), v2: 1 });
  const pem = () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const pair = () => {
    const privateKey = pem();
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    return { privateKey, publicKey };
  };
  return {
    nirIndex: random(32),
    sealing: { current: '1', keys: { '1': random(32) } },
    cursors: random(32),
    roles: random(32),
    pseudonyms: { COVID: newSpace(), ARS: newSpace(), SNDS: newSpace() },
    attestation: {
      privateKey: pem(),
      kid: random(8),
      notAfter: new Date(Date.now() + 2 * 365 * 86_400_000).toISOString(),
    },
    demoIssuer: { privateKey: pem() },
    handoff: { kid: '1', privateKey: pem() },
    issuer: { current: '1', keys: { '1': pem() } },
    trustedDocuments: pair(),
  };
}
