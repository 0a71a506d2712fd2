import { createPublicKey, type JsonWebKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { usagesOf } from '../formats/dcc/usages.js';
import { Keyring, type Keys } from './keyring.js';
import { PURPOSES, type SigningKey } from './signing-key.js';

/** A key of the trust list: a JWK (RFC 7517) with its certificates, and what is asked of a verifier. */
export interface TrustedJwk {
  readonly kid: string;
  readonly alg: string;
  readonly use: 'sig';
  readonly x5c?: readonly string[];
  /** What it signs: `dcc`, `two-d-doc` or `lists`. */
  readonly purpose: string;
  /** Names in the header of a 2D-DOC. */
  readonly twoDDoc?: { readonly authority: string; readonly certificate: string };
  /** Seconds, RFC 7519: validity of its certificate. */
  readonly nbf?: number;
  readonly exp: number;
}

/** Public keys for verifiers, those that no longer sign included: their certificates are still in pockets. */
export function trustList(keys: Keys): { readonly keys: readonly TrustedJwk[] } {
  return { keys: signers(keys).map(jwkOf) };
}

/** The same as certificates in PEM, each after the one that it signed; a key without a certificate is only in the JWKS. */
export function trustListPem(keys: Keys): string {
  const leaves = signers(keys).flatMap(({ chain }) => chain.slice(0, 1));
  const authorities = signers(keys).flatMap(({ chain }) => chain.slice(1));
  return [...new Set([...leaves, ...authorities].map((certificate) => certificate.toString()))].join('');
}

const Jwks = z.object({
  keys: z.array(
    z.looseObject({
      kid: z.string(),
      alg: z.enum(['ES256', 'PS256']),
      purpose: z.enum(PURPOSES),
      x5c: z.array(z.string()).optional(),
      twoDDoc: z.object({ authority: z.string(), certificate: z.string() }).optional(),
      nbf: z.number().optional(),
      exp: z.number(),
    }),
  ),
});

/**
 * The keys of a published trust list, to verify by: none of them signs.
 * @throws Error when it is not one
 */
export function keysOfTrustList(text: string): Keys {
  const parsed = Jwks.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error('signing: not a trust list');
  return new Keyring(
    parsed.data.keys.map(({ kid, alg, purpose, x5c, twoDDoc, nbf, exp, ...jwk }) => {
      const chain = (x5c ?? []).map((der) => new X509Certificate(Buffer.from(der, 'base64')));
      return {
        purpose,
        algorithm: alg,
        kid: Buffer.from(kid, 'base64url'),
        chain,
        twoDDoc,
        publicKey: createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }),
        usages: usagesOf(chain[0]?.keyUsage ?? []),
        notBefore: nbf === undefined ? undefined : new Date(nbf * 1000),
        notAfter: new Date(exp * 1000),
        activeFrom: new Date(exp * 1000),
        sign: () => Promise.reject(new Error('signing: a public key signs nothing')),
      };
    }),
  );
}

const signers = (keys: Keys): SigningKey[] => keys.trusted.filter(({ purpose }) => purpose !== 'authority');

function jwkOf(key: SigningKey): TrustedJwk {
  return {
    ...key.publicKey.export({ format: 'jwk' }),
    kid: key.kid.toString('base64url'),
    alg: key.algorithm,
    use: 'sig',
    ...(key.chain.length > 0 && { x5c: key.chain.map(({ raw }) => raw.toString('base64')) }),
    purpose: key.purpose,
    ...(key.twoDDoc && { twoDDoc: key.twoDDoc }),
    ...(key.notBefore && { nbf: seconds(key.notBefore) }),
    exp: seconds(key.notAfter),
  };
}

const seconds = (instant: Date): number => Math.floor(instant.getTime() / 1000);
