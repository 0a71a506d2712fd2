import type { Pool } from 'pg';
import { operationRight } from '../../access/decide.js';
import { roleFor, roleOf } from '../../access/grants.js';
import { patientPredicate } from '../../access/perimeter.js';
import { findsPatientInCare, type Principal, perimeterStep } from '../../access/principal.js';
import { standingStep, structureOf } from '../../access/standing.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Row, type Step, statement, stepOf } from '../../db/pipeline.js';
import type { NirIndex } from '../../db/sealing.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Limits } from '../../law/limits.js';
import { type Recipient, recipientRule } from '../../law/recipients.js';
import type { RequestContext } from '../../read/context.js';
import { type Guesses, guessOfCare } from '../../read/guesses.js';
import type { Watch } from '../../read/journal.js';
import type { Care } from '../../read/plan.js';
import type { Keys } from '../../signing/keyring.js';
import { careOf } from '../patients/care-input.js';
import type { Intake } from '../patients/intake.js';
import type { Attestation } from './attestation.js';
import type { AttestationInput } from './attestation-input.js';
import { certify } from './certifier.js';
import { readDataset } from './dataset.js';
import { recordStep } from './record.js';

/** Whose certificate may be made: the caller's own role says so, and gives a technical key and nothing else. */
const whose = (recipient: Recipient, byId: boolean) =>
  statement(
    `select p.key from patient p where ${patientPredicate(recipientRule(recipient).rows, 'p')}${byId ? ' and p.id = $1::uuid' : ''}`,
  );

export interface AttestationParts {
  readonly database: Database;
  readonly nirIndex: NirIndex;
  readonly intake: Intake;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly guesses: Guesses;
  /** The detector of misuse, which must see certificates as it sees readings. */
  readonly watch: Watch;
  readonly limits: Limits;
}

/** Hands out certificates of the last dose (decree 2021-1670). */
export class AttestationService {
  constructor(private readonly parts: AttestationParts) {}

  /**
   * @throws NOT_FOUND outside the perimeter, NOT_VACCINATED without an injection, INVALID_INPUT, RATE_LIMITED beyond what
   * one person may be given in a day
   */
  async issue(context: RequestContext, input: AttestationInput): Promise<Attestation> {
    const { principal, requestId } = context;
    const { enter, patientKey } = await this.reach(context, input);
    const dataset = await readDataset(this.pool, patientKey);
    if (!dataset) throw new LancetteError('NOT_VACCINATED');
    const attestation = await certify(dataset, this.parts.keys, this.parts.clock.now());
    const { article } = operationRight(principal.recipient, 'issueAttestation');
    const author = { requestId, recipient: principal.recipient, actor: principal.subject, article };
    const record = recordStep(attestation, { ...author, operation: 'issueAttestation' }, this.person);
    // By the caller's own role: what it may not record, no other records for it.
    const pool = this.parts.database.pool(roleFor(principal));
    const [, recorded] = await pipeline(pool, [enter, record, stepOf(standingStep(principal))]);
    if (!recorded?.length) throw new LancetteError('RATE_LIMITED', { retryAfter: this.person.seconds });
    const { recipient, subject: actor } = principal;
    await this.parts.watch.observe([{ recipient, actor, structure: structureOf(principal), records: [patientKey] }]);
    return attestation;
  }

  private get pool(): Pool {
    return this.parts.database.pool(roleOf('attestations'));
  }

  private get person() {
    return this.parts.limits.issues.person;
  }

  /** The person, and how the caller's role came to it. @throws NOT_FOUND, INVALID_INPUT */
  private async reach(context: RequestContext, input: AttestationInput): Promise<{ enter: Step; patientKey: string }> {
    const { principal } = context;
    const care = findsPatientInCare(principal)
      ? careOf({ ...input, birthDate: input.birthDate ?? '' }, this.parts.nirIndex)
      : undefined;
    const perimeter = perimeterStep(principal, care);
    const byId = recipientRule(principal.recipient).rows === 'ownBodies';
    if (!perimeter || (byId && !isUuid(input.patientId)))
      throw new LancetteError('INVALID_INPUT', { field: 'patientId' });
    const enter = stepOf(perimeter);
    const look = { statement: whose(principal.recipient, byId), values: byId ? [input.patientId ?? null] : [] };
    const find = () => this.find(principal, [enter, look], care);
    const row = care ? await this.parts.guesses.evaluate(context, guessOfCare(care), find, Boolean) : await find();
    if (!row?.[0]) throw new LancetteError('NOT_FOUND');
    return { enter, patientKey: row[0] };
  }

  /** Taken in first, as by a search, or the difference would tell who was (AIPD M1.50). */
  private async find(principal: Principal, looking: readonly Step[], care: Care | undefined): Promise<Row | undefined> {
    if (care?.nirIndex) await this.parts.intake.takeIn(care.nirIndex);
    const pool = this.parts.database.pool(roleFor(principal));
    return (await pipeline(pool, [...looking, stepOf(standingStep(principal))]))[1]?.[0];
  }
}

const isUuid = (text: string | undefined): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text ?? '');
