import type { Command } from 'commander';
import { type CommandContext, withSession } from '../context.js';

const TEXTS = {
  fr: {
    description: 'Ajoute des lots aux lots connus : fichier CSV, en-tête « vaccine,lotNumber »',
    file: 'le fichier',
    json: 'écrit le compte rendu en JSON',
    done: 'lots ajoutés :',
  },
  en: {
    description: 'Adds lots to the known ones: CSV file, header « vaccine,lotNumber »',
    file: 'the file',
    json: 'write the report as JSON',
    done: 'lots added:',
  },
} as const;

/** `lancette declare-lots <file>`: with the owner's rights; the same file twice adds nothing. */
export function declareLotsCommand(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('declare-lots')
    .description(texts.description)
    .argument('<file>', texts.file)
    .option('--json', texts.json)
    .action((file: string, { json }: { json?: true }) =>
      withSession(context, async ({ database }) => {
        const { declareLots } = await import('../../areas/injection/lot-register.js');
        const added = await declareLots(database.ownerPool(), file);
        context.print(json ? JSON.stringify({ added }) : `${texts.done} ${added}`);
      }),
    );
}
