import { z } from 'zod';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Door, DoorAnswer, DoorRequest } from '../../read/door.js';
import { isSignedBy, SIGNATURE_TOLERANCE, type Signed } from '../../sending/signature.js';
import type { Deliveries } from './deliveries.js';

export const REPORT_PATH = '/delivery-reports';

const Report = z.strictObject({ reference: z.uuid(), state: z.enum(['delivered', 'failed']) });

export interface ReportParts {
  readonly deliveries: Deliveries;
  /** Keys that sign reports, by gateway: `sms`, or the scheme code of a portal. */
  readonly keys: Readonly<Record<string, Buffer>>;
  /** True the first time an identifier is seen before `until`, on whatever instance. */
  readonly firstUse: (id: string, until: Date) => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * What gateways report afterwards (docs/invitations.md): a signed POST each, good for five minutes and for one use. Whoever
 * is no declared gateway learns nothing, not even whether a reference exists.
 */
export class DeliveryReports implements Door {
  constructor(private readonly parts: ReportParts) {}

  async answer(asked: DoorRequest): Promise<DoorAnswer | undefined> {
    if (asked.path !== REPORT_PATH) return undefined;
    if (asked.method !== 'POST') throw new LancetteError('METHOD_NOT_ALLOWED');
    await this.receive(asked.headers, await asked.body());
    return { status: 200, type: 'application/json; charset=utf-8', body: '{}' };
  }

  /** @throws DELIVERY_REPORT when the signature is not a declared gateway's, old or used; INVALID_REQUEST for its content */
  private async receive(headers: Readonly<Record<string, unknown>>, body: Buffer): Promise<void> {
    const { keys, clock, firstUse, deliveries } = this.parts;
    const gateway = headers['lancette-gateway'];
    const key = typeof gateway === 'string' && Object.hasOwn(keys, gateway) ? keys[gateway] : undefined;
    const signed: Signed = { method: 'POST', path: REPORT_PATH, body };
    const now = clock.now();
    if (!key || !isSignedBy(key, signed, headers, now)) throw new LancetteError('DELIVERY_REPORT');
    const until = new Date(now.getTime() + 2 * SIGNATURE_TOLERANCE * 1000);
    if (!(await firstUse(String(headers['lancette-signature']), until))) throw new LancetteError('DELIVERY_REPORT');
    const report = Report.safeParse(parsed(body));
    if (!report.success) throw new LancetteError('INVALID_REQUEST');
    const { reference, state } = report.data;
    await deliveries.report(reference, state === 'delivered' ? 'DELIVERED' : 'BOUNCED', now);
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
