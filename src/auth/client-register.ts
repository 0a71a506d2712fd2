import type { Pool } from 'pg';
import type { Recipient } from '../law/recipients.js';
import type { OAuthClient } from './exchange.js';

/** A client with the means by which it authenticates. */
export interface RegisteredClient extends OAuthClient {
  readonly jwks?: object;
  readonly jwksUri?: string;
  /** SHA-256 thumbprints (base64url) of its TLS certificates. */
  readonly certificates: readonly string[];
}

interface Row {
  readonly id: string;
  readonly recipients: Recipient[];
  readonly region: string | null;
  readonly jwks: object | null;
  readonly jwks_uri: string | null;
  readonly certificates: string[];
  readonly binding: OAuthClient['binding'];
  readonly exchanges: boolean;
}

const FIND = {
  name: 'find-client',
  text: `select id, recipients, region, jwks, jwks_uri, certificates, binding, exchanges
    from oauth_client where id = $1 and disabled_at is null`,
};

/** The clients that may call today. Nothing of them is remembered: a disabled client is refused at once. */
export class ClientRegister {
  /** @param pool of the role that checks callers */
  constructor(private readonly pool: Pool) {}

  async find(id: string): Promise<RegisteredClient | undefined> {
    const { rows } = await this.pool.query<Row>({ ...FIND, values: [id] });
    return rows[0] && clientOf(rows[0]);
  }
}

const clientOf = ({ region, jwks, jwks_uri, ...client }: Row): RegisteredClient => ({
  ...client,
  ...(region && { region }),
  ...(jwks && { jwks }),
  ...(jwks_uri && { jwksUri: jwks_uri }),
});
