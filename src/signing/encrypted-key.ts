/** A private key in a file, sealed by a passphrase: scrypt (RFC 7914) and AES-256-GCM. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  type KeyObject,
  randomBytes,
  scryptSync,
} from 'node:crypto';
import { z } from 'zod';

const bytes = z.string().transform((text) => Buffer.from(text, 'base64url'));

export const EncryptedKey = z.strictObject({
  kind: z.literal('encrypted-file'),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    // Bounds: a file from elsewhere must neither weaken the derivation nor exhaust the memory.
    N: z.number().int().min(32_768).max(1_048_576),
    r: z.literal(8),
    p: z.number().int().min(1).max(4),
    salt: bytes,
  }),
  iv: bytes,
  tag: bytes,
  key: bytes,
});
export type EncryptedKey = z.infer<typeof EncryptedKey>;

const COST = { N: 32_768, r: 8, p: 1 } as const;

/** A derivation takes a tenth of a second, and the files of a folder may share their salt: the last ones are kept. */
const derivations = new Map<string, Buffer>();
const KEPT = 8;

function derived(passphrase: Buffer, { N, r, p, salt }: { N: number; r: number; p: number; salt: Uint8Array }): Buffer {
  const name = createHash('sha256')
    .update(`${N} ${p} ${passphrase.length} `)
    .update(passphrase)
    .update(salt)
    .digest('base64');
  const known = derivations.get(name);
  if (known) return known;
  const secret = scryptSync(passphrase, salt, 32, { N, r, p, maxmem: 256 * N * r });
  const [oldest] = derivations.keys();
  if (oldest !== undefined && derivations.size >= KEPT) derivations.delete(oldest);
  derivations.set(name, secret);
  return secret;
}

/**
 * @param bound what the key belongs to: a sealed key that is moved into another file does not open
 * @param salt of the derivation, of which one is enough for a folder: every key has an initial value of its own
 */
export function sealKey(
  key: KeyObject,
  passphrase: Buffer,
  bound: string,
  salt: Buffer = randomBytes(16),
): z.input<typeof EncryptedKey> {
  const iv = randomBytes(12);
  const secret = derived(passphrase, { ...COST, salt });
  const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(Buffer.from(bound));
  const sealed = Buffer.concat([cipher.update(key.export({ type: 'pkcs8', format: 'der' })), cipher.final()]);
  const text = (part: Buffer) => part.toString('base64url');
  return {
    kind: 'encrypted-file',
    kdf: { name: 'scrypt', ...COST, salt: text(salt) },
    iv: text(iv),
    tag: text(cipher.getAuthTag()),
    key: text(sealed),
  };
}

/** @throws Error, without a word of why, on another passphrase, another binding or a changed byte */
export function openKey(sealed: EncryptedKey, passphrase: Buffer, bound: string): KeyObject {
  const secret = derived(passphrase, sealed.kdf);
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, sealed.iv, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(bound)).setAuthTag(sealed.tag);
    const key = Buffer.concat([decipher.update(sealed.key), decipher.final()]);
    const opened = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    key.fill(0);
    return opened;
  } catch {
    throw new Error('signing: a key file does not open');
  }
}
