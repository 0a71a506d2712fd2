import { GraphQLError, type GraphQLSchema, getNamedType, isObjectType } from 'graphql';
import { fieldRight, operationRight } from '../access/decide.js';
import {
  type ErrorCode,
  type ErrorDetail,
  isErrorCode,
  LancetteError,
  type Language,
  sentence,
} from '../kernel/errors.js';
import type { Recipient } from '../law/recipients.js';
import { NotCompilable } from '../read/compile.js';
import { reasonOf } from './reasons.js';

export interface PublicError extends ErrorDetail {
  readonly code: ErrorCode;
  /** What is wrong with a document or its variables, in a word. */
  readonly reason?: string;
}

/** PostgreSQL's codes that mean something to a caller; every other failure is internal. */
const DATABASE_CODES: Readonly<Record<string, ErrorCode>> = {
  '42501': 'FORBIDDEN_FIELD',
  LC401: 'ACCREDITATION_SUSPENDED',
  LC403: 'SUSPENDED',
  // The import of the person is being taken back.
  LC010: 'UNAVAILABLE',
  '57014': 'UNAVAILABLE',
  '53300': 'UNAVAILABLE',
  '57P01': 'UNAVAILABLE',
  '57P03': 'UNAVAILABLE',
  ECONNREFUSED: 'UNAVAILABLE',
};

/** By which text the database refuses. */
const DATABASE_ARTICLES: Partial<Record<ErrorCode, { readonly article: string }>> = {
  FORBIDDEN_FIELD: { article: 'art. 3' },
  ACCREDITATION_SUSPENDED: { article: 'art. 3, I, 3°' },
};
/** What the pool says, without a code, when no connection was free in time or one was lost. */
const NO_CONNECTION = /^timeout exceeded when trying to connect|^Connection terminated/;

const NO_SUCH_FIELD = /^Cannot query field "(\w+)" on type "(\w+)"/;
const NO_SUCH_TYPE = /^Unknown type "(\w+)"/;

/**
 * Every error that leaves goes through here: from whatever was thrown to a code of the registry, with names and articles
 * but no value. Messages of graphql-js, class-validator and PostgreSQL may echo input, so none of them passes.
 */
export function publicError(
  error: unknown,
  recipient: Recipient,
  schema: GraphQLSchema,
  consultationOnly = false,
): PublicError {
  const cause = error instanceof GraphQLError && error.originalError ? error.originalError : error;
  if (cause instanceof LancetteError) return { code: cause.code, ...cause.detail };
  const extension = cause instanceof GraphQLError ? cause.extensions : undefined;
  if (isErrorCode(extension?.code))
    return { code: extension.code, ...(typeof extension.field === 'string' && { field: extension.field }) };
  if (extension?.validationErrorCode === 'INTROSPECTION_DISABLED') return { code: 'INTROSPECTION_OFF' };
  const missing = cause instanceof Error ? NO_SUCH_FIELD.exec(cause.message) : null;
  if (missing) return missingField(missing, recipient, schema, consultationOnly);
  const unknown = cause instanceof Error ? NO_SUCH_TYPE.exec(cause.message)?.[1] : undefined;
  const closed = unknown && operationTaking(unknown, recipient, schema, consultationOnly);
  if (closed) return { code: 'FORBIDDEN_OPERATION', ...closed };
  if (isValidation(cause)) return { code: 'INVALID_INPUT', field: invalidProperty(cause) };
  // What has no column for this recipient is granted to it by no text.
  if (cause instanceof NotCompilable) return { code: 'FORBIDDEN_FIELD', article: 'art. 3' };
  const database = databaseError(cause);
  if (database) return database;
  const reason = cause instanceof GraphQLError ? reasonOf(cause.message) : undefined;
  const code = graphqlCode(error);
  // A null variable where a directive wants a value is found only at execution.
  const late = code === 'INTERNAL' && cause instanceof GraphQLError && cause.nodes;
  return { code: late ? 'INVALID_VARIABLES' : code, ...(reason && code !== 'INTERNAL' && { reason }) };
}

/** What a failure of the database means to a caller; undefined for what means nothing to him. */
export function databaseError(cause: unknown): Pick<PublicError, 'code' | 'article'> | undefined {
  const code = DATABASE_CODES[String((cause as { code?: unknown })?.code)];
  if (code) return { code, ...DATABASE_ARTICLES[code] };
  return cause instanceof Error && NO_CONNECTION.test(cause.message) ? { code: 'UNAVAILABLE' } : undefined;
}

/** The full schema is public law: a field that the view lacks is forbidden, one that exists nowhere is unknown. */
function missingField(
  [, field = '', type = '']: RegExpExecArray,
  recipient: Recipient,
  schema: GraphQLSchema,
  consultationOnly: boolean,
): PublicError {
  const full = schema.getType(type);
  if (!isObjectType(full) || !full.getFields()[field]) return { code: 'UNKNOWN_FIELD' };
  const root = full === schema.getQueryType() || full === schema.getMutationType();
  if (root)
    return { code: 'FORBIDDEN_OPERATION', field, article: operationRight(recipient, field, consultationOnly).article };
  return { code: 'FORBIDDEN_FIELD', field: `${type}.${field}`, article: fieldRight(recipient, type, field).article };
}

/** A view without an operation lacks the types of its arguments too: whoever names one means the operation. */
function operationTaking(
  type: string,
  recipient: Recipient,
  schema: GraphQLSchema,
  consultationOnly: boolean,
): Pick<PublicError, 'field' | 'article'> | undefined {
  return [schema.getQueryType(), schema.getMutationType()]
    .flatMap((root) => Object.values(root?.getFields() ?? {}))
    .filter(({ args }) => args.some((argument) => getNamedType(argument.type).name === type))
    .map(({ name }) => ({ field: name, right: operationRight(recipient, name, consultationOnly) }))
    .filter(({ right }) => !right.granted)
    .map(({ field, right }) => ({ field, article: right.article }))[0];
}

interface Validation {
  readonly validationErrors: readonly { readonly property?: string }[];
}
const isValidation = (cause: unknown): cause is Validation =>
  Array.isArray((cause as Partial<Validation> | undefined)?.validationErrors);
const invalidProperty = (cause: Validation): string => cause.validationErrors[0]?.property ?? 'input';

/** Apollo's own codes, for documents and variables that do not fit the schema. */
function graphqlCode(error: unknown): ErrorCode {
  const code = error instanceof GraphQLError ? error.extensions.code : undefined;
  if (code === 'BAD_USER_INPUT') return 'INVALID_VARIABLES';
  if (code === 'BAD_REQUEST' || code === 'PERSISTED_QUERY_NOT_SUPPORTED') return 'INVALID_REQUEST';
  if (
    code === 'GRAPHQL_VALIDATION_FAILED' ||
    code === 'GRAPHQL_PARSE_FAILED' ||
    code === 'OPERATION_RESOLUTION_FAILURE'
  )
    return 'INVALID_DOCUMENT';
  if (error instanceof GraphQLError && !error.originalError && error.nodes) return 'INVALID_VARIABLES';
  return 'INTERNAL';
}

/** Errors that are the status of the whole answer: whoever asks again later may be answered. */
const TURNED_AWAY = ['RATE_LIMITED', 'SUSPENDED', 'UNAVAILABLE'] as const satisfies readonly ErrorCode[];
export const isTurnedAway = (code: unknown): code is (typeof TURNED_AWAY)[number] =>
  (TURNED_AWAY as readonly unknown[]).includes(code);

/** The error as the caller reads it, in his language. */
export const presented = ({ code, article, field, reason, retryAfter }: PublicError, language: Language) => ({
  message: sentence(code, language),
  extensions: {
    code,
    ...(article && { article }),
    ...(field && { field }),
    ...(reason && { reason }),
    ...(retryAfter && { retryAfter }),
  },
});
