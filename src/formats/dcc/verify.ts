/**
 * Verifies an EU digital COVID certificate from the text of its QR code (DOMAIN §3; hcert-spec 1.0.8): the chain of
 * `issue.ts` backwards, signature before any claim is believed.
 *
 * Tolerant where the specification says so. No reason carries a value of the certificate.
 */
import { KeyObject, verify } from 'node:crypto';
import { decodeBase45 } from './base45.js';
import { decodeCbor } from './cbor.js';
import { decompress } from './compression.js';
import {
  ALG,
  CLAIM,
  type DccPayload,
  HCERT_V1,
  HEADER,
  isBytes,
  isP256,
  isRsa2048,
  NO_BYTES,
  PREFIX,
  PSS,
  toBeSigned,
} from './cose.js';
import { isRecord } from './record.js';
import type { Usage } from './usages.js';

/** In the order of the checks: the first that fails is reported. */
export type VerificationFailure =
  | 'PREFIX'
  | 'BASE45'
  | 'COMPRESSION'
  | 'COSE'
  | 'ALGORITHM'
  | 'UNKNOWN_SIGNER'
  | 'SIGNATURE'
  | 'CWT'
  | 'PAYLOAD'
  | 'NOT_YET_VALID'
  | 'EXPIRED'
  | 'KEY_USAGE'
  | 'SIGNER_PERIOD';

export interface ReadCertificate {
  readonly kid: Buffer;
  /** Alpha-2 country of the issuer, when stated. */
  readonly issuer: string | undefined;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly payload: DccPayload;
}

export type Verification =
  | ({ readonly valid: true } & ReadCertificate)
  | { readonly valid: false; readonly reason: VerificationFailure };

/** A key with what its own certificate says of it; whatever is absent is not judged. */
export interface TrustedKey {
  readonly key: KeyObject;
  /** Usages of §3.1; all when absent. */
  readonly usages?: ReadonlySet<Usage>;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** Keys of the signers with this `kid`: it is short, so there may be several, and each is tried (§3.1). */
export type PublicKeys = (kid: Buffer) => readonly (KeyObject | TrustedKey)[];

/**
 * Reads a certificate and verifies its signature, its signer's certificate and its dates. Never throws on a bad text.
 * The UVCI checksum is not judged (§3.5), nor the schema beyond the first level: `schemaFault` does.
 */
export function verifyCertificate(text: string, publicKeys: PublicKeys, now: Date = new Date()): Verification {
  try {
    const sign1 = readSign1(text);
    const signer = checkSignature(sign1, publicKeys);
    const certificate = readClaims(sign1);
    checkDates(certificate, now);
    checkSigner(signer, certificate, now);
    return { valid: true, ...certificate };
  } catch (error) {
    if (error instanceof Unreadable) return { valid: false, reason: error.reason };
    throw error;
  }
}

class Unreadable extends Error {
  constructor(readonly reason: VerificationFailure) {
    super(reason);
  }
}

interface Sign1 {
  readonly protectedHeader: Uint8Array;
  readonly algorithm: unknown;
  readonly kid: Buffer | undefined;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

function readSign1(text: string): Sign1 {
  if (!text.startsWith(PREFIX)) throw new Unreadable('PREFIX');
  const compressed = decodeBase45(text.slice(PREFIX.length));
  if (compressed === undefined) throw new Unreadable('BASE45');
  const cose = decompress(compressed);
  if (cose === undefined) throw new Unreadable('COMPRESSION');
  return splitSign1(read(cose, 'COSE'));
}

function splitSign1(cose: unknown): Sign1 {
  if (!Array.isArray(cose) || cose.length !== 4) throw new Unreadable('COSE');
  const [protectedHeader, unprotectedHeader, payload, signature] = cose as unknown[];
  if (!(unprotectedHeader instanceof Map) || !isBytes(protectedHeader) || !isBytes(payload) || !isBytes(signature)) {
    throw new Unreadable('COSE');
  }
  const header = read(protectedHeader, 'COSE');
  if (!(header instanceof Map)) throw new Unreadable('COSE');
  // The protected kid wins (§3.1); an algorithm that nobody signed is not read at all.
  const kid: unknown = header.get(HEADER.kid) ?? unprotectedHeader.get(HEADER.kid);
  return {
    protectedHeader,
    payload,
    signature,
    algorithm: header.get(HEADER.alg),
    kid: isBytes(kid) ? Buffer.from(kid) : undefined,
  };
}

function checkSignature(sign1: Sign1, publicKeys: PublicKeys): TrustedKey {
  const check = SIGNATURE_CHECK.get(sign1.algorithm);
  if (check === undefined) throw new Unreadable('ALGORITHM');
  const keys = sign1.kid === undefined ? [] : publicKeys(sign1.kid);
  if (keys.length === 0) throw new Unreadable('UNKNOWN_SIGNER');
  const signed = toBeSigned(sign1.protectedHeader, sign1.payload);
  const signer = keys.map(asTrusted).find(({ key }) => check(key, signed, sign1.signature));
  if (!signer) throw new Unreadable('SIGNATURE');
  return signer;
}

const asTrusted = (key: KeyObject | TrustedKey): TrustedKey => (key instanceof KeyObject ? { key } : key);

/**
 * The usage must match where the signer's certificate names one; it was valid at the issue and still is (§3.1). That no
 * certificate may be made to outlive its signer is an issuer's duty: three official French ones do.
 */
function checkSigner(signer: TrustedKey, { payload, issuedAt }: ReadCertificate, now: Date): void {
  const usage = (['v', 't', 'r'] as const).find((kind) => payload[kind] !== undefined && payload[kind] !== null);
  if (signer.usages && !(usage && signer.usages.has(usage))) throw new Unreadable('KEY_USAGE');
  if (signer.notBefore && !(issuedAt >= signer.notBefore)) throw new Unreadable('SIGNER_PERIOD');
  if (signer.notAfter && !(issuedAt <= signer.notAfter && now <= signer.notAfter))
    throw new Unreadable('SIGNER_PERIOD');
}

type SignatureCheck = (key: KeyObject, signed: Uint8Array, signature: Uint8Array) => boolean;

// The key's own type decides whether an algorithm applies to it: a header must not choose how a key is used.
const SIGNATURE_CHECK: ReadonlyMap<unknown, SignatureCheck> = new Map<unknown, SignatureCheck>([
  [
    ALG.ES256,
    (key, signed, signature) => isP256(key) && verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
  ],
  [ALG.PS256, (key, signed, signature) => isRsa2048(key) && verify('sha256', signed, { key, ...PSS }, signature)],
]);

function readClaims({ kid, payload }: Sign1): ReadCertificate {
  const claims = read(payload, 'CWT');
  if (!(claims instanceof Map)) throw new Unreadable('CWT');
  const issuer: unknown = claims.get(CLAIM.iss);
  const hcert: unknown = claims.get(CLAIM.hcert);
  if (!(hcert instanceof Map)) throw new Unreadable('CWT');
  return {
    kid: kid ?? NO_BYTES,
    issuer: typeof issuer === 'string' ? issuer : undefined,
    issuedAt: instantOf(claims.get(CLAIM.iat)),
    expiresAt: instantOf(claims.get(CLAIM.exp)),
    payload: readPayload(plain(hcert.get(HCERT_V1))),
  };
}

function instantOf(claim: unknown): Date {
  const instant = new Date(typeof claim === 'number' ? claim * 1000 : Number.NaN);
  if (Number.isNaN(instant.getTime())) throw new Unreadable('CWT');
  return instant;
}

/** Exactly one of `v`, `t`, `r`, with exactly one entry (§3.2). */
function readPayload(payload: unknown): DccPayload {
  if (!isRecord(payload) || !isRecord(payload.nam)) throw new Unreadable('PAYLOAD');
  if (typeof payload.ver !== 'string' || typeof payload.dob !== 'string') throw new Unreadable('PAYLOAD');
  const groups = [payload.v, payload.t, payload.r].filter((group) => group !== undefined && group !== null);
  const entries: unknown = groups[0];
  if (groups.length !== 1 || !Array.isArray(entries) || entries.length !== 1 || !isRecord(entries[0])) {
    throw new Unreadable('PAYLOAD');
  }
  return payload as unknown as DccPayload;
}

// Comparisons that an invalid clock (NaN) fails.
function checkDates({ issuedAt, expiresAt }: ReadCertificate, now: Date): void {
  if (!(issuedAt <= now)) throw new Unreadable('NOT_YET_VALID');
  if (!(now < expiresAt)) throw new Unreadable('EXPIRED');
}

function read(cbor: Uint8Array, reason: VerificationFailure): unknown {
  try {
    return decodeCbor(cbor);
  } catch {
    throw new Unreadable(reason);
  }
}

/** Maps of CBOR as plain objects. `fromEntries` defines its own properties: a key `__proto__` does no harm. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, held]) => [String(key), plain(held)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
