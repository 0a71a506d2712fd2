import type { IncomingMessage } from 'node:http';
import { LancetteError } from '../kernel/errors.js';
import { parseJson } from './json.js';

/** Longest body of a request, in bytes. */
export const BODY_LIMIT = 100_000;
/** Most headers of a request; together they may have 16 kB. */
export const HEADER_LIMIT = 60;

export interface GraphqlRequest {
  /** The text of a document, or the identifier of a trusted one; never both. */
  readonly query?: string;
  readonly documentId?: string;
  /** `variables`, `operationName` and `extensions`, those that were given. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** Headers that mean something here: given twice, two readers of the request might each take another one. */
const SINGLE: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'dpop',
  'expect',
  'host',
  'transfer-encoding',
  'upgrade',
]);
const HOST = /^[A-Za-z0-9._:[\]-]{1,255}$/;

/**
 * Whatever two servers in a row might read in two ways is refused: doubled headers, a missing or strange host, an
 * absolute address, an unusual transfer (RFC 9112 §3.2, §6.1; SECURITY A62).
 * @throws INVALID_REQUEST, HEADERS_TOO_LARGE
 */
export function requireSound(request: IncomingMessage): void {
  const { rawHeaders, headers, httpVersion, url = '' } = request;
  if (rawHeaders.length > 2 * HEADER_LIMIT) throw new LancetteError('HEADERS_TOO_LARGE');
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at]).toLowerCase();
    if (SINGLE.has(name) && seen.has(name)) throw new LancetteError('INVALID_REQUEST');
    seen.add(name);
  }
  // A probe of health may speak HTTP/1.0, which knows no host and no transfer encoding.
  const old = httpVersion === '1.0';
  const host = headers.host ?? (old ? 'none' : '');
  if (!url.startsWith('/') || !HOST.test(host) || !isPlainTransfer(request, old))
    throw new LancetteError('INVALID_REQUEST');
}

function isPlainTransfer({ headers }: IncomingMessage, old: boolean): boolean {
  const transfer = headers['transfer-encoding'];
  if (transfer === undefined) return true;
  return !old && transfer.toLowerCase() === 'chunked' && headers['content-length'] === undefined;
}

const JSON_IN_UTF8 = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i;
const ACCEPTED = /(?:application|\*)\/(?:json|\*|graphql-response\+json)/i;

/** Only a JSON document in UTF-8 is read: nothing that a form or a link of another site can send (SECURITY A61). */
export function requireJson(request: IncomingMessage): void {
  const { method, headers } = request;
  if (method !== 'POST') throw new LancetteError('METHOD_NOT_ALLOWED');
  requireJsonBody(request);
  if (headers.accept !== undefined && !ACCEPTED.test(headers.accept)) throw new LancetteError('NOT_ACCEPTABLE');
}

/** The same of a request whose answer need not be JSON. */
export function requireJsonBody({ headers, httpVersion }: IncomingMessage): void {
  if (httpVersion !== '1.1') throw new LancetteError('INVALID_REQUEST');
  if (!JSON_IN_UTF8.test(headers['content-type'] ?? '') || headers['content-encoding'] !== undefined)
    throw new LancetteError('UNSUPPORTED_MEDIA_TYPE');
}

/** @throws BODY_TOO_LARGE beyond 100 kB; the rest is not read */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) reject(new LancetteError('BODY_TOO_LARGE'));
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > BODY_LIMIT) {
        request.pause();
        reject(new LancetteError('BODY_TOO_LARGE'));
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', () => reject(new LancetteError('INVALID_REQUEST')));
    // Every request closes: only one that did not end is in error, and an error costs more than a small request.
    request.on('close', () => request.readableEnded || reject(new LancetteError('INVALID_REQUEST')));
  });
}

/**
 * The four members of a GraphQL request and the identifier of a trusted document; every other member is dropped.
 * @throws INVALID_REQUEST unless the body is a JSON object with either a text `query` or the `documentId` of a trusted one
 */
export function parseRequest(body: Buffer): GraphqlRequest {
  const parsed = parseJson(body);
  if (!isObject(parsed)) throw new LancetteError('INVALID_REQUEST');
  const { query, documentId, variables, operationName, extensions } = parsed;
  if (documentId === undefined && typeof query !== 'string') throw wrong('query');
  if (documentId !== undefined && (!isDocumentId(documentId) || query !== undefined)) throw wrong('documentId');
  if (!isAbsentOr(isObject, variables)) throw wrong('variables');
  if (!isAbsentOr(isObject, extensions)) throw wrong('extensions');
  if (!isAbsentOr(isText, operationName)) throw wrong('operationName');
  const others = Object.entries({ variables, operationName, extensions }).filter(([, value]) => value !== undefined);
  return { query, documentId, others: Object.fromEntries(others) } as GraphqlRequest;
}

const wrong = (field: string): LancetteError => new LancetteError('INVALID_REQUEST', { field });
const isDocumentId = (value: unknown): boolean => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isAbsentOr = (is: (value: unknown) => boolean, value: unknown): boolean =>
  value === undefined || value === null || is(value);
