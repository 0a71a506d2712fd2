import type { Command } from 'commander';
import { accessReview, type ReviewedAccess } from '../../areas/accreditations/access-review.js';
import { csvLine } from '../../formats/csv.js';
import { type CommandContext, withSession } from '../context.js';

const TEXTS = {
  fr: {
    description: 'Liste les agents habilités, pour la revue annuelle des accès',
    json: 'écrit un objet JSON par ligne',
    csv: 'écrit un fichier CSV (point-virgule)',
  },
  en: {
    description: 'Lists the accredited agents, for the yearly review of accesses',
    json: 'write one JSON object per line',
    csv: 'write a CSV file (semicolon)',
  },
} as const;

const COLUMNS: readonly (keyof ReviewedAccess)[] = [
  'id',
  'agentName',
  'subject',
  'recipient',
  'bodyKey',
  'delegatingBodies',
  'accreditedBy',
  'grantedAt',
  'expiresAt',
  'reviewedAt',
  'reviewedBy',
  'reviewDueAt',
  'state',
  'revokedAt',
  'revocationReason',
];
/** What fits on a terminal. */
const SHORT: readonly (keyof ReviewedAccess)[] = ['id', 'state', 'reviewDueAt', 'recipient', 'bodyKey', 'agentName'];

/** `lancette accreditations`: who has access, since when, until when, and who is due for review (AIPD M2.33). */
export function accreditations(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('accreditations')
    .description(texts.description)
    .option('--json', texts.json)
    .option('--csv', texts.csv)
    .action(({ json, csv }: { json?: true; csv?: true }) =>
      withSession(context, async ({ database, clock }) => {
        if (csv) context.print(csvLine(COLUMNS));
        for (const line of await accessReview(database, clock))
          context.print(
            json ? JSON.stringify(line) : csv ? csvLine(cells(line, COLUMNS)) : cells(line, SHORT).join('\t'),
          );
      }),
    );
}

const cells = (line: ReviewedAccess, columns: readonly (keyof ReviewedAccess)[]): string[] =>
  columns.map((column) => [line[column] ?? ''].flat().join(' '));
