import { roleOf } from '../access/grants.js';
import type { Config } from '../config.js';
import type { Database } from '../db/database.js';
import type { Clock } from '../kernel/clock.js';
import type { Journal } from '../read/journal.js';
import { BearerAuthentication } from './bearer.js';
import { isLoopback } from './certificate.js';
import { ClientAuthentication } from './client-authentication.js';
import { ClientCredentialsExchange } from './client-credentials.js';
import { RemoteKeys } from './client-keys.js';
import { ClientRegister } from './client-register.js';
import { DpopProofs } from './dpop.js';
import { DpopNonces } from './dpop-nonces.js';
import type { Exchange } from './exchange.js';
import { TokenIssuer } from './issuer.js';
import type { Replay } from './replay.js';
import { ReplayRegister } from './replay-register.js';
import { TokenEndpoint } from './token-endpoint.js';
import { TokenVerifier } from './tokens.js';

export interface CallersOptions {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly journal: Journal;
  /** The exchanges beside client credentials. */
  readonly exchanges?: (replay: Replay) => readonly Exchange[];
  /** Whether an address is a proxy that may hand over certificates; this machine by default. */
  readonly isProxy?: (address: string) => boolean;
}

/** Both doors through which callers come: with a token, and for one. */
export interface Callers {
  readonly bearer: BearerAuthentication;
  readonly tokenEndpoint: TokenEndpoint;
  /** Where proofs of possession must bear one. */
  readonly nonces?: DpopNonces;
}

/** @throws when a key of the issuer is missing or unfit */
export function createCallers(options: CallersOptions): Callers {
  const { config, database, clock, journal, isProxy = isLoopback } = options;
  const pool = database.pool(roleOf('callers'));
  const replay = new ReplayRegister(pool, clock);
  const nonces = config.dpopNonce ? new DpopNonces(config.keys.cursors, clock) : undefined;
  const proofs = new DpopProofs(replay, clock, nonces);
  const certificates = { header: config.certificateHeader, isProxy };
  const verifier = new TokenVerifier(config, clock, proofs);
  const clients = new ClientAuthentication({
    clients: new ClientRegister(pool),
    remoteKeys: new RemoteKeys(clock),
    replay,
  });
  const exchanges = [new ClientCredentialsExchange(), ...(options.exchanges?.(replay) ?? [])];
  const issuer = new TokenIssuer(config, clock);
  return {
    nonces,
    bearer: new BearerAuthentication({ config, verifier, certificates, journal }),
    tokenEndpoint: new TokenEndpoint({ config, clock, issuer, clients, proofs, certificates, journal, exchanges }),
  };
}
