import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { OpenFolder } from '../../signing/outside-keys.js';
import { PURPOSES, type Purpose } from '../../signing/signing-key.js';
import type { CommandContext } from '../context.js';
import { folderOf, instantNamed, twoDDocNamed, withConfig } from '../signing-folder.js';
import { outsideKeysCommands } from './outside-signing-keys.js';

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
    done: 'written',
  },
} as const;

interface NewOptions {
  readonly activeFrom?: string;
  readonly algorithm?: string;
  readonly twoDDoc?: string;
}

/** `lancette signing-keys list|new|retire|…` and `lancette trust-list`: no register is opened. */
export function signingKeysCommands(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  const group = program.command('signing-keys').description(texts.description);
  group
    .command('list')
    .description(texts.list)
    .action(() => withConfig(context, async (config) => listed(await folderOf(config))));
  group
    .command('new')
    .description(texts.create)
    .argument('<purpose>', texts.purpose)
    .option('--active-from <instant>', texts.from)
    .option('--algorithm <name>', texts.algorithm)
    .option('--two-d-doc <names>', texts.twoDDoc)
    .action((purpose: string, options: NewOptions) =>
      withConfig(context, async (config) => [
        `${texts.done}: ${await created(await folderOf(config), purpose, options)}`,
      ]),
    );
  group
    .command('retire')
    .description(texts.retire)
    .argument('<file>')
    .option('--distrust', texts.distrust)
    .action((file: string, { distrust }: { distrust?: true }) =>
      withConfig(context, async (config) => [
        `${texts.done}: ${await retired(await folderOf(config), file, distrust === true)}`,
      ]),
    );
  outsideKeysCommands(group, context);
  program
    .command('trust-list')
    .description(texts.trust)
    .option('--pem', texts.pem)
    .action(({ pem }: { pem?: true }) =>
      withConfig(context, async (config) => {
        const { signingKeys } = await import('../../signing/open.js');
        const { trustList, trustListPem } = await import('../../signing/trust-list.js');
        if (config.signing && config.issuer.kind === 'demo') await folderOf(config);
        const keys = signingKeys(config);
        return [pem ? trustListPem(keys).trimEnd() : JSON.stringify(trustList(keys), null, 2)];
      }),
    );
}

async function listed({ folder }: OpenFolder): Promise<string[]> {
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

async function created(folder: OpenFolder, purpose: string, options: NewOptions): Promise<string> {
  const { FolderKeyring, writeKeyFile } = await import('../../signing/folder.js');
  const { keyFileName, newEncryptedKey } = await import('../../signing/new-keys.js');
  const now = new Date();
  const algorithm = options.algorithm ?? 'ES256';
  if (!PURPOSES.includes(purpose as Purpose) || (algorithm !== 'ES256' && algorithm !== 'PS256'))
    throw new Error(`purpose: ${PURPOSES.join(', ')}; algorithm: ES256, PS256`);
  const { activeFrom } = options;
  const twoDDoc = purpose === 'two-d-doc' ? twoDDocNamed(options.twoDDoc ?? '') : undefined;
  const order = {
    purpose: purpose as Purpose,
    now,
    algorithm,
    ...(activeFrom && { activeFrom: instantNamed(activeFrom) }),
    ...(twoDDoc && { twoDDoc }),
  } as const;
  const authority = purpose === 'authority' ? undefined : new FolderKeyring(folder).current('authority', new Date());
  const name = keyFileName(order);
  writeKeyFile(folder.folder, name, await newEncryptedKey(order, folder.passphrase, authority));
  return `${name}.key.json`;
}

async function retired({ folder }: OpenFolder, name: string, distrust: boolean): Promise<string> {
  const { parseKeyFile, writeWhole } = await import('../../signing/folder.js');
  const file = path.join(folder, path.basename(name));
  const text = readFileSync(file, 'utf8');
  parseKeyFile(text);
  writeWhole(file, { ...JSON.parse(text), [distrust ? 'distrustedAt' : 'retiredAt']: new Date().toISOString() });
  return path.basename(file);
}
