import type { IncomingMessage } from 'node:http';
import type { Principal } from '../access/principal.js';
import type { Config } from '../config.js';
import { LancetteError } from '../kernel/errors.js';
import type { Journal, TraceEntry } from '../read/journal.js';
import { type CertificateSource, certificateOf } from './certificate.js';
import { baseUrlOf } from './service-address.js';
import type { TokenVerifier } from './tokens.js';

export interface BearerParts {
  readonly config: Config;
  readonly verifier: TokenVerifier;
  readonly certificates: CertificateSource;
  readonly journal: Journal;
}

/** Who sends a request, by its access token and the proofs that go with it. */
export class BearerAuthentication {
  constructor(private readonly parts: BearerParts) {}

  /** @throws UNAUTHENTICATED, once the refusal is traced; UNAVAILABLE */
  async principalOf(request: IncomingMessage, requestId: string): Promise<Principal> {
    const { config, verifier, certificates, journal } = this.parts;
    const { authorization, dpop } = request.headers;
    try {
      return await verifier.verify({
        authorization,
        dpop: typeof dpop === 'string' ? dpop : undefined,
        method: request.method ?? '',
        url: baseUrlOf(config, request) + (request.url ?? ''),
        certificate: certificateOf(request, certificates),
      });
    } catch (error) {
      if (error instanceof LancetteError && error.code === 'UNAUTHENTICATED')
        await journal.write([rejected(requestId, 'bearer')]);
      throw error;
    }
  }
}

/** The trace of whoever did not prove who he is: nothing of what he said is kept. */
export const rejected = (requestId: string, operation: string, actor = 'anonymous'): TraceEntry => ({
  requestId,
  recipient: 'UNKNOWN',
  actor,
  operation,
  categories: [],
  outcome: 'REJECTED',
  article: null,
  records: [],
});
