import { ERRORS } from '../kernel/error-registry.js';
import { type ErrorCode, LancetteError } from '../kernel/errors.js';

/** The errors of RFC 6749 §5.2, RFC 8707 and RFC 9449, by the codes of the registry. */
const OAUTH: Partial<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'invalid_client',
  INVALID_CLIENT: 'invalid_client',
  INVALID_GRANT: 'invalid_grant',
  INVALID_SCOPE: 'invalid_scope',
  INVALID_TARGET: 'invalid_target',
  INVALID_DPOP_PROOF: 'invalid_dpop_proof',
  USE_DPOP_NONCE: 'use_dpop_nonce',
  UNAUTHORIZED_CLIENT: 'unauthorized_client',
  UNSUPPORTED_GRANT_TYPE: 'unsupported_grant_type',
  UNAVAILABLE: 'temporarily_unavailable',
  INTERNAL: 'server_error',
};

/** Failures that are this service's own: nobody was refused. */
export const isOwnFailure = (code: ErrorCode): boolean => code === 'INTERNAL' || code === 'UNAVAILABLE';

/** Whatever was thrown, as a code of the registry; at this door, an unknown caller is an unknown client. */
export function tokenErrorCode(error: unknown): ErrorCode {
  const code = error instanceof LancetteError ? error.code : 'INTERNAL';
  return code === 'UNAUTHENTICATED' ? 'INVALID_CLIENT' : code;
}

/**
 * The answer to a refused token request (RFC 6749 §5.2): no value of the request. The description is English whatever
 * the caller prefers, since that norm admits ASCII only.
 */
export const tokenError = (code: ErrorCode, choices?: readonly string[]): { status: number; body: string } => ({
  // Nobody is unknown for want of a nonce (RFC 9449 §8).
  status: code === 'USE_DPOP_NONCE' ? 400 : ERRORS[code].status,
  body: JSON.stringify({
    error: OAUTH[code] ?? 'invalid_request',
    error_description: ERRORS[code].en.replaceAll('’', "'").replace(/[^\x20-\x7e]|["\\]/g, ''),
    ...(choices && { choices }),
  }),
});
