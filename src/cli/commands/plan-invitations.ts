import { type Command, InvalidArgumentError } from 'commander';
import { InvitationPlanner, type PlanReport } from '../../areas/invitations/planner.js';
import { type CommandContext, withSession } from '../context.js';
import { day } from '../day-argument.js';

const TEXTS = {
  fr: {
    description: 'Montre le plan des invitations par département, jour et canal ; n’écrit rien sans --commit',
    days: 'nombre de jours',
    from: 'premier jour, AAAA-MM-JJ (aujourd’hui par défaut, jamais avant)',
    commit: 'met en file ce qui est planifié',
    json: 'écrit le plan en JSON',
    head: ['département', 'jour', 'canal', 'personnes'],
    total: ({ due, planned, waiting }: PlanReport) =>
      `${due} personne(s) à inviter, ${planned} planifiée(s), ${waiting} sans place dans ces jours`,
    queued: 'plan mis en file',
    preview: 'aperçu : rien n’est écrit',
  },
  en: {
    description: 'Shows the plan of invitations per département, day and channel; writes nothing without --commit',
    days: 'number of days',
    from: 'first day, YYYY-MM-DD (today by default, never before)',
    commit: 'queue what is planned',
    json: 'write the plan as JSON',
    head: ['département', 'day', 'channel', 'persons'],
    total: ({ due, planned, waiting }: PlanReport) =>
      `${due} person(s) due, ${planned} planned, ${waiting} without room in these days`,
    queued: 'plan queued',
    preview: 'preview: nothing is written',
  },
} as const;

interface Options {
  readonly days: number;
  readonly from?: string;
  readonly commit?: true;
  readonly json?: true;
}

/** `lancette plan-invitations --days 14`: by rule alone; nobody can be named (AIPD M1.51). */
export function planInvitations(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('plan-invitations')
    .description(texts.description)
    .option('--days <days>', texts.days, days, 14)
    .option('--from <day>', texts.from, day)
    .option('--commit', texts.commit)
    .option('--json', texts.json)
    .action(({ days, from, commit, json }: Options) =>
      withSession(context, async (session) => {
        const today = parisDay(session.clock.now());
        const report = await new InvitationPlanner(session).plan({
          from: from && from > today ? from : today,
          days,
          portals: Object.keys(session.config.sending?.portals ?? {}),
          commit: commit === true,
        });
        context.print(json ? JSON.stringify(report) : table(texts, report));
      }),
    );
}

function table(texts: (typeof TEXTS)['fr' | 'en'], report: PlanReport): string {
  const rows = [
    [...texts.head],
    ...report.lines.map((line) => [line.department, line.day, line.channel, String(line.persons)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row.map((cell, at) => (at === 3 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join('  '),
  );
  return [...lines, texts.total(report), report.runId ? texts.queued : texts.preview].join('\n');
}

/** The calendar day in Paris, `YYYY-MM-DD`. */
export const parisDay = (now: Date): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris', dateStyle: 'short' }).format(now);

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 366) throw new InvalidArgumentError('1–366');
  return value;
}
