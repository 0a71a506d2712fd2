import { type Command, InvalidArgumentError } from 'commander';
import { revokeCertificate as revoke } from '../../auth/vihf/declare-establishment.js';
import { systemClock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import { type CommandContext, withSession } from '../context.js';
import { traced } from '../traced.js';

const TEXTS = {
  fr: {
    description: 'Révoque un certificat d’établissement, pour tous les FINESS qui l’ont déclaré',
    thumbprint: 'empreinte SHA-256, en base64url',
    done: 'déclarations révoquées :',
  },
  en: {
    description: 'Revokes the certificate of an establishment, for every FINESS that declared it',
    thumbprint: 'SHA-256 thumbprint, base64url',
    done: 'declarations revoked:',
  },
} as const;

/**
 * `lancette revoke-certificate --thumbprint <thumbprint>` (convention AIR, art. 4.2): takes effect on the next request.
 * An option, because one thumbprint in 64 begins like one.
 */
export function revokeCertificate(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('revoke-certificate')
    .description(texts.description)
    .requiredOption('--thumbprint <thumbprint>', texts.thumbprint, thumbprint)
    .action(({ thumbprint: given }: { thumbprint: string }) =>
      withSession(context, async (session) => {
        const act = { operation: 'revokeCertificate', article: 'convention AIR, art. 4.2', on: given } as const;
        const revoked = await traced(session, act, async () => {
          const count = await revoke(session.database.ownerPool(), given, systemClock.now());
          if (count === 0) throw new LancetteError('NOT_FOUND');
          return count;
        });
        context.print(`${texts.done} ${revoked}`);
      }),
    );
}

function thumbprint(text: string): string {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) throw new InvalidArgumentError('43');
  return text;
}
