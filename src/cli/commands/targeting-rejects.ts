import type { Command } from 'commander';
import { TargetingRejects } from '../../areas/targeting/rejects.service.js';
import { type CommandContext, withSession } from '../context.js';
import { uuid } from '../uuid-argument.js';

const TEXTS = {
  fr: {
    description: 'Liste les lignes rejetées : import, ligne, colonne, motif',
    json: 'écrit un objet JSON par ligne',
  },
  en: { description: 'Lists the rejected lines: import, line, column, reason', json: 'write one JSON object per line' },
} as const;

/** `lancette targeting-rejects [importId]`: where and why, never what the line holds. */
export function targetingRejects(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('targeting-rejects')
    .description(texts.description)
    .argument('[importId]', 'UUID', uuid)
    .option('--json', texts.json)
    .action((importId: string | undefined, { json }: { json?: true }) =>
      withSession(context, async (session) => {
        for await (const entry of new TargetingRejects(session).listRejects(importId)) {
          const { line, column, code } = entry;
          context.print(json ? JSON.stringify(entry) : [entry.importId, line, column, code].join('\t'));
        }
      }),
    );
}
