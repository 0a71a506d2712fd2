import { randomBytes } from 'node:crypto';
import { type Configuration, type JWK, Provider } from 'oidc-provider';
import type { DemoAccount, DemoIssuerName } from './accounts.js';
import { Memory } from './memory-adapter.js';

export interface DemoProviderOptions {
  readonly name: DemoIssuerName;
  readonly issuer: string;
  readonly accounts: readonly DemoAccount[];
  /** Public key of the API, which alone may introspect. */
  readonly apiKey: JWK;
  /** Public key for which FranceConnect encrypts what it says. */
  readonly encryptionKey: JWK;
  readonly signingKey: JWK;
}

/** Where a software of this machine receives its code: any port of the loopback (RFC 8252 §7.3). */
export const REDIRECT_URI = 'http://127.0.0.1/callback';
/** This API as a client of the demonstration's providers. */
export const API_CLIENT = 'lancette';

/** Clients of each issuer: the first one is known to the API, the second one is not. */
export const DEMO_CLIENTS = {
  psc: ['lps-demo', 'lps-inconnu'],
  'france-connect': ['portail-demo', 'portail-inconnu'],
  insurance: ['caisse-demo', 'caisse-inconnue'],
} as const satisfies Record<DemoIssuerName, readonly [string, string]>;

/** Lifetimes in seconds: access token, refresh token (DOMAIN §5.2, §5.3). */
const LIFETIMES = {
  psc: { access: 120, refresh: 1800 },
  'france-connect': { access: 60, refresh: 60 },
  insurance: { access: 120, refresh: 1800 },
} as const;

/** One issuer: code flow with PKCE, access tokens to be introspected, claims at the UserInfo. */
export function demoProvider(options: DemoProviderOptions): Provider {
  const provider = new Provider(options.issuer, configuration(options));
  // A demonstration says nothing of its own on the terminal; what fails is the answer's business.
  provider.on('server_error', () => undefined);
  return provider;
}

function configuration({ name, accounts, apiKey, encryptionKey, signingKey }: DemoProviderOptions): Configuration {
  const lifetimes = LIFETIMES[name];
  const claims = [...new Set(accounts.flatMap((account) => Object.keys(account.claims)))];
  return {
    adapter: new Memory().adapter,
    jwks: { keys: [signingKey] },
    clients: [...DEMO_CLIENTS[name].map(softwareOf(name, encryptionKey)), apiClient(name, apiKey, encryptionKey)],
    clientDefaults: { id_token_signed_response_alg: 'ES256', introspection_signed_response_alg: 'ES256' },
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256'],
      userinfoSigningAlgValues: ['ES256'],
      userinfoEncryptionAlgValues: ['ECDH-ES'],
      userinfoEncryptionEncValues: ['A256GCM'],
      introspectionSigningAlgValues: ['ES256'],
      introspectionEncryptionAlgValues: ['ECDH-ES'],
      introspectionEncryptionEncValues: ['A256GCM'],
    },
    scopes: ['openid', 'offline_access', 'scope_all'],
    claims: { openid: ['sub'], scope_all: claims, acr: null },
    acrValues: ['eidas1', 'eidas2', 'eidas3'],
    findAccount: (_ctx, sub) => {
      const account = accounts.find((one) => one.sub === sub);
      return account && { accountId: sub, claims: async () => ({ sub, ...account.claims }) };
    },
    extraTokenClaims: (ctx) => ({ acr: levelOf(ctx.oidc.entities) }),
    loadExistingGrant: consented,
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    rotateRefreshToken: true,
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: (_ctx, client) => client.clientId === API_CLIENT },
      jwtUserinfo: { enabled: true },
      jwtIntrospection: { enabled: true },
      encryption: { enabled: true },
      rpInitiatedLogout: { enabled: false },
    },
    interactions: {
      url: (_ctx, interaction) => `${new URL(issuerPath(name), 'http://x').pathname}/interaction/${interaction.uid}`,
    },
    // One host, three issuers: the session at one must not be taken for one at another.
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: { session: `${name}.session`, interaction: `${name}.interaction`, resume: `${name}.resume` },
    },
    ttl: {
      AccessToken: lifetimes.access,
      RefreshToken: lifetimes.refresh,
      AuthorizationCode: 30,
      IdToken: 300,
      Interaction: 600,
      Session: 1800,
      Grant: 1800,
    },
    renderError: (ctx, out) => {
      ctx.type = 'text/plain; charset=utf-8';
      ctx.body = `${out.error}\n`;
    },
  };
}

export const issuerPath = (name: DemoIssuerName): string => `/${name}`;

const softwareOf = (name: DemoIssuerName, encryptionKey: JWK) => (clientId: string) => ({
  client_id: clientId,
  application_type: 'native' as const,
  token_endpoint_auth_method: 'none' as const,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code' as const],
  redirect_uris: [REDIRECT_URI],
  // FranceConnect signs its UserInfo and encrypts it, the two others answer in JSON.
  ...(name === 'france-connect' && {
    userinfo_signed_response_alg: 'ES256' as const,
    userinfo_encrypted_response_alg: 'ECDH-ES' as const,
    userinfo_encrypted_response_enc: 'A256GCM' as const,
    jwks: { keys: [encryptionKey] },
  }),
});

const apiClient = (name: DemoIssuerName, key: JWK, encryptionKey: JWK) => ({
  client_id: API_CLIENT,
  token_endpoint_auth_method: 'private_key_jwt' as const,
  token_endpoint_auth_signing_alg: 'ES256' as const,
  grant_types: [],
  response_types: [],
  redirect_uris: [],
  jwks: { keys: [key, encryptionKey] },
  ...(name === 'france-connect' && {
    introspection_encrypted_response_alg: 'ECDH-ES' as const,
    introspection_encrypted_response_enc: 'A256GCM' as const,
  }),
});

type Entities = { readonly AuthorizationCode?: { acr?: string }; readonly RefreshToken?: { acr?: string } };
const levelOf = (entities: object): string | undefined => {
  const { AuthorizationCode, RefreshToken } = entities as Entities;
  return AuthorizationCode?.acr ?? RefreshToken?.acr;
};

/** Consent is given with the login: what is shown here is nobody's. */
const consented: Configuration['loadExistingGrant'] = async (ctx) => {
  const { client, session, provider, params } = ctx.oidc;
  const known = session?.grantIdFor(client?.clientId ?? '');
  if (known) return provider.Grant.find(known);
  const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId });
  grant.addOIDCScope(String(params?.scope ?? 'openid'));
  await grant.save();
  return grant;
};
