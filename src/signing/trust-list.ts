import type { Keys } from './keyring.js';
import type { SigningKey } from './signing-key.js';

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
