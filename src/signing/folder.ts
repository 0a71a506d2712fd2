/**
 * A folder of keys, one file each. A file that is added takes office at the hour it states, and one that is retired leaves
 * it, while the register runs: the folder is looked at again now and then, and the keys are changed all at once.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { EncryptedKey, openKey } from './encrypted-key.js';
import { Keyring, type Keys } from './keyring.js';
import { localKey } from './local-key.js';
import { TokenHandle, TokenKey } from './pkcs11.js';
import { type KeyHandle, PURPOSES, type Purpose, type SigningKey, signingKeyOf } from './signing-key.js';

const instant = z.iso.datetime().transform((text) => new Date(text));

const KeyFile = z.strictObject({
  version: z.literal(1),
  purpose: z.enum(PURPOSES),
  activeFrom: instant,
  retiredAt: instant.optional(),
  distrustedAt: instant.optional(),
  /** PEM, leaf first. */
  chain: z.array(z.string()).min(1),
  twoDDoc: z
    .strictObject({
      authority: z.string().regex(/^[A-Z]{2}[A-Z0-9]{2}$/),
      certificate: z.string().regex(/^[A-Z0-9]{4}$/),
    })
    .optional(),
  source: z.discriminatedUnion('kind', [EncryptedKey, TokenKey]),
});
export type KeyFile = z.infer<typeof KeyFile>;
export type KeyFileInput = z.input<typeof KeyFile>;

export interface FolderOptions {
  readonly folder: string;
  readonly passphrase: Buffer;
  /** Of the PKCS#11 token, where one is used. */
  readonly pin?: string;
  /** Keys from elsewhere that are believed too. */
  readonly others?: readonly SigningKey[];
  /** How old the look at the folder may be, in milliseconds; a second when absent. */
  readonly freshness?: number;
  /** What went wrong when the folder was looked at again; the keys of before stay in office then. */
  readonly onFailure?: (error: Error) => void;
}

const SUFFIX = '.key.json';
const FRESHNESS = 1000;

/** What a sealed key is bound to. */
export const bindingOf = (purpose: Purpose, leaf: string): string =>
  `${purpose} ${createHash('sha256').update(leaf).digest('hex')}`;

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
      return signingKeyOf(handleOf(file, this.options), file);
    } catch (error) {
      throw new Error(`${name}: ${error instanceof z.ZodError ? 'not a key file' : (error as Error).message}`);
    }
  }
}

export const parseKeyFile = (text: string): KeyFile => KeyFile.parse(JSON.parse(text));

function handleOf(file: KeyFile, { passphrase, pin }: FolderOptions): KeyHandle {
  const { source, purpose, chain } = file;
  if (source.kind === 'encrypted-file')
    return localKey(openKey(source, passphrase, bindingOf(purpose, chain[0] as string)));
  if (!pin) throw new Error('signing: the token needs its PIN');
  return new TokenHandle(source, pin);
}

export const keyFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .sort();

/** Written beside and renamed: a register that looks never reads half a file. */
export function writeKeyFile(folder: string, name: string, file: KeyFileInput): void {
  const target = path.join(folder, `${name}${SUFFIX}`);
  writeFileSync(`${target}.new`, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${target}.new`, target);
}

/** Changes whenever a key file does; small enough to be read each second. */
function stateOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of keyFiles(folder)) hash.update(name).update(readFileSync(path.join(folder, name)));
  return hash.digest('hex');
}
