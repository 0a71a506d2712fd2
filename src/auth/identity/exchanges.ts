import type { Pool } from 'pg';
import type { Competences } from '../../access/competence.js';
import type { IdentityConfig, Keys } from '../../config.js';
import { NirIndex } from '../../db/sealing.js';
import { Pseudonymiser } from '../../formats/pseudonym.js';
import { PSEUDONYM_SPACES } from '../../law/recipients.js';
import type { Exchange } from '../exchange.js';
import type { Replay } from '../replay.js';
import { FranceConnect } from './france-connect.js';
import { type AccreditationRegister, Insurance } from './insurance.js';
import { ProSanteConnect } from './pro-sante-connect.js';
import { Reconciliation } from './reconciliation.js';
import { Upstream } from './upstream.js';

export interface IdentityParts {
  /** The providers of the configuration; the one that is absent has no exchange. */
  readonly identity: IdentityConfig;
  /** Audience of the access tokens of this API. */
  readonly audience: string;
  readonly keys: Keys;
  readonly replay: Replay;
  readonly competences: Competences;
  readonly accreditations: AccreditationRegister;
  /** Connections of the role `reconciler`. */
  readonly reconcilers: Pool;
}

/** One exchange for each provider that is configured. */
export function identityExchanges(parts: IdentityParts): Exchange[] {
  const { identity, audience, replay } = parts;
  const { psc, franceConnect, insurance } = identity;
  const exchanges: Exchange[] = [];
  if (psc) exchanges.push(new ProSanteConnect(new Upstream(psc, replay), audience, parts.competences));
  if (franceConnect) {
    const { nirClaim, ...config } = franceConnect;
    exchanges.push(new FranceConnect(new Upstream(config, replay), audience, reconciliation(parts), nirClaim));
  }
  if (insurance) exchanges.push(new Insurance(new Upstream(insurance, replay), audience, parts.accreditations));
  return exchanges;
}

function reconciliation({ keys, reconcilers }: IdentityParts): Reconciliation {
  const canon = PSEUDONYM_SPACES.COVID.canon;
  const pseudonymiser = new Pseudonymiser({ system: 'COVID', canon, ...keys.pseudonyms.COVID });
  return new Reconciliation(reconcilers, new NirIndex(keys.nirIndex), pseudonymiser);
}
