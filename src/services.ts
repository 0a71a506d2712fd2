import type { Competences } from './access/competence.js';
import { AttestationService } from './areas/attestation/attestation.service.js';
import { ReissueService } from './areas/attestation/reissue.service.js';
import { CorrectionsService } from './areas/corrections/corrections.service.js';
import { EligibilityService } from './areas/eligibility/eligibility.service.js';
import { StepRecorder } from './areas/eligibility/step-recorder.js';
import { IndicatorsService } from './areas/indicators/indicators.service.js';
import { protect } from './areas/indicators/protection.js';
import { PublishedFigures } from './areas/indicators/published.js';
import { InjectionService } from './areas/injection/injection.service.js';
import type { Intake } from './areas/patients/intake.js';
import { Registrar } from './areas/patients/registration.js';
import { UnvaccinatedListService } from './areas/patients/unvaccinated-list.service.js';
import { HandoffService } from './areas/pharmacovigilance/handoff.service.js';
import { ObjectionService } from './areas/rights/objection.service.js';
import { SteeringCopy } from './areas/steering/steering-copy.js';
import { ManualIntake, TableReferential } from './areas/targeting/manual-intake.js';
import type { Config, Keys } from './config.js';
import type { Database } from './db/database.js';
import { NirIndex, Sealer } from './db/sealing.js';
import { Pseudonymiser } from './formats/pseudonym.js';
import type { Clock } from './kernel/clock.js';
import type { Limits } from './law/limits.js';
import { PSEUDONYM_SPACES, type PseudonymSpace } from './law/recipients.js';
import type { Guesses } from './read/guesses.js';
import type { Journal, Watch } from './read/journal.js';
import type { Keys as SigningKeys } from './signing/keyring.js';

/** What the resolvers of all areas are given; each area names only the part it calls. */
export interface Services {
  readonly nirIndex: NirIndex;
  readonly intake: Intake;
  readonly eligibility: EligibilityService;
  readonly injections: InjectionService;
  readonly handoffs: HandoffService;
  readonly attestations: AttestationService;
  readonly unvaccinatedLists: UnvaccinatedListService;
  readonly corrections: CorrectionsService;
  readonly objections: ObjectionService;
  readonly indicators: IndicatorsService;
}

/** Reads what is published of the steering copy, and nothing else. */
const INDICATORS_ROLE = 'lancette_indicators';

export interface ServiceParts {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly competences: Competences;
  readonly guesses: Guesses;
  readonly watch: Watch;
  readonly journal: Journal;
  readonly limits: Limits;
  readonly signing: SigningKeys;
}

export function createServices(parts: ServiceParts): Services {
  const { config, database, clock, competences, guesses, watch, limits, signing } = parts;
  const { keys } = config;
  const nirIndex = new NirIndex(keys.nirIndex);
  const sealer = createSealer(keys);
  const intake = new ManualIntake(database, createRegistrar(keys), new TableReferential(database, sealer));
  const recorder = new StepRecorder({ database, intake, clock, competences, watch });
  const issuing = { database, keys: signing, clock };
  const reissues = new ReissueService(issuing);
  return {
    nirIndex,
    intake,
    eligibility: new EligibilityService(recorder),
    injections: new InjectionService(recorder),
    handoffs: new HandoffService({
      ...{ issuer: config.audience, portal: config.adverseEffectPortal },
      ...{ key: keys.handoff, clock },
    }),
    attestations: new AttestationService({ ...issuing, nirIndex, intake, guesses, watch, limits }),
    unvaccinatedLists: new UnvaccinatedListService(database),
    corrections: new CorrectionsService({ database, clock, renewals: reissues }),
    objections: new ObjectionService({ database, sealer, nirIndex, clock }),
    indicators: new IndicatorsService({
      ...{ ...config.indicators, journal: parts.journal },
      figures: new PublishedFigures(database.pool(INDICATORS_ROLE)),
      pool: (role) => database.pool(role),
    }),
  };
}

/** The registrar of persons, with the keys of the configuration. */
export function createRegistrar(keys: Keys): Registrar {
  const pseudonymiser = (system: PseudonymSpace) =>
    new Pseudonymiser({ system, canon: PSEUDONYM_SPACES[system].canon, ...keys.pseudonyms[system] });
  return new Registrar(createSealer(keys), new NirIndex(keys.nirIndex), {
    COVID: pseudonymiser('COVID'),
    ARS: pseudonymiser('ARS'),
    SNDS: pseudonymiser('SNDS'),
  });
}

export const createSealer = (keys: Keys): Sealer => new Sealer(keys.sealing.current, keys.sealing.keys);

/** The de-identified copy, as the server and the commands keep it: nothing is published but behind the control of disclosure. */
export const createSteeringCopy = (database: Database, { indicators }: Pick<Config, 'indicators'>): SteeringCopy =>
  new SteeringCopy(database, {
    threshold: indicators.threshold,
    protect(client, publication) {
      return protect(client, publication, this.threshold);
    },
  });
