import { X509Certificate } from 'node:crypto';
import { IsNull, type Repository } from 'typeorm';
import { z } from 'zod';
import { LancetteError } from '../kernel/errors.js';
import { mayBeMachine, needsRegion } from '../law/machines.js';
import { RECIPIENT_IDS, type Recipient } from '../law/recipients.js';
import { REGIONS } from '../law/regions.js';
import { certificateThumbprint } from './certificate.js';
import { ClientJwks, isKeysAddress } from './client-keys.js';
import { DeclaredClient } from './declared-client.js';

/** What an operator declares of a client. */
const Declaration = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    recipients: z.array(z.enum(RECIPIENT_IDS as [Recipient, ...Recipient[]])).min(1),
    region: z
      .string()
      .refine((code) => Object.hasOwn(REGIONS, code))
      .optional(),
    jwks: ClientJwks.optional(),
    jwksUri: z.string().refine(isKeysAddress).optional(),
    certificates: z.array(z.string().regex(/^[A-Za-z0-9_-]{43}$/)),
    binding: z.enum(['none', 'certificate', 'dpop']),
    exchanges: z.boolean(),
  })
  // Without exchanges, only what a machine may be; a region exactly when a recipient is of one.
  .refine(({ exchanges, recipients }) => exchanges || recipients.every(mayBeMachine))
  .refine(({ recipients, region }) => recipients.some(needsRegion) === (region !== undefined))
  .refine(({ jwks, jwksUri }) => !(jwks && jwksUri))
  .refine(({ jwks, jwksUri, certificates }) => jwks || jwksUri || certificates.length > 0);
export type Declaration = z.input<typeof Declaration>;

/**
 * Declares a client, or replaces what was declared of it: a disabled one stays so.
 * @throws CLIENT_DECLARATION
 */
export async function declareClient(clients: Repository<DeclaredClient>, given: Declaration): Promise<void> {
  const parsed = Declaration.safeParse(given);
  if (!parsed.success) throw new LancetteError('CLIENT_DECLARATION');
  const { region = null, jwks = null, jwksUri = null, ...rest } = parsed.data;
  await clients.upsert({ ...rest, region, jwks, jwksUri }, ['id']);
}

/**
 * Ends a client: the next request with one of its tokens, and the next token request, is refused.
 * @throws NOT_FOUND when no such client may call
 */
export async function disableClient(clients: Repository<DeclaredClient>, id: string): Promise<void> {
  const { affected } = await clients.update({ id, disabledAt: IsNull() }, { disabledAt: () => 'clock_timestamp()' });
  if (!affected) throw new LancetteError('NOT_FOUND');
}

/** @throws CLIENT_DECLARATION for what is no certificate */
export function thumbprintOfPem(pem: string): string {
  try {
    return certificateThumbprint(new X509Certificate(pem).raw);
  } catch {
    throw new LancetteError('CLIENT_DECLARATION');
  }
}
