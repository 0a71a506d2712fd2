import { z } from 'zod';
import type { Principal } from '../access/principal.js';
import type { Config } from '../config.js';
import { scopeOf } from '../law/machines.js';
import { RECIPIENT_IDS, type Recipient, recipientRule } from '../law/recipients.js';

const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** What an access token must say beside the claims of RFC 9068. Unknown claims are ignored, missing ones refused. */
const Claims = z.object({
  sub: z.string().min(1).max(128),
  jti: z.string().min(1).max(128),
  client_id: z.string().min(1).max(128),
  scope: z.string(),
  recipient: z.enum(RECIPIENT_IDS as [Recipient, ...Recipient[]]),
  professional: z
    .object({
      rpps: z.string().regex(/^(\d{11}|\d{9})$/),
      profession: z.string().max(10).optional(),
      practiceCategory: z.string().max(1).optional(),
      speciality: z.string().max(10).optional(),
      amNumber: z.string().optional(),
      familyName: z.string().max(80),
      firstName: z.string().max(80),
      category: z.string().max(40),
      phone: z.string().max(30).optional(),
      email: z.string().max(120).optional(),
      structureFiness: z.string().max(9).optional(),
    })
    .optional(),
  bodies: z
    .array(z.string().regex(/^[0-9A-Z]{3,9}$/))
    .max(200)
    .optional(),
  region: z
    .string()
    .regex(/^[0-9A-Z]{2}$/)
    .optional(),
  patient: z.uuid().optional(),
  client: z.string().min(1).max(128).optional(),
  establishment: z.string().min(1).max(9).optional(),
  accreditation: z.uuid().optional(),
  consultationOnly: z.literal(true).optional(),
  /** A way of confirmation that is not known here cannot be checked, so the token is refused (RFC 7800 §3.1). */
  cnf: z
    .strictObject({ 'x5t#S256': thumbprint.optional(), jkt: thumbprint.optional() })
    .refine((ways) => Object.keys(ways).length > 0)
    .optional(),
});

/** What a token is bound to: a TLS client certificate (RFC 8705), a DPoP key (RFC 9449), or both. */
export interface Confirmation {
  readonly x5t?: string;
  readonly jkt?: string;
}

/**
 * The principal that verified claims describe. It must carry what its perimeter is made of, or it reaches nothing.
 * @throws when a claim is missing, malformed, or contradicts another
 */
export function claimsOf(
  payload: unknown,
  issuer: Config['issuer']['kind'],
): { principal: Principal; confirmation?: Confirmation } {
  const { sub, recipient, cnf, scope, jti: _, client_id, ...claims } = Claims.parse(payload);
  if (scope !== scopeOf(recipient)) throw new Error('the scope names another recipient');
  if (claims.client !== undefined && claims.client !== client_id) throw new Error('two clients');
  const principal: Principal = { recipient, subject: sub, ...claims };
  requirePerimeter(principal, issuer);
  return { principal, ...(cnf && { confirmation: { x5t: cnf['x5t#S256'], jkt: cnf.jkt } }) };
}

function requirePerimeter(principal: Principal, issuer: Config['issuer']['kind']): void {
  const needs = {
    care: principal.professional,
    attending: principal.professional,
    // Bodies that a token names by itself are those of a demonstration: no director could take them back.
    ownBodies: principal.accreditation ?? (issuer === 'demo' && principal.bodies?.length),
    ownRegion: principal.region,
    self: principal.patient,
  };
  const { rows } = recipientRule(principal.recipient);
  if (rows in needs && !needs[rows as keyof typeof needs]) throw new Error('the token lacks its perimeter');
}
