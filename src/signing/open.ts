import { readFileSync } from 'node:fs';
import { FolderKeyring } from './folder.js';
import { Keyring, type Keys } from './keyring.js';
import { bareKey } from './legacy.js';

/** What of the configuration says where the keys are. */
export interface SigningSettings {
  readonly keys: { readonly attestation: { privateKey: string; kid: Buffer; notAfter: string } };
  readonly signing?: { readonly folder: string; readonly passphraseFile: string; readonly pinFile?: string };
}

/**
 * The signing keys of a register: those of its folder, and the one of the keys file, which signed the first certificates.
 * @throws Error naming the file at fault: a register without its keys does not start
 */
export function signingKeys({ keys, signing }: SigningSettings, onFailure?: (error: Error) => void): Keys {
  const first = bareKey(keys.attestation);
  if (!signing) return new Keyring([first]);
  const { folder, passphraseFile, pinFile } = signing;
  return new FolderKeyring({
    folder,
    passphrase: Buffer.from(secret(passphraseFile)),
    pin: pinFile === undefined ? undefined : secret(pinFile),
    others: [first],
    onFailure,
  });
}

const secret = (file: string): string => readFileSync(file, 'utf8').trimEnd();
