import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** How far a signature's time may be from now, in seconds, either way. */
export const SIGNATURE_TOLERANCE = 300;

export interface Signed {
  readonly method: string;
  /** Path of the address, with its query when there is one. */
  readonly path: string;
  readonly body: Buffer;
}

export interface SignatureHeaders {
  /** Seconds since 1970. */
  readonly 'lancette-timestamp': string;
  /** `v1=` and the HMAC-SHA-256 in hexadecimal. */
  readonly 'lancette-signature': string;
}

/** HMAC-SHA-256 over version, time, method, path and SHA-256 of the body, one a line. */
function macOf(key: Buffer, timestamp: string, { method, path, body }: Signed): Buffer {
  const digest = createHash('sha256').update(body).digest('hex');
  return createHmac('sha256', key).update(['v1', timestamp, method, path, digest].join('\n')).digest();
}

export function sign(key: Buffer, what: Signed, now: Date): SignatureHeaders {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return {
    'lancette-timestamp': timestamp,
    'lancette-signature': `v1=${macOf(key, timestamp, what).toString('hex')}`,
  };
}

/** Whether the key made this signature, not too long ago. Whether it is used for the first time is asked elsewhere. */
export function isSignedBy(key: Buffer, what: Signed, headers: Record<string, unknown>, now: Date): boolean {
  const { 'lancette-timestamp': timestamp, 'lancette-signature': signature } = headers;
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return false;
  if (!/^\d{1,12}$/.test(timestamp) || !/^v1=[0-9a-f]{64}$/.test(signature)) return false;
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > SIGNATURE_TOLERANCE) return false;
  return timingSafeEqual(macOf(key, timestamp, what), Buffer.from(signature.slice(3), 'hex'));
}
