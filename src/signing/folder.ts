/**
 * A folder of keys, one file each. A file that is added takes office at the hour it states, and one that is retired leaves
 * it, while the register runs: the folder is looked at again now and then, and the keys are changed all at once.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { LancetteError } from '../kernel/errors.js';
import { EncryptedKey, openKey } from './encrypted-key.js';
import { Keyring, type Keys } from './keyring.js';
import { localKey } from './local-key.js';
import { TokenHandle, TokenKey } from './pkcs11.js';
import {
  type KeyHandle,
  PURPOSES,
  type Purpose,
  type SigningKey,
  signingKeyOf,
  TWO_D_DOC_NAMES,
} from './signing-key.js';

const instant = z.iso.datetime().transform((text) => new Date(text));

const TwoDDocNamesInFile = z.strictObject({
  authority: z.string().regex(TWO_D_DOC_NAMES.authority),
  certificate: z.string().regex(TWO_D_DOC_NAMES.certificate),
});
export const KeySource = z.discriminatedUnion('kind', [EncryptedKey, TokenKey]);

const KeyFile = z.strictObject({
  version: z.literal(1),
  purpose: z.enum(PURPOSES),
  activeFrom: instant,
  retiredAt: instant.optional(),
  distrustedAt: instant.optional(),
  /** PEM, leaf first. */
  chain: z.array(z.string()).min(1),
  twoDDoc: TwoDDocNamesInFile.optional(),
  source: KeySource,
});
export type KeyFile = z.infer<typeof KeyFile>;
export type KeyFileInput = z.input<typeof KeyFile>;

/** What opens the keys of a folder. */
export interface Secrets {
  readonly passphrase: Buffer;
  /** Of the PKCS#11 token, where one is used. */
  readonly pin?: string;
}

export interface FolderOptions extends Secrets {
  readonly folder: string;
  /** Keys from elsewhere that are believed too. */
  readonly others?: readonly SigningKey[];
  /** How old the look at the folder may be, in milliseconds; a second when absent. */
  readonly freshness?: number;
  /** What went wrong when the folder was looked at again; the keys of before stay in office then. */
  readonly onFailure?: (error: Error) => void;
}

const SUFFIX = '.key.json';
const FRESHNESS = 1000;

/** What a sealed key is bound to. @param pem its certificate, or its request for one */
export const bindingOf = (purpose: Purpose, pem: string): string =>
  `${purpose} ${createHash('sha256').update(pem).digest('hex')}`;

export class FolderKeyring implements Keys {
  private ring: Keyring;
  private seen: string;
  private lookedAt = Date.now();
  /** Opening a key costs a tenth of a second: those that have not changed are kept. */
  private opened = new Map<string, SigningKey>();

  /** @throws Error naming the file at fault: nothing is signed by a folder that is not whole */
  constructor(private readonly options: FolderOptions) {
    this.seen = stateOf(options.folder);
    this.ring = this.read();
  }

  current(purpose: Purpose, now: Date): SigningKey {
    this.lookAgain();
    return this.ring.current(purpose, now);
  }

  has(purpose: Purpose, now: Date): boolean {
    this.lookAgain();
    return this.ring.has(purpose, now);
  }

  get trusted(): readonly SigningKey[] {
    this.lookAgain();
    return this.ring.trusted;
  }

  private lookAgain(): void {
    const at = Date.now();
    if (at - this.lookedAt < (this.options.freshness ?? FRESHNESS)) return;
    this.lookedAt = at;
    try {
      const state = stateOf(this.options.folder);
      if (state === this.seen) return;
      this.ring = this.read();
      this.seen = state;
    } catch (error) {
      this.options.onFailure?.(error as Error);
    }
  }

  private read(): Keyring {
    const { folder, others = [] } = this.options;
    const opened = new Map<string, SigningKey>();
    for (const name of keyFiles(folder)) {
      const text = readFileSync(path.join(folder, name), 'utf8');
      opened.set(text, this.opened.get(text) ?? this.open(name, text));
    }
    this.opened = opened;
    return new Keyring([...others, ...opened.values()]);
  }

  private open(name: string, text: string): SigningKey {
    try {
      const file = parseKeyFile(text);
      return signingKeyOf(handleOf(file.source, bindingOf(file.purpose, file.chain[0] ?? ''), this.options), file);
    } catch (error) {
      throw new Error(`${name}: ${toldOf(error)}`);
    }
  }
}

export const parseKeyFile = (text: string): KeyFile => KeyFile.parse(JSON.parse(text));

function toldOf(error: unknown): string {
  if (error instanceof z.ZodError) return 'not a key file';
  return error instanceof LancetteError ? `${error.code} ${error.detail.field ?? ''}` : (error as Error).message;
}

/** The key of a file, by which its place is asked to sign. @throws Error, SIGNING_TOKEN */
export function handleOf(source: KeyFile['source'], bound: string, { passphrase, pin }: Secrets): KeyHandle {
  if (source.kind === 'encrypted-file') return localKey(openKey(source, passphrase, bound));
  if (!pin) throw new LancetteError('SIGNING_TOKEN', { field: 'PIN' });
  return new TokenHandle(source, pin);
}

export const keyFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .sort();

export const writeKeyFile = (folder: string, name: string, file: KeyFileInput): void =>
  writeWhole(path.join(folder, `${name}${SUFFIX}`), file);

/** Written beside and renamed: a register that looks never reads half a file. */
export function writeWhole(target: string, value: object): void {
  writeFileSync(`${target}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${target}.new`, target);
}

/** Changes whenever a key file does; small enough to be read each second. */
function stateOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of keyFiles(folder)) hash.update(name).update(readFileSync(path.join(folder, name)));
  return hash.digest('hex');
}
