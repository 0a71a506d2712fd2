import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { Competences } from '../../access/competence.js';
import { categoriesOf, operationRight } from '../../access/decide.js';
import { roleFor } from '../../access/grants.js';
import { type Principal, perimeterStep } from '../../access/principal.js';
import { standingStep } from '../../access/standing.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Row, type Statement, statement } from '../../db/pipeline.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import type { PersonalType } from '../../law/fields.js';
import type { Operation } from '../../law/operations.js';
import type { Act } from '../../law/professions.js';
import { type GuessCaller, type Guesses, guessOfCare } from '../../read/guesses.js';
import type { Care } from '../../read/plan.js';
import type { Intake } from '../patients/intake.js';
import { ProfessionalKeys } from '../professionals/professional-keys.js';

/** What every step asks for beside its own data. */
export interface StepInput {
  readonly idempotencyKey: string;
  readonly performedAt: string;
  readonly personAgrees: boolean;
  readonly personInformed: boolean;
}

export interface Recording<Input extends StepInput> extends GuessCaller {
  readonly requestId: string;
  readonly care: Care;
  readonly input: Input;
}

/** One kind of step: the statement that records it, whose own values follow the seven of `recordingStatement`. */
export interface StepKind {
  readonly operation: Operation;
  readonly type: PersonalType;
  readonly statement: Statement;
}

/** The patient in care, as the perimeter of this transaction left it. */
const CARE = `care as materialized (select nullif(current_setting('lancette.patient', true), '')::bigint as key)`;

/**
 * A recording as one statement. Parameters 1 to 8: request id, subject, idempotency key, digest of the request, recipient,
 * article and categories for the trace, key of the professional. The act, the idempotency key and the trace exist if and
 * only if the step does. Answers: patient key, whether a step was recorded.
 * @param insert of the step, selecting from `care`; `performedAt` is the placeholder of its instant
 */
export const recordingStatement = (operation: Operation, act: string, performedAt: string, insert: string): Statement =>
  statement(`with ${CARE},
step as (${insert} on conflict do nothing returning patient_key),
act as (insert into act (kind, performed_on, professional_key) select '${act}', (${performedAt}::timestamptz)::date, $8::bigint from step),
idempotency as (insert into idempotency_key (subject, key, digest) select $2, $3, $4 from step),
trace as (insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
  select $1::uuid, $5, $2, '${operation}', $7::text[], 'RECORDED', $6, array[patient_key] from step)
select care.key, exists (select from step) from care`);

/** After a recording that changed nothing: patient, earlier digest of the key, eligible, already recorded, next rank. */
const WHY_NOT = statement(`with ${CARE},
eligible as (select exists (select from eligibility_step e where e.patient_key = care.key) as yes from care)
select care.key, lancette.idempotent($1, $2), eligible.yes,
  case when $3::smallint = 0 then eligible.yes
       else exists (select from injection_step i where i.patient_key = care.key and i.rank = $3::smallint) end,
  1 + coalesce((select max(i.rank) from injection_step i where i.patient_key = care.key), 0)
from care, eligible`);

interface Outcome {
  readonly recorded: boolean;
  readonly why?: Row | undefined;
}

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

export interface RecorderParts {
  readonly database: Database;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly competences: Competences;
  readonly guesses: Guesses;
}

/** Records the steps of the pathway (AIPD, suivi): in order, once, for good; all that belongs to a step, or nothing. */
export class StepRecorder {
  readonly professionals = new ProfessionalKeys();

  constructor(private readonly parts: RecorderParts) {}

  /**
   * @param values of the step's own parameters, from `$9` on
   * @throws DECLARATION_REQUIRED, INVALID_INPUT, NOT_FOUND, STEP_OUT_OF_ORDER, STEP_ALREADY_RECORDED, IDEMPOTENCY_MISMATCH
   */
  async record<Input extends StepInput>(
    kind: StepKind,
    recording: Recording<Input>,
    values: readonly (string | null)[],
  ): Promise<void> {
    const { principal, requestId, care, input } = recording;
    this.requireDeclarations(input);
    this.requirePlausible(input.performedAt, care.birthDate);
    const digest = digestOf(kind.operation, care, input);
    const parameters = [
      ...[requestId, principal.subject, input.idempotencyKey, digest],
      ...[principal.recipient, operationRight(principal.recipient, kind.operation).article],
      `{${categoriesOf(kind.type).join()}}`,
      await this.keyOfProfessional(principal),
      ...values,
    ];
    const outcome = await this.parts.guesses.evaluate(
      recording,
      guessOfCare(care),
      () => this.attempt(kind, recording, parameters),
      ({ recorded, why }) => recorded || Boolean(why?.[0]),
    );
    if (!outcome.recorded) explain(outcome.why, digest);
  }

  /** One try, and a second one for a person just taken in; when nothing was recorded, what is known of why. */
  private async attempt<Input extends StepInput>(
    { statement: what }: StepKind,
    { principal, care, input }: Recording<Input>,
    parameters: (string | null)[],
  ): Promise<Outcome> {
    let [row] = await this.inCare(principal, care, what, parameters);
    if (!row?.[0] && care.nirIndex && (await this.parts.intake.takeIn(care.nirIndex))) {
      [row] = await this.inCare(principal, care, what, parameters);
    }
    if (row?.[1] === 't') return { recorded: true };
    const rank = 'rank' in input ? String(input.rank) : '0';
    const [why] = await this.inCare(principal, care, WHY_NOT, [principal.subject, input.idempotencyKey, rank]);
    return { recorded: false, why };
  }

  /** @throws FORBIDDEN_OPERATION when the caller's profession may not perform these acts today */
  requireCompetence(principal: Principal, kind: StepKind, acts: readonly Act[]): void {
    this.parts.competences.require(principal.professional, {
      acts,
      operation: kind.operation,
      now: this.parts.clock.now(),
    });
  }

  poolOf(principal: Principal): Pool {
    return this.parts.database.pool(roleFor(principal));
  }

  /** Both boxes are ticked on purpose, or nothing is recorded: a refusal is never stored (AIPD, suivi). */
  private requireDeclarations({ personAgrees, personInformed }: StepInput): void {
    if (!personAgrees) throw new LancetteError('DECLARATION_REQUIRED', { field: 'personAgrees' });
    if (!personInformed) throw new LancetteError('DECLARATION_REQUIRED', { field: 'personInformed' });
  }

  /** Neither in the future nor before the birth; a partial birth date counts from its first day (SECURITY A34). */
  private requirePlausible(performedAt: string, birthDate: string): void {
    if (Date.parse(performedAt) > this.parts.clock.now().getTime() || performedAt.slice(0, 10) < birthDate) {
      throw new LancetteError('INVALID_INPUT', { field: 'performedAt' });
    }
  }

  private keyOfProfessional(principal: Principal): Promise<string> {
    if (!principal.professional) throw new LancetteError('UNAUTHENTICATED');
    return this.professionals.of(this.poolOf(principal), principal.professional);
  }

  private async inCare(principal: Principal, care: Care, what: Statement, values: (string | null)[]): Promise<Row[]> {
    const perimeter = perimeterStep(principal, care);
    if (!perimeter) throw new LancetteError('FORBIDDEN_OPERATION', { article: 'art. 3' });
    const standing = standingStep(principal);
    try {
      const [, rows] = await pipeline(this.poolOf(principal), [
        { statement: statement(perimeter.text), values: perimeter.values },
        { statement: what, values },
        { statement: statement(standing.text), values: standing.values },
      ]);
      return rows ?? [];
    } catch (error) {
      // The idempotency key was used for another step: nothing was recorded, and `explain` says why.
      const { code, table } = error as { code?: string; table?: string };
      if (code === UNIQUE_VIOLATION && table === 'idempotency_key') return [];
      // The person objected (art. 5) and left the register between the look and the write.
      if (code === FOREIGN_KEY_VIOLATION) return [];
      throw error;
    }
  }
}

/** Why nothing was recorded, from a snapshot taken after the attempt; a repeat of the same request is no error. */
function explain(why: Row | undefined, digest: string): void {
  const [patient, earlierDigest, eligible, recorded] = why ?? [];
  if (!patient) throw new LancetteError('NOT_FOUND');
  if (earlierDigest === digest) return;
  if (earlierDigest) throw new LancetteError('IDEMPOTENCY_MISMATCH', { field: 'idempotencyKey' });
  if (recorded === 't') throw new LancetteError('STEP_ALREADY_RECORDED');
  throw new LancetteError('STEP_OUT_OF_ORDER', { field: eligible === 't' ? 'rank' : 'eligibilityStep' });
}

function digestOf(operation: string, care: Care, input: StepInput): string {
  const { idempotencyKey: _, ...request } = input;
  return createHash('sha256')
    .update(JSON.stringify([operation, care.code, care.nirIndex?.toString('hex'), request]))
    .digest('hex');
}

/** An array of texts as PostgreSQL writes it. */
export const arrayLiteral = (values: readonly string[]): string =>
  `{${values.map((value) => JSON.stringify(value)).join(',')}}`;
