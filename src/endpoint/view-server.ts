import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLRequestContext,
  HeaderMap,
  type HTTPGraphQLResponse,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { fieldRight, operationRight } from '../access/decide.js';
import { ERRORS } from '../kernel/error-registry.js';
import { type ErrorCode, isErrorCode, LancetteError, sentence } from '../kernel/errors.js';
import type { Log } from '../kernel/log.js';
import type { Recipient } from '../law/recipients.js';
import type { RequestContext } from '../read/context.js';
import type { Executor } from '../read/executor.js';
import type { Journal, TraceEntry } from '../read/journal.js';
import { requireAffordable } from './cost.js';
import { isTurnedAway, type PublicError, presented, publicError } from './errors.js';
import { KnownDocuments } from './known-documents.js';

/** The JSON text of `data`, as PostgreSQL made it: passed on without being parsed. */
class JsonText {
  constructor(readonly text: string) {}
}

export interface ViewServerOptions {
  readonly recipient: Recipient;
  /** The view is for those whose proof allows to consult and nothing else. */
  readonly consultationOnly?: boolean;
  /** The recipient's pruned schema, second wall included. */
  readonly view: GraphQLSchema;
  /** The full schema, against which refusals are explained. */
  readonly schema: GraphQLSchema;
  readonly executor: Executor;
  readonly journal: Journal;
  readonly log?: Log;
  /** Whether the recipient may ask for the schema of its own view. */
  readonly introspection?: boolean;
  /** False in differential tests: graphql-js then executes every document itself. */
  readonly shortPath?: boolean;
}

/** Memory of one view's parsed documents, in bytes: with it goes all that was compiled for them. */
const DOCUMENTS_BYTES = 8 * 2 ** 20;

type HttpRequest = Parameters<ApolloServer<RequestContext>['executeHTTPGraphQLRequest']>[0];

/** Served as JSON, whatever else the caller would take: a known document needs no negotiation then. */
const PLAIN_JSON = new Set([undefined, '*/*', 'application/json']);
const JSON_HEADERS = new HeaderMap([['content-type', 'application/json; charset=utf-8']]);

/** One view behind one Apollo server: its own document cache, its own introspection, nothing shared with another view. */
export class ViewServer {
  private constructor(
    private readonly options: ViewServerOptions,
    private readonly apollo: ApolloServer<RequestContext>,
    private readonly known: KnownDocuments,
  ) {}

  static async create(options: ViewServerOptions): Promise<ViewServer> {
    const known = new KnownDocuments();
    const apollo = apolloServer(options, known);
    await apollo.start();
    return new ViewServer(options, apollo, known);
  }

  /**
   * A query that Apollo has validated before goes straight to the executor, where both walls stand as ever; everything
   * else, and whatever is refused or fails, takes Apollo's way.
   */
  async executeHTTPGraphQLRequest(request: HttpRequest): Promise<HTTPGraphQLResponse> {
    const { body, headers } = request.httpGraphQLRequest;
    const { query, operationName, variables } = body as { query: string; operationName?: string; variables?: object };
    const known = PLAIN_JSON.has(headers.get('accept')) ? this.known.find(query, operationName) : undefined;
    if (!known || this.options.shortPath === false) return this.apollo.executeHTTPGraphQLRequest(request);
    const context = await request.context();
    const text = await this.answer(known.document, known.operation, { ...variables }, context).catch(() => undefined);
    if (text === undefined) return this.apollo.executeHTTPGraphQLRequest({ ...request, context: async () => context });
    return { headers: JSON_HEADERS, body: { kind: 'complete', string: text } };
  }

  private async answer(
    ...[document, operation, variables, context]: Parameters<Executor['answer']>
  ): Promise<string | undefined> {
    const { executor, view } = this.options;
    requireAffordable(view, document, operation, variables);
    context.judgement = executor.judgementOf(document, operation, variables);
    const data = await executor.answer(document, operation, variables, context);
    if (data === undefined) context.shortPathTried = true;
    return data === undefined ? undefined : stringifyResult({ data: new JsonText(data), ...extensionsOf(context) });
  }
}

function apolloServer(options: ViewServerOptions, known: KnownDocuments): ApolloServer<RequestContext> {
  const { recipient, consultationOnly, view, schema, introspection = false } = options;
  return new ApolloServer<RequestContext>({
    schema: view,
    introspection,
    executionOptions: { maxCoercionErrors: 1 },
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    documentStore: new InMemoryLRUCache<DocumentNode>({ maxSize: DOCUMENTS_BYTES }),
    formatError: ({ locations, path }, error) => ({
      ...presented(publicError(error, recipient, schema, consultationOnly), 'fr'),
      ...(locations && { locations }),
      ...(path && { path }),
    }),
    stringifyResult,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      journey(options, known),
    ],
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
}

const ignore = (): void => undefined;

/** The steps of a request after validation: judge, answer in one statement, trace refusals, speak the caller's language. */
function journey(options: ViewServerOptions, known: KnownDocuments): ApolloServerPlugin<RequestContext> {
  const { executor, journal, log, recipient, consultationOnly, schema, shortPath = true } = options;
  return {
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      report(log, requestContext.contextValue, 'INTERNAL', error);
    },
    requestDidStart: async () => ({
      async didResolveOperation({ document, operation, request, contextValue }) {
        if (!operation) return;
        requireKind(options, operation);
        requireCost(options, document, operation, request.variables ?? {});
        contextValue.judgement = executor.judgementOf(document, operation, request.variables ?? {});
        if (operation.operation === 'query')
          known.remember(request.query ?? '', request.operationName, { document, operation });
      },
      async responseForOperation({ document, operation, request, contextValue }) {
        contextValue.signal?.throwIfAborted();
        if (!shortPath || contextValue.shortPathTried || !operation) return null;
        const text = await executor.answer(document, operation, request.variables ?? {}, contextValue);
        if (text === undefined) return null;
        return {
          http: { headers: new HeaderMap() },
          body: { kind: 'single', singleResult: { data: new JsonText(text) as never } },
        };
      },
      async didEncounterErrors({ errors, contextValue }) {
        const found = (errors ?? []).map((error) => ({
          error,
          shown: publicError(error, recipient, schema, consultationOnly),
        }));
        for (const { error, shown } of found)
          if (FAILURES.has(shown.code)) report(log, contextValue, shown.code, error);
        await journal.write(once(found.filter(leavesTrace).map((one) => refusalOf(one, contextValue))));
      },
      async willSendResponse(request) {
        speak(request);
        turnAway(request);
      },
    }),
  };
}

/**
 * A view without mutations validates none of their fields: each is refused here as a field that the view lacks would be.
 * @throws FORBIDDEN_OPERATION, UNKNOWN_FIELD; INVALID_DOCUMENT for a kind of operation that exists nowhere
 */
function requireKind(
  { recipient, consultationOnly, view, schema }: ViewServerOptions,
  { operation, selectionSet }: OperationDefinitionNode,
) {
  if (view.getRootType(operation)) return;
  const root = schema.getRootType(operation);
  const [first] = selectionSet.selections;
  const field = first?.kind === Kind.FIELD ? first.name.value : '';
  const known = root?.getFields()[field];
  const refusal = known
    ? new LancetteError('FORBIDDEN_OPERATION', {
        field,
        article: operationRight(recipient, field, consultationOnly).article,
      })
    : new LancetteError(root ? 'UNKNOWN_FIELD' : 'INVALID_DOCUMENT');
  throw new GraphQLError('', { originalError: refusal, extensions: { http: { status: 400 } } });
}

/** @throws DOCUMENT_TOO_COMPLEX, before anything is compiled */
function requireCost(
  { view }: ViewServerOptions,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  try {
    requireAffordable(view, document, operation, variables);
  } catch (error) {
    throw new GraphQLError('', { originalError: error as Error, extensions: { http: { status: 400 } } });
  }
}

interface Refused {
  readonly error: GraphQLError;
  readonly shown: PublicError;
}

/** What the law refuses, and whoever is sought outside one's perimeter; a malformed request concerns nobody. */
const leavesTrace = ({ shown }: Refused): boolean => shown.article !== undefined || shown.code === 'NOT_FOUND';

function refusalOf({ error, shown }: Refused, { principal, requestId, judgement }: RequestContext): TraceEntry {
  const verdict = judgement.get(String(error.path?.[0]));
  const [type = '', field] = shown.field?.split('.') ?? [];
  const category = field === undefined ? undefined : fieldRight(principal.recipient, type, field).category;
  return {
    requestId,
    recipient: principal.recipient,
    actor: principal.subject,
    operation: shown.field ?? verdict?.operation ?? '',
    categories: category ? [category] : [],
    outcome: shown.code === 'NOT_FOUND' ? 'NOT_FOUND' : 'REFUSED',
    article: shown.article ?? verdict?.article ?? null,
    records: [],
  };
}

/** One document may be wrong twice for the same refusal: it names the field, and the type of its argument. */
const once = (entries: readonly TraceEntry[]): TraceEntry[] => [
  ...new Map(entries.map((entry) => [`${entry.operation} ${entry.article}`, entry])).values(),
];

const FAILURES: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'UNAVAILABLE']);

/** A failure is found again by its request id; of its cause, the log keeps name and code. */
function report(log: Log | undefined, { requestId, principal }: RequestContext, code: ErrorCode, error: Error) {
  const cause = (error as { originalError?: Error }).originalError ?? error;
  log?.error({ event: 'operation failed', requestId, recipient: principal.recipient, code, error: cause });
}

function speak({ response, contextValue }: GraphQLRequestContext<RequestContext>): void {
  if (response.body?.kind !== 'single') return;
  const result = response.body.singleResult;
  if (result.errors && contextValue.language !== 'fr') {
    result.errors = result.errors.map((error) => {
      const code = error.extensions?.code;
      return isErrorCode(code) ? { ...error, message: sentence(code, contextValue.language) } : error;
    });
  }
  const { extensions } = extensionsOf(contextValue);
  if (extensions) result.extensions = { ...result.extensions, ...extensions };
}

/** Root fields may be read in any order: the list of what was withheld has one of its own. */
function extensionsOf({ withheld }: RequestContext): { extensions?: { withheld: unknown[] } } {
  if (withheld.size === 0) return {};
  return { extensions: { withheld: [...withheld.values()].sort((a, b) => (a.field < b.field ? -1 : 1)) } };
}

/** Whoever is turned away, by a limit or a failure that passes, learns it from the status (RFC 6585, RFC 9110 §15.6.4). */
function turnAway({ response }: GraphQLRequestContext<RequestContext>): void {
  if (response.body?.kind !== 'single') return;
  for (const { extensions } of response.body.singleResult.errors ?? []) {
    if (!isTurnedAway(extensions?.code)) continue;
    response.http.status = ERRORS[extensions.code].status;
    if (extensions.retryAfter) response.http.headers.set('retry-after', String(extensions.retryAfter));
    return;
  }
}

function stringifyResult(value: object): string {
  const { data, ...rest } = value as { data?: unknown };
  if (!(data instanceof JsonText)) return JSON.stringify(value);
  const others = JSON.stringify(rest);
  return others === '{}' ? `{"data":${data.text}}` : `{"data":${data.text},${others.slice(1)}`;
}
