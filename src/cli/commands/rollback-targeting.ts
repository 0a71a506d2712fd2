import type { Command } from 'commander';
import { type RollbackReport, TargetingRollback } from '../../areas/targeting/rollback.service.js';
import { type CommandContext, withSession } from '../context.js';
import { uuid } from '../uuid-argument.js';

const TEXTS = {
  fr: {
    description: 'Retire un import entier, tant que personne de cet import n’est entré dans le parcours vaccinal',
    json: 'écrit le compte rendu en JSON',
    outcome: { DONE: 'Import retiré', RESUMED: 'Retrait repris et terminé', ALREADY_DONE: 'Import déjà retiré' },
    personsRemoved: 'personnes effacées',
    personsRestored: 'personnes rendues à leurs critères d’avant',
    personsInvited: 'personnes effacées qui avaient reçu une invitation',
    block: 'bloc',
  },
  en: {
    description: 'Takes a whole import back, while nobody of it has entered the vaccination pathway',
    json: 'write the report as JSON',
    outcome: {
      DONE: 'Import taken back',
      RESUMED: 'Taking back resumed and finished',
      ALREADY_DONE: 'Import already taken back',
    },
    personsRemoved: 'persons erased',
    personsRestored: 'persons given back the criteria they had',
    personsInvited: 'erased persons who had received an invitation',
    block: 'block',
  },
} as const;

const FIGURES = ['personsRemoved', 'personsRestored', 'personsInvited'] as const;

/** `lancette rollback-targeting <importId>`. */
export function rollbackTargeting(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  const summary = (report: RollbackReport): string =>
    [texts.outcome[report.outcome], ...FIGURES.map((figure) => `  ${report[figure]} ${texts[figure]}`)].join('\n');
  program
    .command('rollback-targeting')
    .description(texts.description)
    .argument('<importId>', 'UUID', uuid)
    .option('--json', texts.json)
    .action((importId: string, { json }: { json?: true }) =>
      withSession(context, async (session) => {
        const report = await new TargetingRollback(session).rollBack(importId, ({ blocksDone, blocksTotal }) =>
          context.tell(`${texts.block} ${blocksDone}/${blocksTotal}`),
        );
        context.print(json ? JSON.stringify(report) : summary(report));
      }),
    );
}
