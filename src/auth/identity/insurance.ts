import { z } from 'zod';
import type { Principal } from '../../access/principal.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Recipient } from '../../law/recipients.js';
import { type Proven, TokenExchange } from './token-exchange.js';
import type { Upstream } from './upstream.js';

/** The agents accredited by name, whose caisses are looked up at each request and never stand in a token (AIPD M1.94). */
export interface AccreditationRegister {
  /** The accreditation in force of this agent, or nothing. */
  find(agentSubject: string, now: Date): Promise<{ id: string; recipient: Recipient } | undefined>;
}

const Claims = z.object({
  agent_id: z.string().regex(/^[A-Z0-9-]{3,40}$/),
  given_name: z.string().min(1).max(80),
  family_name: z.string().min(1).max(80),
});

/** Agents by the OIDC of the insurance: the provider says who he is, the accreditation what he may. */
export class Insurance extends TokenExchange {
  protected readonly kind = 'agent';

  constructor(
    upstream: Upstream,
    audience: string,
    private readonly accreditations: AccreditationRegister,
  ) {
    super(upstream, audience);
  }

  protected async principalOf({ claims, recipient, request }: Proven): Promise<Principal> {
    const { agent_id } = Claims.parse(claims);
    const accreditation = await this.accreditations.find(agent_id, request.now);
    // The scope is asked for; the accreditation decides: they must be the same.
    if (!accreditation || accreditation.recipient !== recipient) throw new LancetteError('INVALID_GRANT');
    return { recipient, subject: agent_id, accreditation: accreditation.id };
  }
}
