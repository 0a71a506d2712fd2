import { createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { UpstreamConfig } from '../../config.js';

const ASSERTION_SECONDS = 60;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How this API proves itself to a provider: form parameters (private_key_jwt, RFC 7523) or a header (RFC 6749 §2.3.1). */
export async function clientCredential(
  { clientId, credential }: Pick<UpstreamConfig, 'clientId' | 'credential'>,
  issuer: string,
): Promise<{ parameters: Record<string, string>; headers: Record<string, string> }> {
  if ('secret' in credential) {
    const pair = [clientId, credential.secret].map(encodeURIComponent).join(':');
    return { parameters: {}, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
  }
  const now = Math.floor(Date.now() / 1000);
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: credential.alg, kid: credential.kid })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_SECONDS)
    .setJti(randomUUID())
    .sign(createPrivateKey(credential.privateKey));
  const parameters = { client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
  return { parameters, headers: {} };
}
