import { readFileSync } from 'node:fs';
import type { Config } from '../config.js';
import { isInstant } from '../kernel/days.js';
import { LancetteError } from '../kernel/errors.js';
import type { OpenFolder } from '../signing/outside-keys.js';
import { TWO_D_DOC_NAMES, type TwoDDocNames } from '../signing/signing-key.js';
import type { CommandContext } from './context.js';
import { SessionFailure } from './session.js';

/** A command on the folder of keys: no register is opened. @throws SessionFailure with what the keys say, never a secret */
export async function withConfig(
  { print }: CommandContext,
  work: (config: Config) => Promise<readonly string[]>,
): Promise<void> {
  const { readConfig } = await import('../config.js');
  try {
    for (const line of await work(readConfig(process.env))) print(line);
  } catch (error) {
    if (error instanceof LancetteError) throw error;
    throw new SessionFailure(error instanceof Error ? error.message : 'signing', { cause: error });
  }
}

/** The folder of the configuration; that of a demonstration is made at first sight. */
export async function folderOf({ signing, issuer }: Config): Promise<OpenFolder> {
  if (!signing) throw new Error('configuration: LANCETTE_SIGNING_FOLDER is missing');
  const { ensureDemoFolder } = await import('../signing/new-keys.js');
  if (issuer.kind === 'demo') await ensureDemoFolder(signing.folder, new Date());
  return {
    folder: signing.folder,
    passphrase: Buffer.from(secretIn(signing.passphraseFile)),
    pin: signing.pinFile && secretIn(signing.pinFile),
  };
}

const secretIn = (file: string): string => readFileSync(file, 'utf8').trimEnd();

/** @param names the eight characters of the header of a 2D-DOC: authority, then certificate */
export function twoDDocNamed(names: string): TwoDDocNames {
  const [authority, certificate] = [names.slice(0, 4), names.slice(4)];
  if (!TWO_D_DOC_NAMES.authority.test(authority) || !TWO_D_DOC_NAMES.certificate.test(certificate))
    throw new Error('--two-d-doc: two letters of the country, then six letters or digits');
  return { authority, certificate };
}

/** @param text an instant with its offset (RFC 3339) */
export function instantNamed(text: string): Date {
  if (!isInstant(text)) throw new Error('--active-from: 2021-01-31T08:00:00Z');
  return new Date(text);
}
