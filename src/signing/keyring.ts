import type { TrustedKey } from '../formats/dcc/verify.js';
import type { TwoDDocKey } from '../formats/two-d-doc/verify.js';
import { LancetteError } from '../kernel/errors.js';
import type { Purpose, SigningKey } from './signing-key.js';

/** Where whoever signs or verifies finds the keys of now. */
export interface Keys {
  /** @throws UNAVAILABLE when no key of this purpose is in office */
  current(purpose: Purpose, now: Date): SigningKey;
  has(purpose: Purpose, now: Date): boolean;
  /** Every key that is believed, whether or not it still signs. */
  readonly trusted: readonly SigningKey[];
}

/** The keys of one moment: a rotation makes another one in its place, so that nothing waits and nothing is half changed. */
export class Keyring implements Keys {
  readonly trusted: readonly SigningKey[];

  constructor(private readonly keys: readonly SigningKey[]) {
    this.trusted = keys.filter(({ distrustedAt }) => distrustedAt === undefined);
  }

  current(purpose: Purpose, now: Date): SigningKey {
    const key = this.find(purpose, now);
    if (!key) throw new LancetteError('UNAVAILABLE');
    return key;
  }

  has(purpose: Purpose, now: Date): boolean {
    return this.find(purpose, now) !== undefined;
  }

  /** The one that took office last. */
  private find(purpose: Purpose, now: Date): SigningKey | undefined {
    return this.keys
      .filter((key) => key.purpose === purpose && isInOffice(key, now))
      .sort((one, other) => other.activeFrom.getTime() - one.activeFrom.getTime())[0];
  }
}

const isInOffice = (key: SigningKey, now: Date): boolean =>
  key.activeFrom <= now &&
  (!key.notBefore || key.notBefore <= now) &&
  now < key.notAfter &&
  (!key.retiredAt || now < key.retiredAt) &&
  !key.distrustedAt;

/** The keys by which EU certificates are verified. */
export const dccKeysOf =
  (keys: Keys) =>
  (kid: Buffer): TrustedKey[] =>
    keys.trusted
      .filter((key) => key.purpose === 'dcc' && key.kid.equals(kid))
      .map(({ publicKey, usages, notBefore, notAfter }) => ({ key: publicKey, usages, notBefore, notAfter }));

/** The keys by which 2D-DOC attestations are verified. */
export const twoDDocKeysOf =
  (keys: Keys) =>
  (authority: string, certificate: string): TwoDDocKey | undefined => {
    const found = keys.trusted.find(
      ({ twoDDoc }) => twoDDoc?.authority === authority && twoDDoc.certificate === certificate,
    );
    return found && { key: found.publicKey, notBefore: found.notBefore, notAfter: found.notAfter };
  };
