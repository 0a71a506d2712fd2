import { operationRight } from '../../access/decide.js';
import { LancetteError } from '../../kernel/errors.js';
import { isBirthDate, isInvitationCode, isNir } from '../../kernel/identifiers.js';
import type { Door, DoorAnswer, DoorRequest } from '../../read/door.js';
import type { Journal } from '../../read/journal.js';
import type { Keys } from '../../signing/keyring.js';
import type { AttestationService } from './attestation.service.js';
import type { AttestationInput } from './attestation-input.js';
import { pageOf } from './page.js';

const OPERATION = 'issueAttestation';

/**
 * `POST /attestations/pdf`: the same act as `issueAttestation`, by the same right, budget, perimeter and trace; the answer
 * is the printed page instead of the text of its codes.
 */
export class PageDoor implements Door {
  constructor(
    private readonly attestations: AttestationService,
    private readonly keys: Keys,
    private readonly journal: Journal,
  ) {}

  async answer(asked: DoorRequest): Promise<DoorAnswer | undefined> {
    if (asked.path !== '/attestations/pdf') return undefined;
    if (asked.method !== 'POST') throw new LancetteError('METHOD_NOT_ALLOWED');
    const context = await asked.caller(OPERATION);
    const { recipient, subject, consultationOnly } = context.principal;
    const right = operationRight(recipient, OPERATION, consultationOnly);
    const traced = { requestId: asked.requestId, recipient, actor: subject, operation: OPERATION, categories: [] };
    if (!right.granted) {
      await this.journal.write([{ ...traced, outcome: 'REFUSED', article: right.article, records: [] }]);
      throw new LancetteError('FORBIDDEN_OPERATION', { field: OPERATION, article: right.article });
    }
    const input = inputOf(await asked.json());
    try {
      const page = pageOf(await this.attestations.issue(context, input), this.keys);
      return { status: 200, type: 'application/pdf', body: await page.bytes() };
    } catch (error) {
      if (error instanceof LancetteError && error.code === 'NOT_FOUND')
        await this.journal.write([{ ...traced, outcome: 'NOT_FOUND', article: right.article, records: [] }]);
      throw error;
    } finally {
      // Answers to a search leave on the grid, whoever was found (AIPD M1.50).
      await context.pace?.leave();
    }
  }
}

const CHECKS: Readonly<Record<keyof AttestationInput, (value: string) => boolean>> = {
  code: isInvitationCode,
  nir: (value) => isNir(value),
  birthDate: isBirthDate,
  patientId: (value) => value.length <= 64,
};

/** @throws INVALID_INPUT, naming the field, on anything but the mutation's input */
function inputOf(body: unknown): AttestationInput {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new LancetteError('INVALID_INPUT', { field: 'input' });
  const given = Object.entries(body).filter(([, value]) => value !== null);
  for (const [field, value] of given) {
    if (!Object.hasOwn(CHECKS, field)) throw new LancetteError('INVALID_INPUT', { field: 'input' });
    const isSound = typeof value === 'string' && CHECKS[field as keyof AttestationInput](value);
    if (!isSound) throw new LancetteError('INVALID_INPUT', { field });
  }
  return Object.fromEntries(given) as AttestationInput;
}
