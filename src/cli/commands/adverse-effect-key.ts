import { createPublicKey } from 'node:crypto';
import type { Command } from 'commander';
import { LancetteError } from '../../kernel/errors.js';
import { type CommandContext, withSession } from '../context.js';

const TEXTS = {
  fr: { description: 'Écrit la clé publique (JWK) par laquelle le portail de l’ANSM vérifie les liens signés' },
  en: { description: 'Writes the public key (JWK) by which the ANSM’s portal verifies signed links' },
} as const;

/** `lancette adverse-effect-key`: what the portal needs, and no secret. */
export function adverseEffectKey(program: Command, context: CommandContext): void {
  program
    .command('adverse-effect-key')
    .description(TEXTS[context.language].description)
    .action(() =>
      withSession(context, async ({ config }) => {
        const key = config.keys.handoff;
        if (!key) throw new LancetteError('UNAVAILABLE');
        const jwk = createPublicKey(key.privateKey).export({ format: 'jwk' });
        context.print(JSON.stringify({ ...jwk, kid: key.kid, alg: 'ES256', use: 'sig' }));
      }),
    );
}
