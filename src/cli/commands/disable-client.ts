import type { Command } from 'commander';
import { type CommandContext, withSession } from '../context.js';
import { traced } from '../traced.js';

const TEXTS = {
  fr: { description: 'Met fin à un client OAuth, jetons compris', id: 'son identifiant', done: 'client désactivé' },
  en: { description: 'Ends an OAuth client, tokens included', id: 'its identifier', done: 'client disabled' },
} as const;

/** `lancette disable-client --id <id>`: with the owner's rights. */
export function disableClient(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('disable-client')
    .description(texts.description)
    .requiredOption('--id <id>', texts.id)
    .action(({ id }: { id: string }) =>
      withSession(context, async (session) => {
        const { database } = session;
        const { disableClient: disable } = await import('../../auth/client-declaration.js');
        const { DeclaredClient } = await import('../../auth/declared-client.js');
        await traced(session, { operation: 'disableClient', article: 'AIPD M2.33', on: id }, () =>
          disable(database.owner.getRepository(DeclaredClient), id),
        );
        context.print(texts.done);
      }),
    );
}
