/**
 * Pseudonyms of the pseudonymised recipients, in two levels with independent secrets (DOMAIN §6.3, seed 004 §6.1).
 *
 *   p1 = HMAC-SHA-384(K1, "VC-L1\0" system "\0" canon)      level 1, who knows the identity
 *   p2 = HMAC-SHA-256(K2, "VC-L2\0" system "\0" p1)         level 2, who never sees an identity
 *   printed: VC2-H384H256-<system>-<v1>.<v2>-<base32(p2)>
 *
 * The levels are separate functions that share no state, so that they can run in two processes of two organisations.
 * A key is mandatory: the NIR space is small enough to be hashed whole in minutes (DOMAIN §6.2).
 * No error of this file carries a name, a date or a number.
 */
import { hash } from 'node:crypto';
import { isBirthDate } from '../kernel/identifiers.js';

export interface SidepIdentity {
  readonly birthName: string;
  /** All first names; only the first one counts. Empty for a person who has none. */
  readonly firstNames: string;
  /** `YYYY-MM-DD`, partial and lunar dates included. */
  readonly birthDate: string;
}

export interface SndsIdentity {
  /** NIR of the insured person, 13 or 15 characters: the key is left out. */
  readonly nir: string;
  readonly birthDate: string;
  readonly sex: Sex;
}

export type Sex = 'M' | 'F' | 'U';

/** Which facts identify the person: name and date as SI-DEP and SI-VIC know them, or the insured's NIR as the SNDS does. */
export type Canon = 'SIDEP' | 'SNDS';

interface IdentityOf {
  SIDEP: SidepIdentity;
  SNDS: SndsIdentity;
}

/** The keys of one pseudonym space. k1 and k2 are drawn independently, never derived from one master (seed 004 §6.1). */
export interface PseudonymKeys<C extends Canon = Canon> {
  /** Upper-case letters and digits, e.g. `SPF`. Part of both levels: two systems never share a pseudonym. */
  readonly system: string;
  readonly canon: C;
  /** At least 48 bytes. */
  readonly k1: Buffer;
  readonly v1: number;
  /** At least 32 bytes. */
  readonly k2: Buffer;
  readonly v2: number;
}

// ---- what identifies ------------------------------------------------------------------------------------------------

const US = '\u001f';
const SIDEP_HEAD = `VCPSN${US}1${US}SIDEP${US}`;
const SNDS_HEAD = `VCPSN${US}1${US}SNDS${US}`;
const NIR13 = /^[1-8]\d{4}(?:\d\d|2[AB])\d{6}(?:\d\d)?$/;
// ISO 5218, which the first digit of the NIR and BEN_SEX_COD of the SNDS follow.
const SEX_CODE: Readonly<Record<Sex, string>> = { U: '0', M: '1', F: '2' };

/**
 * The text that stands for a person known by name and birth date.
 * Homonyms born on the same day share it: the three covid bases were matched so (DOMAIN §6.1).
 *
 * @throws RangeError when the date is none, or a name holds no Latin letter or digit: such names would all be one person
 */
export function canonicalSidep(identity: SidepIdentity): string {
  const name = foldName(identity.birthName);
  const firstName = foldName(firstOf(identity.firstNames));
  if (name === '' && firstName === '') throw new RangeError('pseudonym: no name');
  return SIDEP_HEAD + name + US + firstName + US + checkedDate(identity.birthDate);
}

/**
 * The text that stands for a person known to the health insurance. Twins of the same sex under one insured share it
 * (DOMAIN §6.1).
 *
 * @throws RangeError on a malformed NIR, date or sex; the NIR key is not checked, that is the import's work
 */
export function canonicalSnds(identity: SndsIdentity): string {
  if (!NIR13.test(identity.nir)) throw new RangeError('pseudonym: malformed NIR');
  const sex = SEX_CODE[identity.sex];
  if (sex === undefined) throw new RangeError('pseudonym: unknown sex');
  return SNDS_HEAD + identity.nir.slice(0, 13) + US + checkedDate(identity.birthDate) + US + sex;
}

function checkedDate(birthDate: string): string {
  if (!isBirthDate(birthDate)) throw new RangeError('pseudonym: malformed birth date');
  return birthDate;
}

function firstOf(firstNames: string): string {
  const trimmed = firstNames.trimStart();
  for (let at = 0; at < trimmed.length; at++) {
    if (isNameSeparator(trimmed.charCodeAt(at))) return trimmed.slice(0, at);
  }
  return trimmed;
}

// Space, no-break space, comma, and the slash of 2D-DOC (DOMAIN §4, L1). A hyphen joins: Jean-Pierre is one first name.
function isNameSeparator(code: number): boolean {
  return code === 0x20 || code === 0x2c || code === 0x2f || code === 0xa0 || code === 0x09;
}

function foldName(name: string): string {
  if (isFolded(name)) return name;
  const folded = name
    .normalize('NFKD')
    .toUpperCase()
    .replace(/Œ/g, 'OE')
    .replace(/Æ/g, 'AE')
    .replace(/ẞ/g, 'SS')
    .replace(/[^A-Z0-9]/g, '');
  if (folded === '' && name.trim() !== '') throw new RangeError('pseudonym: no Latin letter in a name');
  return folded;
}

// Nearly every name of the insurance's files is upper case without accent; NFKD and four passes cost ten times this loop.
function isFolded(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code < 48 || code > 90 || (code > 57 && code < 65)) return false;
  }
  return true;
}

// ---- the two levels -------------------------------------------------------------------------------------------------

const P1_BYTES = 48;
const P2_BYTES = 32;
// Three bytes a character at worst; the block grows when the names are longer.
const MESSAGE_BYTES = 512;

/**
 * HMAC (RFC 2104) with the key's two blocks prepared once, over the one-shot `crypto.hash`.
 *
 * `createHmac` with a KeyObject builds a stream for each message and costs half as much again. Tests compare the two
 * byte by byte. One message at a time, hence synchronous.
 */
class HmacKey {
  readonly #algorithm: string;
  readonly #block: number;
  readonly #outer: Buffer;
  #inner: Buffer;
  /** `#inner` up to each end that was needed: cutting a view costs more than writing the message. */
  #views: Buffer[] = [];

  /** @param block length in bytes of the hash's input block: 128 for SHA-384, 64 for SHA-256 */
  constructor(algorithm: 'sha384' | 'sha256', secret: Buffer, block: number, output: number) {
    const key = secret.length > block ? hash(algorithm, secret, 'buffer') : secret;
    this.#algorithm = algorithm;
    this.#block = block;
    this.#inner = paddedKey(key, block, 0x36, MESSAGE_BYTES);
    this.#outer = paddedKey(key, block, 0x5c, output);
  }

  /** HMAC of `head` followed by `tail`, texts as UTF-8; written to `output`, which is given back. */
  digest(head: string, tail: string | Buffer, output: Buffer): Buffer {
    const block = this.#block;
    // Digests travel as binary strings: `hash` needs a microsecond more to hand out a Buffer.
    this.#outer.write(hash(this.#algorithm, this.#message(head, tail), 'binary'), block, 'binary');
    output.write(hash(this.#algorithm, this.#outer, 'binary'), 0, 'binary');
    return output;
  }

  #message(head: string, tail: string | Buffer): Buffer {
    const inner = this.#roomFor(3 * (head.length + tail.length));
    let end = this.#block;
    if (typeof tail === 'string') {
      end += inner.write(head + tail, end);
    } else {
      end += inner.write(head, end);
      end += tail.copy(inner, end);
    }
    const known = this.#views[end];
    if (known !== undefined) return known;
    const view = inner.subarray(0, end);
    this.#views[end] = view;
    return view;
  }

  #roomFor(message: number): Buffer {
    if (this.#block + message > this.#inner.length) {
      const wider = Buffer.alloc(this.#block + message);
      this.#inner.copy(wider, 0, 0, this.#block);
      this.#inner = wider;
      this.#views = [];
    }
    return this.#inner;
  }
}

/** The key's block, and room behind it. */
function paddedKey(key: Buffer, block: number, pad: number, room: number): Buffer {
  const padded = Buffer.alloc(block + room);
  key.copy(padded);
  for (let at = 0; at < block; at++) padded[at] = padded[at]! ^ pad;
  return padded;
}

/** A prepared secret of level 1, held by the organisation that knows identities. */
export class Level1Key extends HmacKey {
  /** @throws RangeError below 48 bytes */
  constructor(secret: Buffer) {
    if (secret.length < P1_BYTES) throw new RangeError('pseudonym: a level 1 key has at least 48 bytes');
    super('sha384', secret, 128, P1_BYTES);
  }
}

/** A prepared secret of level 2, held by the organisation that knows none. */
export class Level2Key extends HmacKey {
  /** @throws RangeError below 32 bytes */
  constructor(secret: Buffer) {
    if (secret.length < P2_BYTES) throw new RangeError('pseudonym: a level 2 key has at least 32 bytes');
    super('sha256', secret, 64, P2_BYTES);
  }
}

/** Level 1: p1, 48 bytes, from `canonicalSidep` or `canonicalSnds`. */
export function level1(key: Level1Key, system: string, canon: string): Buffer {
  return key.digest(`VC-L1\0${system}\0`, canon, Buffer.alloc(P1_BYTES));
}

/** Level 2: p2, 32 bytes, from p1. */
export function level2(key: Level2Key, system: string, p1: Buffer): Buffer {
  return key.digest(`VC-L2\0${system}\0`, p1, Buffer.alloc(P2_BYTES));
}

/** The printed pseudonym: function, system and key versions are readable, as seed 004 §6.1 wants ("identifiable"). */
export function printed(system: string, v1: number, v2: number, p2: Buffer): string {
  return `VC2-H384H256-${system}-${v1}.${v2}-${base32(p2)}`;
}

// RFC 4648 §6 without padding, ten bits at a time.
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const PAIRS: readonly string[] = Array.from({ length: 1024 }, (_, n) => BASE32[n >> 5]! + BASE32[n & 31]!);

function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (let at = 0; at < bytes.length; at++) {
    held = (held << 8) | bytes[at]!;
    bits += 8;
    if (bits >= 10) {
      bits -= 10;
      text += PAIRS[(held >> bits) & 1023];
      held &= (1 << bits) - 1;
    }
  }
  if (bits === 0) return text;
  return bits > 5 ? text + PAIRS[held << (10 - bits)] : text + BASE32[held << (5 - bits)];
}

// ---- both levels in one process -------------------------------------------------------------------------------------

const CANONICAL: { readonly [C in Canon]: (identity: IdentityOf[C]) => string } = {
  SIDEP: canonicalSidep,
  SNDS: canonicalSnds,
};
const SYSTEM = /^[A-Z0-9]{1,16}$/;

/** One pseudonym space: the same person always gets the same text, and no other space ever gives it. */
export class Pseudonymiser<C extends Canon = Canon> {
  readonly #k1: Level1Key;
  readonly #k2: Level2Key;
  readonly #system: string;
  readonly #head: string;
  readonly #canonical: (identity: IdentityOf[C]) => string;

  /** @throws RangeError on short or related keys, a malformed system, a version that is no positive integer */
  constructor(keys: PseudonymKeys<C>) {
    refuseUnfitKeys(keys);
    this.#k1 = new Level1Key(keys.k1);
    this.#k2 = new Level2Key(keys.k2);
    this.#system = keys.system;
    this.#head = printed(keys.system, keys.v1, keys.v2, Buffer.alloc(0));
    this.#canonical = CANONICAL[keys.canon];
  }

  /** @throws RangeError when the identity has no canonical form; the message does not quote it */
  of(identity: IdentityOf[C]): string {
    const p1 = level1(this.#k1, this.#system, this.#canonical(identity));
    return this.#head + base32(level2(this.#k2, this.#system, p1));
  }
}

function refuseUnfitKeys(keys: PseudonymKeys): void {
  if (!SYSTEM.test(keys.system)) throw new RangeError('pseudonym: malformed system');
  if (!isVersion(keys.v1) || !isVersion(keys.v2)) throw new RangeError('pseudonym: malformed key version');
  if (areRelated(keys.k1, keys.k2)) throw new RangeError('pseudonym: the two levels need independent secrets');
}

function isVersion(version: number): boolean {
  return Number.isSafeInteger(version) && version > 0;
}

// What can be seen of a dependence: one key inside the other, or a common beginning. A common master cannot be seen.
function areRelated(k1: Buffer, k2: Buffer): boolean {
  return k1.includes(k2) || k2.includes(k1) || k1.subarray(0, 16).equals(k2.subarray(0, 16));
}
