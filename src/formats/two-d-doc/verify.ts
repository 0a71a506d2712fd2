/**
 * Reads and verifies a 2D-DOC vaccination attestation from its text (DOMAIN §4). The signature is verified before any
 * field is read, and what follows it (an annex that nobody signed) is refused. No reason carries a value.
 */
import { type KeyObject, verify } from 'node:crypto';
import { decodeBase32 } from '../base32.js';
import { isP256 } from '../dcc/cose.js';
import {
  DOCUMENT,
  dayOfHex,
  FIELD_CODES,
  FIELDS,
  type FieldCode,
  GROUP_SEPARATOR,
  HEADER_LENGTH,
  isFieldCode,
  MARKER,
  RECORD_SEPARATOR,
  SIGNATURE_LENGTH,
  UNIT_SEPARATOR,
} from './layout.js';

/** In the order of the checks: the first that fails is reported. */
export type TwoDDocFailure =
  | 'HEADER'
  | 'DOCUMENT'
  | 'STRUCTURE'
  | 'UNKNOWN_SIGNER'
  | 'SIGNATURE'
  | 'FIELDS'
  | 'SIGNER_PERIOD';

export interface TwoDDocHeader {
  readonly authority: string;
  readonly certificate: string;
  readonly emittedOn: Date | undefined;
  readonly signedOn: Date | undefined;
}

export type TwoDDocFields = Readonly<Record<FieldCode, string>>;

export type TwoDDocVerification =
  | { readonly valid: true; readonly header: TwoDDocHeader; readonly fields: TwoDDocFields }
  | { readonly valid: false; readonly reason: TwoDDocFailure };

export interface TwoDDocKey {
  readonly key: KeyObject;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** Key of an authority's certificate, as the header names them. */
export type TwoDDocKeys = (authority: string, certificate: string) => TwoDDocKey | undefined;

const refused = (reason: TwoDDocFailure): TwoDDocVerification => ({ valid: false, reason });

/** An attestation has no end of validity of its own; that its signer's certificate was valid when it signed is verified. */
export function verifyTwoDDoc(text: string, keys: TwoDDocKeys): TwoDDocVerification {
  const head = /^DC04([A-Z]{2}[A-Z0-9]{2})([A-Z0-9]{4})([0-9A-F]{4})([0-9A-F]{4})/.exec(text);
  if (!text.startsWith(MARKER) || !head) return refused('HEADER');
  if (text.slice(20, HEADER_LENGTH) !== DOCUMENT) return refused('DOCUMENT');
  const end = text.indexOf(UNIT_SEPARATOR);
  const signature = decodeBase32(end < 0 ? '' : text.slice(end + 1));
  if (end < 0 || text.length - end - 1 !== SIGNATURE_LENGTH || !signature) return refused('STRUCTURE');
  const [, authority = '', certificate = '', emitted = '', signed = ''] = head;
  const trusted = keys(authority, certificate);
  if (!trusted || !isP256(trusted.key)) return refused('UNKNOWN_SIGNER');
  const message = Buffer.from(text.slice(0, end), 'latin1');
  // A character beyond one byte would be signed as another one.
  if (message.toString('latin1') !== text.slice(0, end)) return refused('STRUCTURE');
  if (!verify('sha256', message, { key: trusted.key, dsaEncoding: 'ieee-p1363' }, signature))
    return refused('SIGNATURE');
  const header = { authority, certificate, emittedOn: dayOfHex(emitted), signedOn: dayOfHex(signed) };
  if (!isWithin(header.signedOn, trusted)) return refused('SIGNER_PERIOD');
  const fields = fieldsOf(text.slice(HEADER_LENGTH, end));
  return fields ? { valid: true, header, fields } : refused('FIELDS');
}

const DAY = 86_400_000;

/** The header knows days only: the certificate may have begun or ended within that day. */
function isWithin(signedOn: Date | undefined, { notBefore, notAfter }: TwoDDocKey): boolean {
  if (!signedOn) return notBefore === undefined && notAfter === undefined;
  return (
    (!notBefore || signedOn.getTime() + DAY > notBefore.getTime()) &&
    (!notAfter || signedOn.getTime() <= notAfter.getTime())
  );
}

/** Every field once, each within its lengths; undefined otherwise. */
function fieldsOf(message: string): TwoDDocFields | undefined {
  const fields = new Map<FieldCode, string>();
  let at = 0;
  while (at < message.length) {
    const code = message.slice(at, at + 2);
    if (!isFieldCode(code) || fields.has(code)) return undefined;
    const { min, max } = FIELDS[code];
    at += 2;
    const value = untilSeparator(message, at, max);
    if (value.length < min) return undefined;
    fields.set(code, value);
    at += value.length;
    // Fields of one length have no terminator; at its greatest length another may go without.
    if (min === max) continue;
    if (isSeparator(message[at])) at += 1;
    else if (value.length < max && at < message.length) return undefined;
  }
  return FIELD_CODES.every((code) => fields.has(code))
    ? (Object.fromEntries(fields) as Record<FieldCode, string>)
    : undefined;
}

const isSeparator = (character: string | undefined): boolean =>
  character === GROUP_SEPARATOR || character === RECORD_SEPARATOR;

function untilSeparator(message: string, from: number, max: number): string {
  let to = from;
  while (to < message.length && to - from < max && !isSeparator(message[to])) to += 1;
  return message.slice(from, to);
}
