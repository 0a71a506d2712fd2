import { createPrivateKey } from 'node:crypto';
import { compactDecrypt, type JWTPayload, jwtVerify } from 'jose';
import type { UpstreamConfig } from '../../config.js';
import type { BoundedAnswer } from './bounded-fetch.js';
import type { Provider } from './provider.js';

interface Expected {
  readonly provider: Provider;
  /** For whom the provider made the answer. */
  readonly audience: string;
  readonly encryption: UpstreamConfig['encryption'];
  /** Media type of the answer; its end is the `typ` of the JWT. */
  readonly type: 'application/jwt' | 'application/token-introspection+jwt';
  readonly now: Date;
}

/**
 * The claims of an answer that its provider signed, and encrypted for this API where a key is configured (OpenID Connect
 * Core §5.3.2, RFC 9701). With such a key an answer in clear is refused: whoever is between could have written it.
 * @throws whatever is wrong
 */
export async function claimsOfSigned(answer: BoundedAnswer, expected: Expected): Promise<JWTPayload> {
  const { provider, audience, encryption, type, now } = expected;
  if (answer.status !== 200 || answer.type !== type) throw new Error('identity provider: no signed answer');
  const text = encryption ? await decrypted(answer.text, encryption) : answer.text;
  const { payload } = await jwtVerify(text, provider.keys, {
    algorithms: ['ES256', 'PS256', 'RS256'],
    issuer: provider.issuer,
    audience,
    ...(type !== 'application/jwt' && { typ: type.slice('application/'.length) }),
    currentDate: now,
    clockTolerance: 5,
  });
  return payload;
}

async function decrypted(
  text: string,
  { privateKey, alg }: NonNullable<UpstreamConfig['encryption']>,
): Promise<string> {
  const { plaintext } = await compactDecrypt(text, createPrivateKey(privateKey), {
    keyManagementAlgorithms: [alg],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  return new TextDecoder('utf-8', { fatal: true }).decode(plaintext);
}
