import { type Command, InvalidArgumentError } from 'commander';
import { readConfig } from '../../config.js';
import { DEMO_ISSUERS, type DemoIssuerName } from '../../demo/accounts.js';
import type { CommandContext } from '../context.js';
import { SessionFailure } from '../session.js';

const TEXTS = {
  fr: {
    description: 'Jeton d’un fournisseur d’identité de démonstration, par le vrai parcours OIDC (code et PKCE)',
    account: 'personne inventée qui se connecte',
    client: 'logiciel qui demande le jeton',
    json: 'écrit un objet JSON',
    failed: 'Connexion impossible : la démonstration tourne-t-elle (npm start), et ce compte existe-t-il ?',
  },
  en: {
    description: 'Token of a demonstration identity provider, by the real OIDC flow (code and PKCE)',
    account: 'invented person who logs in',
    client: 'software that asks for the token',
    json: 'write a JSON object',
    failed: 'Login failed: is the demonstration running (npm start), and does this account exist?',
  },
} as const;

/** `lancette demo-login psc --account nurse`: prints the provider's access token. */
export function demoLoginCommand(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('demo-login')
    .description(texts.description)
    .argument('<issuer>', DEMO_ISSUERS.join(' | '), issuerName)
    .requiredOption('--account <name>', texts.account)
    .option('--client <id>', texts.client)
    .option('--json', texts.json)
    .action(async (name: DemoIssuerName, options: { account: string; client?: string; json?: true }) => {
      const tokens = await logIn(name, options, texts.failed);
      context.print(options.json ? JSON.stringify(tokens) : tokens.access_token);
    });
}

async function logIn(name: DemoIssuerName, { account, client }: { account: string; client?: string }, failed: string) {
  const { announced } = await import('../../demo/address.js');
  const { demoLogin } = await import('../../demo/login.js');
  const { DEMO_CLIENTS } = await import('../../demo/provider.js');
  try {
    const issuer = announced(readConfig(process.env).dataDir)[name];
    return { issuer, ...(await demoLogin({ issuer, client: client ?? DEMO_CLIENTS[name][0], account })) };
  } catch (error) {
    throw new SessionFailure(failed, { cause: error });
  }
}

function issuerName(text: string): DemoIssuerName {
  const found = DEMO_ISSUERS.find((name) => name === text);
  if (!found) throw new InvalidArgumentError('');
  return found;
}
