/**
 * CBOR (RFC 8949), as COSE and CWT use it. Reading is the library's (cborg); writing is ours, for a certificate holds
 * only integers, texts, bytes, lists and maps, and the library takes longer over them than all the rest of a draft.
 */
import { type DecodeOptions, decode } from 'cborg';
import { isRecord } from './record.js';

export const TAG = { COSE_SIGN1: 18, CWT: 61 } as const;

/** What a certificate is made of; an object stands for a map whose keys are ASCII texts shorter than 24. */
export type Cbor = number | string | Uint8Array | readonly Cbor[] | ReadonlyMap<number, Cbor> | object;

const MAJOR = { unsigned: 0x00, negative: 0x20, bytes: 0x40, text: 0x60, list: 0x80, map: 0xa0, tag: 0xc0 } as const;

// One certificate at a time is written, and copied when it is whole.
let scratch = Buffer.allocUnsafe(4096);
let at = 0;

/**
 * Deterministic CBOR (RFC 8949 §4.2.1): shortest lengths, map keys in the order of their bytes, which for the integers
 * of a Map is that of the caller.
 *
 * @param tag written before the value
 * @throws TypeError on what a certificate cannot hold
 * @throws RangeError on a number that is not an integer of at most 32 bits beside its sign
 */
export function encodeCbor(value: Cbor, tag?: number): Buffer {
  at = 0;
  if (tag !== undefined) writeHead(MAJOR.tag, tag);
  write(value);
  return Buffer.from(scratch.subarray(0, at));
}

// Vector CO28 of the common test data carries both tags; the arrays they announce are told apart by their shape.
const DECODE: DecodeOptions = {
  useMaps: true,
  rejectDuplicateMapKeys: true,
  tags: { [TAG.COSE_SIGN1]: (content) => content(), [TAG.CWT]: (content) => content() },
};

/** @throws Error when the bytes are not CBOR */
export function decodeCbor(bytes: Uint8Array): unknown {
  return decode(bytes, DECODE);
}

function write(value: Cbor): void {
  if (typeof value === 'string') writeText(value);
  else if (typeof value === 'number') writeInteger(value);
  else if (value instanceof Uint8Array) writeBytes(value);
  else if (Array.isArray(value)) writeList(value);
  else if (value instanceof Map) writeMap(value);
  else if (isRecord(value)) writeObject(value as Readonly<Record<string, Cbor>>);
  else throw new TypeError('cbor: neither number, text, bytes, list nor map');
}

function writeInteger(value: number): void {
  if (!Number.isInteger(value)) throw new RangeError('cbor: not an integer');
  if (value < 0) writeHead(MAJOR.negative, -1 - value);
  else writeHead(MAJOR.unsigned, value);
}

function writeBytes(bytes: Uint8Array): void {
  writeHead(MAJOR.bytes, bytes.length);
  reserve(bytes.length);
  scratch.set(bytes, at);
  at += bytes.length;
}

function writeText(text: string): void {
  const began = at;
  writeHead(MAJOR.text, text.length);
  reserve(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) {
      at = began;
      writeUtf8(text);
      return;
    }
    scratch[at++] = code;
  }
}

function writeUtf8(text: string): void {
  const length = Buffer.byteLength(text);
  writeHead(MAJOR.text, length);
  reserve(length);
  at += scratch.write(text, at);
}

function writeList(list: readonly Cbor[]): void {
  writeHead(MAJOR.list, list.length);
  for (const item of list) write(item);
}

function writeMap(map: ReadonlyMap<number, Cbor>): void {
  writeHead(MAJOR.map, map.size);
  for (const [key, value] of map) {
    writeInteger(key);
    write(value);
  }
}

function writeObject(fields: Readonly<Record<string, Cbor>>): void {
  const keys = Object.keys(fields).sort(byBytes);
  writeHead(MAJOR.map, keys.length);
  for (const key of keys) {
    writeText(key);
    write(fields[key]!);
  }
}

/** The shorter one first, since its length is in its first byte. */
const byBytes = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : 1);

/** A major type and its argument in the shortest form. */
function writeHead(major: number, argument: number): void {
  reserve(5);
  if (argument < 24) {
    scratch[at++] = major | argument;
  } else if (argument <= 0xff) {
    scratch[at++] = major | 24;
    scratch[at++] = argument;
  } else if (argument <= 0xffff) {
    scratch[at++] = major | 25;
    at = scratch.writeUInt16BE(argument, at);
  } else {
    scratch[at++] = major | 26;
    at = scratch.writeUInt32BE(argument, at);
  }
}

function reserve(bytes: number): void {
  if (at + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafe(2 * (at + bytes));
  scratch.copy(larger);
  scratch = larger;
}
