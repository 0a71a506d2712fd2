import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { PlainText } from './plain-text.js';

const sealed = new Map<string, Set<string>>();

/** Marks a column whose value is encrypted by the application before it reaches PostgreSQL (AIPD M1.52): base64url. */
export function Sealed(): PropertyDecorator {
  return (target, property) => {
    const owner = target.constructor.name;
    sealed.set(owner, (sealed.get(owner) ?? new Set()).add(String(property)));
    PlainText()(target, property);
  };
}

export const isSealed = (entity: string, property: string): boolean => sealed.get(entity)?.has(property) ?? false;

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Random bytes drawn in bulk: one system call serves a thousand seals. */
const pool = Buffer.allocUnsafe(IV_BYTES * 1024);
let drawn = pool.length;
function freshIv(): Buffer {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += IV_BYTES;
  return Buffer.from(pool.subarray(drawn - IV_BYTES, drawn));
}

/**
 * AES-256-GCM over single values. The context (table, column and row) is authenticated, so that a value moved to another
 * row or column does not open. Form: `<version>.<base64url(iv ‖ tag ‖ ciphertext)>`.
 */
export class Sealer {
  private readonly keys: ReadonlyMap<string, KeyObject>;

  /** @param current version of the key that seals; every listed key opens. Keys are 32 bytes. */
  constructor(
    private readonly current: string,
    keys: Readonly<Record<string, Buffer>>,
  ) {
    this.keys = new Map(Object.entries(keys).map(([version, key]) => [version, createSecretKey(key)]));
    if (!this.keys.has(current)) throw new Error(`sealing key ${current} is missing`);
  }

  seal(value: string, context: string): string {
    const iv = freshIv();
    const cipher = createCipheriv('aes-256-gcm', this.key(this.current), iv);
    cipher.setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return `${this.current}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
  }

  /** @throws when the value was altered, moved, or sealed by a key that is gone */
  open(text: string, context: string): string {
    const dot = text.indexOf('.');
    const bytes = Buffer.from(text.slice(dot + 1), 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.key(text.slice(0, dot)), bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }

  private key(version: string): KeyObject {
    const key = this.keys.get(version);
    if (!key) throw new Error(`sealing key ${version} is missing`);
    return key;
  }
}

/** What a sealed column of `Patient` is bound to: its own row. */
export const sealContext = (patientId: string): string => `Patient|${patientId}`;

/** NIR, a bar, birth date: the message whose length is always the same. */
const INDEXED_BYTES = 15 + 1 + 10;
const BLOCK_BYTES = 64;

/**
 * The keyed blind index by which a person is found: HMAC-SHA-256 of the NIR and the birth date, 32 bytes. Both blocks of
 * the key are prepared once (RFC 2104): an import computes one for each line, and `createHmac` costs twice as much.
 */
export class NirIndex {
  private readonly key: KeyObject;
  private readonly inner: Buffer;
  private readonly outer: Buffer;

  constructor(key: Buffer) {
    if (key.length < 32) throw new Error('the NIR index key must have 32 bytes');
    this.key = createSecretKey(key);
    const block = Buffer.alloc(BLOCK_BYTES);
    (key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key).copy(block);
    this.inner = Buffer.concat([block.map((byte) => byte ^ 0x36), Buffer.alloc(INDEXED_BYTES)]);
    this.outer = Buffer.concat([block.map((byte) => byte ^ 0x5c), Buffer.alloc(32)]);
  }

  /** Keyed digest of the first ten digits, which all persons of one sex, month and place of birth share. */
  prefixOf(nir: string): string {
    return createHmac('sha256', this.key)
      .update(`prefix|${nir.slice(0, 10)}`)
      .digest('base64url')
      .slice(0, 22);
  }

  of(nir: string, birthDate: string): Buffer {
    const message = `${nir}|${birthDate}`;
    if (Buffer.byteLength(message) !== INDEXED_BYTES) return createHmac('sha256', this.key).update(message).digest();
    this.inner.write(message, BLOCK_BYTES);
    this.outer.write(hash('sha256', this.inner, 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', this.outer, 'buffer');
  }
}
