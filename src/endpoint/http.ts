import type { IncomingMessage } from 'node:http';
import { LancetteError } from '../kernel/errors.js';

/** Longest body of a request, in bytes. */
export const BODY_LIMIT = 100_000;

export interface GraphqlRequest {
  readonly query: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Only a JSON document in UTF-8 is read: nothing that a form or a link of another site can send (SECURITY A61). */
export function requireJson(request: IncomingMessage): void {
  if (request.method !== 'POST') throw new LancetteError('METHOD_NOT_ALLOWED');
  const [type, ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (
    type?.trim() !== 'application/json' ||
    (charset && !/^charset="?utf-8"?$/.test(charset)) ||
    request.headers['content-encoding']
  ) {
    throw new LancetteError('UNSUPPORTED_MEDIA_TYPE');
  }
}

/** @throws BODY_TOO_LARGE beyond 100 kB; the rest is not read */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
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
    request.on('aborted', () => reject(new LancetteError('INVALID_REQUEST')));
  });
}

/** @throws INVALID_REQUEST unless the body is a JSON object with a text `query` */
export function parseRequest(body: Buffer): GraphqlRequest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new LancetteError('INVALID_REQUEST');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new LancetteError('INVALID_REQUEST');
  const request = parsed as Record<string, unknown>;
  if (typeof request.query !== 'string') throw new LancetteError('INVALID_REQUEST', { field: 'query' });
  for (const field of ['variables', 'extensions']) {
    if (!isAbsentOrObject(request[field])) throw new LancetteError('INVALID_REQUEST', { field });
  }
  if (!['string', 'undefined'].includes(typeof (request.operationName ?? undefined))) {
    throw new LancetteError('INVALID_REQUEST', { field: 'operationName' });
  }
  return { query: request.query, body: request };
}

const isAbsentOrObject = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value));
