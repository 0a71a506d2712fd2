import type { Principal } from '../../access/principal.js';
import { LancetteError } from '../../kernel/errors.js';
import { AIR_CALLER } from '../../law/authentication-means.js';
import type { Exchange, TokenRequest } from '../exchange.js';
import type { Replay } from '../replay.js';
import type { EstablishmentRegister } from './establishments.js';
import { type Verification, type VerifiedAssertion, verifyAssertion } from './verify-assertion.js';

/**
 * An establishment vouches for a professional by a signed VIHF (convention AIR) and gets a token that only consults.
 * A register that does not answer is not the assertion's fault: such an error passes as it is.
 */
export class VihfExchange implements Exchange {
  /** RFC 7522 §2.1. */
  readonly grantType = 'urn:ietf:params:oauth:grant-type:saml2-bearer';

  constructor(
    private readonly rules: Verification,
    private readonly replay: Replay,
  ) {}

  handles(): boolean {
    return true;
  }

  /** @throws INVALID_GRANT, whatever is wrong with the assertion */
  async exchange({ parameters, certificate, now }: TokenRequest): Promise<Principal> {
    const presented = { assertion: parameters.get('assertion') ?? '', certificate, now };
    const { professional, establishment, replayId, until } = await this.verified(presented);
    if (!(await this.replay.firstUse('vihf', replayId, until))) throw new LancetteError('INVALID_GRANT');
    const { recipient, consultationOnly } = AIR_CALLER;
    return { recipient, subject: professional.rpps, professional, establishment, consultationOnly };
  }

  private async verified(presented: Parameters<typeof verifyAssertion>[0]): Promise<VerifiedAssertion> {
    const register = remembering(this.rules.establishments);
    try {
      return await verifyAssertion(presented, { ...this.rules, establishments: register });
    } catch (error) {
      throw register.failed ? error : new LancetteError('INVALID_GRANT');
    }
  }
}

/** The same register, which remembers that it failed. */
function remembering(register: EstablishmentRegister): EstablishmentRegister & { failed: boolean } {
  const watched = {
    failed: false,
    findEstablishment: async (finess: string) => {
      try {
        return await register.findEstablishment(finess);
      } catch (error) {
        watched.failed = true;
        throw error;
      }
    },
  };
  return watched;
}
