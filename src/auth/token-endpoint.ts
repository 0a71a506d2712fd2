import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.js';
import type { Config } from '../config.js';
import type { Clock } from '../kernel/clock.js';
import { LancetteError } from '../kernel/errors.js';
import { MACHINES, scopeOf } from '../law/machines.js';
import type { Recipient } from '../law/recipients.js';
import type { Journal } from '../read/journal.js';
import { rejected } from './bearer.js';
import { type CertificateSource, certificateOf } from './certificate.js';
import type { AuthenticatedClient, ClientAuthentication } from './client-authentication.js';
import type { DpopProofs } from './dpop.js';
import type { Exchange, TokenRequest } from './exchange.js';
import { type Binding, TOKEN_SECONDS, type TokenIssuer } from './issuer.js';
import { baseUrlOf } from './service-address.js';
import { isOwnFailure, tokenError, tokenErrorCode } from './token-errors.js';
import { parseForm, requireForm } from './token-form.js';

const TOKEN_PATH = '/token';
const JWKS_PATH = '/.well-known/jwks.json';
const METADATA_PATH = '/.well-known/oauth-authorization-server';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JSON_TYPE = 'application/json; charset=utf-8';

export interface TokenEndpointParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly issuer: TokenIssuer;
  readonly clients: ClientAuthentication;
  readonly proofs: DpopProofs;
  readonly certificates: CertificateSource;
  readonly journal: Journal;
  /** Every way to prove who one is; the first that handles a request decides it. */
  readonly exchanges: readonly Exchange[];
}

/** What the server gives beside the request itself. */
export interface RunningRequest {
  readonly requestId: string;
  /** Reads the body, no further than its limit. */
  readonly readBody: (request: IncomingMessage) => Promise<Buffer>;
  /** When the answer may leave: put on the grid by an exchange that searches the register. */
  readonly pace?: TokenRequest['pace'];
}

/** An answer in JSON; `error` when it is this service's own failure, for the log. */
export interface TokenAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly error?: unknown;
}

/** What a request has shown so far: what its trace may say of it. */
interface Progress {
  operation: string;
  actor?: string;
}

interface Granted {
  readonly principal: Principal;
  readonly binding: Binding;
  readonly grantType: string;
}

/** Exchanges proofs of identity for this service's tokens, and publishes what is needed to do and to verify so. */
export class TokenEndpoint {
  private readonly grantTypes: readonly string[];

  constructor(private readonly parts: TokenEndpointParts) {
    this.grantTypes = [...new Set(parts.exchanges.map(({ grantType }) => grantType))];
  }

  /** @returns undefined for every address that is not of this service */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    running: RunningRequest,
  ): Promise<TokenAnswer | undefined> {
    if (request.url === TOKEN_PATH) return this.token(request, response, running);
    if (request.method !== 'GET') return undefined;
    if (request.url === JWKS_PATH) return json(await this.parts.issuer.jwks());
    return request.url === METADATA_PATH ? json(this.metadata(request)) : undefined;
  }

  private async token(
    request: IncomingMessage,
    response: ServerResponse,
    { requestId, readBody, pace }: RunningRequest,
  ): Promise<TokenAnswer> {
    if (request.method !== 'POST') throw new LancetteError('METHOD_NOT_ALLOWED');
    const progress: Progress = { operation: 'token' };
    try {
      requireForm(request.headers);
      const parameters = parseForm(await readBody(request));
      return await this.issue(await this.grant(request, parameters, progress, pace), requestId);
    } catch (error) {
      const code = tokenErrorCode(error);
      if (code === 'BODY_TOO_LARGE') response.setHeader('Connection', 'close');
      if (!isOwnFailure(code) && code !== 'USE_DPOP_NONCE')
        await this.parts.journal.write([rejected(requestId, progress.operation, progress.actor)]);
      const choices = error instanceof LancetteError ? error.detail.choices : undefined;
      return { ...tokenError(code, choices), type: JSON_TYPE, ...(isOwnFailure(code) && { error }) };
    }
  }

  /** The order of a token request. Each step lets it pass or ends it. */
  private async grant(
    request: IncomingMessage,
    parameters: ReadonlyMap<string, string>,
    progress: Progress,
    pace: TokenRequest['pace'],
  ): Promise<Granted> {
    const { config, clock, clients, certificates, exchanges } = this.parts;
    const grantType = parameters.get('grant_type');
    if (!grantType) throw new LancetteError('INVALID_TOKEN_REQUEST');
    if (!this.grantTypes.includes(grantType)) throw new LancetteError('UNSUPPORTED_GRANT_TYPE');
    progress.operation = grantType;
    // No other way of authentication is offered; one that is not understood must not be passed over.
    if (request.headers.authorization !== undefined) throw new LancetteError('UNAUTHENTICATED');
    const endpoint = baseUrlOf(config, request) + TOKEN_PATH;
    const certificate = certificateOf(request, certificates);
    const now = clock.now();
    const audiences = [config.issuer.id, endpoint];
    const authenticated = await clients.authenticate({ parameters, certificate, audiences, now });
    progress.actor = authenticated?.client.id;
    requireTarget(parameters, config.audience);
    const binding = await this.bindingOf(request, endpoint, certificate, authenticated);
    const asked: TokenRequest = { parameters, certificate, client: authenticated?.client, now, pace };
    const exchange = exchanges.find((one) => one.grantType === grantType && one.handles(asked));
    if (!exchange) throw new LancetteError('INVALID_GRANT');
    const principal = limited(await exchange.exchange(asked), asked);
    return { principal, binding, grantType };
  }

  /**
   * A client declared as bound gets no other token. One that authenticated by its certificate, or proves nothing but its
   * certificate (an establishment), gets a token bound to it; a DPoP proof binds whenever it is given.
   */
  private async bindingOf(
    request: IncomingMessage,
    url: string,
    certificate: string | undefined,
    authenticated: AuthenticatedClient | undefined,
  ): Promise<Binding> {
    const { dpop } = request.headers;
    const declared = authenticated?.client.binding;
    if (declared === 'certificate' && !certificate) throw new LancetteError('UNAUTHENTICATED');
    if (declared === 'dpop' && dpop === undefined) throw new LancetteError('INVALID_DPOP_PROOF');
    const bound = declared === 'certificate' || authenticated?.by !== 'assertion';
    const jkt = dpop === undefined ? undefined : await this.parts.proofs.verify(String(dpop), { method: 'POST', url });
    return { ...(bound && certificate && { x5t: certificate }), ...(jkt && { jkt }) };
  }

  /** A token leaves only once its issue is traced. */
  private async issue({ principal, binding, grantType }: Granted, requestId: string): Promise<TokenAnswer> {
    const { issuer, journal } = this.parts;
    const access_token = await issuer.tokenFor(principal, binding);
    const { recipient, subject } = principal;
    const trace = { ...rejected(requestId, grantType, subject), recipient, outcome: 'AUTHENTICATED' as const };
    await journal.write([trace]);
    return json({
      access_token,
      token_type: binding.jkt ? 'DPoP' : 'Bearer',
      expires_in: TOKEN_SECONDS,
      scope: scopeOf(recipient),
      ...(grantType === TOKEN_EXCHANGE && { issued_token_type: ACCESS_TOKEN }),
    });
  }

  /** RFC 8414. */
  private metadata(request: IncomingMessage): object {
    const { config } = this.parts;
    const base = baseUrlOf(config, request);
    return {
      issuer: config.issuer.id,
      token_endpoint: base + TOKEN_PATH,
      jwks_uri: base + JWKS_PATH,
      response_types_supported: [],
      grant_types_supported: this.grantTypes,
      scopes_supported: (Object.keys(MACHINES) as Recipient[]).map(scopeOf),
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'self_signed_tls_client_auth'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'PS256'],
      dpop_signing_alg_values_supported: ['ES256'],
      tls_client_certificate_bound_access_tokens: true,
    };
  }
}

/** A token is for this API and no other (RFC 8707, RFC 8693 §2.1). */
function requireTarget(parameters: ReadonlyMap<string, string>, audience: string): void {
  for (const name of ['resource', 'audience']) {
    const target = parameters.get(name);
    if (target !== undefined && target !== audience) throw new LancetteError('INVALID_TARGET');
  }
}

/** Whoever was proven, never more than the client was declared for nor than it asked for. */
function limited(principal: Principal, { client, parameters }: TokenRequest): Principal {
  const scope = parameters.get('scope');
  if (scope !== undefined && scope !== scopeOf(principal.recipient)) throw new LancetteError('INVALID_SCOPE');
  if (!client) return principal;
  if (!client.recipients.includes(principal.recipient)) throw new LancetteError('UNAUTHORIZED_CLIENT');
  return { ...principal, client: client.id };
}

const json = (value: object): TokenAnswer => ({ status: 200, type: JSON_TYPE, body: JSON.stringify(value) });
