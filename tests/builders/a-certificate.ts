import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';

/** A key, its certificate and the name under which it signs (RFC 4514, last part first). */
export interface Seal {
  readonly pem: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly issuer: string;
  readonly thumbprint: string;
  readonly kind: KeyKind;
}

export type KeyKind = 'rsa' | 'rsa-1024' | 'ec';

interface CertificateOptions {
  readonly kind?: KeyKind;
  readonly name?: string;
  readonly from?: Date;
  readonly to?: Date;
}

const DAY = 86_400_000;
const ORGANISATION = 'HOPITAL D’ESSAI, SITE NORD';

/** A self-signed certificate for tests: DER written by hand, so that no other program is needed. */
export function aCertificate({ kind = 'rsa', name = 'vihf.hopital.test', ...dates }: CertificateOptions = {}): Seal {
  const key = newKey(kind);
  const from = dates.from ?? new Date(Date.now() - 30 * DAY);
  const to = dates.to ?? new Date(Date.now() + 300 * DAY);
  const der = certificateOf(key, name, from, to);
  const certificate = new X509Certificate(der);
  return {
    pem: certificate.toString(),
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
    issuer: `CN=${name},OU=339172288100052,O=${ORGANISATION.replace(',', '\\,')},C=FR`,
    thumbprint: Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'),
    kind,
  };
}

function newKey(kind: KeyKind): KeyObject {
  if (kind === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return generateKeyPairSync('rsa', { modulusLength: kind === 'rsa' ? 2048 : 1024 }).privateKey;
}

function certificateOf(key: KeyObject, name: string, from: Date, to: Date): Buffer {
  const algorithm =
    key.asymmetricKeyType === 'ec'
      ? sequence(oid('1.2.840.10045.4.3.2'))
      : sequence(oid('1.2.840.113549.1.1.11'), NULL);
  const subject = sequence(
    part('2.5.4.6', 'FR'),
    part('2.5.4.10', ORGANISATION),
    part('2.5.4.11', '339172288100052'),
    part('2.5.4.3', name),
  );
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const version = der(0xa0, der(0x02, Buffer.from([2])));
  const serial = der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)]));
  const tbs = sequence(version, serial, algorithm, subject, sequence(time(from), time(to)), subject, spki);
  const signature = sign('sha256', tbs, createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })));
  return sequence(tbs, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
}

const NULL = Buffer.from([5, 0]);
const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));
const part = (type: string, value: string): Buffer =>
  der(0x31, sequence(oid(type), der(0x0c, Buffer.from(value, 'utf8'))));
const time = (date: Date): Buffer =>
  der(0x18, Buffer.from(`${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`));

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest.flatMap(base128)];
  return der(0x06, Buffer.from(bytes));
}

function base128(value: number): number[] {
  const bytes = [value & 127];
  for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 127) | 128);
  return bytes;
}
