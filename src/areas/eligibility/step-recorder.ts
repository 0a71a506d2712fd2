import { createHash } from 'node:crypto';
import type { GraphQLResolveInfo } from 'graphql';
import type { Pool } from 'pg';
import { Competences } from '../../access/competence.js';
import { categoriesOf, operationRight } from '../../access/decide.js';
import { roleFor } from '../../access/grants.js';
import { type Principal, perimeterStep } from '../../access/principal.js';
import { standingStep, structureOf } from '../../access/standing.js';
import type { Database } from '../../db/database.js';
import { arrayLiteral, pipeline, type Row, type Statement, statement, stepOf } from '../../db/pipeline.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Category } from '../../law/categories.js';
import type { PersonalType } from '../../law/fields.js';
import type { Operation } from '../../law/operations.js';
import type { Act } from '../../law/professions.js';
import type { RequestContext } from '../../read/context.js';
import type { Watch } from '../../read/journal.js';
import type { Care, Source } from '../../read/plan.js';
import type { Intake } from '../patients/intake.js';
import { patientInCare } from '../patients/patient.plans.js';
import { ProfessionalKeys } from '../professionals/professional-keys.js';

/** What every step asks for beside its own data. */
export interface StepInput {
  readonly idempotencyKey: string;
  readonly performedAt: string;
  readonly personAgrees: boolean;
  readonly personInformed: boolean;
}

export interface Recording<Input extends StepInput> {
  readonly principal: Principal;
  readonly requestId: string;
  readonly care: Care;
  readonly input: Input;
  /** Categories of what the answer discloses, for its trace. */
  readonly disclosed: readonly Category[];
}

/** What the resolver of a mutation hands over: its answer was judged with its document. */
export const recordingOf = <Input extends StepInput>(
  { principal, requestId, judgement }: RequestContext,
  { path }: GraphQLResolveInfo,
  care: Care,
  input: Input,
): Recording<Input> => {
  const verdict = judgement.get(String(path.key));
  if (!verdict) throw new Error('nothing is recorded before its document was judged');
  return { principal, requestId, care, input, disclosed: verdict.categories };
};

/** One kind of step: the statement that records it, whose own values follow those of `recordingStatement`. */
export interface StepKind {
  readonly operation: Operation;
  readonly type: PersonalType;
  readonly statement: Statement;
  /** Why the rules of this kind refuse what stood in order; the order itself is refused when it returns nothing. */
  readonly refusalOf?: (before: Before, recording: Recording<never>) => LancetteError | undefined;
}

/** The doses that a refused one would have followed; `on` is the day of the last. */
export interface Before {
  readonly nextRank: number;
  readonly first: string;
  readonly last: string;
  readonly on: string;
}

/** The patient in care, as the perimeter of this transaction left it. */
const CARE = `care as materialized (select nullif(current_setting('lancette.patient', true), '')::bigint as key)`;

/** What differs between the recordings beside their insert. */
interface RecordingKind {
  readonly operation: Operation;
  readonly act: string;
  /** Placeholder of the instant of the step. */
  readonly performedAt: string;
  /** Columns of the step that hold professionals. */
  readonly professionals: readonly string[];
}

/**
 * A recording as one statement. Parameters 1 to 9: request id, subject, idempotency key, digest of the request, recipient,
 * article, categories of the recording, key of the professional, categories of what the answer discloses.
 * The act, the idempotency key and the traces exist if and only if the step does. Answers: patient key, whether a step was recorded.
 * @param insert of the step, selecting from `care`
 */
export const recordingStatement = (
  { operation, act, performedAt, professionals }: RecordingKind,
  insert: string,
): Statement =>
  statement(`with ${CARE},
step as (${insert} on conflict do nothing returning patient_key, ${professionals.join()}),
act as (insert into act (kind, performed_on, professional_key) select '${act}', (${performedAt}::timestamptz)::date, $8::bigint from step),
idempotency as (insert into idempotency_key (subject, key, digest) select $2, $3, $4 from step),
trace as (insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
  select $1::uuid, $5, $2, '${operation}', kind.categories::text[], kind.outcome, $6, array[patient_key]
  from step cross join (values ($7, 'RECORDED'), ($9, 'DISCLOSED')) kind (categories, outcome))
-- From now on these are among the professionals of the patient's steps, whom the answer may name.
select care.key, exists (select from step),
  (select set_config('lancette.professionals', (nullif(current_setting('lancette.professionals', true), '')::bigint[] || array[${professionals.join()}])::text, true) from step)
from care`);

/**
 * After a recording that changed nothing: patient, earlier digest of the key, eligible, already recorded, next rank; then
 * the products of the first dose and of the one before this rank, and its day.
 */
const WHY_NOT = statement(`with ${CARE},
eligible as (select exists (select from eligibility_step e where e.patient_key = care.key) as yes from care)
select care.key, lancette.idempotent($1, $2), eligible.yes,
  case when $3::smallint = 0 then eligible.yes
       else exists (select from injection_step i where i.patient_key = care.key and i.rank = $3::smallint) end,
  1 + coalesce((select max(i.rank) from injection_step i where i.patient_key = care.key), 0),
  first.vaccine, last.vaccine, last.performed_at::date
from care cross join eligible left join injection_step first on first.patient_key = care.key and first.rank = 1
  left join injection_step last on last.patient_key = care.key and last.rank = $3::smallint - 1`);

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

export interface RecorderParts {
  readonly database: Database;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly competences: Competences;
  /** The detector of misuse, which must see recordings as it sees readings. */
  readonly watch: Watch;
}

/** Records the steps of the pathway (AIPD, suivi): in order, once, for good; all that belongs to a step, or nothing. */
export class StepRecorder {
  readonly professionals = new ProfessionalKeys();

  constructor(private readonly parts: RecorderParts) {}

  /**
   * The patient, for whom the step is recorded in the transaction of the answer.
   * @param values of the step's own parameters, from `$10` on
   * @throws DECLARATION_REQUIRED, INVALID_INPUT; read, the source refuses with NOT_FOUND, STEP_OUT_OF_ORDER,
   * STEP_ALREADY_RECORDED, IDEMPOTENCY_MISMATCH and what the kind of step refuses
   */
  async record<Input extends StepInput>(
    kind: StepKind,
    recording: Recording<Input>,
    values: readonly (string | null)[],
  ): Promise<Source> {
    const { principal, requestId, care, input, disclosed } = recording;
    this.requireDeclarations(input);
    this.requirePlausible(input.performedAt, care.birthDate);
    const digest = digestOf(kind.operation, care, input);
    const parameters = [
      ...[requestId, principal.subject, input.idempotencyKey, digest],
      ...[principal.recipient, operationRight(principal.recipient, kind.operation).article],
      arrayLiteral(categoriesOf(kind.type)),
      await this.keyOfProfessional(principal),
      arrayLiteral(disclosed),
      ...values,
    ];
    return patientInCare(care, this.parts.intake, {
      step: { statement: kind.statement, values: parameters },
      isRefusal,
      isDone: ([row]) => row?.[1] === 't',
      whyNot: async () => {
        const why = await this.whyNot(recording);
        return { found: Boolean(why?.[0]), refusal: explain(kind, recording, digest, why) };
      },
      observed: (records) => this.parts.watch.observe([seenIn(principal, records)]),
    });
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

  /**
   * Neither in the future nor before the birth; a partial birth date counts from its first day (SECURITY A34).
   * @throws INVALID_INPUT naming the field
   */
  requirePlausible(instant: string, birthDate: string, field = 'performedAt'): void {
    if (Date.parse(instant) > this.parts.clock.now().getTime() || instant.slice(0, 10) < birthDate) {
      throw new LancetteError('INVALID_INPUT', { field });
    }
  }

  now(): Date {
    return this.parts.clock.now();
  }

  private keyOfProfessional(principal: Principal): Promise<string> {
    if (!principal.professional) throw new LancetteError('UNAUTHENTICATED');
    return this.professionals.of(this.poolOf(principal), principal.professional);
  }

  /** What is known, in a snapshot of its own, of why nothing was recorded. */
  private async whyNot<Input extends StepInput>({
    principal,
    care,
    input,
  }: Recording<Input>): Promise<Row | undefined> {
    const perimeter = perimeterStep(principal, care);
    if (!perimeter) throw new LancetteError('FORBIDDEN_OPERATION', { article: 'art. 3' });
    const rank = 'rank' in input ? String(input.rank) : '0';
    const [, rows] = await pipeline(this.poolOf(principal), [
      stepOf(perimeter),
      { statement: WHY_NOT, values: [principal.subject, input.idempotencyKey, rank] },
      stepOf(standingStep(principal)),
    ]);
    return rows?.[0];
  }
}

/** The key was used for another step, or the person objected (art. 5) and left the register between the look and the write. */
function isRefusal(error: unknown): boolean {
  const { code, table } = error as { code?: string; table?: string };
  return (code === UNIQUE_VIOLATION && table === 'idempotency_key') || code === FOREIGN_KEY_VIOLATION;
}

const seenIn = (principal: Principal, records: readonly string[]) => ({
  recipient: principal.recipient,
  actor: principal.subject,
  structure: structureOf(principal),
  records,
});

/** Why nothing was recorded, from a snapshot taken after the attempt; null for a repeat of the same request, no error. */
function explain<Input extends StepInput>(
  kind: StepKind,
  recording: Recording<Input>,
  digest: string,
  why: Row = [],
): LancetteError | null {
  const [patient, earlierDigest, eligible, recorded, nextRank, first, last, on] = why;
  if (!patient) return new LancetteError('NOT_FOUND');
  if (earlierDigest === digest) return null;
  if (earlierDigest) return new LancetteError('IDEMPOTENCY_MISMATCH', { field: 'idempotencyKey' });
  if (recorded === 't') return new LancetteError('STEP_ALREADY_RECORDED');
  if (eligible !== 't') return new LancetteError('STEP_OUT_OF_ORDER', { field: 'eligibilityStep' });
  const before = first && last && on ? { nextRank: Number(nextRank), first, last, on } : undefined;
  const refusal = before && kind.refusalOf?.(before, recording as Recording<never>);
  return refusal ?? new LancetteError('STEP_OUT_OF_ORDER', { field: 'rank' });
}

function digestOf(operation: string, care: Care, input: StepInput): string {
  const { idempotencyKey: _, ...request } = input;
  return createHash('sha256')
    .update(JSON.stringify([operation, care.code, care.nirIndex?.toString('hex'), request]))
    .digest('hex');
}
