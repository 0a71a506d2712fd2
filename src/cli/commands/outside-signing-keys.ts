import { readFileSync } from 'node:fs';
import { Argument, type Command, Option } from 'commander';
import { LancetteError } from '../../kernel/errors.js';
import type { Accepted, Answer, OpenFolder, Place } from '../../signing/outside-keys.js';
import type { TokenKey } from '../../signing/pkcs11.js';
import { SIGNER_PURPOSES, type SignerPurpose } from '../../signing/signing-key.js';
import type { CommandContext } from '../context.js';
import { folderOf, instantNamed, twoDDocNamed, withConfig } from '../signing-folder.js';

const TEXTS = {
  fr: {
    request: 'Écrit une demande de certificat (PKCS#10) pour une autorité extérieure ; la clé attend sa réponse',
    import: 'Prend le certificat qu’une autorité extérieure a délivré pour une clé en attente',
    declare: 'Prend une clé d’un module PKCS#11 qui a déjà son certificat',
    purpose: 'usage du signataire',
    waiting: 'fichier de la clé en attente (*.request.json)',
    country: 'pays du signataire, deux lettres',
    organisation: 'organisme du signataire',
    commonName: 'nom du signataire',
    algorithm: 'algorithme d’une clé en fichier',
    library: 'bibliothèque du module PKCS#11 (.so)',
    token: 'nom du jeton',
    key: 'étiquette de la clé privée et de la clé publique',
    generate: 'le jeton fait la clé (P-256, non extractible)',
    certificate: 'PEM : le certificat, puis ceux qui le signent, jusqu’à l’autorité',
    from: 'date et heure (ISO 8601, Z) à partir desquelles elle signe',
    twoDDoc: 'autorité et certificat de l’en-tête 2D-DOC, huit caractères',
    waits: 'clé en attente de son certificat',
    done: 'écrit',
    authority: 'autorité, empreinte SHA-256 à comparer à celle qu’elle publie',
  },
  en: {
    request: 'Writes a certificate request (PKCS#10) for an outside authority; the key waits for its answer',
    import: 'Takes the certificate that an outside authority issued for a waiting key',
    declare: 'Takes a key of a PKCS#11 token that has its certificate already',
    purpose: 'purpose of the signer',
    waiting: 'file of the waiting key (*.request.json)',
    country: 'country of the signer, two letters',
    organisation: 'organisation of the signer',
    commonName: 'name of the signer',
    algorithm: 'algorithm of a key in a file',
    library: 'library of the PKCS#11 module (.so)',
    token: 'label of the token',
    key: 'label of the private and of the public key',
    generate: 'the token makes the key (P-256, not extractable)',
    certificate: 'PEM: the certificate, then those above it, up to the authority',
    from: 'date and time (ISO 8601, Z) from which it signs',
    twoDDoc: 'authority and certificate of the 2D-DOC header, eight characters',
    waits: 'key that waits for its certificate',
    done: 'written',
    authority: 'authority, SHA-256 fingerprint to compare with the one that it publishes',
  },
} as const;
type Texts = (typeof TEXTS)[CommandContext['language']];

interface TokenOptions {
  readonly library?: string;
  readonly token?: string;
  readonly key?: string;
}
interface RequestOptions extends TokenOptions {
  readonly country: string;
  readonly organisation: string;
  readonly commonName: string;
  readonly algorithm: 'ES256' | 'PS256';
  readonly generate?: true;
}
interface AnswerOptions extends TokenOptions {
  readonly certificate: string;
  readonly activeFrom?: string;
  readonly twoDDoc?: string;
}

/** `lancette signing-keys request|import|declare-token`. */
export function outsideKeysCommands(group: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  const purpose = () => new Argument('<purpose>', texts.purpose).choices(SIGNER_PURPOSES);
  withToken(group.command('request').description(texts.request), texts)
    .addArgument(purpose())
    .option('--country <code>', texts.country, 'FR')
    .requiredOption('--organisation <name>', texts.organisation)
    .requiredOption('--common-name <name>', texts.commonName)
    .addOption(new Option('--algorithm <name>', texts.algorithm).choices(['ES256', 'PS256']).default('ES256'))
    .option('--generate', texts.generate)
    .action((asked: SignerPurpose, options: RequestOptions) =>
      withConfig(context, async (config) => {
        const { file, request } = await requested(await folderOf(config), asked, options);
        // Beside the request, so that the request alone may be redirected into a file.
        context.tell(`${texts.waits}: ${file}`);
        return [request.trimEnd()];
      }),
    );
  withAnswer(group.command('import').description(texts.import), texts)
    .argument('<file>', texts.waiting)
    .action((file: string, options: AnswerOptions) =>
      withConfig(context, async (config) => {
        const { acceptCertificate } = await import('../../signing/outside-keys.js');
        return told(await acceptCertificate(await folderOf(config), file, answerOf(options)), texts);
      }),
    );
  withToken(withAnswer(group.command('declare-token').description(texts.declare), texts), texts)
    .addArgument(purpose())
    .action((asked: SignerPurpose, options: AnswerOptions) =>
      withConfig(context, async (config) => {
        const { declareTokenKey } = await import('../../signing/outside-keys.js');
        const token = tokenOf(options);
        if (!token) throw new Error('--library, --token, --key');
        return told(await declareTokenKey(await folderOf(config), asked, token, answerOf(options)), texts);
      }),
    );
}

const withToken = (command: Command, texts: Texts): Command =>
  command
    .option('--library <file>', texts.library)
    .option('--token <label>', texts.token)
    .option('--key <label>', texts.key);

const withAnswer = (command: Command, texts: Texts): Command =>
  command
    .requiredOption('--certificate <file>', texts.certificate)
    .option('--active-from <instant>', texts.from)
    .option('--two-d-doc <names>', texts.twoDDoc);

async function requested(folder: OpenFolder, purpose: SignerPurpose, options: RequestOptions) {
  const { requestCertificate } = await import('../../signing/outside-keys.js');
  const { country, organisation, commonName, algorithm, generate = false } = options;
  if (!/^[A-Z]{2}$/.test(country) || ![organisation, commonName].every(isNamePart))
    throw new Error('--country: two letters; --organisation, --common-name: 1 to 64 characters');
  const token = tokenOf(options);
  const place: Place = token ? { token, generate } : { algorithm };
  return requestCertificate(folder, {
    ...{ purpose, place, now: new Date() },
    subject: { country, organisation, commonName },
  });
}

/** The bound of X.520, and nothing invisible. */
const isNamePart = (text: string): boolean => text.length >= 1 && text.length <= 64 && !/\p{C}/u.test(text);

/** Undefined when no token is named; half a name is none. */
function tokenOf({ library, token, key }: TokenOptions): TokenKey | undefined {
  if (library && token && key) return { kind: 'pkcs11', library, token, key };
  if (library || token || key) throw new Error('--library, --token, --key');
  return undefined;
}

function answerOf({ certificate, activeFrom, twoDDoc }: AnswerOptions): Answer {
  return {
    certificates: textIn(certificate),
    ...(activeFrom && { activeFrom: instantNamed(activeFrom) }),
    ...(twoDDoc && { twoDDoc: twoDDocNamed(twoDDoc) }),
    now: new Date(),
  };
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new LancetteError('FILE_UNREADABLE');
  }
}

const told = ({ file, authority }: Accepted, texts: Texts): string[] => [
  `${texts.done}: ${file}`,
  `${texts.authority}: ${authority.fingerprint256}`,
];
