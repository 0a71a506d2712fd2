/**
 * Base45 (RFC 9285): bytes in the alphanumeric alphabet of QR codes, two bytes as three characters.
 * Decoding is strict, so that a text has one reading and bytes have one text.
 */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const CODES = Buffer.from(ALPHABET, 'latin1');
const VALUES = new Uint8Array(128).fill(255);
CODES.forEach((code, value) => {
  VALUES[code] = value;
});

/** Bytes to text, lowest digit first (RFC 9285 §4). */
export function encodeBase45(bytes: Uint8Array): string {
  const pairs = bytes.length >> 1;
  const text = Buffer.alloc(pairs * 3 + (bytes.length & 1) * 2);
  let at = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const value = bytes[2 * pair]! * 256 + bytes[2 * pair + 1]!;
    text[at++] = CODES[value % 45]!;
    text[at++] = CODES[Math.trunc(value / 45) % 45]!;
    text[at++] = CODES[Math.trunc(value / 2025)]!;
  }
  if (bytes.length & 1) {
    const last = bytes[bytes.length - 1]!;
    text[at++] = CODES[last % 45]!;
    text[at] = CODES[Math.trunc(last / 45)]!;
  }
  return text.toString('latin1');
}

/** Text to bytes, or `undefined` on a foreign character, an impossible length, or a group above its bytes' range. */
export function decodeBase45(text: string): Buffer | undefined {
  const rest = text.length % 3;
  if (rest === 1) return undefined;
  const bytes = Buffer.alloc(Math.trunc(text.length / 3) * 2 + (rest === 2 ? 1 : 0));
  let to = 0;
  let at = 0;
  for (; at + 2 < text.length; at += 3) {
    const value = valueAt(text, at) + 45 * valueAt(text, at + 1) + 2025 * valueAt(text, at + 2);
    if (!(value <= 0xffff)) return undefined;
    bytes[to++] = value >> 8;
    bytes[to++] = value & 255;
  }
  if (rest === 0) return bytes;
  const last = valueAt(text, at) + 45 * valueAt(text, at + 1);
  if (!(last <= 0xff)) return undefined;
  bytes[to] = last;
  return bytes;
}

/** Value of a character, or NaN, which no comparison lets through, when it is not of the alphabet. */
function valueAt(text: string, at: number): number {
  const value = VALUES[text.charCodeAt(at)] ?? 255;
  return value === 255 ? Number.NaN : value;
}
