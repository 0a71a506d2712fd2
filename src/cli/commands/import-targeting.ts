import { type Command, InvalidArgumentError } from 'commander';
import {
  type ImportReport,
  type ImportRequest,
  type Progress,
  TargetingImporter,
} from '../../areas/targeting/import.service.js';
import type { Counters } from '../../areas/targeting/import-ledger.js';
import { TargetingPreview } from '../../areas/targeting/preview.service.js';
import type { Fault } from '../../areas/targeting/targeting-file.js';
import { digestBeside } from '../../areas/targeting/verified-file.js';
import { type CommandContext, withSession } from '../context.js';
import { type OpenPgpOptions, openPgpFiles, withOpenPgpOptions } from '../openpgp-options.js';
import { displayOf } from '../progress.js';
import type { Session } from '../session.js';

interface Options extends OpenPgpOptions {
  readonly json?: true;
  readonly dryRun?: true;
  readonly check?: true;
  readonly batch?: number;
}

const TEXTS = {
  fr: {
    description: 'Importe un fichier de ciblage, dont l’empreinte SHA-256 est dans <fichier>.sha256',
    file: 'fichier CSV',
    json: 'écrit le compte rendu en JSON',
    dryRun: 'dit ce que l’import ferait, sans rien écrire',
    check: 'vérifie chaque ligne sans registre, sans rien écrire',
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
    counts: (p: Counters) => `${p.linesRead} lignes · ${p.linesRejected} rejetées`,
    preview: {
      NEVER: 'Aperçu, rien n’est écrit',
      STARTED: 'Aperçu de ce qui reste d’un import commencé, rien n’est écrit',
      DONE: 'Fichier déjà importé : rien à faire',
    },
  },
  en: {
    description: 'Imports a targeting file whose SHA-256 is in <file>.sha256',
    file: 'CSV file',
    json: 'write the report as JSON',
    dryRun: 'tell what the import would do, write nothing',
    check: 'check every line without a register, write nothing',
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
    counts: (p: Counters) => `${p.linesRead} lines · ${p.linesRejected} rejected`,
    preview: {
      NEVER: 'Preview, nothing is written',
      STARTED: 'Preview of what is left of an import begun, nothing is written',
      DONE: 'File already imported: nothing to do',
    },
  },
} as const;

/** `lancette import-targeting <file>` (AIPD, ciblage, c; M1.24). */
export function importTargeting(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  const command = program
    .command('import-targeting')
    .description(texts.description)
    .argument('<file>', texts.file)
    .option('--json', texts.json)
    .option('--dry-run', texts.dryRun)
    .option('--check', texts.check)
    .option('--batch <KiB>', texts.batch, kibibytes);
  withOpenPgpOptions(command, context.language).action((file: string, options: Options) => {
    if (options.check) return check(context, file, options);
    return options.dryRun ? preview(context, file, options) : run(context, file, options);
  });
}

async function run(context: CommandContext, file: string, options: Options): Promise<void> {
  const report = await onRegister(context, file, options, (session, request) =>
    new TargetingImporter(session).importTargeting(request),
  );
  context.print(options.json ? JSON.stringify(report) : summary(context, report));
}

async function preview(context: CommandContext, file: string, options: Options): Promise<void> {
  const report = await onRegister(context, file, options, (session, request) =>
    new TargetingPreview(session).preview(request),
  );
  const lines = [
    TEXTS[context.language].preview[report.previously],
    ...changesIn(context.language, report.changes),
    ...Object.entries(report.rejectReasons).map(([code, count]) => `    ${count} ${code}`),
  ];
  context.print(options.json ? JSON.stringify({ dryRun: true, ...report }) : lines.join('\n'));
}

async function onRegister<T>(
  context: CommandContext,
  file: string,
  options: Options,
  work: (session: Session, request: ImportRequest) => Promise<T>,
): Promise<T> {
  const sha256 = await digestBeside(file);
  const { counts } = TEXTS[context.language];
  const display = displayOf<Progress>(context, {
    share: ({ bytesDone, bytesTotal }) => bytesDone / bytesTotal,
    counts,
  });
  return withSession(context, (session) =>
    work(session, {
      ...{ file, sha256, blockBytes: options.batch, onProgress: display.show },
      openPgp: openPgpFiles(options, session.config),
    }),
  ).finally(display.end);
}

async function check(context: CommandContext, file: string, options: Options): Promise<void> {
  const { json, batch } = options;
  const sha256 = await digestBeside(file);
  const onReject = (line: number, { column, code }: Fault) =>
    context.print(
      json ? JSON.stringify({ line, column, code }) : `${TEXTS[context.language].line} ${line} · ${column} · ${code}`,
    );
  const { linesRead, linesRejected } = await TargetingImporter.check(
    { file, sha256, blockBytes: batch, openPgp: openPgpFiles(options) },
    onReject,
  );
  const { counters } = TEXTS[context.language];
  context.print(
    json
      ? JSON.stringify({ check: true, linesRead, linesRejected })
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
