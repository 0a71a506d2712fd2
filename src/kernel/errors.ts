import { GraphQLError } from 'graphql';
import { ERRORS } from './error-registry.js';

export type ErrorCode = keyof typeof ERRORS;
export type Language = 'fr' | 'en';

export interface ErrorDetail {
  /** Article of the decree or measure of the AIPD, for a refused right. */
  readonly article?: string;
  /** Name of the field or operation concerned, never a value. */
  readonly field?: string;
  /** Codes among which the caller must choose. */
  readonly choices?: readonly string[];
  /** Seconds before it is worth asking again, for RATE_LIMITED. */
  readonly retryAfter?: number;
}

/** An error that may leave: its code decides its sentence; `detail` holds names and articles only. */
export class LancetteError extends GraphQLError {
  constructor(
    readonly code: ErrorCode,
    readonly detail: ErrorDetail = {},
  ) {
    super(ERRORS[code].fr, { extensions: { code, ...detail } });
    this.name = 'LancetteError';
  }
}

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERRORS, code);

/** English when the caller prefers it, French otherwise (RFC 9110 §12.5.4, first listed language wins). */
export const languageOf = (acceptLanguage: string | undefined): Language =>
  /^\s*en\b/i.test(acceptLanguage ?? '') ? 'en' : 'fr';

export const sentence = (code: ErrorCode, language: Language): string => ERRORS[code][language];
