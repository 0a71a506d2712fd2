import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { ProfessionalIdentity } from '../../access/principal.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import { HANDOFF_LETTERS, HANDOFF_SECONDS } from '../../law/handoff.js';

/** What the caller's view shows of the patient, and nothing of it but `HANDOFF_FIELDS`. */
export interface HandedPatient {
  readonly birthName: string;
  readonly usageName: string | null;
  readonly firstNames: readonly string[];
  readonly birthDate: string;
  readonly sex: string;
  readonly injectionSteps:
    | readonly { readonly rank: number; readonly vaccine: string; readonly lotNumber: string }[]
    | null;
}

export interface HandoffOptions {
  /** Name of this register in the link. */
  readonly issuer: string;
  /** Address of the portal; without it, or without a key, no link is made. */
  readonly portal: string | undefined;
  readonly key: { readonly kid: string; readonly privateKey: string } | undefined;
  readonly clock: Clock;
}

/** Makes the link by which a professional declares an immediate adverse effect on the ANSM's portal. Stores nothing. */
export class HandoffService {
  private readonly key: KeyObject | undefined;

  constructor(private readonly options: HandoffOptions) {
    this.key = options.key && createPrivateKey(options.key.privateKey);
  }

  /**
   * The context is a JWS in compact form (RFC 7515, ES256), in the fragment of the address: a browser sends it to no server,
   * and no log keeps it. Claims: `patient`, `professional` (the caller's own), `vaccine`.
   * @throws UNAVAILABLE when no portal is configured; NOT_VACCINATED without an injection of this rank
   */
  async linkFor(
    patient: HandedPatient,
    rank: number | undefined,
    caller: ProfessionalIdentity | undefined,
  ): Promise<string> {
    const { portal, key, issuer, clock } = this.options;
    if (!portal || !key || !this.key) throw new LancetteError('UNAVAILABLE');
    if (!caller) throw new LancetteError('UNAUTHENTICATED');
    const now = Math.floor(clock.now().getTime() / 1000);
    const context = await new SignJWT(contextOf(patient, rank, caller))
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'lancette-adverse-effect+jwt' })
      .setIssuer(issuer)
      .setAudience(new URL(portal).origin)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + HANDOFF_SECONDS)
      .sign(this.key);
    return `${portal}#context=${context}`;
  }
}

function contextOf(patient: HandedPatient, rank: number | undefined, caller: ProfessionalIdentity) {
  const steps = patient.injectionSteps ?? [];
  const step = rank === undefined ? steps.at(-1) : steps.find((one) => one.rank === rank);
  if (!step) throw new LancetteError('NOT_VACCINATED', { field: 'rank' });
  const { familyName, firstName, category } = caller;
  return {
    patient: {
      name: letters(patient.usageName ?? patient.birthName, HANDOFF_LETTERS.name),
      firstName: letters(patient.firstNames[0] ?? '', HANDOFF_LETTERS.firstName),
      birthDate: patient.birthDate,
      sex: patient.sex,
    },
    professional: { familyName, firstName, category },
    vaccine: { product: step.vaccine, lotNumber: step.lotNumber, rank: step.rank },
  };
}

/** The first letters, by code point. */
const letters = (name: string, count: number): string => [...name].slice(0, count).join('');
