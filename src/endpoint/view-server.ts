import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { fieldRight, operationRight } from '../access/decide.js';
import { type ErrorCode, isErrorCode, LancetteError, sentence } from '../kernel/errors.js';
import type { Log } from '../kernel/log.js';
import type { Recipient } from '../law/recipients.js';
import type { RequestContext } from '../read/context.js';
import type { Executor } from '../read/executor.js';
import type { Journal, TraceEntry } from '../read/journal.js';
import { requireAffordable } from './cost.js';
import { type PublicError, presented, publicError } from './errors.js';

/** The JSON text of `data`, as PostgreSQL made it: passed on without being parsed. */
class JsonText {
  constructor(readonly text: string) {}
}

export interface ViewServerOptions {
  readonly recipient: Recipient;
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

/** One Apollo server for one view: its own document cache, its own introspection, nothing shared with another view. */
export async function createViewServer(options: ViewServerOptions): Promise<ApolloServer<RequestContext>> {
  const { recipient, view, schema, introspection = false } = options;
  const server = new ApolloServer<RequestContext>({
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
      ...presented(publicError(error, recipient, schema), 'fr'),
      ...(locations && { locations }),
      ...(path && { path }),
    }),
    stringifyResult,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      journey(options),
    ],
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  });
  await server.start();
  return server;
}

const ignore = (): void => undefined;

/** The steps of a request after validation: judge, answer in one statement, trace refusals, speak the caller's language. */
function journey(options: ViewServerOptions): ApolloServerPlugin<RequestContext> {
  const { executor, journal, log, recipient, schema, shortPath = true } = options;
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
      },
      async responseForOperation({ document, operation, request, contextValue }) {
        contextValue.signal?.throwIfAborted();
        if (!shortPath || !operation) return null;
        const text = await executor.answer(document, operation, request.variables ?? {}, contextValue);
        if (text === undefined) return null;
        return {
          http: { headers: new HeaderMap() },
          body: { kind: 'single', singleResult: { data: new JsonText(text) as never } },
        };
      },
      async didEncounterErrors({ errors, contextValue }) {
        const found = (errors ?? []).map((error) => ({ error, shown: publicError(error, recipient, schema) }));
        for (const { error, shown } of found)
          if (FAILURES.has(shown.code)) report(log, contextValue, shown.code, error);
        await journal.write(found.filter(leavesTrace).map((one) => refusalOf(one, contextValue)));
      },
      async willSendResponse(request) {
        speak(request);
      },
    }),
  };
}

/**
 * A view without mutations validates none of their fields: each is refused here as a field that the view lacks would be.
 * @throws FORBIDDEN_OPERATION, UNKNOWN_FIELD; INVALID_DOCUMENT for a kind of operation that exists nowhere
 */
function requireKind(
  { recipient, view, schema }: ViewServerOptions,
  { operation, selectionSet }: OperationDefinitionNode,
) {
  if (view.getRootType(operation)) return;
  const root = schema.getRootType(operation);
  const [first] = selectionSet.selections;
  const field = first?.kind === Kind.FIELD ? first.name.value : '';
  const known = root?.getFields()[field];
  const refusal = known
    ? new LancetteError('FORBIDDEN_OPERATION', { field, article: operationRight(recipient, field).article })
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
  if (contextValue.withheld.size > 0) {
    // Root fields may be read in any order: the list has one of its own.
    const withheld = [...contextValue.withheld.values()].sort((a, b) => (a.field < b.field ? -1 : 1));
    result.extensions = { ...result.extensions, withheld };
  }
}

function stringifyResult(value: object): string {
  const { data, ...rest } = value as { data?: unknown };
  if (!(data instanceof JsonText)) return JSON.stringify(value);
  const others = JSON.stringify(rest);
  return others === '{}' ? `{"data":${data.text}}` : `{"data":${data.text},${others.slice(1)}`;
}
