import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../config.js';
import { PURPOSES, type Purpose } from '../../signing/signing-key.js';
import type { CommandContext } from '../context.js';
import { SessionFailure } from '../session.js';

const TEXTS = {
  fr: {
    description: 'Les clés de signature des certificats',
    list: 'Clés du dossier, avec leur usage et leurs dates',
    create: 'Ajoute une clé certifiée par l’autorité du dossier ; elle signe dès qu’elle est prise en compte',
    retire: 'Une clé ne signe plus ; ce qu’elle a signé reste valable',
    distrust: 'la clé est compromise : plus rien de ce qu’elle a signé n’est valable',
    from: 'date et heure (ISO 8601, Z) à partir desquelles elle signe',
    algorithm: 'ES256 (par défaut) ou PS256',
    twoDDoc: 'autorité et certificat de l’en-tête 2D-DOC, huit caractères',
    trust: 'Liste de confiance pour les vérificateurs, en JWKS',
    pem: 'en certificats PEM',
    purpose: `usage : ${PURPOSES.join(', ')}`,
    noFolder: 'LANCETTE_SIGNING_FOLDER : aucun dossier de clés',
    done: 'écrit',
  },
  en: {
    description: 'The keys that sign certificates',
    list: 'Keys of the folder, with their purpose and dates',
    create: 'Adds a key certified by the authority of the folder; it signs as soon as it is seen',
    retire: 'A key signs no more; what it signed stays valid',
    distrust: 'the key is compromised: nothing that it signed is valid any more',
    from: 'date and time (ISO 8601, Z) from which it signs',
    algorithm: 'ES256 (default) or PS256',
    twoDDoc: 'authority and certificate of the 2D-DOC header, eight characters',
    trust: 'Trust list for verifiers, as JWKS',
    pem: 'as certificates in PEM',
    purpose: `purpose: ${PURPOSES.join(', ')}`,
    noFolder: 'LANCETTE_SIGNING_FOLDER: no folder of keys',
    done: 'written',
  },
} as const;

interface NewOptions {
  readonly activeFrom?: string;
  readonly algorithm?: string;
  readonly twoDDoc?: string;
}

/** `lancette signing-keys list|new|retire` and `lancette trust-list`: no register is opened. */
export function signingKeysCommands(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  const group = program.command('signing-keys').description(texts.description);
  group
    .command('list')
    .description(texts.list)
    .action(() => run(context, async (config) => listed(await folderOf(config, texts.noFolder))));
  group
    .command('new')
    .description(texts.create)
    .argument('<purpose>', texts.purpose)
    .option('--active-from <instant>', texts.from)
    .option('--algorithm <name>', texts.algorithm)
    .option('--two-d-doc <names>', texts.twoDDoc)
    .action((purpose: string, options: NewOptions) =>
      run(context, async (config) => [
        `${texts.done}: ${await created(await folderOf(config, texts.noFolder), purpose, options)}`,
      ]),
    );
  group
    .command('retire')
    .description(texts.retire)
    .argument('<file>')
    .option('--distrust', texts.distrust)
    .action((file: string, { distrust }: { distrust?: true }) =>
      run(context, async (config) => [
        `${texts.done}: ${await retired(await folderOf(config, texts.noFolder), file, distrust === true)}`,
      ]),
    );
  program
    .command('trust-list')
    .description(texts.trust)
    .option('--pem', texts.pem)
    .action(({ pem }: { pem?: true }) =>
      run(context, async (config) => {
        const { signingKeys } = await import('../../signing/open.js');
        const { trustList, trustListPem } = await import('../../signing/trust-list.js');
        if (config.signing && config.issuer.kind === 'demo') await folderOf(config, texts.noFolder);
        const keys = signingKeys(config);
        return [pem ? trustListPem(keys).trimEnd() : JSON.stringify(trustList(keys), null, 2)];
      }),
    );
}

/** @throws SessionFailure with what the keys say of themselves, which is never a secret */
async function run(context: CommandContext, work: (config: Config) => Promise<string[]>): Promise<void> {
  const { readConfig } = await import('../../config.js');
  try {
    for (const line of await work(readConfig(process.env))) context.print(line);
  } catch (error) {
    throw new SessionFailure(error instanceof Error ? error.message : 'signing', { cause: error });
  }
}

interface Folder {
  readonly folder: string;
  readonly passphrase: Buffer;
  readonly pin?: string;
}

/** The folder of the configuration; that of a demonstration is made at first sight. */
async function folderOf({ signing, issuer }: Config, missing: string): Promise<Folder> {
  if (!signing) throw new Error(missing);
  const { ensureDemoFolder } = await import('../../signing/new-keys.js');
  if (issuer.kind === 'demo') await ensureDemoFolder(signing.folder, new Date());
  return {
    folder: signing.folder,
    passphrase: Buffer.from(readFileSync(signing.passphraseFile, 'utf8').trimEnd()),
    pin: signing.pinFile && readFileSync(signing.pinFile, 'utf8').trimEnd(),
  };
}

async function listed({ folder }: Folder): Promise<string[]> {
  const { keyFiles, parseKeyFile } = await import('../../signing/folder.js');
  const { X509Certificate } = await import('node:crypto');
  return keyFiles(folder).map((name) => {
    const file = parseKeyFile(readFileSync(path.join(folder, name), 'utf8'));
    const leaf = new X509Certificate(file.chain[0] ?? '');
    const state = [
      file.retiredAt && `retired ${file.retiredAt.toISOString()}`,
      file.distrustedAt && `distrusted ${file.distrustedAt.toISOString()}`,
    ].filter(Boolean);
    const validity = `${file.activeFrom.toISOString()} → ${new Date(leaf.validTo).toISOString()}`;
    return [name, file.purpose, file.source.kind, validity, ...state].join('  ');
  });
}

async function created(folder: Folder, purpose: string, options: NewOptions): Promise<string> {
  const { FolderKeyring, writeKeyFile } = await import('../../signing/folder.js');
  const { keyFileName, newEncryptedKey } = await import('../../signing/new-keys.js');
  const now = new Date();
  const algorithm = options.algorithm ?? 'ES256';
  if (!PURPOSES.includes(purpose as Purpose) || (algorithm !== 'ES256' && algorithm !== 'PS256'))
    throw new Error(`purpose: ${PURPOSES.join(', ')}; algorithm: ES256, PS256`);
  const { twoDDoc, activeFrom } = options;
  const order = {
    purpose: purpose as Purpose,
    now,
    algorithm,
    ...(activeFrom && { activeFrom: new Date(activeFrom) }),
    ...(twoDDoc && { twoDDoc: { authority: twoDDoc.slice(0, 4), certificate: twoDDoc.slice(4) } }),
  } as const;
  if (purpose === 'two-d-doc' && !/^[A-Z]{2}[A-Z0-9]{6}$/.test(twoDDoc ?? ''))
    throw new Error('--two-d-doc: two letters of the country, then six letters or digits');
  const authority =
    purpose === 'authority' ? undefined : new FolderKeyring({ ...folder }).current('authority', new Date());
  const name = keyFileName(order);
  writeKeyFile(folder.folder, name, await newEncryptedKey(order, folder.passphrase, authority));
  return `${name}.key.json`;
}

async function retired({ folder }: Folder, name: string, distrust: boolean): Promise<string> {
  const { parseKeyFile } = await import('../../signing/folder.js');
  const file = path.join(folder, path.basename(name));
  const text = readFileSync(file, 'utf8');
  parseKeyFile(text);
  const changed = { ...JSON.parse(text), [distrust ? 'distrustedAt' : 'retiredAt']: new Date().toISOString() };
  writeFileSync(`${file}.new`, `${JSON.stringify(changed, null, 2)}\n`, { mode: 0o600 });
  const { renameSync } = await import('node:fs');
  renameSync(`${file}.new`, file);
  return path.basename(file);
}
