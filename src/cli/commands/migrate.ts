import type { Command } from 'commander';
import { type CommandContext, withSession } from '../context.js';

const TEXTS = {
  fr: {
    description: 'Met à jour les tables, les rôles, les droits et les politiques de lignes d’après la loi',
    done: 'base à jour',
  },
  en: {
    description: 'Brings tables, roles, grants and row policies up to date with the law',
    done: 'database up to date',
  },
} as const;

/** `lancette migrate`: with the owner's rights; the server itself only checks. */
export function migrate(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('migrate')
    .description(texts.description)
    .action(() =>
      withSession(context, async ({ database }) => {
        const { prepareDatabase } = await import('../../application.js');
        await prepareDatabase(database);
        context.print(texts.done);
      }),
    );
}
