import type { Command } from 'commander';
import { AccreditationService } from '../../areas/accreditations/accreditation.service.js';
import { ACCREDITED } from '../../law/accreditation.js';
import { type CommandContext, withSession } from '../context.js';
import { traced } from '../traced.js';

const TEXTS = {
  fr: {
    description: 'Habilite un agent, nommément, pour son organisme et pour un temps',
    subject: 'identifiant de l’agent auprès de l’assurance (OIDC)',
    name: 'nom de l’agent',
    body: 'organisme de l’agent : régime et caisse joints, comme 01751',
    by: 'nom du directeur qui habilite',
    until: 'dernier jour, AAAA-MM-JJ',
    json: 'écrit un objet JSON',
  },
  en: {
    description: 'Accredits an agent, by name, for his body and for a time',
    subject: 'identifier of the agent at the insurance (OIDC)',
    name: 'name of the agent',
    body: 'body of the agent: scheme and body code joined, like 01751',
    by: 'name of the director who accredits',
    until: 'last day, YYYY-MM-DD',
    json: 'write a JSON object',
  },
} as const;

interface Given {
  readonly subject: string;
  readonly name: string;
  readonly body: string;
  readonly by: string;
  readonly until: string;
  readonly json?: true;
}

/** `lancette accredit <recipient> …`: prints the identifier of the accreditation (art. 3, I, 3°). */
export function accredit(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('accredit')
    .description(texts.description)
    .argument('<recipient>', Object.keys(ACCREDITED).map(scopeOf).join(' | '))
    .requiredOption('--subject <subject>', texts.subject)
    .requiredOption('--name <name>', texts.name)
    .requiredOption('--body <body>', texts.body)
    .requiredOption('--by <director>', texts.by)
    .requiredOption('--until <day>', texts.until)
    .option('--json', texts.json)
    .action((scope: string, { subject, name, body, by, until, json }: Given) =>
      withSession(context, async (session) => {
        const { database, clock } = session;
        const act = { operation: 'accredit', article: 'art. 3, I, 3°', on: (granted: string) => granted } as const;
        const id = await traced(session, act, () =>
          new AccreditationService(database, clock).grant({
            subject,
            agentName: name,
            recipient: scope.toUpperCase().replaceAll('-', '_'),
            bodyKey: body,
            accreditedBy: by,
            until,
          }),
        );
        context.print(json ? JSON.stringify({ id }) : id);
      }),
    );
}

/** A scope is the recipient's name in lower case, with dashes. */
const scopeOf = (recipient: string): string => recipient.toLowerCase().replaceAll('_', '-');
