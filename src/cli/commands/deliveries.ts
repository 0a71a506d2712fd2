import type { Command } from 'commander';
import { roleOf } from '../../access/grants.js';
import { Deliveries } from '../../areas/invitations/deliveries.js';
import { type CommandContext, withSession } from '../context.js';

const TEXTS = {
  fr: { description: 'Compte les invitations par jour, canal et état', json: 'écrit un objet JSON par ligne' },
  en: { description: 'Counts the invitations by day, channel and state', json: 'write one JSON object per line' },
} as const;

/** `lancette deliveries`: counts only (AIPD M1.58). */
export function deliveries(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('deliveries')
    .description(texts.description)
    .option('--json', texts.json)
    .action(({ json }: { json?: true }) =>
      withSession(context, async ({ database }) => {
        for (const line of await new Deliveries(database.pool(roleOf('sender'))).counts())
          context.print(json ? JSON.stringify(line) : [line.day, line.channel, line.state, line.messages].join('\t'));
      }),
    );
}
