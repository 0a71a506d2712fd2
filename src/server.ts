import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { Principal } from './access/principal.js';
import type { TokenVerifier } from './auth/tokens.js';
import { TrustedProxies } from './endpoint/address.js';
import { JSON_TYPE, refuse, send } from './endpoint/answer.js';
import { patientServer } from './endpoint/connections.js';
import { Deadline } from './endpoint/deadline.js';
import { isDraining } from './endpoint/drain.js';
import { parseRequest, readBody, requireJson, requireSound } from './endpoint/http.js';
import { admit } from './endpoint/limits.js';
import { PATIENCE, type Patience } from './endpoint/patience.js';
import type { TrustedDocuments } from './endpoint/trusted-documents.js';
import { LancetteError, languageOf } from './kernel/errors.js';
import type { Log } from './kernel/log.js';
import type { Recipient } from './law/recipients.js';
import type { RequestContext } from './read/context.js';

export interface ServerParts {
  readonly tokens: TokenVerifier;
  readonly views: ReadonlyMap<Recipient, ApolloServer<RequestContext>>;
  readonly contextOf: (principal: Principal, requestId: string, language: 'fr' | 'en') => RequestContext;
  /** Whether the database answers: what `/readyz` says. */
  readonly isReady: () => Promise<boolean>;
  readonly log: Log;
  /** The signed manifest, and who may ask for nothing else. */
  readonly documents: TrustedDocuments;
  readonly proxies?: TrustedProxies;
  readonly patience?: Partial<Patience>;
}

interface Parts extends ServerParts {
  readonly patience: Patience;
}

/** The order of a request, in one place. Each step lets it pass or ends it with an error of the registry. */
async function answerGraphql(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  requireJson(request);
  const principal = await parts.tokens.verify(request.headers.authorization);
  const asked = parseRequest(await readBody(request));
  const query = parts.documents.textOf(principal.recipient, asked);
  admit(query);
  const view = parts.views.get(principal.recipient);
  if (!view) throw new LancetteError('UNAUTHENTICATED');
  const deadline = new Deadline(response, parts.patience.deadline);
  const running = view.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method: 'POST',
      headers: headersFor(request),
      search: '',
      body: { ...asked.others, query },
    },
    context: async () => ({
      ...parts.contextOf(principal, requestId, languageOf(request.headers['accept-language'])),
      signal: deadline.signal,
    }),
  });
  const result = await deadline.within(running);
  if (result.body.kind !== 'complete') throw new LancetteError('INTERNAL');
  const type = result.headers.get('content-type') ?? JSON_TYPE;
  send(response, { status: result.status ?? 200, type, body: result.body.string, requestId });
}

export function createHttpServer(given: ServerParts): Server {
  const parts: Parts = { ...given, patience: { ...PATIENCE, ...given.patience } };
  const server = patientServer(parts.patience, parts.proxies ?? new TrustedProxies(), (request, response) => {
    if (isDraining(server)) response.setHeader('Connection', 'close');
    void route(parts, server, request, response);
  });
  return server;
}

async function route(parts: Parts, server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  try {
    requireSound(request);
    if (request.url === '/graphql') await answerGraphql(parts, request, response, requestId);
    else if (request.url === '/livez') send(response, { ...OK, requestId });
    else if (request.url === '/readyz')
      send(response, { ...(!isDraining(server) && (await parts.isReady()) ? OK : NOT_READY), requestId });
    else throw new LancetteError('NOT_FOUND');
  } catch (error) {
    const known = error instanceof LancetteError ? error : new LancetteError('INTERNAL');
    if (known.code === 'INTERNAL') parts.log.error({ event: 'request failed', requestId, error });
    refuse(request, response, known, requestId);
  }
}

const OK = { status: 200, type: 'text/plain', body: 'ok\n' };
const NOT_READY = { status: 503, type: 'text/plain', body: 'unavailable\n' };

function headersFor(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  headers.set('content-type', 'application/json');
  if (request.headers.accept) headers.set('accept', request.headers.accept);
  return headers;
}
