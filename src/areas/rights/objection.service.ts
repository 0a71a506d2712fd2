import { categoriesOf, operationRight } from '../../access/decide.js';
import { roleFor } from '../../access/grants.js';
import { patientPredicate } from '../../access/perimeter.js';
import { type Principal, perimeterStep } from '../../access/principal.js';
import { standingStep } from '../../access/standing.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Row, type Statement, type Step, statement, stepOf } from '../../db/pipeline.js';
import { type NirIndex, type Sealer, sealContext } from '../../db/sealing.js';
import type { Clock } from '../../kernel/clock.js';
import { isErrorCode, LancetteError } from '../../kernel/errors.js';
import type { Operation } from '../../law/operations.js';
import { recipientRule } from '../../law/recipients.js';
import { RejectsOfPerson } from './rejects-of-person.js';

const OBJECT = statement('select lancette.record_objection($1, $2, $3)');
const OBJECT_TO_RESEARCH = statement('select lancette.record_research_objection($1, $2)');

/** The person of the perimeter: by identifier, or oneself. */
const find = (principal: Principal): Statement =>
  statement(
    `select p.id, p.nir, p.birth_name, p.birth_date from patient p where ($1::uuid is null or p.id = $1::uuid) and ${patientPredicate(recipientRule(principal.recipient).rows, 'p')} limit 2`,
  );

interface Caller {
  readonly principal: Principal;
  readonly requestId: string;
}

interface ObjectionParts {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly nirIndex: NirIndex;
  readonly clock: Clock;
}

/** The right to object (art. 5; AIPD, droits; AIPD M2.27), exercised with the body of the person or on the person's own account. */
export class ObjectionService {
  private readonly rejects: RejectsOfPerson;

  constructor(private readonly parts: ObjectionParts) {
    this.rejects = new RejectsOfPerson(parts.database, parts.sealer);
  }

  /**
   * Deletes the person wholly. Whether that may be is asked of the database before anything goes; then lines set aside go
   * first: should the rest fail, the request can be made again.
   * @returns the instant of the deletion, RFC 3339
   * @throws NOT_FOUND outside the perimeter; OBJECTION_AFTER_ENTRY with its article
   */
  async object(caller: Caller, patientId: string | undefined): Promise<string> {
    if (!patientId && recipientRule(caller.principal.recipient).rows !== 'self')
      throw new LancetteError('INVALID_INPUT', { field: 'patientId' });
    this.concluded(caller, await this.run(caller.principal, OBJECT, [patientId ?? null, null, null]));
    const [id, nir, birthName, birthDate] = await this.find(caller.principal, patientId);
    if (!id) throw new LancetteError('NOT_FOUND');
    const described = { nir: this.open(id, nir), birthName: birthName ?? '', birthDate: birthDate ?? '' };
    if (described.nir) await this.rejects.delete(described);
    const index = described.nir ? this.parts.nirIndex.of(described.nir, described.birthDate) : null;
    const outcome = await this.run(caller.principal, OBJECT, [id, index, deedOf(nameless(caller), 'recordObjection')]);
    return this.concluded(caller, outcome);
  }

  /** At any time, and for good: no text provides for a return. @throws NOT_FOUND outside the perimeter */
  async objectToResearch(caller: Caller, patientId: string | undefined): Promise<string> {
    const deed = deedOf(caller, 'recordResearchObjection');
    return this.concluded(caller, await this.run(caller.principal, OBJECT_TO_RESEARCH, [patientId ?? null, deed]));
  }

  private concluded({ principal }: Caller, outcome: string): string {
    if (outcome === 'DONE') return this.parts.clock.now().toISOString();
    if (!isErrorCode(outcome)) throw new Error('unknown outcome of an objection');
    const { article } = operationRight(principal.recipient, 'recordObjection');
    throw new LancetteError(outcome, outcome === 'OBJECTION_AFTER_ENTRY' ? { article } : {});
  }

  private open(id: string, sealed: string | null | undefined): string {
    return sealed ? this.parts.sealer.open(sealed, sealContext(id)) : '';
  }

  private async find(principal: Principal, patientId: string | undefined): Promise<Row> {
    const [row, another] = await this.inPerimeter(principal, find(principal), [patientId ?? null]);
    return another ? [] : (row ?? []);
  }

  private async run(principal: Principal, what: Statement, values: Step['values']): Promise<string> {
    return (await this.inPerimeter(principal, what, values))[0]?.[0] ?? '';
  }

  private async inPerimeter(principal: Principal, what: Statement, values: Step['values']): Promise<Row[]> {
    const perimeter = perimeterStep(principal);
    if (!perimeter) throw new LancetteError('FORBIDDEN_OPERATION', { article: 'art. 3' });
    const results = await pipeline(this.parts.database.pool(roleFor(principal)), [
      stepOf(perimeter),
      { statement: what, values },
      stepOf(standingStep(principal)),
    ]);
    return results[1] ?? [];
  }
}

/** Whoever objects for herself is the actor too: her identifier in the trace would begin a list of objectors. */
const nameless = ({ principal, requestId }: Caller): Caller =>
  recipientRule(principal.recipient).rows === 'self'
    ? { principal: { ...principal, subject: principal.recipient }, requestId }
    : { principal, requestId };

const deedOf = ({ principal, requestId }: Caller, operation: Operation): string =>
  JSON.stringify({
    request: requestId,
    recipient: principal.recipient,
    actor: principal.subject,
    article: operationRight(principal.recipient, operation).article,
    categories: categoriesOf('Patient'),
    operation,
  });
