import * as oauth from 'oauth4webapi';
import type { Pool } from 'pg';
import { Competences } from '../../src/access/competence.js';
import { roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import type { Exchange, OAuthClient, TokenRequest } from '../../src/auth/exchange.js';
import { identityExchanges } from '../../src/auth/identity/exchanges.js';
import type { AccreditationRegister } from '../../src/auth/identity/insurance.js';
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE } from '../../src/auth/identity/token-exchange.js';
import type { Replay } from '../../src/auth/replay.js';
import type { IdentityConfig } from '../../src/config.js';
import type { DemoAccounts, DemoIssuerName } from '../../src/demo/accounts.js';
import { type DemoIdentityProvider, startDemoIdentityProvider } from '../../src/demo/identity-provider.js';
import { DemoBrowser } from '../../src/demo/login.js';
import { REDIRECT_URI } from '../../src/demo/provider.js';
import { LancetteError } from '../../src/kernel/errors.js';
import type { Register } from './a-register.js';

/**
 * jest gives each test file globals of its own, and `structuredClone` makes objects of the outer ones, which oidc-provider
 * takes for no plain objects. What it clones is JSON.
 */
globalThis.structuredClone = <T>(value: T): T => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

/** A memory of what was used, for one process. */
export function aReplay(): Replay {
  const seen = new Set<string>();
  return {
    firstUse: async (kind, id) => {
      const key = `${kind} ${id}`;
      return !seen.has(key) && Boolean(seen.add(key));
    },
  };
}

export const aClient = (id: string, given: Partial<OAuthClient> = {}): OAuthClient => ({
  id,
  recipients: ['PS', 'MEDECIN_TRAITANT', 'PATIENT', 'AGENT_AM', 'AGENT_ATTESTATION'],
  exchanges: true,
  binding: 'none',
  ...given,
});

export interface IdentityWorld {
  readonly provider: DemoIdentityProvider;
  readonly identity: IdentityConfig;
  readonly exchanges: readonly Exchange[];
  /** An access token, by the real code flow with PKCE of oauth4webapi and a browser's cookies. */
  logIn(name: DemoIssuerName, account: string, client?: string): Promise<oauth.TokenEndpointResponse>;
  request(name: DemoIssuerName, given: Record<string, string | undefined>, rest?: Partial<TokenRequest>): TokenRequest;
  exchange(
    name: DemoIssuerName,
    given: Record<string, string | undefined>,
    rest?: Partial<TokenRequest>,
  ): Promise<Principal>;
  close(): Promise<void>;
}

export interface IdentityWorldOptions {
  readonly register: Register;
  readonly accounts: DemoAccounts;
  readonly accreditations?: AccreditationRegister;
  readonly reconcilers?: Pool;
  /** Changes to the configuration that the demonstration's provider gives. */
  readonly configured?: (identity: IdentityConfig) => IdentityConfig;
}

/** The demonstration's provider, and the three exchanges over it and over a real register. */
export async function anIdentityWorld(options: IdentityWorldOptions): Promise<IdentityWorld> {
  const { register, accounts, accreditations = { find: async () => undefined }, configured = (one) => one } = options;
  const provider = await startDemoIdentityProvider({ port: 0, accounts });
  const identity = configured(provider.identity);
  const exchanges = identityExchanges({
    identity,
    audience: register.config.audience,
    keys: register.config.keys,
    replay: aReplay(),
    competences: new Competences(),
    accreditations,
    reconcilers: options.reconcilers ?? register.database.pool(roleOf('reconciler')),
  });
  const request: IdentityWorld['request'] = (name, given, rest = {}) => ({
    parameters: parametersOf({
      grant_type: TOKEN_EXCHANGE,
      subject_token_type: ACCESS_TOKEN_TYPE,
      subject_issuer: provider.issuers[name],
      ...given,
    }),
    client: aClient(provider.clients[name][0]),
    now: new Date(),
    ...rest,
  });
  return {
    provider,
    identity,
    exchanges,
    request,
    logIn: (name, account, client = provider.clients[name][0]) => codeFlow(provider.issuers[name], client, account),
    exchange: async (name, given, rest) => {
      const asked = request(name, given, rest);
      const exchange = exchanges.find((one) => one.handles(asked));
      if (!exchange) throw new LancetteError('INVALID_GRANT');
      return exchange.exchange(asked);
    },
    close: () => provider.close(),
  };
}

const parametersOf = (given: Record<string, string | undefined>): ReadonlyMap<string, string> =>
  new Map(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined));

const LOOPBACK = { [oauth.allowInsecureRequests]: true };

async function codeFlow(issuer: string, clientId: string, account: string): Promise<oauth.TokenEndpointResponse> {
  const url = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, LOOPBACK));
  const client = { client_id: clientId };
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const authorization = new URL(server.authorization_endpoint ?? '');
  authorization.search = new URLSearchParams({
    ...{ client_id: clientId, response_type: 'code', redirect_uri: REDIRECT_URI, state, nonce },
    ...{ scope: 'openid scope_all', code_challenge_method: 'S256' },
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  }).toString();
  const back = await new DemoBrowser().logIn(authorization.href, account);
  const answer = oauth.validateAuthResponse(server, client, back, state);
  const none = oauth.None();
  const response = await oauth.authorizationCodeGrantRequest(
    ...([server, client, none, answer, REDIRECT_URI, verifier, LOOPBACK] as const),
  );
  return oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce });
}

/** All that leaves with a refusal, as one text; a failure of the test when nothing is refused. */
export async function refusalOf(attempt: Promise<Principal>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof LancetteError) return JSON.stringify({ ...error.extensions, message: error.message });
    throw error;
  }
  return 'accepted';
}

export const REFUSED = JSON.stringify({ code: 'INVALID_GRANT', message: new LancetteError('INVALID_GRANT').message });
