import { randomUUID } from 'node:crypto';
import { categoriesOf, operationRight } from '../../access/decide.js';
import { roleFor } from '../../access/grants.js';
import { patientPredicate } from '../../access/perimeter.js';
import { findsPatientInCare, type Principal, perimeterStep } from '../../access/principal.js';
import { standingStep, structureOf } from '../../access/standing.js';
import type { Database } from '../../db/database.js';
import { pipeline, type Row, type Step, statement } from '../../db/pipeline.js';
import type { NirIndex } from '../../db/sealing.js';
import { doseNumbers, encodeCertificate, type Signer } from '../../formats/dcc/issue.js';
import { newUvci } from '../../formats/dcc/uvci.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import { type Recipient, recipientRule } from '../../law/recipients.js';
import type { RequestContext } from '../../read/context.js';
import { type Guesses, guessOfCare } from '../../read/guesses.js';
import type { Watch } from '../../read/journal.js';
import type { Care } from '../../read/plan.js';
import { careOf } from '../patients/care-input.js';
import type { Intake } from '../patients/intake.js';
import type { Attestation } from './attestation.js';
import type { AttestationInput } from './attestation-input.js';

export const CERTIFICATE_KIND = 'EU_DCC_VACCINATION';

/** Primary doses of a product (DOMAIN §8.3). */
const SINGLE_DOSE = 'EU/1/20/1525';
const primaryDoses = (vaccine: string): number => (vaccine === SINGLE_DOSE ? 1 : 2);

/** How long a certificate is valid from its issue, in days; never longer than its signer. */
const VALIDITY_DAYS = 365;

/** The certificate data set and nothing else (AIPD M1.81): identity, birth date, last dose. */
const dataset = (recipient: Recipient, byId: boolean) =>
  statement(`select p.key, p.birth_name, p.first_names[1], array_to_string(p.first_names, ' '), p.birth_date, i.rank, i.vaccine,
  to_char(i.performed_at, 'YYYY-MM-DD'), (select s.vaccine from injection_step s where s.patient_key = p.key and s.rank = 1)
from patient p left join lateral (select * from (select rank, vaccine, performed_at from injection_step s where s.patient_key = p.key) s order by rank desc limit 1) i on true
where ${patientPredicate(recipientRule(recipient).rows, 'p')}${byId ? ' and p.id = $1::uuid' : ''}`);

const INSERT = statement(`with issued as (
  insert into attestation (patient_key, id, issued_at, kind, content, rank, uvci)
  values ($1::bigint, $2::uuid, $3::timestamptz, $4, $5, $6::smallint, $7) returning patient_key)
insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
select $8::uuid, $9, $10, 'issueAttestation', $12::text[], 'RECORDED', $11, array[patient_key] from issued`);

/** Hands out the EU certificate of the last dose (decree 2021-1670), signed with ES256. */
export class AttestationService {
  constructor(
    private readonly database: Database,
    private readonly nirIndex: NirIndex,
    private readonly intake: Intake,
    private readonly signer: Signer,
    private readonly clock: Clock,
    private readonly guesses: Guesses,
    private readonly watch: Watch,
  ) {}

  /** @throws NOT_FOUND outside the perimeter, NOT_VACCINATED without an injection, INVALID_INPUT */
  async issue(context: RequestContext, input: AttestationInput): Promise<Attestation> {
    const { principal, requestId } = context;
    const care = findsPatientInCare(principal)
      ? careOf({ ...input, birthDate: input.birthDate ?? '' }, this.nirIndex)
      : undefined;
    const perimeter = perimeterStep(principal, care);
    const byId = recipientRule(principal.recipient).rows === 'ownBodies';
    if (!perimeter || (byId && !isUuid(input.patientId)))
      throw new LancetteError('INVALID_INPUT', { field: 'patientId' });
    const pool = this.database.pool(roleFor(principal));
    const enter = { statement: statement(perimeter.text), values: perimeter.values };
    const look = { statement: dataset(principal.recipient, byId), values: byId ? [input.patientId ?? null] : [] };
    const find = () => this.find(principal, [enter, look], care);
    const row = care ? await this.guesses.evaluate(context, guessOfCare(care), find, Boolean) : await find();
    if (!row) throw new LancetteError('NOT_FOUND');
    const attestation = this.sign(row);
    const right = operationRight(principal.recipient, 'issueAttestation');
    await pipeline(pool, [
      enter,
      {
        statement: INSERT,
        values: [
          row[0] ?? null,
          attestation.id,
          attestation.issuedAt,
          attestation.kind,
          attestation.content,
          String(attestation.rank),
          attestation.uvci,
          requestId,
          principal.recipient,
          principal.subject,
          right.article,
          `{${categoriesOf('Attestation').join()}}`,
        ],
      },
      standing(principal),
    ]);
    const { recipient, subject: actor } = principal;
    await this.watch.observe([{ recipient, actor, structure: structureOf(principal), records: [row[0] ?? ''] }]);
    return attestation;
  }

  /** Taken in first, as by a search, or the difference would tell who was (AIPD M1.50). */
  private async find(principal: Principal, looking: readonly Step[], care: Care | undefined): Promise<Row | undefined> {
    if (care?.nirIndex) await this.intake.takeIn(care.nirIndex);
    const rows = await pipeline(this.database.pool(roleFor(principal)), [...looking, standing(principal)]);
    return rows[1]?.[0];
  }

  private sign(row: readonly (string | null)[]): Attestation {
    const [key, birthName, , firstNames, birthDate, rank, vaccine, date, firstVaccine] = row.map(
      (value) => value ?? '',
    );
    if (!rank) throw new LancetteError('NOT_VACCINATED');
    const issuedAt = new Date(Math.floor(this.clock.now().getTime() / 1000) * 1000);
    const uvci = newUvci();
    const wanted = new Date(issuedAt.getTime() + VALIDITY_DAYS * 86_400_000);
    const content = encodeCertificate({
      name: { familyName: String(birthName), givenNames: String(firstNames) },
      birthDate: String(birthDate),
      vaccination: {
        product: String(vaccine),
        ...doseNumbers(Number(rank), primaryDoses(String(firstVaccine))),
        date: String(date),
        country: 'FR',
        issuer: 'CNAM',
        uvci,
      },
      signer: this.signer,
      issuedAt,
      expiresAt: wanted < this.signer.notAfter ? wanted : this.signer.notAfter,
    });
    return {
      patientKey: String(key),
      id: randomUUID(),
      // The one form of instants, as PostgreSQL writes them.
      issuedAt: issuedAt.toISOString().replace('.000Z', '+00:00'),
      kind: CERTIFICATE_KIND,
      content,
      revokedAt: null,
      rank: Number(rank),
      uvci,
    };
  }
}

function standing(principal: Principal): Step {
  const { text, values } = standingStep(principal);
  return { statement: statement(text), values };
}

const isUuid = (text: string | undefined): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text ?? '');
