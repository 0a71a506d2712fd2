import type { Command } from 'commander';
import type { OpenPgpFiles } from '../areas/targeting/openpgp.js';
import type { Config } from '../config.js';
import type { Language } from '../kernel/errors.js';

export interface OpenPgpOptions {
  readonly key?: string;
  readonly passphraseFile?: string;
  readonly senders?: string;
}

const TEXTS = {
  fr: {
    key: 'clé privée OpenPGP qui ouvre le fichier chiffré (fichier lisible de son seul propriétaire)',
    passphrase: 'fichier de la phrase de passe de cette clé',
    senders: 'clés publiques des émetteurs : la signature détachée (.sig ou .asc) devient obligatoire',
  },
  en: {
    key: 'OpenPGP private key that opens the encrypted file (readable by its owner only)',
    passphrase: 'file with the passphrase of that key',
    senders: 'public keys of the senders: the detached signature (.sig or .asc) becomes compulsory',
  },
} as const;

/** The keys of exchanges on a command line: files, never values, since others can read the list of processes. */
export const withOpenPgpOptions = (command: Command, language: Language): Command =>
  command
    .option('--key <file>', TEXTS[language].key)
    .option('--passphrase-file <file>', TEXTS[language].passphrase)
    .option('--senders <file>', TEXTS[language].senders);

/** The options of the command, and where it has none those of the configuration. */
export const openPgpFiles = (
  { key, passphraseFile, senders }: OpenPgpOptions,
  config?: Pick<Config, 'targeting'>,
): OpenPgpFiles => ({
  keyFile: key ?? config?.targeting?.keyFile,
  passphraseFile: passphraseFile ?? config?.targeting?.passphraseFile,
  sendersFile: senders ?? config?.targeting?.sendersFile,
});
