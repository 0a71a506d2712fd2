import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Declaration } from '../../auth/client-declaration.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Recipient } from '../../law/recipients.js';
import { type CommandContext, withSession } from '../context.js';
import { recipientNamed } from '../scope-argument.js';
import { traced } from '../traced.js';

const TEXTS = {
  fr: {
    description: 'Déclare un client OAuth (organisme ou logiciel), ou remplace sa déclaration',
    id: 'son identifiant',
    recipient: 'un destinataire qu’il peut être (à répéter)',
    region: 'sa région, pour une ARS',
    jwks: 'fichier de ses clés publiques (RFC 7517)',
    jwksUri: 'adresse https de ses clés publiques',
    certificate: 'certificat TLS en PEM (à répéter)',
    binding: 'ce à quoi ses jetons sont liés',
    exchanges: 'logiciel qui échange l’identité de professionnels ou de personnes',
    done: 'client déclaré',
  },
  en: {
    description: 'Declares an OAuth client (agency or software), or replaces its declaration',
    id: 'its identifier',
    recipient: 'a recipient that it may be (repeatable)',
    region: 'its region, for an ARS',
    jwks: 'file of its public keys (RFC 7517)',
    jwksUri: 'https address of its public keys',
    certificate: 'TLS certificate in PEM (repeatable)',
    binding: 'what its tokens are bound to',
    exchanges: 'software that exchanges identities of professionals or persons',
    done: 'client declared',
  },
} as const;

interface Options {
  readonly id: string;
  readonly recipient: readonly Recipient[];
  readonly region?: string;
  readonly jwks?: string;
  readonly jwksUri?: string;
  readonly certificate: readonly string[];
  readonly binding: Declaration['binding'];
  readonly exchanges?: boolean;
}

/** `lancette declare-client`: with the owner's rights. Keys and certificates are public. */
export function declareClient(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('declare-client')
    .description(texts.description)
    .requiredOption('--id <id>', texts.id)
    .addOption(new Option('--recipient <scope>', texts.recipient).argParser(recipients).makeOptionMandatory())
    .option('--region <code>', texts.region)
    .option('--jwks <file>', texts.jwks)
    .option('--jwks-uri <address>', texts.jwksUri)
    .option('--certificate <file>', texts.certificate, (file, files: string[]) => [...files, file], [])
    .addOption(new Option('--binding <kind>', texts.binding).choices(['none', 'certificate', 'dpop']).default('none'))
    .option('--exchanges', texts.exchanges)
    .action(async (options: Options) => {
      // Files are read first: what cannot be read needs no register.
      const files = { jwks: options.jwks && (await textOf(options.jwks)), pems: await textsOf(options.certificate) };
      await withSession(context, async (session) => {
        const { database } = session;
        const { declareClient: declare } = await import('../../auth/client-declaration.js');
        const { DeclaredClient } = await import('../../auth/declared-client.js');
        const declaration = await declarationOf(options, files);
        await traced(session, { operation: 'declareClient', article: 'AIPD M2.33', on: options.id }, () =>
          declare(database.owner.getRepository(DeclaredClient), declaration),
        );
        context.print(texts.done);
      });
    });
}

const recipients = (scope: string, before: readonly Recipient[] = []): readonly Recipient[] => [
  ...before,
  recipientNamed(scope),
];

async function declarationOf(
  { id, recipient, region, jwksUri, binding, exchanges = false }: Options,
  { jwks, pems }: { jwks?: string; pems: readonly string[] },
): Promise<Declaration> {
  const { thumbprintOfPem } = await import('../../auth/client-declaration.js');
  return {
    id,
    recipients: [...recipient],
    region,
    ...(jwks && { jwks: jsonOf(jwks) as Declaration['jwks'] }),
    jwksUri,
    certificates: pems.map(thumbprintOfPem),
    binding,
    exchanges,
  };
}

const textsOf = (files: readonly string[]): Promise<string[]> => Promise.all(files.map(textOf));

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch(() => {
    throw new LancetteError('FILE_UNREADABLE');
  });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LancetteError('CLIENT_DECLARATION');
  }
}
