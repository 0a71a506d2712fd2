import type { Command } from 'commander';
import { AccreditationService } from '../../areas/accreditations/accreditation.service.js';
import { type CommandContext, withSession } from '../context.js';
import { traced } from '../traced.js';
import { uuid } from '../uuid-argument.js';

const TEXTS = {
  fr: { description: 'Révoque une habilitation, dès la requête suivante', reason: 'motif, conservé au registre' },
  en: { description: 'Revokes an accreditation, from the next request on', reason: 'reason, kept in the register' },
} as const;

/** `lancette revoke-accreditation <id> --reason …`. */
export function revokeAccreditation(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('revoke-accreditation')
    .description(texts.description)
    .argument('<id>', 'UUID', uuid)
    .requiredOption('--reason <reason>', texts.reason)
    .action((id: string, { reason }: { reason: string }) =>
      withSession(context, (session) =>
        traced(session, { operation: 'revokeAccreditation', article: 'AIPD M2.33', on: id }, () =>
          new AccreditationService(session.database, session.clock).revoke(id, reason),
        ),
      ),
    );
}
