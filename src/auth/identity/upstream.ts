import type { UpstreamConfig } from '../../config.js';
import { LancetteError } from '../../kernel/errors.js';
import type { OAuthClient } from '../exchange.js';
import type { Replay } from '../replay.js';
import { boundedFetch, jsonOf } from './bounded-fetch.js';
import { Discovery, type Provider } from './provider.js';
import { claimsOfSigned } from './signed-answer.js';
import { verifySubjectToken } from './subject-token.js';

/** One OpenID provider that vouches for persons: it turns an access token of its own into the claims of a person. */
export class Upstream {
  private readonly discovery: Discovery;

  constructor(
    readonly config: UpstreamConfig,
    private readonly replay: Replay,
  ) {
    this.discovery = new Discovery(config.issuer);
  }

  /**
   * The claims of the person to whom the token belongs. The token is used up, whatever becomes of the claims.
   * @throws whatever is wrong, in its own words, which must not leave
   */
  async claimsOf(token: string, client: OAuthClient, now: Date): Promise<Record<string, unknown>> {
    const provider = await this.discovery.provider(now);
    const verified = await verifySubjectToken(token, { config: this.config, provider, now });
    if (!Object.hasOwn(this.config.clients, verified.issuedTo) || this.config.clients[verified.issuedTo] !== client.id)
      throw new Error('subject token: issued to another client');
    if (!(await this.replay.firstUse('subject-token', verified.id, verified.expiresAt)))
      throw new LancetteError('INVALID_GRANT');
    const claims = await this.userInfo(provider, token, verified.issuedTo, now);
    // OpenID Connect Core §5.3.2: without this check the claims may be another person's.
    if (claims.sub !== verified.subject) throw new Error('identity provider: another subject');
    return claims;
  }

  private async userInfo(
    provider: Provider,
    token: string,
    audience: string,
    now: Date,
  ): Promise<Record<string, unknown>> {
    const answer = await boundedFetch(provider.userinfo, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json, application/jwt' },
    });
    const { encryption } = this.config;
    if (!encryption && answer.type !== 'application/jwt') return jsonOf(answer);
    return claimsOfSigned(answer, { provider, audience, encryption, type: 'application/jwt', now });
  }
}
