import {
  constants,
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';

/** Signs a text, in the form a JWT wants. */
export type Signer = (text: string) => string;

/** A part of a JWT: JSON of an object, or a text as it is. */
export const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

export const es256 =
  (by: KeyObject): Signer =>
  (text) =>
    sign('sha256', Buffer.from(text), { key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url');
export const rs256 =
  (by: KeyObject): Signer =>
  (text) =>
    sign('sha256', Buffer.from(text), by).toString('base64url');
export const ps256 =
  (by: KeyObject): Signer =>
  (text) =>
    sign('sha256', Buffer.from(text), {
      key: by,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }).toString('base64url');
export const hmac =
  (algorithm: string, secret: string | Buffer): Signer =>
  (text) =>
    createHmac(algorithm, secret).update(text).digest('base64url');
export const unsigned: Signer = () => '';

export const aKey = (namedCurve = 'P-256'): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
export const anRsaKey = (modulusLength = 2048): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey;
export const publicJwk = (key: KeyObject): Record<string, unknown> => createPublicKey(key).export({ format: 'jwk' });

/** A JWT from a header and claims: objects, or texts that are signed as they are. */
export function jwt(header: object | string, claims: object | string, signer: Signer): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${signer(text)}`;
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface Assertion {
  readonly id: string;
  readonly key: KeyObject;
  readonly kid?: string;
  readonly audience: string;
  readonly now: number;
  readonly header?: object;
  readonly claims?: object;
  readonly signer?: Signer;
}

/** A client's own assertion (RFC 7523), good unless told otherwise. */
export function aClientAssertion({ id, key, kid = 'k1', audience, now, header, claims, signer }: Assertion): string {
  const good = { iss: id, sub: id, aud: audience, iat: now, exp: now + 60, jti: randomUUID() };
  return jwt({ alg: 'ES256', typ: 'JWT', kid, ...header }, { ...good, ...claims }, signer ?? es256(key));
}

export interface Proof {
  readonly key: KeyObject;
  readonly method?: string;
  readonly url: string;
  readonly now: number;
  readonly token?: string;
  readonly header?: object;
  readonly claims?: object;
  readonly signer?: Signer;
}

/** A DPoP proof (RFC 9449), good unless told otherwise. */
export function aProof({ key, method = 'POST', url, now, token, header, claims, signer }: Proof): string {
  const ath = token && createHash('sha256').update(token).digest('base64url');
  const good = { htm: method, htu: url, iat: now, jti: randomUUID(), ...(ath && { ath }) };
  return jwt(
    { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk(key), ...header },
    { ...good, ...claims },
    signer ?? es256(key),
  );
}

/** RFC 7638. */
export function jktOf(key: KeyObject): string {
  const { crv, kty, x, y } = publicJwk(key);
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
