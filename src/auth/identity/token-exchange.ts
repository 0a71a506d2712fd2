import type { Principal } from '../../access/principal.js';
import { LancetteError } from '../../kernel/errors.js';
import { type IdentityKind, identityScopes } from '../../law/professions.js';
import type { Recipient } from '../../law/recipients.js';
import type { Exchange, OAuthClient, TokenRequest } from '../exchange.js';
import type { Upstream } from './upstream.js';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** What is told apart from a proof that is not accepted. */
const TOLD: readonly string[] = ['PRACTICE_REQUIRED', 'UNAVAILABLE'];

/** A person proved to be who he is, before anything is known of his rights here. */
export interface Proven {
  readonly claims: Record<string, unknown>;
  readonly client: OAuthClient;
  /** The recipient whom the scope names, one of those that this kind of identity opens. */
  readonly recipient: Recipient;
  readonly professions?: readonly string[];
  readonly request: TokenRequest;
}

/** The exchange of a provider's access token (RFC 8693 §2.1), the same for every provider up to the person. */
export abstract class TokenExchange implements Exchange {
  readonly grantType = TOKEN_EXCHANGE;
  protected abstract readonly kind: IdentityKind;

  constructor(
    protected readonly upstream: Upstream,
    private readonly audience: string,
  ) {}

  /** The provider is named by its issuer: a token is never tried on one provider after the other. */
  handles({ parameters }: TokenRequest): boolean {
    return (
      parameters.get('grant_type') === this.grantType &&
      parameters.get('subject_issuer') === this.upstream.config.issuer
    );
  }

  /** @throws UNAUTHENTICATED without a client; PRACTICE_REQUIRED; UNAVAILABLE when the first use cannot be told; INVALID_GRANT whatever else is wrong */
  async exchange(request: TokenRequest): Promise<Principal> {
    const { client } = request;
    if (!client) throw new LancetteError('UNAUTHENTICATED');
    try {
      const scope = this.scopeOf(request);
      // Before the person is asked about: what the software may not be is no answer on who somebody is.
      if (!client.exchanges || !client.recipients.includes(scope.recipient)) throw new LancetteError('INVALID_GRANT');
      const token = subjectTokenOf(request.parameters, this.audience);
      const claims = await this.upstream.claimsOf(token, client, request.now);
      return { ...(await this.principalOf({ ...scope, claims, client, request })), client: client.id };
    } catch (error) {
      if (error instanceof LancetteError && TOLD.includes(error.code)) throw error;
      throw new LancetteError('INVALID_GRANT');
    }
  }

  protected abstract principalOf(proven: Proven): Promise<Principal>;

  /** One scope, among those of this kind of identity; none asked for is the first. */
  private scopeOf({ parameters }: TokenRequest): Pick<Proven, 'recipient' | 'professions'> {
    const scopes = identityScopes(this.kind);
    const asked = parameters.get('scope');
    const scope = asked === undefined ? [...scopes.values()][0] : scopes.get(asked);
    if (!scope) throw new LancetteError('INVALID_GRANT');
    return scope;
  }
}

/** The parameters of RFC 8693 that would ask for more, or for something else, are refused rather than overlooked. */
function subjectTokenOf(parameters: ReadonlyMap<string, string>, audience: string): string {
  const type = parameters.get('subject_token_type');
  const wanted = parameters.get('requested_token_type') ?? ACCESS_TOKEN_TYPE;
  const target = ['audience', 'resource'].map((name) => parameters.get(name) ?? audience);
  const acting = ['actor_token', 'actor_token_type'].some((name) => parameters.has(name));
  if (type !== ACCESS_TOKEN_TYPE || wanted !== ACCESS_TOKEN_TYPE || acting) throw new LancetteError('INVALID_GRANT');
  if (target.some((one) => one !== audience)) throw new LancetteError('INVALID_GRANT');
  return parameters.get('subject_token') ?? '';
}
