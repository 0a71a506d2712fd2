import type { Competences } from '../access/competence.js';
import { roleOf } from '../access/grants.js';
import type { Config } from '../config.js';
import type { Database } from '../db/database.js';
import { PROFESSION_LABELS } from '../law/professions.js';
import type { Exchange } from './exchange.js';
import { identityExchanges } from './identity/exchanges.js';
import type { AccreditationRegister } from './identity/insurance.js';
import type { Replay } from './replay.js';
import { EstablishmentTable } from './vihf/establishments.js';
import { VihfExchange } from './vihf/vihf-exchange.js';

export interface ExchangeParts {
  readonly config: Config;
  readonly database: Database;
  readonly competences: Competences;
  readonly accreditations: AccreditationRegister;
}

/** Every proof that a human's token is given for: an establishment's assertion, and the providers of the configuration. */
export const exchangesOf =
  ({ config, database, competences, accreditations }: ExchangeParts) =>
  (replay: Replay): Exchange[] => [
    new VihfExchange(
      {
        audience: config.audience,
        tokenEndpoint: tokenEndpointOf(config),
        establishments: new EstablishmentTable(database.pool(roleOf('identities'))),
        // Whoever performs some act of the pathway may read the file of the patient in care.
        consulting: (profession, on) =>
          competences.actsOf({ profession, practiceCategory: 'C', category: '' }, on).length > 0
            ? PROFESSION_LABELS[profession]
            : undefined,
      },
      replay,
    ),
    ...identityExchanges({
      identity: config.identity ?? {},
      audience: config.audience,
      keys: config.keys,
      replay,
      competences,
      accreditations,
      reconcilers: database.pool(roleOf('reconciler')),
    }),
  ];

const tokenEndpointOf = ({ issuer, port }: Config): string =>
  `${issuer.kind === 'production' ? issuer.id : `http://localhost:${port}`}/token`;
