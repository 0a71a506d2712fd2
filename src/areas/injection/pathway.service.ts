import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { roleOf } from '../../access/grants.js';
import { type Principal, type ProfessionalIdentity, perimeterStep } from '../../access/principal.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Row, type Statement, statement } from '../../db/pipeline.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Operation } from '../../law/operations.js';
import type { Care } from '../../read/plan.js';
import type { EligibilityInput, PrescriberInput } from '../eligibility/eligibility-input.js';
import type { ManualIntake } from '../targeting/manual-intake.js';
import type { InjectionInput } from './injection-input.js';
import { RECORD_ELIGIBILITY, RECORD_INJECTION, WHY_NOT } from './pathway.statements.js';

export interface Recording<Input> {
  readonly principal: Principal;
  readonly requestId: string;
  readonly care: Care;
  readonly input: Input;
}

const PROFESSIONAL_KEY = statement('select lancette.professional_key($1, $2, $3, $4, $5, $6, $7, $8, $9)');

/** How many professionals' keys are remembered: a saving, not a register. */
const REMEMBERED = 10_000;

/**
 * Records the two steps of the pathway (AIPD, suivi): in order, once, for good. Each recording is one statement with its
 * act, its idempotency key and its trace, so that all of it exists or none.
 */
export class PathwayService {
  private readonly keys = new Map<string, string>();

  constructor(
    private readonly database: Database,
    private readonly intake: ManualIntake,
    private readonly clock: Clock,
  ) {}

  /** @throws DECLARATION_REQUIRED, INVALID_INPUT, NOT_FOUND, STEP_ALREADY_RECORDED, IDEMPOTENCY_MISMATCH */
  async recordEligibility(recording: Recording<EligibilityInput>): Promise<void> {
    const { principal, input } = recording;
    requireDeclarations(input);
    this.requirePast(input.performedAt, 'performedAt');
    requirePrescriber(input);
    const pool = this.poolOf(principal);
    const prescriber = input.prescriber ? await this.keyOfPrescriber(pool, input.prescriber) : null;
    await this.record('recordEligibility', RECORD_ELIGIBILITY, recording, [
      await this.keyOfProfessional(pool, principal),
      input.performedAt,
      prescriber,
      prescriber && (input.prescribedAt ?? input.performedAt),
      arrayLiteral(input.notRecommendedVaccines),
    ]);
  }

  /** @throws DECLARATION_REQUIRED, INVALID_INPUT, NOT_FOUND, STEP_OUT_OF_ORDER, STEP_ALREADY_RECORDED, IDEMPOTENCY_MISMATCH */
  async recordInjection(recording: Recording<InjectionInput>): Promise<void> {
    const { principal, input } = recording;
    requireDeclarations(input);
    this.requirePast(input.performedAt, 'performedAt');
    await this.record('recordInjection', RECORD_INJECTION, recording, [
      await this.keyOfProfessional(this.poolOf(principal), principal),
      String(input.rank),
      input.vaccine,
      input.lotNumber,
      input.administrationRoute,
      input.injectionSite,
      input.performedAt,
      String(input.placeCategory),
      input.placeFiness ?? null,
      input.placeSiret ?? null,
    ]);
  }

  private async record(
    operation: Operation,
    what: Statement,
    { principal, requestId, care, input }: Recording<EligibilityInput | InjectionInput>,
    values: readonly (string | null)[],
  ): Promise<void> {
    const digest = digestOf(operation, care, input);
    const parameters = [requestId, principal.subject, input.idempotencyKey, digest, ...values];
    let [row] = await this.inCare(principal, care, what, parameters);
    if (!row?.[0] && care.nirIndex && (await this.intake.takeIn(care.nirIndex))) {
      [row] = await this.inCare(principal, care, what, parameters);
    }
    if (row?.[1] === 't') return;
    const rank = 'rank' in input ? String(input.rank) : '0';
    const [why] = await this.inCare(principal, care, WHY_NOT, [principal.subject, input.idempotencyKey, rank]);
    explain(why, digest);
  }

  private async inCare(
    principal: Principal,
    care: Care,
    what: Statement,
    values: readonly (string | null)[],
  ): Promise<Row[]> {
    const perimeter = perimeterStep(principal, care);
    if (!perimeter) throw new LancetteError('FORBIDDEN_OPERATION', { article: 'art. 3' });
    const [, rows] = await pipeline(this.poolOf(principal), [
      { statement: statement(perimeter.text), values: perimeter.values },
      { statement: what, values },
    ]);
    return rows ?? [];
  }

  private async keyOfProfessional(pool: Pool, { professional }: Principal): Promise<string> {
    if (!professional) throw new LancetteError('UNAUTHENTICATED');
    const identity = JSON.stringify(professional);
    const known = this.keys.get(identity);
    if (known) return known;
    const key = await professionalKey(pool, professional, false);
    if (this.keys.size >= REMEMBERED) this.keys.clear();
    this.keys.set(identity, key);
    return key;
  }

  /** A prescriber given by hand is an indication, kept apart from the professionals who proved who they are. */
  private keyOfPrescriber(pool: Pool, prescriber: PrescriberInput): Promise<string> {
    return professionalKey(
      pool,
      {
        rpps: prescriber.rpps,
        amNumber: prescriber.amNumber,
        familyName: prescriber.familyName,
        firstName: prescriber.firstName,
      },
      true,
    );
  }

  private poolOf = (principal: Principal): Pool => this.database.pool(roleOf(principal.recipient));

  private requirePast(instant: string, field: string): void {
    if (Date.parse(instant) > this.clock.now().getTime()) throw new LancetteError('INVALID_INPUT', { field });
  }
}

async function professionalKey(pool: Pool, who: Partial<ProfessionalIdentity>, byHand: boolean): Promise<string> {
  const values = [
    who.rpps,
    who.amNumber,
    who.familyName,
    who.firstName,
    who.category,
    who.phone,
    who.email,
    who.structureFiness,
  ];
  const [rows] = await pipeline(pool, [
    { statement: PROFESSIONAL_KEY, values: [...values.map((value) => value ?? null), String(byHand)] },
  ]);
  return rows?.[0]?.[0] ?? '';
}

/** Both boxes are ticked on purpose, or nothing is recorded: a refusal is never stored (AIPD, suivi). */
function requireDeclarations(input: { personAgrees: boolean; personInformed: boolean }): void {
  if (!input.personAgrees) throw new LancetteError('DECLARATION_REQUIRED', { field: 'personAgrees' });
  if (!input.personInformed) throw new LancetteError('DECLARATION_REQUIRED', { field: 'personInformed' });
}

/** A prescriber by hand exactly when the connected professional does not deliver the prescription (SECURITY A34). */
function requirePrescriber(input: EligibilityInput): void {
  if (input.deliversPrescription === Boolean(input.prescriber))
    throw new LancetteError('INVALID_INPUT', { field: 'prescriber' });
}

/** Why nothing was recorded, from a snapshot taken after the attempt; a repeat of the same request is no error. */
function explain(why: Row | undefined, digest: string): void {
  const [patient, earlierDigest, eligible, recorded, nextRank] = why ?? [];
  if (!patient) throw new LancetteError('NOT_FOUND');
  if (earlierDigest === digest) return;
  if (earlierDigest) throw new LancetteError('IDEMPOTENCY_MISMATCH', { field: 'idempotencyKey' });
  if (recorded === 't') throw new LancetteError('STEP_ALREADY_RECORDED');
  throw new LancetteError('STEP_OUT_OF_ORDER', { field: eligible === 't' ? `rank ${nextRank}` : 'eligibilityStep' });
}

function digestOf(operation: string, care: Care, input: object): string {
  const { idempotencyKey: _, ...request } = input as Record<string, unknown>;
  return createHash('sha256')
    .update(JSON.stringify([operation, care.code, care.nirIndex?.toString('hex'), request]))
    .digest('hex');
}

const arrayLiteral = (values: readonly string[]): string =>
  `{${values.map((value) => JSON.stringify(value)).join(',')}}`;
