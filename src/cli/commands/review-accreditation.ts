import type { Command } from 'commander';
import { AccreditationService } from '../../areas/accreditations/accreditation.service.js';
import { type CommandContext, withSession } from '../context.js';
import { traced } from '../traced.js';
import { uuid } from '../uuid-argument.js';

const TEXTS = {
  fr: { description: 'Confirme une habilitation après revue ; lève sa suspension', by: 'nom de qui a fait la revue' },
  en: { description: 'Confirms an accreditation after review; lifts its suspension', by: 'name of the reviewer' },
} as const;

/** `lancette review-accreditation <id> --by …` (AIPD M2.33). */
export function reviewAccreditation(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('review-accreditation')
    .description(texts.description)
    .argument('<id>', 'UUID', uuid)
    .requiredOption('--by <name>', texts.by)
    .action((id: string, { by }: { by: string }) =>
      withSession(context, (session) =>
        traced(session, { operation: 'reviewAccreditation', article: 'AIPD M2.33', on: id }, () =>
          new AccreditationService(session.database, session.clock).review(id, by),
        ),
      ),
    );
}
