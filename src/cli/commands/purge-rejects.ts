import type { Command } from 'commander';
import { TargetingRejects } from '../../areas/targeting/rejects.service.js';
import { type CommandContext, withSession } from '../context.js';

const TEXTS = {
  fr: {
    description: 'Efface les lignes rejetées dont la durée de conservation est échue',
    json: 'écrit le compte rendu en JSON',
    dryRun: 'compte, sans rien effacer',
    purged: 'lignes effacées',
    expired: 'lignes échues',
  },
  en: {
    description: 'Erases the rejected lines whose retention period is over',
    json: 'write the report as JSON',
    dryRun: 'count, erase nothing',
    purged: 'lines erased',
    expired: 'expired lines',
  },
} as const;

/** `lancette purge-rejects` (`law/retention.ts`; AIPD M1.35): for a daily job. */
export function purgeRejects(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('purge-rejects')
    .description(texts.description)
    .option('--json', texts.json)
    .option('--dry-run', texts.dryRun)
    .action(({ json, dryRun }: { json?: true; dryRun?: true }) =>
      withSession(context, async (session) => {
        const report = await new TargetingRejects(session).purgeRejects({ dryRun });
        context.print(
          json ? JSON.stringify(report) : `${report.purged} ${report.dryRun ? texts.expired : texts.purged}`,
        );
      }),
    );
}
