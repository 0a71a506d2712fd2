/**
 * Certificates of document signers (RFC 5280; DOMAIN §3.1), and the self-signed authority of a demonstration. In
 * production the authority is elsewhere: it signs a request (`certificate-request.ts`).
 */
import { createHash, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { USAGE_OIDS, type Usage } from '../formats/dcc/usages.js';
import {
  bits,
  boolean,
  type Der,
  der,
  integer,
  NULL,
  octets,
  oid,
  sequence,
  set,
  tagged,
  text,
  time,
  valuesIn,
} from './der.js';
import type { KeyHandle } from './signing-key.js';

export interface Subject {
  /** ISO 3166 alpha-2. */
  readonly country: string;
  readonly organisation: string;
  readonly commonName: string;
}

export interface CertificateOrder {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Of a document signer: what it may attest; absent, all. */
  readonly usages?: readonly Usage[];
}

/** Whoever signs a certificate; without its own certificate it signs itself. */
export interface Authority extends KeyHandle {
  readonly certificate?: X509Certificate;
}

const KEY_USAGE_OID = '2.5.29.15';
const KEY_USAGE = { digitalSignature: [0x80, 7], certificates: [0x06, 1] } as const;

/** @returns PEM */
export async function certify(order: CertificateOrder, authority: Authority): Promise<string> {
  const isAuthority = authority.certificate === undefined;
  const algorithm = signatureAlgorithm(authority.publicKey);
  const subject = nameOf(order.subject);
  const issuer = authority.certificate ? subjectOf(authority.certificate) : subject;
  const validity = sequence(time(order.notBefore), time(order.notAfter));
  const serial = Buffer.concat([Buffer.of(0x40 | (randomBytes(1)[0]! & 0x3f)), randomBytes(15)]);
  const tbs = sequence(
    tagged(0, integer(Buffer.of(2))),
    integer(serial),
    algorithm,
    issuer,
    validity,
    subject,
    spkiOf(order.publicKey),
    tagged(3, sequence(...extensions(order, authority.publicKey, isAuthority))),
  );
  const certificate = sequence(tbs, algorithm, bits(derSignature(authority.publicKey, await authority.sign(tbs))));
  return new X509Certificate(certificate).toString();
}

function extensions(order: CertificateOrder, issuerKey: KeyObject, isAuthority: boolean): Buffer[] {
  const [usage, unused] = isAuthority ? KEY_USAGE.certificates : KEY_USAGE.digitalSignature;
  const common = [
    extension('2.5.29.14', octets(keyIdentifier(order.publicKey))),
    extension('2.5.29.35', sequence(der(0x80, keyIdentifier(issuerKey)))),
    extension(KEY_USAGE_OID, bits(Buffer.of(usage), unused), true),
  ];
  if (isAuthority) return [...common, extension('2.5.29.19', sequence(boolean(true), integer(Buffer.of(0))), true)];
  return order.usages ? [...common, usagesExtension(order.usages)] : common;
}

/** What a document signer may attest, as an extended key usage. */
export const usagesExtension = (usages: readonly Usage[]): Buffer =>
  extension('2.5.29.37', sequence(...usages.map((one) => oid(USAGE_OIDS[one]))));

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));

export const nameOf = ({ country, organisation, commonName }: Subject): Buffer =>
  sequence(
    set(sequence(oid('2.5.4.6'), der(0x13, Buffer.from(country, 'latin1')))),
    set(sequence(oid('2.5.4.10'), text(organisation))),
    set(sequence(oid('2.5.4.3'), text(commonName))),
  );

export const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });

const keyIdentifier = (key: KeyObject): Buffer => createHash('sha256').update(spkiOf(key)).digest().subarray(0, 20);

const PSS_PARAMETERS = sequence(
  tagged(0, sequence(oid('2.16.840.1.101.3.4.2.1'), NULL)),
  tagged(1, sequence(oid('1.2.840.113549.1.1.8'), sequence(oid('2.16.840.1.101.3.4.2.1'), NULL))),
  tagged(2, integer(Buffer.of(32))),
);

/** ecdsa-with-SHA256, or RSASSA-PSS with SHA-256 (RFC 4055). */
export const signatureAlgorithm = (key: KeyObject): Buffer =>
  key.asymmetricKeyType === 'ec'
    ? sequence(oid('1.2.840.10045.4.3.2'))
    : sequence(oid('1.2.840.113549.1.1.10'), PSS_PARAMETERS);

/** X.509 writes an ECDSA signature as two integers. */
export function derSignature(key: KeyObject, signature: Uint8Array): Uint8Array {
  if (key.asymmetricKeyType !== 'ec') return signature;
  return sequence(integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
}

/** What a certificate states, value by value (RFC 5280 §4.1). */
const statedBy = (certificate: X509Certificate): Der[] =>
  valuesIn(valuesIn(valuesIn(certificate.raw)[0]!.content)[0]!.content);

/** The subject of a certificate, byte by byte as it stands there: after version, number, algorithm, issuer, validity. */
const subjectOf = (certificate: X509Certificate): Buffer => statedBy(certificate)[5]!.whole;

/** Whether it may sign data: it says so, or does not say what its key is for (RFC 5280 §4.2.1.3). */
export function maySign(certificate: X509Certificate): boolean {
  const stated = statedBy(certificate).find(({ tag }) => tag === 0xa3)?.content ?? Buffer.alloc(0);
  const list = valuesIn(stated)[0]?.content ?? Buffer.alloc(0);
  const usage = valuesIn(list).find(({ content }) => valuesIn(content)[0]?.whole.equals(oid(KEY_USAGE_OID)));
  const octetString = usage && valuesIn(usage.content).at(-1)?.content;
  return !octetString || ((octetString[3] ?? 0) & KEY_USAGE.digitalSignature[0]) !== 0;
}
