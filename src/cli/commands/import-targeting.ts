import { type Command, InvalidArgumentError } from 'commander';
import { type ImportReport, TargetingImporter } from '../../areas/targeting/import.service.js';
import type { Counters } from '../../areas/targeting/import-ledger.js';
import type { Fault } from '../../areas/targeting/targeting-file.js';
import { digestBeside } from '../../areas/targeting/verified-file.js';
import { type CommandContext, withSession } from '../context.js';
import { displayOf } from '../import-progress.js';

interface Options {
  readonly json?: true;
  readonly dryRun?: true;
  readonly batch?: number;
}

const TEXTS = {
  fr: {
    description: 'Importe un fichier de ciblage, dont l’empreinte SHA-256 est dans <fichier>.sha256',
    file: 'fichier CSV',
    json: 'écrit le compte rendu en JSON',
    dryRun: 'vérifie et compte, sans rien écrire',
    batch: 'taille d’une transaction, en Kio de fichier',
    outcome: {
      DONE: 'Import terminé',
      RESUMED: 'Import repris et terminé',
      ALREADY_DONE: 'Fichier déjà importé, rien n’a changé',
    },
    counters: {
      linesRead: 'lignes lues',
      personsCreated: 'personnes créées',
      personsEnriched: 'personnes complétées',
      personsUnchanged: 'personnes inchangées',
      linesRejected: 'lignes rejetées',
    },
    line: 'ligne',
  },
  en: {
    description: 'Imports a targeting file whose SHA-256 is in <file>.sha256',
    file: 'CSV file',
    json: 'write the report as JSON',
    dryRun: 'check and count, write nothing',
    batch: 'size of a transaction, in KiB of the file',
    outcome: {
      DONE: 'Import finished',
      RESUMED: 'Import resumed and finished',
      ALREADY_DONE: 'File already imported, nothing changed',
    },
    counters: {
      linesRead: 'lines read',
      personsCreated: 'persons created',
      personsEnriched: 'persons enriched',
      personsUnchanged: 'persons unchanged',
      linesRejected: 'lines rejected',
    },
    line: 'line',
  },
} as const;

/** `lancette import-targeting <file>` (AIPD, ciblage, c; M1.24). */
export function importTargeting(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('import-targeting')
    .description(texts.description)
    .argument('<file>', texts.file)
    .option('--json', texts.json)
    .option('--dry-run', texts.dryRun)
    .option('--batch <KiB>', texts.batch, kibibytes)
    .action((file: string, options: Options) =>
      options.dryRun ? check(context, file, options) : run(context, file, options),
    );
}

async function run(context: CommandContext, file: string, { json, batch }: Options): Promise<void> {
  const sha256 = await digestBeside(file);
  const display = displayOf(context);
  const report = await withSession(context, (session) =>
    new TargetingImporter(session).importTargeting({ file, sha256, blockBytes: batch, onProgress: display.show }),
  ).finally(display.end);
  context.print(json ? JSON.stringify(report) : summary(context, report));
}

async function check(context: CommandContext, file: string, { json, batch }: Options): Promise<void> {
  const sha256 = await digestBeside(file);
  const onReject = (line: number, { column, code }: Fault) =>
    context.print(
      json ? JSON.stringify({ line, column, code }) : `${TEXTS[context.language].line} ${line} · ${column} · ${code}`,
    );
  const { linesRead, linesRejected } = await TargetingImporter.check({ file, sha256, blockBytes: batch }, onReject);
  const { counters } = TEXTS[context.language];
  context.print(
    json
      ? JSON.stringify({ dryRun: true, linesRead, linesRejected })
      : `${linesRead} ${counters.linesRead}, ${linesRejected} ${counters.linesRejected}`,
  );
}

const summary = ({ language }: CommandContext, { outcome, importId, changes }: ImportReport): string =>
  [`${TEXTS[language].outcome[outcome]} (${importId})`, ...changesIn(language, changes)].join('\n');

export const changesIn = (language: CommandContext['language'], changes: Counters): string[] =>
  Object.entries(TEXTS[language].counters).map(
    ([counter, label]) => `  ${changes[counter as keyof Counters]} ${label}`,
  );

function kibibytes(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 16 || value > 65_536) throw new InvalidArgumentError('16–65536');
  return value * 1024;
}
