import type { Principal } from '../access/principal.js';
import type { Recipient } from '../law/recipients.js';

export interface TokenRequest {
  /** Form parameters of the token request (RFC 6749 §3.2), each given once. */
  readonly parameters: ReadonlyMap<string, string>;
  /** SHA-256 thumbprint (base64url) of the TLS client certificate, when there is one. */
  readonly certificate?: string;
  /** The authenticated OAuth client, when it authenticated (private_key_jwt or certificate). */
  readonly client?: OAuthClient;
  readonly now: Date;
  /** An exchange that searches the register puts its answer on the grid, so that its time tells nothing (AIPD M1.50). */
  readonly pace?: { onGrid(): void };
}

/** One way to prove who one is. Throws LancetteError('INVALID_GRANT') whatever is wrong, except UNAUTHENTICATED for the client itself. */
export interface Exchange {
  /** For instance `urn:ietf:params:oauth:grant-type:token-exchange`. */
  readonly grantType: string;
  /** Told apart within one grant type; undefined: the only one. */
  handles(request: TokenRequest): boolean;
  exchange(request: TokenRequest): Promise<Principal>;
}

export interface OAuthClient {
  readonly id: string;
  readonly recipients: readonly Recipient[];
  readonly region?: string;
  /** May exchange identities of professionals: a practice software. */
  readonly exchanges: boolean;
  readonly binding: 'none' | 'certificate' | 'dpop';
}
