import type { AttestationService } from './areas/attestation/attestation.service.js';
import type { ReissueService } from './areas/attestation/reissue.service.js';
import type { EligibilityService } from './areas/eligibility/eligibility.service.js';
import type { InjectionService } from './areas/injection/injection.service.js';
import type { Intake } from './areas/patients/intake.js';
import type { UnvaccinatedListService } from './areas/patients/unvaccinated-list.service.js';
import type { NirIndex } from './db/sealing.js';

/** What the resolvers of all areas are given; each area names only the part it calls. */
export interface Services {
  readonly nirIndex: NirIndex;
  readonly intake: Intake;
  readonly eligibility: EligibilityService;
  readonly injections: InjectionService;
  readonly attestations: AttestationService;
  readonly reissues: ReissueService;
  readonly unvaccinatedLists: UnvaccinatedListService;
}
