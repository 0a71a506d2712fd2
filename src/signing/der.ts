/** As much of DER (ITU-T X.690) as a certificate needs to be written, and its parts to be found again. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);
export const octets = (content: Uint8Array): Buffer => der(0x04, content);
export const bits = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.of(unused), content);
export const text = (value: string): Buffer => der(0x0c, Buffer.from(value, 'utf8'));
export const boolean = (value: boolean): Buffer => der(0x01, Buffer.of(value ? 255 : 0));
/** Explicit context tag. */
export const tagged = (number: number, content: Uint8Array): Buffer => der(0xa0 | number, content);
export const NULL = Buffer.from([5, 0]);

/** A positive integer, from its bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at += 1;
  const trimmed = bytes.subarray(at);
  return der(0x02, (trimmed[0] ?? 0) > 127 ? Buffer.of(0) : Buffer.alloc(0), trimmed);
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`;
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 127];
  for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift((left & 127) | 128);
  return bytes;
}

/** A value as it stands: its tag, what is in it, and all its bytes. */
export interface Der {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

/** The values that stand one after another in these bytes. @throws RangeError when one of them is cut off */
export function valuesIn(bytes: Buffer): Der[] {
  const values: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at + 1);
    const size = first < 128 ? 0 : first & 127;
    const from = at + 2 + size;
    // A length without an end (0x80) is no DER, and is refused as one of no bytes.
    const to = from + (first < 128 ? first : bytes.readUIntBE(at + 2, size));
    if (to > bytes.length) throw new RangeError('der: cut off');
    values.push({ tag: bytes.readUInt8(at), content: bytes.subarray(from, to), whole: bytes.subarray(at, to) });
    at = to;
  }
  return values;
}
