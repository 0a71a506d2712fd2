import { createHash, createPublicKey } from 'node:crypto';
import { type GraphQLSchema, parse, validate } from 'graphql';
import { CompactSign, compactVerify, importPKCS8 } from 'jose';
import { LancetteError } from '../kernel/errors.js';
import { RECIPIENT_IDS, type Recipient } from '../law/recipients.js';
import type { GraphqlRequest } from './http.js';
import { admit } from './limits.js';

/** The documents that first-party dashboards may ask for, by identifier. */
export interface Manifest {
  readonly version: 1;
  readonly documents: Readonly<Record<string, TrustedDocument>>;
}

export interface TrustedDocument {
  /** Whose views it was checked against, and who may ask for it. */
  readonly recipients: readonly Recipient[];
  readonly document: string;
}

/** A manifest as it lies on disk: its bytes, and the detached signature (JWS, compact form) of their SHA-256. */
export interface SignedManifest {
  readonly bytes: Buffer;
  readonly signature: string;
}

const HEADER = { alg: 'ES256', typ: 'lancette-manifest+jws' } as const;

/** `sha256:` and the hexadecimal digest of the UTF-8 text. */
export const documentId = (content: string | Buffer): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`;

/** @param privateKey PKCS#8 PEM of a P-256 key */
export async function signManifest(bytes: Buffer, privateKey: string): Promise<string> {
  const key = await importPKCS8(privateKey, HEADER.alg);
  return new CompactSign(Buffer.from(documentId(bytes))).setProtectedHeader(HEADER).sign(key);
}

export type Views = (recipient: Recipient) => GraphQLSchema | undefined;

/** Which documents each recipient may name, and who may send nothing else. */
export class TrustedDocuments {
  private constructor(
    private readonly documents: ReadonlyMap<string, TrustedDocument>,
    private readonly only: ReadonlySet<Recipient>,
  ) {}

  /** Without a manifest there is no trusted document, and who depends on one is refused. */
  static none(only: readonly Recipient[] = []): TrustedDocuments {
    return new TrustedDocuments(new Map(), new Set(only));
  }

  /**
   * @param publicKey PEM of the key that manifests are signed with
   * @throws when the signature is not by this key, or a document is altered, too complex or not valid in a view
   */
  static async open(
    signed: SignedManifest,
    publicKey: string,
    views: Views,
    only: readonly Recipient[],
  ): Promise<TrustedDocuments> {
    await requireSignature(signed, publicKey);
    const { documents } = manifestOf(signed.bytes);
    for (const [id, trusted] of Object.entries(documents)) requireValid(id, trusted, views);
    return new TrustedDocuments(new Map(Object.entries(documents)), new Set(only));
  }

  /**
   * The text to execute: the caller's own, or that of the trusted document it names.
   * @throws UNTRUSTED_DOCUMENT when it names none of its own, or sends a text although it may not
   */
  textOf(recipient: Recipient, { query, documentId: id }: GraphqlRequest): string {
    if (id === undefined && !this.only.has(recipient)) return query ?? '';
    const known = this.documents.get(id ?? documentId(query ?? ''));
    if (!known?.recipients.includes(recipient)) throw new LancetteError('UNTRUSTED_DOCUMENT');
    return known.document;
  }
}

async function requireSignature({ bytes, signature }: SignedManifest, publicKey: string): Promise<void> {
  try {
    const { payload, protectedHeader } = await compactVerify(signature.trim(), createPublicKey(publicKey), {
      algorithms: [HEADER.alg],
    });
    if (protectedHeader.typ !== HEADER.typ || Buffer.from(payload).toString() !== documentId(bytes))
      throw new Error('another manifest');
  } catch {
    throw new Error('trusted documents: the manifest is not signed by the key of the keys file');
  }
}

function manifestOf(bytes: Buffer): Manifest {
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
  if (manifest.version !== 1) throw new Error('trusted documents: this version of the manifest is not known');
  return manifest;
}

/**
 * @param id what the manifest calls it
 * @throws naming the document and the view, when it would not be answered there
 */
export function requireValid(id: string, { recipients, document }: TrustedDocument, views: Views): void {
  if (documentId(document) !== id) throw new Error(`trusted documents: ${id} is not the digest of its text`);
  if (recipients.length === 0) throw new Error(`trusted documents: ${id} is for nobody`);
  for (const recipient of recipients) {
    const view = RECIPIENT_IDS.includes(recipient) ? views(recipient) : undefined;
    if (!view || !isValid(document, view))
      throw new Error(`trusted documents: ${id} is not valid in the view of ${recipient}`);
  }
}

function isValid(document: string, view: GraphQLSchema): boolean {
  try {
    admit(document);
    return validate(view, parse(document), undefined, { maxErrors: 1 }).length === 0;
  } catch {
    return false;
  }
}
