import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { HeaderMap } from '@apollo/server';
import type { Principal } from './access/principal.js';
import { type ViewKey, viewKeyOf } from './access/views.js';
import type { Callers } from './auth/callers.js';
import { ProviderUnreachable } from './auth/identity/bounded-fetch.js';
import { addressOf, TrustedProxies } from './endpoint/address.js';
import { JSON_TYPE, refuse, send } from './endpoint/answer.js';
import { patientServer, type TlsIdentity } from './endpoint/connections.js';
import { Deadline } from './endpoint/deadline.js';
import { isDraining } from './endpoint/drain.js';
import { databaseError } from './endpoint/errors.js';
import { parseRequest, readBody, requireJson, requireJsonBody, requireSound } from './endpoint/http.js';
import { parseJson } from './endpoint/json.js';
import { admit } from './endpoint/limits.js';
import { PATIENCE, type Patience } from './endpoint/patience.js';
import type { TrustedDocuments } from './endpoint/trusted-documents.js';
import type { ViewServer } from './endpoint/view-server.js';
import { LancetteError, languageOf } from './kernel/errors.js';
import type { Log } from './kernel/log.js';
import { budgetedIn, type RequestAdmission } from './limits/admission.js';
import { networkOf } from './limits/network.js';
import { Pace } from './limits/pace.js';
import type { RequestContext } from './read/context.js';
import type { Door, DoorRequest } from './read/door.js';

export interface ServerParts {
  readonly callers: Callers;
  /** Certificate and key, when this server speaks TLS itself. */
  readonly tls?: TlsIdentity;
  readonly views: ReadonlyMap<ViewKey, ViewServer>;
  readonly contextOf: (caller: CallerParts, requestId: string, language: 'fr' | 'en') => RequestContext;
  readonly admission: RequestAdmission;
  /** Step of the grid on which answers to a search by NIR leave. */
  readonly gridMilliseconds: number;
  /** Whether the database answers: what `/readyz` says. */
  readonly isReady: () => Promise<boolean>;
  readonly log: Log;
  /** The signed manifest, and who may ask for nothing else. */
  readonly documents: TrustedDocuments;
  readonly proxies?: TrustedProxies;
  readonly patience?: Partial<Patience>;
  /** What areas serve beside GraphQL; asked in this order, after the addresses of the server itself. */
  readonly doors?: readonly Door[];
}

interface Parts extends ServerParts {
  readonly patience: Patience;
  readonly proxies: TrustedProxies;
}

/** Who calls, from which network, and when the answer may leave. */
export interface CallerParts {
  readonly principal: Principal;
  readonly address: string;
  readonly pace: Pace;
}

/** The order of a request, in one place. Each step lets it pass or ends it with an error of the registry. */
async function answerGraphql(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const pace = new Pace(parts.gridMilliseconds);
  requireJson(request);
  const principal = await parts.callers.bearer.principalOf(request, requestId);
  const asked = parseRequest(await readBody(request));
  const query = parts.documents.textOf(principal.recipient, asked);
  admit(query);
  const address = addressOf(request, parts.proxies);
  await parts.admission.admit(principal, address, budgetedIn(query, parts.admission.operations));
  const view = parts.views.get(viewKeyOf(principal));
  if (!view) throw new LancetteError('UNAUTHENTICATED');
  const deadline = new Deadline(response, parts.patience.deadline);
  const caller = { principal, address: networkOf(address), pace };
  const language = languageOf(request.headers['accept-language']);
  const running = view.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method: 'POST', headers: headersFor(request), search: '', body: { ...asked.others, query } },
    context: async () => ({ ...parts.contextOf(caller, requestId, language), signal: deadline.signal }),
  });
  const result = await deadline.within(running);
  if (result.body.kind !== 'complete') throw new LancetteError('INTERNAL');
  const type = result.headers.get('content-type') ?? JSON_TYPE;
  const retryAfter = result.headers.get('retry-after') ?? (result.status === 503 ? AGAIN_SECONDS : undefined);
  if (retryAfter) response.setHeader('Retry-After', retryAfter);
  await pace.leave();
  send(response, { status: result.status ?? 200, type, body: result.body.string, requestId });
}

export function createHttpServer(given: ServerParts): Server {
  const parts: Parts = {
    ...given,
    patience: { ...PATIENCE, ...given.patience },
    proxies: given.proxies ?? new TrustedProxies(),
  };
  const server = patientServer({ ...parts, tls: given.tls }, (request, response) => {
    if (isDraining(server)) response.setHeader('Connection', 'close');
    void route(parts, server, request, response);
  });
  return server;
}

async function route(parts: Parts, server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  try {
    requireSound(request);
    parts.callers.nonces?.offer(request, response);
    if (request.url === '/graphql') await answerGraphql(parts, request, response, requestId);
    else if (request.url === '/livez') send(response, { ...OK, requestId });
    else if (request.url === '/readyz')
      send(response, { ...(!isDraining(server) && (await parts.isReady()) ? OK : NOT_READY), requestId });
    else if (!(await answerAtDoor(parts, request, response, requestId)))
      await answerTokens(parts, request, response, requestId);
  } catch (error) {
    const known = knownError(error);
    if (known.code === 'INTERNAL') parts.log.error({ event: 'request failed', requestId, error });
    refuse(request, response, known, requestId);
  }
}

function knownError(error: unknown): LancetteError {
  if (error instanceof LancetteError) return error;
  const { code, ...detail } = databaseError(error) ?? { code: 'INTERNAL' };
  return new LancetteError(code, detail);
}

/** @returns whether the address was that of a door */
async function answerAtDoor(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<boolean> {
  const asked = doorRequest(parts, request, requestId);
  for (const door of parts.doors ?? []) {
    const answer = await door.answer(asked);
    if (!answer) continue;
    for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
    send(response, { ...answer, requestId });
    return true;
  }
  return false;
}

function jsonBody(request: IncomingMessage): Promise<Buffer> {
  requireJsonBody(request);
  return readBody(request);
}

function doorRequest(parts: Parts, request: IncomingMessage, requestId: string): DoorRequest {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const address = addressOf(request, parts.proxies);
  return {
    method: request.method ?? '',
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    requestId,
    network: networkOf(address),
    body: () => jsonBody(request),
    json: async () => parseJson(await jsonBody(request)),
    caller: async (operation) => {
      const pace = new Pace(parts.gridMilliseconds);
      const principal = await parts.callers.bearer.principalOf(request, requestId);
      await parts.admission.admit(principal, address, [operation]);
      const language = languageOf(request.headers['accept-language']);
      return parts.contextOf({ principal, address: networkOf(address), pace }, requestId, language);
    },
  };
}

async function answerTokens(
  { callers, log, gridMilliseconds }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const pace = new Pace(gridMilliseconds);
  const answer = await callers.tokenEndpoint.answer(request, response, { requestId, readBody, pace });
  if (!answer) throw new LancetteError('NOT_FOUND');
  if (answer.error) log.error({ event: 'token request failed', requestId, ...causeOf(answer.error) });
  await pace.leave();
  send(response, { ...answer, requestId });
}

/** When it is worth asking again after a failure that passes, in seconds. */
const AGAIN_SECONDS = '5';

/** The failure, and the provider that did not answer where it is one's. */
const causeOf = (error: unknown): { error: Error; provider?: string } => ({
  error: error as Error,
  ...(error instanceof ProviderUnreachable && { provider: error.provider }),
});

const OK = { status: 200, type: 'text/plain', body: 'ok\n' };
const NOT_READY = { status: 503, type: 'text/plain', body: 'unavailable\n' };

function headersFor(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  headers.set('content-type', 'application/json');
  if (request.headers.accept) headers.set('accept', request.headers.accept);
  return headers;
}
