import type { Command } from 'commander';
import { scopeOf } from '../../law/machines.js';
import { RECIPIENT_IDS, type Recipient } from '../../law/recipients.js';
import { type CommandContext, withSession } from '../context.js';
import { recipientNamed } from '../scope-argument.js';

const TEXTS = {
  fr: {
    description: 'Jeton d’accès d’une heure pour un destinataire (émetteur de démonstration)',
    json: 'écrit un objet JSON',
  },
  en: { description: 'One-hour access token for a recipient (demo issuer)', json: 'write a JSON object' },
} as const;

/** `lancette token <recipient>`: refused once a production issuer is configured. */
export function token(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('token')
    .description(texts.description)
    .argument('<recipient>', RECIPIENT_IDS.map(scopeOf).join(' | '), recipientNamed)
    .option('--json', texts.json)
    .action((who: Recipient, { json }: { json?: true }) =>
      withSession(context, async ({ config, database, clock }) => {
        const { DemoIssuer } = await import('../../auth/tokens.js');
        const { demoPrincipal } = await import('../demo-principals.js');
        const text = await new DemoIssuer(config, clock).tokenFor(await demoPrincipal(who, database));
        context.print(json ? JSON.stringify({ recipient: who, token: text }) : text);
      }),
    );
}
