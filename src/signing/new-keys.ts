/** Makes keys with their certificates: those of a demonstration, and the next ones of a rotation. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CoseAlgorithm } from '../formats/dcc/cose.js';
import { dayOf } from '../kernel/days.js';
import { sealKey } from './encrypted-key.js';
import { bindingOf, FolderKeyring, type KeyFileInput, keyFiles, writeKeyFile } from './folder.js';
import { localKey, newPrivateKey } from './local-key.js';
import type { TokenKey } from './pkcs11.js';
import type { KeyHandle, Purpose, SigningKey, TwoDDocNames } from './signing-key.js';
import { type Authority, certify, type Subject } from './x509.js';

const DAY = 86_400_000;
/** Of an authority, and of a signer; a certificate of a person lasts a year at most, so its signer lasts two. */
const VALIDITY_DAYS = { authority: 3650, signer: 730 } as const;
const NAMES: Readonly<Record<Purpose, string>> = {
  authority: 'Lancette demonstration CSCA',
  dcc: 'Lancette document signer',
  'two-d-doc': 'Lancette 2D-DOC signer',
  lists: 'Lancette list signer',
};

export interface NewKey {
  readonly purpose: Purpose;
  readonly now: Date;
  /** Now when absent. */
  readonly activeFrom?: Date;
  readonly algorithm?: CoseAlgorithm;
  readonly twoDDoc?: TwoDDocNames;
  readonly days?: number;
  /** Of the derivation that seals it; a fresh one when absent. */
  readonly salt?: Buffer;
}

const subjectOf = (purpose: Purpose): Subject => ({
  country: 'FR',
  organisation: 'Lancette',
  commonName: NAMES[purpose],
});

/** The certificates of a new key, leaf first. */
export async function chainFor(key: KeyHandle, order: NewKey, authority?: SigningKey): Promise<string[]> {
  const certificate = authority?.chain[0];
  const days = order.days ?? (authority ? VALIDITY_DAYS.signer : VALIDITY_DAYS.authority);
  const wanted = new Date(order.now.getTime() + days * DAY);
  const leaf = await certify(
    {
      subject: subjectOf(order.purpose),
      publicKey: key.publicKey,
      notBefore: order.now,
      // A chain is no longer valid than its shortest certificate.
      notAfter: authority && authority.notAfter < wanted ? authority.notAfter : wanted,
      ...(order.purpose === 'dcc' && { usages: ['v'] as const }),
    },
    authority && certificate ? { ...handleOf(authority), certificate } : (key as Authority),
  );
  return certificate ? [leaf, certificate.toString()] : [leaf];
}

const handleOf = ({ publicKey, sign }: SigningKey): KeyHandle => ({ publicKey, sign });

/** A key file sealed by a passphrase. */
export async function newEncryptedKey(
  order: NewKey,
  passphrase: Buffer,
  authority?: SigningKey,
): Promise<KeyFileInput> {
  const privateKey = newPrivateKey(order.algorithm ?? 'ES256');
  const chain = await chainFor(localKey(privateKey), order, authority);
  return {
    ...statement(order, chain),
    source: sealKey(privateKey, passphrase, bindingOf(order.purpose, chain[0]!), order.salt),
  };
}

/** A key file that names a key of a token. */
export async function newTokenKeyFile(
  order: NewKey,
  key: KeyHandle,
  place: TokenKey,
  authority?: SigningKey,
): Promise<KeyFileInput> {
  return { ...statement(order, await chainFor(key, order, authority)), source: place };
}

const statement = (order: NewKey, chain: string[]) => ({
  version: 1 as const,
  purpose: order.purpose,
  activeFrom: (order.activeFrom ?? order.now).toISOString(),
  chain,
  ...(order.twoDDoc && { twoDDoc: order.twoDDoc }),
});

/** A name that sorts by date and that no other file has. */
export const keyFileName = ({ purpose, now }: NewKey): string =>
  `${purpose}-${dayOf(now)}-${randomBytes(3).toString('hex')}`;

/** 2D-DOC names of the demonstration: the test authority of the official sample, with certificates of its own. */
export const demoTwoDDoc = (number: number): TwoDDocNames => ({
  authority: 'FR00',
  certificate: `L${String(number).padStart(3, '0')}`,
});

/**
 * The folder of a demonstration, made once: an authority and one key of each purpose, sealed by a passphrase that lies
 * beside them. In production the passphrase is elsewhere and the authority is not here at all.
 */
export async function ensureDemoFolder(folder: string, now: Date): Promise<void> {
  const passphraseFile = path.join(folder, 'passphrase');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(passphraseFile))
    writeFileSync(passphraseFile, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  if (keyFiles(folder).length > 0) return;
  const passphrase = readFileSync(passphraseFile);
  const salt = randomBytes(16);
  const authorityOrder: NewKey = { purpose: 'authority', now, salt };
  writeKeyFile(folder, keyFileName(authorityOrder), await newEncryptedKey(authorityOrder, passphrase));
  const authority = new FolderKeyring({ folder, passphrase }).current('authority', new Date(now.getTime() + 1000));
  for (const purpose of ['dcc', 'two-d-doc', 'lists'] as const) {
    const order: NewKey = { purpose, now, salt, ...(purpose === 'two-d-doc' && { twoDDoc: demoTwoDDoc(1) }) };
    writeKeyFile(folder, keyFileName(order), await newEncryptedKey(order, passphrase, authority));
  }
}
