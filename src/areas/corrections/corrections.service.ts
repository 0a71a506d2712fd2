import { createHash } from 'node:crypto';
import { categoriesOf, grantedFields, operationRight } from '../../access/decide.js';
import { roleFor } from '../../access/grants.js';
import { type Principal, perimeterStep } from '../../access/principal.js';
import { standingStep } from '../../access/standing.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Statement, type Step, statement, stepOf } from '../../db/pipeline.js';
import { findProduct } from '../../formats/dcc/value-sets.js';
import type { Clock } from '../../kernel/clock.js';
import { isErrorCode, LancetteError } from '../../kernel/errors.js';
import type { Category } from '../../law/categories.js';
import type { PersonalType } from '../../law/fields.js';
import type { Operation } from '../../law/operations.js';
import type { EligibilityCorrectionInput, InjectionCorrectionInput, WithdrawalInput } from './correction-input.js';
import type { SupersedingReason } from './superseded-step.js';

const CORRECT_INJECTION = statement('select lancette.correct_injection($1, $2, $3, $4)');
const CORRECT_ELIGIBILITY = statement('select lancette.correct_eligibility($1, $2, $3, $4)');
const KEY_OF = statement('select key from patient where id = $1::uuid');
const EVERY_RANK = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const WITHDRAW_STEP = statement('select lancette.withdraw_step($1, $2, $3)');

/** Properties of the inputs and the columns that they change; whatever else a step has is carried over. */
const INJECTION_COLUMNS = {
  vaccine: 'vaccine',
  lotNumber: 'lot_number',
  administrationRoute: 'administration_route',
  injectionSite: 'injection_site',
  performedAt: 'performed_at',
  placeCategory: 'place_category',
  placeFiness: 'place_finess',
  placeSiret: 'place_siret',
} as const;
const ELIGIBILITY_COLUMNS = { performedAt: 'performed_at', prescribedAt: 'prescribed_at' } as const;

interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
}

interface Correction {
  readonly operation: Operation;
  readonly categories: readonly Category[];
  readonly reason: SupersedingReason;
  readonly input: { readonly idempotencyKey: string; readonly patientId: string };
}

export interface CorrectionParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly renewals: Renewals;
}

/** Makes anew the certificates that a correction has revoked; see `attestation/reissue.service.ts`. */
export interface Renewals {
  renew(
    patientKey: string,
    ranks: readonly number[],
    author: { requestId: string; recipient: string; actor: string; article: string },
  ): Promise<void>;
}

const UNIQUE_VIOLATION = '23505';

/**
 * Rectification (AIPD, droits; GDPR, art. 16): at the person's request, an agent of the person's body puts a superseding step
 * in the place of one that stays in the archive, revokes its certificates and leaves an event and a trace; all of it or nothing.
 */
export class CorrectionsService {
  constructor(private readonly parts: CorrectionParts) {}

  /** @throws what `conclude` throws; INVALID_INPUT for a vaccine of no value set, or an instant to come or before the birth */
  async correctInjection(caller: Caller, input: InjectionCorrectionInput): Promise<void> {
    if (input.vaccine && !findProduct(input.vaccine)) throw new LancetteError('INVALID_INPUT', { field: 'vaccine' });
    this.requirePast('performedAt', input.performedAt);
    await this.conclude(
      caller,
      {
        operation: 'correctInjection',
        categories: grantedCategories(caller, 'InjectionStep'),
        reason: input.reason,
        input,
      },
      CORRECT_INJECTION,
      [String(input.rank), changesOf(input, INJECTION_COLUMNS)],
    );
    await this.renew(caller, input);
  }

  /** A certificate that is revoked leaves its holder without one: the corrected one follows in the same act. */
  private async renew({ principal, requestId }: Caller, { patientId, rank, vaccine }: InjectionCorrectionInput) {
    const [, rows] = await pipeline(this.parts.database.pool(roleFor(principal)), [
      perimeterOf(principal),
      { statement: KEY_OF, values: [patientId] },
    ]);
    const { article } = operationRight(principal.recipient, 'correctInjection');
    const author = { requestId, recipient: principal.recipient, actor: principal.subject, article };
    const [key] = rows?.[0] ?? [];
    // The first vaccine decides how many doses make a series: every certificate counts them.
    if (key) await this.parts.renewals.renew(key, rank === 1 && vaccine ? EVERY_RANK : [rank], author);
  }

  /** The categories that the agent is not granted stay as they are. @throws as for an injection */
  async correctEligibility(caller: Caller, input: EligibilityCorrectionInput): Promise<void> {
    this.requirePast('performedAt', input.performedAt);
    this.requirePast('prescribedAt', input.prescribedAt);
    if (input.prescriber === null && input.prescribedAt)
      throw new LancetteError('INVALID_INPUT', { field: 'prescribedAt' });
    const changes = changesOf(input, ELIGIBILITY_COLUMNS, input.prescriber === null ? { prescriber_key: null } : {});
    await this.conclude(
      caller,
      {
        operation: 'correctEligibility',
        categories: grantedCategories(caller, 'EligibilityStep'),
        reason: input.reason,
        input,
      },
      CORRECT_ELIGIBILITY,
      [changes, input.prescriber ? JSON.stringify(input.prescriber) : null],
    );
  }

  /** @throws what `conclude` throws; STEP_OUT_OF_ORDER for a step that another one follows */
  async withdrawStep(caller: Caller, input: WithdrawalInput): Promise<void> {
    await this.conclude(
      caller,
      {
        operation: 'withdrawStep',
        categories: categoriesOf(input.rank ? 'InjectionStep' : 'EligibilityStep'),
        reason: 'WRONG_PERSON',
        input,
      },
      WITHDRAW_STEP,
      [String(input.rank ?? 0)],
    );
  }

  /**
   * @throws NOT_FOUND outside the perimeter, STEP_NOT_FOUND, NOTHING_TO_CORRECT, STEP_OUT_OF_ORDER, INVALID_INPUT,
   * IDEMPOTENCY_MISMATCH
   */
  private async conclude(
    caller: Caller,
    correction: Correction,
    what: Statement,
    values: readonly (string | null)[],
  ): Promise<void> {
    const parameters = [correction.input.patientId, ...values, deedOf(caller, correction)];
    const outcome = await this.run(caller.principal, what, parameters).catch(
      (error: { code?: string; table?: string }) => {
        // The same key at the same moment: looking again finds what the other one did.
        if (error.code !== UNIQUE_VIOLATION || error.table !== 'idempotency_key') throw error;
        return this.run(caller.principal, what, parameters);
      },
    );
    if (outcome === 'DONE') return;
    if (!isErrorCode(outcome)) throw new Error('unknown outcome of a correction');
    throw new LancetteError(outcome, FIELDS[outcome] ? { field: FIELDS[outcome] } : {});
  }

  private async run(principal: Principal, what: Statement, values: readonly (string | null)[]): Promise<string> {
    const results = await pipeline(this.parts.database.pool(roleFor(principal)), [
      perimeterOf(principal),
      { statement: what, values },
      stepOf(standingStep(principal)),
    ]);
    return results[1]?.[0]?.[0] ?? '';
  }

  private requirePast(field: string, instant: string | undefined): void {
    if (instant && Date.parse(instant) > this.parts.clock.now().getTime())
      throw new LancetteError('INVALID_INPUT', { field });
  }
}

function perimeterOf(principal: Principal): Step {
  const perimeter = perimeterStep(principal);
  if (!perimeter) throw new LancetteError('FORBIDDEN_OPERATION', { article: 'art. 3' });
  return stepOf(perimeter);
}

/** The argument to which a refusal of the database points. */
const FIELDS: Readonly<Record<string, string>> = {
  STEP_NOT_FOUND: 'rank',
  STEP_OUT_OF_ORDER: 'rank',
  INVALID_INPUT: 'performedAt',
  IDEMPOTENCY_MISMATCH: 'idempotencyKey',
};

const grantedCategories = ({ principal }: Caller, type: PersonalType): Category[] => [
  ...new Set(grantedFields(principal.recipient, type).flatMap(({ right }) => right.category ?? [])),
];

/** What may be given as nothing; the rest is left out to say nothing of it. */
const MAY_BE_EMPTY: readonly string[] = ['placeFiness', 'placeSiret'];

/** JSON of the columns to change: those that were given. @throws INVALID_INPUT for a null that no step can hold */
function changesOf(input: object, columns: Readonly<Record<string, string>>, more: object = {}): string {
  const given = Object.entries(input).filter(([property, value]) => columns[property] && value !== undefined);
  const [empty] = given.find(([property, value]) => value === null && !MAY_BE_EMPTY.includes(property)) ?? [];
  if (empty) throw new LancetteError('INVALID_INPUT', { field: empty });
  return JSON.stringify({
    ...Object.fromEntries(given.map(([property, value]) => [columns[property], value])),
    ...more,
  });
}

function deedOf({ principal, requestId }: Caller, { operation, categories, reason, input }: Correction): string {
  const { idempotencyKey, ...asked } = input;
  return JSON.stringify({
    request: requestId,
    recipient: principal.recipient,
    actor: principal.subject,
    article: operationRight(principal.recipient, operation).article,
    key: idempotencyKey,
    digest: createHash('sha256')
      .update(JSON.stringify([operation, asked]))
      .digest('hex'),
    ...{ operation, categories, reason },
  });
}
