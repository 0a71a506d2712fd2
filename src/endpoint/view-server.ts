import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { isErrorCode, sentence } from '../kernel/errors.js';
import type { Recipient } from '../law/recipients.js';
import type { RequestContext } from '../read/context.js';
import type { Executor } from '../read/executor.js';
import type { Journal } from '../read/journal.js';
import { presented, publicError } from './errors.js';

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
  /** False in differential tests: graphql-js then executes every document itself. */
  readonly shortPath?: boolean;
}

/** Memory of one view's parsed documents, in bytes: with it goes all that was compiled for them. */
const DOCUMENTS_BYTES = 8 * 2 ** 20;

/** One Apollo server for one view: its own document cache, its own introspection, nothing shared with another view. */
export async function createViewServer(options: ViewServerOptions): Promise<ApolloServer<RequestContext>> {
  const { recipient, view, schema } = options;
  const server = new ApolloServer<RequestContext>({
    schema: view,
    introspection: true,
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
function journey({
  executor,
  journal,
  recipient,
  schema,
  shortPath = true,
}: ViewServerOptions): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ document, operation, request, contextValue }) {
        if (operation) contextValue.judgement = executor.judgementOf(document, operation, request.variables ?? {});
      },
      async responseForOperation({ document, operation, request, contextValue }) {
        if (!shortPath || !operation) return null;
        const text = await executor.answer(document, operation, request.variables ?? {}, contextValue);
        if (text === undefined) return null;
        return {
          http: { headers: new HeaderMap() },
          body: { kind: 'single', singleResult: { data: new JsonText(text) as never } },
        };
      },
      async didEncounterErrors({ errors, contextValue }) {
        const refusals = (errors ?? [])
          .map((error) => publicError(error, recipient, schema))
          .filter(({ article }) => article);
        await journal.write(
          refusals.map(({ field, article }) => ({
            requestId: contextValue.requestId,
            recipient,
            actor: contextValue.principal.subject,
            operation: field ?? '',
            categories: [],
            outcome: 'REFUSED',
            article: article ?? null,
            records: [],
          })),
        );
      },
      async willSendResponse(request) {
        speak(request);
      },
    }),
  };
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
