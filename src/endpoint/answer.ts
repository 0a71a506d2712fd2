import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERRORS } from '../kernel/error-registry.js';
import { type ErrorCode, type LancetteError, languageOf } from '../kernel/errors.js';
import { presented } from './errors.js';
import { BODY_LIMIT } from './http.js';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly requestId: string;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Headers of every answer, whoever asked and whatever for: kept nowhere, guessed by nobody. */
const ALWAYS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

/** What a refusal tells beside its body (RFC 9110 §10.2, §11.6). */
const WITH_REFUSAL: Partial<Record<ErrorCode, readonly [string, string]>> = {
  METHOD_NOT_ALLOWED: ['Allow', 'POST'],
  UNAUTHENTICATED: ['WWW-Authenticate', 'Bearer'],
  USE_DPOP_NONCE: ['WWW-Authenticate', 'DPoP error="use_dpop_nonce"'],
  UNAVAILABLE: ['Retry-After', '5'],
};

export function send(response: ServerResponse, { status, type, body, requestId }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const kept = response.getHeader('Cache-Control');
  response.writeHead(status, {
    'Content-Type': type,
    // The length of an answer « not modified » would be that of the body which it leaves out (RFC 9110 §8.6).
    ...(status !== 304 && { 'Content-Length': Buffer.byteLength(body) }),
    ...ALWAYS,
    // A door whose answer is the same for everybody says how long it may be kept.
    ...(kept !== undefined && { 'Cache-Control': kept }),
    'X-Request-Id': requestId,
  });
  response.end(body);
}

/** The one form of an error outside GraphQL. */
export const errorBody = (error: LancetteError, acceptLanguage: string | undefined): string =>
  JSON.stringify({ errors: [presented({ code: error.code, ...error.detail }, languageOf(acceptLanguage))] });

export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: LancetteError,
  requestId: string,
): void {
  if (response.headersSent || response.destroyed) return;
  const header = WITH_REFUSAL[error.code];
  if (header) response.setHeader(...header);
  if (error.detail.retryAfter) response.setHeader('Retry-After', String(error.detail.retryAfter));
  if (isLeftUnread(request)) response.setHeader('Connection', 'close');
  const body = errorBody(error, request.headers['accept-language']);
  send(response, { status: ERRORS[error.code].status, type: JSON_TYPE, body, requestId });
}

/** A body that nobody will read to its end: the next request of that connection could not be told from it. */
function isLeftUnread({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['content-length'] === undefined || Number(headers['content-length']) > BODY_LIMIT;
}

/** The same refusal for a request that could not even be read, written on the bare connection. */
export function rawRefusal(error: LancetteError, reason: string, requestId: string): string {
  const body = errorBody(error, undefined);
  const headers = {
    'Content-Type': JSON_TYPE,
    'Content-Length': Buffer.byteLength(body),
    ...ALWAYS,
    'X-Request-Id': requestId,
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${ERRORS[error.code].status} ${reason}\r\n${lines.join('')}\r\n${body}`;
}
