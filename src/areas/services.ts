import type { NirIndex } from '../db/sealing.js';
import type { RequestContext } from '../read/context.js';
import type { AttestationService } from './attestation/attestation.service.js';
import type { PathwayService } from './injection/pathway.service.js';
import type { UnvaccinatedListService } from './patients/unvaccinated-list.service.js';
import type { ManualIntake } from './targeting/manual-intake.js';

/** What resolvers may call: one service per act. */
export interface Services {
  readonly nirIndex: NirIndex;
  readonly intake: ManualIntake;
  readonly pathway: PathwayService;
  readonly attestations: AttestationService;
  readonly unvaccinatedLists: UnvaccinatedListService;
}

export type Context = RequestContext<Services>;
