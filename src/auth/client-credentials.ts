import type { Principal } from '../access/principal.js';
import { LancetteError } from '../kernel/errors.js';
import { mayBeMachine, needsRegion, recipientOfScope } from '../law/machines.js';
import type { Exchange, TokenRequest } from './exchange.js';

/** An agency's own system, by what it was declared for (RFC 6749 §4.4). The scope is one recipient. */
export class ClientCredentialsExchange implements Exchange {
  readonly grantType = 'client_credentials';

  handles(): boolean {
    return true;
  }

  /** @throws UNAUTHENTICATED without a client; INVALID_SCOPE for whatever the client may not be, or not alone */
  async exchange({ client, parameters }: TokenRequest): Promise<Principal> {
    if (!client) throw new LancetteError('UNAUTHENTICATED');
    const recipient = recipientOfScope(parameters.get('scope') ?? '');
    if (!recipient || !client.recipients.includes(recipient) || !mayBeMachine(recipient))
      throw new LancetteError('INVALID_SCOPE');
    const region = needsRegion(recipient) ? client.region : undefined;
    if (needsRegion(recipient) && !region) throw new LancetteError('INVALID_SCOPE');
    return { recipient, subject: client.id, client: client.id, ...(region && { region }) };
  }
}
