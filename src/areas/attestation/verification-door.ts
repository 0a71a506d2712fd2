import type { Allowance } from '../../kernel/allowance.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Door, DoorAnswer, DoorRequest } from '../../read/door.js';
import type { Keys } from '../../signing/keyring.js';
import { trustList, trustListPem } from '../../signing/trust-list.js';
import type { RevocationList } from './revocation-list.js';
import { judge } from './verdict.js';

const JSON_TYPE = 'application/json; charset=utf-8';

export interface VerificationParts {
  readonly keys: Keys;
  readonly revocations: RevocationList;
  readonly allowance: Allowance;
  readonly clock: Clock;
}

/**
 * What is open to every verifier, without a token: the public keys, the list of revocations, and the verification itself.
 * No recipient of the decree is behind it, so it is no view of the register: it reaches no person, its database role reads
 * hashes only, and its answer holds nothing that the caller did not bring.
 */
export class VerificationDoor implements Door {
  private readonly routes: Readonly<Record<string, (asked: DoorRequest) => Promise<DoorAnswer>>> = {
    'GET /trust-list': async () => json(trustList(this.parts.keys), 'application/jwk-set+json'),
    'GET /trust-list.pem': async () => ({
      status: 200,
      type: 'application/x-pem-file',
      body: trustListPem(this.parts.keys),
    }),
    'GET /revocations': (asked) => this.revocations(asked),
    'POST /verify': (asked) => this.verify(asked),
  };

  constructor(private readonly parts: VerificationParts) {}

  async answer(asked: DoorRequest): Promise<DoorAnswer | undefined> {
    const route = this.routes[`${asked.method} ${asked.path}`];
    if (!route) return undefined;
    const wait = this.parts.allowance.spend(asked.network, this.parts.clock.now());
    if (wait !== undefined) throw new LancetteError('RATE_LIMITED', { retryAfter: wait });
    return route(asked);
  }

  /** `?after=n`: the lines since number n; all, part by part, without it. */
  private async revocations({ query }: DoorRequest): Promise<DoorAnswer> {
    const after = query.get('after') ?? '0';
    if (!/^\d{1,15}$/.test(after)) throw new LancetteError('INVALID_INPUT', { field: 'after' });
    const body = await this.parts.revocations.signed(Number(after), this.parts.clock.now());
    return { status: 200, type: 'application/jose', body };
  }

  private async verify(asked: DoorRequest): Promise<DoorAnswer> {
    const body = (await asked.json()) as { code?: unknown } | null;
    if (typeof body?.code !== 'string') throw new LancetteError('INVALID_INPUT', { field: 'code' });
    const { verdict, reason, kind } = await judge({
      code: body.code,
      keys: this.parts.keys,
      now: this.parts.clock.now(),
      isRevoked: (entry) => this.parts.revocations.has(entry),
    });
    return json({ verdict, reason, kind });
  }
}

const json = (value: object, type = JSON_TYPE): DoorAnswer => ({ status: 200, type, body: JSON.stringify(value) });
