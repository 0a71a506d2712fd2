/**
 * What issuing and verifying share: the names and numbers of COSE and CWT (DOMAIN §3.1), and the payload they carry.
 */
import { constants, createHash, type KeyObject, sign } from 'node:crypto';
import { type Cbor, encodeCbor, TAG } from './cbor.js';

export const PREFIX = 'HC1:';
export const HEADER = { alg: 1, kid: 4 } as const;
export const CLAIM = { iss: 1, exp: 4, iat: 6, hcert: -260 } as const;
export const HCERT_V1 = 1;
export const ALG = { ES256: -7, PS256: -37 } as const;
export const NO_BYTES = Buffer.alloc(0);
const NO_FIELDS: ReadonlyMap<number, Cbor> = new Map();

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
  const protectedHeader = encodeCbor(
    new Map<number, Cbor>([
      [HEADER.alg, ALG[algorithm]],
      [HEADER.kid, kid],
    ]),
  );
  return {
    message: toBeSigned(protectedHeader, payload),
    finish: (signature) => encodeCbor([protectedHeader, NO_FIELDS, payload, signature], TAG.COSE_SIGN1),
  };
}

/** A signature by a key of this process (§3.1). */
export function signLocally(algorithm: CoseAlgorithm, key: KeyObject, message: Uint8Array): Buffer {
  if (algorithm === 'PS256') return sign('sha256', message, { key, ...PSS });
  // Not `{ key, dsaEncoding }`: Node 24 takes as long over such options as over the signature.
  return fromDer(sign('sha256', message, key));
}

/** r‖s in 64 bytes (RFC 9053 §2.1) of an ECDSA signature on P-256 in DER: a sequence of two integers. */
function fromDer(der: Buffer): Buffer {
  const raw = Buffer.alloc(64);
  const endOfR = 4 + der[3]!;
  copyInteger(der.subarray(4, endOfR), raw.subarray(0, 32));
  copyInteger(der.subarray(endOfR + 2), raw.subarray(32));
  return raw;
}

/** Without the zero byte that keeps an integer positive, and with those that DER leaves out. */
function copyInteger(integer: Buffer, target: Buffer): void {
  const digits = integer.subarray(Math.max(0, integer.length - target.length));
  target.set(digits, target.length - digits.length);
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

/** Sig_structure of RFC 9052 §4.4, without external data. */
export function toBeSigned(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedHeader, NO_BYTES, payload]);
}

export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
