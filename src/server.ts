import { constants, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { HeaderMap } from '@apollo/server';
import type { Principal } from './access/principal.js';
import { type ViewKey, viewKeyOf } from './access/views.js';
import type { Callers } from './auth/callers.js';
import { presented } from './endpoint/errors.js';
import { parseRequest, readBody, requireJson } from './endpoint/http.js';
import { admit } from './endpoint/limits.js';
import type { ViewServer } from './endpoint/view-server.js';
import { ERRORS, LancetteError, languageOf } from './kernel/errors.js';
import type { Log } from './kernel/log.js';
import { budgetedIn, type RequestAdmission } from './limits/admission.js';
import { networkOf } from './limits/network.js';
import { Pace } from './limits/pace.js';
import type { RequestContext } from './read/context.js';

export interface ServerParts {
  readonly callers: Callers;
  /** Certificate and key, when this server speaks TLS itself. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly views: ReadonlyMap<ViewKey, ViewServer>;
  readonly contextOf: (caller: CallerParts, requestId: string, language: 'fr' | 'en') => RequestContext;
  readonly admission: RequestAdmission;
  /** Step of the grid on which answers to a search by NIR leave. */
  readonly gridMilliseconds: number;
  /** Whether the database answers: what `/readyz` says. */
  readonly isReady: () => Promise<boolean>;
  readonly log: Log;
}

/** Who calls, from which network, and when the answer may leave. */
export interface CallerParts {
  readonly principal: Principal;
  readonly address: string;
  readonly pace: Pace;
}

/** The order of a request, in one place. Each step lets it pass or ends it with an error of the registry. */
async function answerGraphql(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const pace = new Pace(parts.gridMilliseconds);
  requireJson(request);
  const principal = await parts.callers.bearer.principalOf(request, requestId);
  const { query, body } = parseRequest(await readBody(request));
  admit(query);
  const address = request.socket.remoteAddress ?? '';
  await parts.admission.admit(principal, address, budgetedIn(query, parts.admission.operations));
  const view = parts.views.get(viewKeyOf(principal));
  if (!view) throw new LancetteError('UNAUTHENTICATED');
  const result = await view.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers: headersFor(request), search: '', body },
    context: async () =>
      parts.contextOf(
        { principal, address: networkOf(address), pace },
        requestId,
        languageOf(request.headers['accept-language']),
      ),
  });
  if (result.body.kind !== 'complete') throw new LancetteError('INTERNAL');
  const type = result.headers.get('content-type') ?? JSON_TYPE;
  const retryAfter = result.headers.get('retry-after');
  if (retryAfter) response.setHeader('Retry-After', retryAfter);
  await pace.leave();
  send(response, { status: result.status ?? 200, type, body: result.body.string, requestId });
}

const JSON_TYPE = 'application/json; charset=utf-8';

export function createHttpServer(parts: ServerParts): Server {
  const patience = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 };
  const listener = (request: IncomingMessage, response: ServerResponse) => void route(parts, request, response);
  const server = parts.tls
    ? createTlsServer({ ...patience, ...parts.tls, ...ASKING_FOR_CERTIFICATES }, listener)
    : createServer(patience, listener);
  server.maxHeadersCount = 60;
  return server;
}

/** Whoever signed it: a certificate is known by its thumbprint (RFC 8705 §2.2), its key is proven by the handshake. */
const ASKING_FOR_CERTIFICATES = {
  requestCert: true,
  rejectUnauthorized: false,
  minVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const;

async function route(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  try {
    if (request.url === '/graphql') await answerGraphql(parts, request, response, requestId);
    else if (request.url === '/livez') send(response, { ...OK, requestId });
    else if (request.url === '/readyz') send(response, { ...((await parts.isReady()) ? OK : NOT_READY), requestId });
    else await answerTokens(parts, request, response, requestId);
  } catch (error) {
    const known = error instanceof LancetteError ? error : new LancetteError('INTERNAL');
    if (known.code === 'INTERNAL') parts.log.error({ event: 'request failed', requestId, error });
    if (known.code === 'METHOD_NOT_ALLOWED') response.setHeader('Allow', 'POST');
    if (known.code === 'UNAUTHENTICATED') response.setHeader('WWW-Authenticate', 'Bearer');
    if (known.detail.retryAfter) response.setHeader('Retry-After', String(known.detail.retryAfter));
    if (known.code === 'BODY_TOO_LARGE') response.setHeader('Connection', 'close');
    const language = languageOf(request.headers['accept-language']);
    const body = JSON.stringify({ errors: [presented({ code: known.code, ...known.detail }, language)] });
    send(response, { status: ERRORS[known.code].status, type: JSON_TYPE, body, requestId });
  }
}

async function answerTokens(
  { callers, log }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const answer = await callers.tokenEndpoint.answer(request, response, requestId, readBody);
  if (!answer) throw new LancetteError('NOT_FOUND');
  if (answer.error) log.error({ event: 'token request failed', requestId, error: answer.error as Error });
  send(response, { ...answer, requestId });
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly requestId: string;
}

const OK = { status: 200, type: 'text/plain', body: 'ok\n' };
const NOT_READY = { status: 503, type: 'text/plain', body: 'unavailable\n' };

function headersFor(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  headers.set('content-type', 'application/json');
  if (request.headers.accept) headers.set('accept', request.headers.accept);
  return headers;
}

function send(response: ServerResponse, { status, type, body, requestId }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Request-Id': requestId,
  });
  response.end(body);
}
