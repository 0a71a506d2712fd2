/**
 * What issuing and verifying share: the names and numbers of COSE and CWT (DOMAIN §3.1), and the payload they carry.
 */
import { constants, createHash, type KeyObject, sign } from 'node:crypto';
import { type DecodeOptions, decode, encode } from 'cborg';

export const PREFIX = 'HC1:';
export const HEADER = { alg: 1, kid: 4 } as const;
export const CLAIM = { iss: 1, exp: 4, iat: 6, hcert: -260 } as const;
export const HCERT_V1 = 1;
export const ALG = { ES256: -7, PS256: -37 } as const;
const TAG = { COSE_SIGN1: 18, CWT: 61 } as const;
export const NO_BYTES = Buffer.alloc(0);

export interface VaccinationEntry {
  readonly tg: string;
  readonly vp: string;
  readonly mp: string;
  readonly ma: string;
  readonly dn: number;
  readonly sd: number;
  readonly dt: string;
  readonly co: string;
  readonly is: string;
  readonly ci: string;
}

/** The payload as read (§3.2); beyond the shape of its first level nothing of a foreign payload is judged. */
export interface DccPayload {
  readonly ver: string;
  readonly nam: { readonly fn?: string; readonly fnt?: string; readonly gn?: string; readonly gnt?: string };
  readonly dob: string;
  readonly v?: readonly VaccinationEntry[];
  readonly t?: readonly Readonly<Record<string, unknown>>[];
  readonly r?: readonly Readonly<Record<string, unknown>>[];
}

/** `kid` of a signing certificate in DER (§3.1). */
export function kidOf(certificate: Buffer): Buffer {
  return createHash('sha256').update(certificate).digest().subarray(0, 8);
}

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/**
 * Deterministic CBOR (RFC 8949 §4.2). The library's default sorts map keys by length first, which is the same order for
 * integers and short texts as we have, at half the cost of its RFC 8949 option; a test compares the bytes.
 */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value);
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

export type CoseAlgorithm = keyof typeof ALG;

/** What is to be signed, and how the signature becomes a certificate: whoever signs needs not know what. */
export interface Draft<T> {
  readonly message: Uint8Array;
  /** @param signature r‖s in 64 bytes (ES256), or RSASSA-PSS with a salt of 32 bytes (PS256) */
  finish(signature: Uint8Array): T;
}

/** A COSE_Sign1 whose signature is still missing, both headers of §3.1 protected. */
export function draftSign1(
  payload: Uint8Array,
  { kid, algorithm }: { kid: Buffer; algorithm: CoseAlgorithm },
): Draft<Buffer> {
  const protectedHeader = Buffer.concat([HEADERS[algorithm], byteString(kid)]);
  const [header, content] = [byteString(protectedHeader), byteString(payload)];
  return {
    message: toBeSigned(protectedHeader, payload),
    finish: (signature) => Buffer.concat([SIGN1, header, NO_MAP, content, byteString(signature)]),
  };
}

/** Tag 18, an array of four; and both headers up to the `kid`: a map of `alg` and `kid`. Written, not encoded: never else. */
const SIGN1 = Buffer.from([0xc0 | TAG.COSE_SIGN1, 0x84]);
const NO_MAP = Buffer.of(0xa0);
const HEADERS: Readonly<Record<CoseAlgorithm, Buffer>> = {
  ES256: Buffer.from([0xa2, HEADER.alg, 0x26, HEADER.kid]),
  PS256: Buffer.from([0xa2, HEADER.alg, 0x38, 0x24, HEADER.kid]),
};

/** A byte string of CBOR, its length in the shortest form (RFC 8949 §4.2.1). */
function byteString(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  const head = length < 24 ? [0x40 | length] : length < 256 ? [0x58, length] : [0x59, length >> 8, length & 255];
  const written = Buffer.allocUnsafe(head.length + length);
  written.set(head);
  written.set(bytes, head.length);
  return written;
}

/** A signature by a key of this process (§3.1). */
export function signLocally(algorithm: CoseAlgorithm, key: KeyObject, message: Uint8Array): Buffer {
  return sign('sha256', message, algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : { key, ...PSS });
}

/** RSASSA-PSS as COSE wants it (RFC 8230 §2): the salt is as long as the hash. */
export const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } as const;

/** RSA of 2048 bits or more (§3.1, and DOMAIN §10 for the minimum). */
export function isRsa2048(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
}

/** The key's own type decides whether an algorithm applies to it: a header must not choose how a key is used. */
export const fits = (algorithm: CoseAlgorithm, key: KeyObject): boolean =>
  algorithm === 'ES256' ? isP256(key) : isRsa2048(key);

const SIGNATURE1 = Buffer.concat([Buffer.from([0x84, 0x6a]), Buffer.from('Signature1')]);
const NO_DATA = Buffer.of(0x40);

/** Sig_structure of RFC 9052 §4.4, without external data. */
export function toBeSigned(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  // Longer than any certificate: beyond it a length has another form.
  if (payload.length > 0xffff || protectedHeader.length > 0xffff) return encodeLong(protectedHeader, payload);
  return Buffer.concat([SIGNATURE1, byteString(protectedHeader), NO_DATA, byteString(payload)]);
}

const encodeLong = (protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array =>
  encodeCbor(['Signature1', protectedHeader, NO_BYTES, payload]);

export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
