import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { isSafeAddress } from '../../config.js';
import { boundedFetch, jsonOf } from './bounded-fetch.js';

const address = z.string().refine(isSafeAddress);
/** What is used of the provider's metadata (OpenID Connect Discovery §3). */
const Metadata = z.object({
  issuer: z.string(),
  jwks_uri: address,
  userinfo_endpoint: address,
  introspection_endpoint: address.optional(),
});

export interface Provider {
  readonly issuer: string;
  readonly userinfo: string;
  readonly introspection: string | undefined;
  readonly keys: JWTVerifyGetKey;
}

const REMEMBERED_MS = 15 * 60_000;

/** Finds a provider's addresses and keys by its issuer, and remembers them for a quarter of an hour. */
export class Discovery {
  private found: { readonly provider: Promise<Provider>; readonly until: number } | undefined;

  constructor(private readonly issuer: string) {}

  /** @throws when the provider does not answer, or answers for another issuer (mix-up) */
  provider(now: Date): Promise<Provider> {
    if (this.found && this.found.until > now.getTime()) return this.found.provider;
    const found = { provider: discover(this.issuer), until: now.getTime() + REMEMBERED_MS };
    this.found = found;
    // A failure is not remembered: the next exchange asks again.
    found.provider.catch(() => {
      if (this.found === found) this.found = undefined;
    });
    return found.provider;
  }
}

async function discover(issuer: string): Promise<Provider> {
  const answer = await boundedFetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const metadata = Metadata.parse(jsonOf(answer));
  if (metadata.issuer !== issuer) throw new Error('identity provider: another issuer answers');
  return {
    issuer,
    userinfo: metadata.userinfo_endpoint,
    introspection: metadata.introspection_endpoint,
    keys: createRemoteJWKSet(new URL(metadata.jwks_uri), { [customFetch]: keysByBoundedFetch }),
  };
}

async function keysByBoundedFetch(url: string): Promise<Response> {
  const { status, text } = await boundedFetch(url);
  return new Response(text, { status });
}
