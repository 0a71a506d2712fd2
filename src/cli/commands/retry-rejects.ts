import type { Command } from 'commander';
import { CORRECTIONS_HEADER, TargetingRejects } from '../../areas/targeting/rejects.service.js';
import { type CommandContext, withSession } from '../context.js';
import { type OpenPgpOptions, openPgpFiles, withOpenPgpOptions } from '../openpgp-options.js';
import { uuid } from '../uuid-argument.js';
import { changesIn } from './import-targeting.js';

const TEXTS = {
  fr: {
    description: 'Reprend les lignes rejetées d’un import, telles quelles ou corrigées dans un fichier',
    file: `fichier CSV des seules lignes corrigées (avec son .sha256), d’en-tête ${CORRECTIONS_HEADER}`,
    json: 'écrit le compte rendu en JSON',
    unknown: 'lignes sans rejet ouvert, ignorées',
  },
  en: {
    description: 'Tries the rejected lines of an import again, as they are or corrected in a file',
    file: `CSV file of the corrected lines only (with its .sha256), with the header ${CORRECTIONS_HEADER}`,
    json: 'write the report as JSON',
    unknown: 'lines without an open reject, ignored',
  },
} as const;

/** `lancette retry-rejects <importId> [file]` (AIPD, ciblage, c: « mis en réserve pour retraitement ultérieur »). */
export function retryRejects(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  const command = program
    .command('retry-rejects')
    .description(texts.description)
    .argument('<importId>', 'UUID', uuid)
    .argument('[file]', texts.file)
    .option('--json', texts.json);
  withOpenPgpOptions(command, context.language).action(
    (importId: string, file: string | undefined, options: OpenPgpOptions & { json?: true }) =>
      withSession(context, async (session) => {
        const openPgp = openPgpFiles(options, session.config);
        const report = await new TargetingRejects(session).retryRejects({ importId, file, openPgp });
        const lines = [
          ...changesIn(context.language, report.changes),
          `  ${report.unknownLines.length} ${texts.unknown}`,
        ];
        context.print(options.json ? JSON.stringify(report) : lines.join('\n'));
      }),
  );
}
