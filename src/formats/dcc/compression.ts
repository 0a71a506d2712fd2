/** The zlib step of a certificate (DOMAIN §3.1), strict on reading: one certificate has one text. */
import { deflateSync, inflateSync } from 'node:zlib';

// Level 9 for a smaller QR code; a small window and small tables, for there are 400 bytes to pack.
const DEFLATE = { level: 9, windowBits: 10, memLevel: 5, chunkSize: 1024 };

/** The window is written in the first byte, where some readers look for 0x78: it may be stated larger than it was. */
export function compress(cose: Buffer): Buffer {
  const stream = deflateSync(cose, DEFLATE);
  stream.set(HEADER_OF_LEVEL_9);
  return stream;
}

const HEADER_OF_LEVEL_9 = Buffer.of(0x78, 0xda);

// A certificate has about 400 bytes; 64 kB bound what a hostile text can make us allocate.
const MAX_INFLATED = 65_536;

/**
 * The whole input must be one zlib stream: what follows it, or hides in its last byte, would be signed by nobody.
 *
 * @returns undefined when it is not
 */
export function decompress(compressed: Buffer): Buffer | undefined {
  const inflated = tryInflate(compressed);
  return inflated === undefined || hasStrayBits(compressed, inflated) ? undefined : inflated;
}

function tryInflate(compressed: Buffer): Buffer | undefined {
  try {
    const options = { maxOutputLength: MAX_INFLATED, chunkSize: 2048, info: true };
    const { buffer, engine } = inflateSync(compressed, options) as unknown as Inflated;
    return engine.bytesWritten === compressed.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}

/** What Node answers under `info: true`; its type declarations do not say so. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * Whether a padding bit is set: RFC 1951 ignores them and RFC 1950 does not sum them, so that one certificate would have
 * several texts. They follow the three bits that open a stored block, and the last code before the Adler-32 sum.
 */
function hasStrayBits(compressed: Buffer, inflated: Buffer): boolean {
  const head = compressed[2]!;
  const isStored = (head & 0b110) === 0;
  return (isStored && head >> 3 !== 0) || hasStrayLastBits(compressed, inflated);
}

/** Padding if clearing the highest bit that is set in the last byte changes nothing. */
function hasStrayLastBits(compressed: Buffer, inflated: Buffer): boolean {
  const last = compressed[compressed.length - 5]!;
  if (last === 0) return false;
  const cleared = Buffer.from(compressed);
  cleared[compressed.length - 5] = last & ~(1 << (31 - Math.clz32(last)));
  return tryInflate(cleared)?.equals(inflated) === true;
}
