import type { Command } from 'commander';
import { DelegationService } from '../../areas/accreditations/delegation.service.js';
import { type CommandContext, withSession } from '../context.js';
import { traced } from '../traced.js';
import { uuid } from '../uuid-argument.js';

const TEXTS = {
  fr: {
    delegate: 'Délègue les assurés d’un organisme aux agents d’un autre, du premier au dernier jour compris',
    end: 'Met fin à une délégation, dès la requête suivante',
    delegating: 'organisme des assurés',
    delegated: 'organisme des agents',
    from: 'premier jour, AAAA-MM-JJ',
    until: 'dernier jour, AAAA-MM-JJ',
  },
  en: {
    delegate: 'Delegates the insured persons of a body to the agents of another, first and last day included',
    end: 'Ends a delegation, from the next request on',
    delegating: 'body of the insured persons',
    delegated: 'body of the agents',
    from: 'first day, YYYY-MM-DD',
    until: 'last day, YYYY-MM-DD',
  },
} as const;

/** `lancette delegate-body <delegating> <delegated> --from … --until …`: prints its identifier (AIPD M1.94, TRAM). */
export function delegateBody(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('delegate-body')
    .description(texts.delegate)
    .argument('<delegating>', texts.delegating)
    .argument('<delegated>', texts.delegated)
    .requiredOption('--from <day>', texts.from)
    .requiredOption('--until <day>', texts.until)
    .action((delegatingBody: string, delegatedBody: string, { from, until }: { from: string; until: string }) =>
      withSession(context, async (session) => {
        const delegations = new DelegationService(session.database, session.clock);
        const act = { operation: 'delegateBody', article: 'AIPD M1.94', on: (made: string) => made } as const;
        const wanted = { delegatingBody, delegatedBody, from, until };
        context.print(await traced(session, act, () => delegations.delegate(wanted)));
      }),
    );
}

/** `lancette end-delegation <id>`. */
export function endDelegation(program: Command, context: CommandContext): void {
  program
    .command('end-delegation')
    .description(TEXTS[context.language].end)
    .argument('<id>', 'UUID', uuid)
    .action((id: string) =>
      withSession(context, (session) =>
        traced(session, { operation: 'endDelegation', article: 'AIPD M1.94', on: id }, () =>
          new DelegationService(session.database, session.clock).end(id),
        ),
      ),
    );
}
