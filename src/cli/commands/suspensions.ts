import type { Command } from 'commander';
import { roleOf } from '../../access/grants.js';
import { operator } from '../../areas/traces/operator.js';
import { Suspensions } from '../../limits/suspensions.js';
import { type CommandContext, withSession } from '../context.js';
import { traced } from '../traced.js';
import { uuid } from '../uuid-argument.js';

const TEXTS = {
  fr: {
    list: 'Liste les suspensions en cours : identifiant, nature, qui, motif, depuis, jusqu’à',
    json: 'écrit un objet JSON par ligne',
    lift: 'Lève une suspension ; le motif est gardé avec le nom de l’opérateur',
    reason: 'pourquoi elle est levée',
    lifted: 'suspension levée',
  },
  en: {
    list: 'Lists the open suspensions: id, kind, who, reason, since, until',
    json: 'write one JSON object per line',
    lift: 'Lifts a suspension; the reason is kept with the name of the operator',
    reason: 'why it is lifted',
    lifted: 'suspension lifted',
  },
} as const;

/** `lancette suspensions`: who may not call at present, and why. */
export function suspensions(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('suspensions')
    .description(texts.list)
    .option('--json', texts.json)
    .action(({ json }: { json?: true }) =>
      withSession(context, async ({ database }) => {
        for (const one of await new Suspensions(database.pool(roleOf('limits'))).list()) {
          const { id, kind, value, reason, since, until } = one;
          const ends = until ? new Date(until).toISOString() : '';
          const line = [id, kind, value, reason, since.toISOString(), ends].join('\t');
          context.print(json ? JSON.stringify(one) : line);
        }
      }),
    );
}

/** `lancette lift-suspension <id> --reason …`: the operator is the account of the system that runs the command. */
export function liftSuspension(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('lift-suspension')
    .description(texts.lift)
    .argument('<id>', 'UUID', uuid)
    .requiredOption('--reason <text>', texts.reason)
    .action((id: string, { reason }: { reason: string }) =>
      withSession(context, async (session) => {
        const suspensions = new Suspensions(session.database.pool(roleOf('limits')));
        await traced(session, { operation: 'liftSuspension', article: 'AIPD M1.97', on: id }, () =>
          suspensions.lift(id, operator(), reason),
        );
        context.tell(texts.lifted);
      }),
    );
}
