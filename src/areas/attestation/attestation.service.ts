import type { Pool } from 'pg';
import { categoriesOf, operationRight } from '../../access/decide.js';
import { roleFor, roleOf } from '../../access/grants.js';
import { patientPredicate } from '../../access/perimeter.js';
import { findsPatientInCare, type Principal, perimeterStep } from '../../access/principal.js';
import { standingStep } from '../../access/standing.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Row, type Step, statement } from '../../db/pipeline.js';
import type { NirIndex } from '../../db/sealing.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Limits } from '../../law/limits.js';
import { type Recipient, recipientRule } from '../../law/recipients.js';
import type { RequestContext } from '../../read/context.js';
import { type Guesses, guessOfCare } from '../../read/guesses.js';
import type { Care } from '../../read/plan.js';
import type { Keys } from '../../signing/keyring.js';
import { careOf } from '../patients/care-input.js';
import type { Intake } from '../patients/intake.js';
import type { Attestation } from './attestation.js';
import type { AttestationInput } from './attestation-input.js';
import { certify } from './certifier.js';
import { attested, readDataset } from './dataset.js';

/** Whose certificate may be made: the caller's own role says so, and gives a technical key and nothing else. */
const whose = (recipient: Recipient, byId: boolean) =>
  statement(
    `select p.key from patient p where ${patientPredicate(recipientRule(recipient).rows, 'p')}${byId ? ' and p.id = $1::uuid' : ''}`,
  );

/** Nothing is recorded beyond what a person may be given in a period, whoever asks. */
const INSERT = statement(`with issued as (
  insert into attestation (patient_key, id, issued_at, kind, content, data_matrix, expires_at, rank, uvci)
  select $1::bigint, $2::uuid, $3::timestamptz, $4, $5, $6, $7::timestamptz, $8::smallint, $9
  where (select count(*) from attestation a where a.patient_key = $1::bigint
    and a.issued_at > $3::timestamptz - make_interval(secs => $10::integer)) < $11::integer
  returning patient_key)
insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
select $12::uuid, $13, $14, $15, $16::text[], 'RECORDED', $17, array[patient_key] from issued returning 1`);

const REVOKE = statement(`update attestation set revoked_at = $3::timestamptz
  where patient_key = $1::bigint and rank = $2::smallint and revoked_at is null`);
const HAD_ONE = statement('select 1 from attestation where patient_key = $1::bigint and rank = $2::smallint limit 1');

export interface AttestationParts {
  readonly database: Database;
  readonly nirIndex: NirIndex;
  readonly intake: Intake;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly guesses: Guesses;
  readonly limits: Limits;
}

/** Who is answerable for a trace. */
interface Author {
  readonly requestId: string;
  readonly recipient: string;
  readonly actor: string;
  readonly operation: string;
  readonly article: string;
}

/** Hands out certificates of the last dose (decree 2021-1670), and again when a step was corrected. */
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
    const record = this.record(attestation, { ...author, operation: 'issueAttestation' });
    // By the caller's own role: what it may not record, no other records for it.
    const pool = this.parts.database.pool(roleFor(principal));
    const [, recorded] = await pipeline(pool, [enter, record, standing(principal)]);
    if (!recorded?.length) throw new LancetteError('RATE_LIMITED', { retryAfter: this.person.seconds });
    return attestation;
  }

  /**
   * After a step was corrected: in one transaction, the certificates of that dose are revoked, those that still were not,
   * and the new one is made. Whoever never had one gets none.
   *
   * @returns undefined when there was none to make again
   */
  async reissue(
    { patientKey, rank }: { patientKey: string; rank: number },
    author: Omit<Author, 'operation'>,
  ): Promise<Attestation | undefined> {
    const of = [patientKey, String(rank)];
    const [, had] = await pipeline(this.pool, [attested(patientKey), { statement: HAD_ONE, values: of }]);
    const now = this.parts.clock.now();
    const revoke = { statement: REVOKE, values: [...of, now.toISOString()] };
    const dataset = had?.length ? await readDataset(this.pool, patientKey, rank) : undefined;
    if (!dataset) {
      await pipeline(this.pool, [attested(patientKey), revoke]);
      return undefined;
    }
    const attestation = await certify(dataset, this.parts.keys, now);
    const record = this.record(attestation, { ...author, operation: 'reissueAttestation' }, Number.MAX_SAFE_INTEGER);
    await pipeline(this.pool, [attested(patientKey), revoke, record]);
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
    const enter = { statement: statement(perimeter.text), values: perimeter.values };
    const look = { statement: whose(principal.recipient, byId), values: byId ? [input.patientId ?? null] : [] };
    const find = () => this.find(principal, [enter, look], care);
    const row = care ? await this.parts.guesses.evaluate(context, guessOfCare(care), find, Boolean) : await find();
    if (!row?.[0]) throw new LancetteError('NOT_FOUND');
    return { enter, patientKey: row[0] };
  }

  /** Never targeted: taken in as by a search, or the difference would tell who was (AIPD M1.50). */
  private async find(principal: Principal, looking: readonly Step[], care: Care | undefined): Promise<Row | undefined> {
    const pool = this.parts.database.pool(roleFor(principal));
    const steps = [...looking, standing(principal)];
    const [row] = (await pipeline(pool, steps))[1] ?? [];
    if (row || !care?.nirIndex || !(await this.parts.intake.takeIn(care.nirIndex))) return row;
    return (await pipeline(pool, steps))[1]?.[0];
  }

  private record(one: Attestation, author: Author, most: number = this.person.points): Step {
    return {
      statement: INSERT,
      values: [
        one.patientKey,
        one.id,
        one.issuedAt,
        one.kind,
        one.content,
        one.dataMatrix ?? null,
        one.expiresAt ?? null,
        String(one.rank),
        one.uvci,
        String(this.person.seconds),
        String(Math.min(most, 2 ** 31 - 1)),
        author.requestId,
        author.recipient,
        author.actor,
        author.operation,
        `{${categoriesOf('Attestation').join()}}`,
        author.article,
      ],
    };
  }
}

function standing(principal: Principal): Step {
  const { text, values } = standingStep(principal);
  return { statement: statement(text), values };
}

const isUuid = (text: string | undefined): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text ?? '');
