import type { Principal } from '../../access/principal.js';
import { LancetteError } from '../../kernel/errors.js';
import { isNir } from '../../kernel/identifiers.js';
import { Pivot } from './pivot.js';
import type { Reconciliation } from './reconciliation.js';
import { type Proven, TokenExchange } from './token-exchange.js';
import type { Upstream } from './upstream.js';

/** Persons by FranceConnect: the pivot, the NIR and the register agree, or there is one same refusal (AIPD M1.101). */
export class FranceConnect extends TokenExchange {
  protected readonly kind = 'person';

  /** @param nirClaim the claim in which the insurance gives the NIR that it reconciled, where there is such a claim */
  constructor(
    upstream: Upstream,
    audience: string,
    private readonly reconciliation: Reconciliation,
    private readonly nirClaim?: string,
  ) {
    super(upstream, audience);
  }

  protected async principalOf({ claims, recipient, request }: Proven): Promise<Principal> {
    request.pace?.onGrid();
    const pivot = Pivot.parse(claims);
    const nir = this.nirOf(claims, request.parameters.get('nir'));
    const patient = await this.reconciliation.find(pivot, nir ?? '');
    if (!patient || !nir) throw new LancetteError('INVALID_GRANT');
    return { recipient, subject: patient, patient };
  }

  /** Typed or reconciled; both only when they are equal. */
  private nirOf(claims: Record<string, unknown>, typed: string | undefined): string | undefined {
    const reconciled = this.nirClaim === undefined ? undefined : claims[this.nirClaim];
    const nir = reconciled ?? typed;
    const both = typed === undefined || reconciled === undefined || typed === reconciled;
    return both && typeof nir === 'string' && isNir(nir, { provisional: true }) ? nir : undefined;
  }
}
