/**
 * The EU digital COVID certificate of a vaccination, as text of its QR code (DOMAIN §3; hcert-spec 1.0.8).
 *
 *   issue:  claims → CBOR → CWT → COSE_Sign1 → zlib → base45 → `HC1:`
 *   verify: the same chain backwards, signature before any claim is believed
 *
 * Strict on issue, tolerant on reading where the specification says so. No error carries a value of the certificate.
 */
import { constants, createHash, type KeyObject, sign, verify } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';
import { type DecodeOptions, decode, encode } from 'cborg';
import { isBirthDate } from '../../kernel/identifiers.js';
import { decodeBase45, encodeBase45 } from './base45.js';
import { type TransliterationOptions, transliterate } from './transliteration.js';
import { isConformingUvci } from './uvci.js';
import { findProduct, TARGET_DISEASE } from './value-sets.js';

const PREFIX = 'HC1:';
const SCHEMA_VERSION = '1.3.0';
const HEADER = { alg: 1, kid: 4 } as const;
const CLAIM = { iss: 1, exp: 4, iat: 6, hcert: -260 } as const;
const HCERT_V1 = 1;
const ALG = { ES256: -7, PS256: -37 } as const;
const TAG = { COSE_SIGN1: 18, CWT: 61 } as const;
const MAX_TEXT = 80;
const NO_BYTES = Buffer.alloc(0);

// ---- what is certified ----------------------------------------------------------------------------------------------

export interface CertificateName {
  readonly familyName: string;
  readonly givenNames?: string;
}

export interface CertifiedVaccination {
  /** `mp` of a product of `value-sets.ts`; holder and vaccine type follow from it. */
  readonly product: string;
  readonly doseNumber: number;
  readonly seriesDoses: number;
  /** `YYYY-MM-DD`, a day of the calendar. */
  readonly date: string;
  /** Country of the injection, ISO 3166 alpha-2; FR when absent. */
  readonly country?: string;
  /** Who issues, at most 80 characters. */
  readonly issuer: string;
  readonly uvci: string;
}

export interface Signer {
  /** First 8 bytes of the SHA-256 of the signing certificate: `kidOf`. */
  readonly kid: Buffer;
  /** EC P-256. */
  readonly privateKey: KeyObject;
  readonly notBefore?: Date;
  /** End of the signing certificate; no certificate outlives it (§3.1). */
  readonly notAfter: Date;
}

export interface CertificateRequest {
  readonly name: CertificateName;
  /** `YYYY-MM-DD`, month or day 00 when unknown. */
  readonly birthDate: string;
  readonly vaccination: CertifiedVaccination;
  readonly signer: Signer;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly transliteration?: TransliterationOptions;
}

export type RefusalCode =
  | 'NAME'
  | 'BIRTH_DATE'
  | 'PRODUCT'
  | 'DOSES'
  | 'DATE'
  | 'COUNTRY'
  | 'ISSUER'
  | 'UVCI'
  | 'VALIDITY'
  | 'SIGNER_KEY'
  | 'SIGNER_PERIOD';

/** Why a certificate is not issued. */
export class CertificateRefusal extends Error {
  constructor(readonly code: RefusalCode) {
    super(`certificate refused: ${code}`);
    this.name = 'CertificateRefusal';
  }
}

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

// ---- issue ----------------------------------------------------------------------------------------------------------

/**
 * The `HC1:` text of a vaccination certificate.
 *
 * @throws CertificateRefusal when the request breaks a rule of the specification
 */
export function encodeCertificate(request: CertificateRequest): string {
  checkSigner(request);
  const payload = encodeClaims(request);
  const protectedHeader = encodeCbor(
    new Map<number, unknown>([
      [HEADER.alg, ALG.ES256],
      [HEADER.kid, request.signer.kid],
    ]),
  );
  const signature = sign('sha256', toBeSigned(protectedHeader, payload), {
    key: request.signer.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  const cose = taggedSign1(encodeCbor([protectedHeader, new Map(), payload, signature]));
  return PREFIX + encodeBase45(deflateSync(cose, DEFLATE));
}

// Level 9 for a smaller QR code; small tables, for there are 400 bytes to pack. The window is left alone: it is written
// in the first byte, and some readers look for 0x78.
const DEFLATE = { level: 9, memLevel: 5, chunkSize: 1024 };

/** `kid` of a signing certificate in DER (§3.1). */
export function kidOf(certificate: Buffer): Buffer {
  return createHash('sha256').update(certificate).digest().subarray(0, 8);
}

/**
 * `dn`/`sd` in force since February 2022 (§3.4): 1/2, 2/2 and 1/1 for the primary doses, then 3/3, 4/4 after a
 * primary series of two, 2/1, 3/1 after a primary series of one (Janssen, or one dose after recovery).
 *
 * @param rank rank of this dose among all the person received, from 1
 * @param primaryDoses doses of the person's primary series, from 1
 * @throws RangeError outside 1 to 9, the schema's limit
 */
export function doseNumbers(rank: number, primaryDoses: number): { doseNumber: number; seriesDoses: number } {
  if (!isDose(rank) || !isDose(primaryDoses)) throw new RangeError('dose numbers: 1 to 9');
  if (rank <= primaryDoses) return { doseNumber: rank, seriesDoses: primaryDoses };
  return { doseNumber: rank, seriesDoses: primaryDoses === 1 ? 1 : rank };
}

/** `dob`: unknown month and day are cut off; empty before 1900, which the schema cannot write (§3.2). */
export function certifiedBirthDate(birthDate: string): string {
  if (!isBirthDate(birthDate)) throw new CertificateRefusal('BIRTH_DATE');
  if (birthDate < '1900') return '';
  if (birthDate.slice(5, 7) === '00') return birthDate.slice(0, 4);
  return birthDate.endsWith('-00') ? birthDate.slice(0, 7) : birthDate;
}

function encodeClaims(request: CertificateRequest): Uint8Array {
  const payload = {
    ver: SCHEMA_VERSION,
    nam: certifiedName(request.name, request.transliteration),
    dob: certifiedBirthDate(request.birthDate),
    v: [vaccinationEntry(request.vaccination)],
  };
  return encodeCbor(
    new Map<number, unknown>([
      [CLAIM.iss, 'FR'],
      [CLAIM.exp, seconds(request.expiresAt)],
      [CLAIM.iat, seconds(request.issuedAt)],
      [CLAIM.hcert, new Map([[HCERT_V1, payload]])],
    ]),
  );
}

function certifiedName(name: CertificateName, options?: TransliterationOptions): DccPayload['nam'] {
  const fn = printable(name.familyName);
  const gn = printable(name.givenNames ?? '');
  const fnt = transliterate(fn, options).slice(0, MAX_TEXT);
  const gnt = transliterate(gn, options).slice(0, MAX_TEXT);
  if (fnt === '' && gnt === '') throw new CertificateRefusal('NAME');
  // An empty part is left out: the schema wants none rather than an empty one.
  const nam: { fn?: string; fnt?: string; gn?: string; gnt?: string } = {};
  if (fn !== '') nam.fn = fn;
  if (fnt !== '') nam.fnt = fnt;
  if (gn !== '') nam.gn = gn;
  if (gnt !== '') nam.gnt = gnt;
  return nam;
}

const CONTROL = /\p{C}/u;

/** NFC (§3.1) and at most 80 characters, counted as the JSON schema does. Invisible characters could forge a display. */
function printable(text: string): string {
  const composed = text.normalize('NFC').trim();
  if (CONTROL.test(composed)) throw new CertificateRefusal('NAME');
  return composed.length <= MAX_TEXT ? composed : [...composed].slice(0, MAX_TEXT).join('');
}

function vaccinationEntry(vaccination: CertifiedVaccination): VaccinationEntry {
  const product = findProduct(vaccination.product);
  if (product === undefined) throw new CertificateRefusal('PRODUCT');
  const { doseNumber, seriesDoses, date, country = 'FR', issuer, uvci } = vaccination;
  if (!isDose(doseNumber) || !isDose(seriesDoses)) throw new CertificateRefusal('DOSES');
  if (!isCalendarDay(date)) throw new CertificateRefusal('DATE');
  if (!/^[A-Z]{2}$/.test(country)) throw new CertificateRefusal('COUNTRY');
  if (issuer === '' || issuer.length > MAX_TEXT) throw new CertificateRefusal('ISSUER');
  if (!isConformingUvci(uvci)) throw new CertificateRefusal('UVCI');
  return {
    tg: TARGET_DISEASE,
    vp: product.vp,
    mp: product.mp,
    ma: product.ma,
    dn: doseNumber,
    sd: seriesDoses,
    dt: date,
    co: country,
    is: issuer.normalize('NFC'),
    ci: uvci,
  };
}

function isDose(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 9;
}

/** An injection, unlike a birth, has no lunar date: 30 February is refused. */
function isCalendarDay(date: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return false;
  const month = Number(date.slice(5, 7)) - 1;
  const day = Number(date.slice(8));
  const instant = new Date(Date.UTC(Number(date.slice(0, 4)), month, day));
  return instant.getUTCMonth() === month && instant.getUTCDate() === day;
}

// Written so that an invalid Date (NaN) is refused by every comparison.
function checkSigner({ signer, issuedAt, expiresAt }: CertificateRequest): void {
  if (!(issuedAt < expiresAt)) throw new CertificateRefusal('VALIDITY');
  if (!(expiresAt <= signer.notAfter)) throw new CertificateRefusal('SIGNER_PERIOD');
  if (signer.notBefore !== undefined && !(issuedAt >= signer.notBefore)) throw new CertificateRefusal('SIGNER_PERIOD');
  if (signer.kid.length !== 8 || signer.privateKey.type !== 'private' || !isP256(signer.privateKey)) {
    throw new CertificateRefusal('SIGNER_KEY');
  }
}

// ---- verify ---------------------------------------------------------------------------------------------------------

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
  | 'EXPIRED';

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

/** Keys of the signers with this `kid`: it is short, so there may be several, and each is tried (§3.1). */
export type PublicKeys = (kid: Buffer) => readonly KeyObject[];

/**
 * Reads a certificate and verifies its signature and its dates. Never throws on a bad text.
 * The UVCI checksum is not judged (§3.5), nor whether the signer was entitled to this kind of certificate: that is known
 * to whoever gives the keys.
 */
export function verifyCertificate(text: string, publicKeys: PublicKeys, now: Date = new Date()): Verification {
  try {
    const sign1 = readSign1(text);
    checkSignature(sign1, publicKeys);
    const certificate = readClaims(sign1);
    checkDates(certificate, now);
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
  return splitSign1(decodeCbor(inflate(compressed), 'COSE'));
}

// A certificate has about 400 bytes; 64 kB bound what a hostile text can make us allocate.
const MAX_INFLATED = 65_536;

/** The whole input must be one zlib stream: what follows it, or hides in its last byte, would be signed by nobody. */
function inflate(compressed: Buffer): Buffer {
  const inflated = tryInflate(compressed);
  if (inflated === undefined || hasStrayBits(compressed, inflated)) throw new Unreadable('COMPRESSION');
  return inflated;
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

function splitSign1(cose: unknown): Sign1 {
  if (!Array.isArray(cose) || cose.length !== 4) throw new Unreadable('COSE');
  const [protectedHeader, unprotectedHeader, payload, signature] = cose as unknown[];
  if (!(unprotectedHeader instanceof Map) || !isBytes(protectedHeader) || !isBytes(payload) || !isBytes(signature)) {
    throw new Unreadable('COSE');
  }
  const header = decodeCbor(protectedHeader, 'COSE');
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

function checkSignature(sign1: Sign1, publicKeys: PublicKeys): void {
  const check = SIGNATURE_CHECK.get(sign1.algorithm);
  if (check === undefined) throw new Unreadable('ALGORITHM');
  const keys = sign1.kid === undefined ? [] : publicKeys(sign1.kid);
  if (keys.length === 0) throw new Unreadable('UNKNOWN_SIGNER');
  const signed = toBeSigned(sign1.protectedHeader, sign1.payload);
  if (!keys.some((key) => check(key, signed, sign1.signature))) throw new Unreadable('SIGNATURE');
}

type SignatureCheck = (key: KeyObject, signed: Uint8Array, signature: Uint8Array) => boolean;

// The key's own type decides whether an algorithm applies to it: a header must not choose how a key is used.
const SIGNATURE_CHECK: ReadonlyMap<unknown, SignatureCheck> = new Map<unknown, SignatureCheck>([
  [
    ALG.ES256,
    (key, signed, signature) => isP256(key) && verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
  ],
  [
    ALG.PS256,
    (key, signed, signature) =>
      isRsa2048(key) &&
      verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature),
  ],
]);

function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** RSA of 2048 bits or more (§3.1, and DOMAIN §10 for the minimum). */
function isRsa2048(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
}

function readClaims({ kid, payload }: Sign1): ReadCertificate {
  const claims = decodeCbor(payload, 'CWT');
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

// ---- CBOR and COSE --------------------------------------------------------------------------------------------------

/**
 * Deterministic CBOR (RFC 8949 §4.2). The library's default sorts map keys by length first, which is the same order for
 * integers and short texts as we have, at half the cost of its RFC 8949 option; a test compares the bytes.
 */
function encodeCbor(value: unknown): Uint8Array {
  return encode(value);
}

// Vector CO28 of the common test data carries both tags; the arrays they announce are told apart by their shape.
const DECODE: DecodeOptions = {
  useMaps: true,
  rejectDuplicateMapKeys: true,
  tags: { [TAG.COSE_SIGN1]: (content) => content(), [TAG.CWT]: (content) => content() },
};

function decodeCbor(bytes: Uint8Array, reason: VerificationFailure): unknown {
  try {
    return decode(bytes, DECODE);
  } catch {
    throw new Unreadable(reason);
  }
}

/** Sig_structure of RFC 9052 §4.4, without external data. */
function toBeSigned(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedHeader, NO_BYTES, payload]);
}

/** Tag 18 is one byte before the array. */
function taggedSign1(array: Uint8Array): Buffer {
  const tagged = Buffer.alloc(array.length + 1);
  tagged[0] = 0xc0 | TAG.COSE_SIGN1;
  tagged.set(array, 1);
  return tagged;
}

function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}

/** Maps of CBOR as plain objects. `fromEntries` defines its own properties: a key `__proto__` does no harm. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, held]) => [String(key), plain(held)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isBytes(value);
}
