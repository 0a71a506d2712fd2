import { Command, CommanderError } from 'commander';
import { isErrorCode, LancetteError, type Language, sentence } from '../kernel/errors.js';
import { accredit } from './commands/accredit.js';
import { accreditations } from './commands/accreditations.js';
import { adverseEffectKey } from './commands/adverse-effect-key.js';
import { declareCapacities, declarePhases } from './commands/declare-campaign.js';
import { declareClient } from './commands/declare-client.js';
import { declareEstablishment } from './commands/declare-establishment.js';
import { declareLotsCommand } from './commands/declare-lots.js';
import { delegateBody, endDelegation } from './commands/delegate-body.js';
import { deliveries } from './commands/deliveries.js';
import { demoLoginCommand } from './commands/demo-login.js';
import { disableClient } from './commands/disable-client.js';
import { importTargeting } from './commands/import-targeting.js';
import { migrate } from './commands/migrate.js';
import { planInvitations } from './commands/plan-invitations.js';
import { purgeRejects } from './commands/purge-rejects.js';
import { replay } from './commands/replay.js';
import { retryRejects } from './commands/retry-rejects.js';
import { reviewAccreditation } from './commands/review-accreditation.js';
import { revokeAccreditation } from './commands/revoke-accreditation.js';
import { revokeCertificate } from './commands/revoke-certificate.js';
import { rollbackTargeting } from './commands/rollback-targeting.js';
import { recordBounces, sendInvitations } from './commands/send-invitations.js';
import { signingKeysCommands } from './commands/signing-keys.js';
import { steering } from './commands/steering.js';
import { supply } from './commands/supply.js';
import { liftSuspension, suspensions } from './commands/suspensions.js';
import { targetingRejects } from './commands/targeting-rejects.js';
import { token } from './commands/token.js';
import { trustDocuments } from './commands/trust-documents.js';
import { verify } from './commands/verify.js';
import type { CommandContext } from './context.js';
import { SessionFailure } from './session.js';

/** Every command, each in its own file. */
const COMMANDS = [
  ...[token, importTargeting, targetingRejects, retryRejects, migrate],
  ...[rollbackTargeting, purgeRejects],
  ...[declarePhases, declareCapacities, planInvitations, sendInvitations, recordBounces, deliveries],
  ...[declareLotsCommand, adverseEffectKey],
  ...[
    accredit,
    accreditations,
    declareClient,
    declareEstablishment,
    delegateBody,
    endDelegation,
    demoLoginCommand,
    disableClient,
    reviewAccreditation,
    revokeAccreditation,
    revokeCertificate,
    suspensions,
    liftSuspension,
    trustDocuments,
  ],
  ...[supply],
  ...[steering],
  ...[signingKeysCommands, verify],
  ...[replay],
];

const TEXTS = {
  fr: { description: 'Registre d’une campagne de vaccination', usage: 'Commande mal écrite ; voir --help.' },
  en: { description: 'Register of a vaccination campaign', usage: 'Bad usage; see --help.' },
} as const;

/** 0: done; 1: refused or failed; 2: bad usage. */
export type ExitCode = 0 | 1 | 2;

/** Runs one command line. */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const program = new Command('lancette')
    .description(TEXTS[context.language].description)
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.print(text.trimEnd()), writeErr: () => undefined });
  for (const register of COMMANDS) register(program, context);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return usage(program, error, context);
    context.tell(explained(error, context.language));
    return 1;
  }
}

function usage(
  program: Command,
  { exitCode, code }: CommanderError,
  { language, print, tell }: CommandContext,
): ExitCode {
  if (exitCode === 0) return 0;
  if (code === 'commander.help') print(program.helpInformation().trimEnd());
  else tell(`${TEXTS[language].usage} (${code.replace('commander.', '')})`);
  return 2;
}

/** A sentence of the registry, with its code. The message of any other error may hold a value and is not shown. */
function explained(error: unknown, language: Language): string {
  if (error instanceof SessionFailure) return error.message;
  const code = error instanceof LancetteError && isErrorCode(error.code) ? error.code : 'INTERNAL';
  const { name, code: cause } = error as { name?: string; code?: string };
  const field = error instanceof LancetteError && error.detail.field ? `: ${error.detail.field}` : '';
  return `${sentence(code, language)} (${code === 'INTERNAL' ? `${name} ${cause ?? ''}`.trim() : code}${field})`;
}
