import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { CampaignService } from '../../areas/invitations/campaign.service.js';
import { parseCapacities, parsePhases } from '../../areas/invitations/campaign-file.js';
import { LancetteError } from '../../kernel/errors.js';
import { type CommandContext, withSession } from '../context.js';

const TEXTS = {
  fr: {
    phases: 'Déclare les phases de la campagne : dates, codes de critères, canaux (JSON ou CSV)',
    capacities: 'Déclare les capacités par jour : canaux d’envoi, vaccination par département (JSON ou CSV)',
    by: 'qui déclare',
    declaredPhases: (count: number) => `${count} phase(s) déclarée(s)`,
    declaredCapacities: (count: number) => `${count} capacité(s) déclarée(s)`,
  },
  en: {
    phases: 'Declares the phases of the campaign: dates, criteria codes, channels (JSON or CSV)',
    capacities: 'Declares capacities per day: sending channels, vaccination per département (JSON or CSV)',
    by: 'who declares',
    declaredPhases: (count: number) => `${count} phase(s) declared`,
    declaredCapacities: (count: number) => `${count} capacity(ies) declared`,
  },
} as const;

const LARGEST = 5_000_000;
const BY = /^(?=.*\p{L})[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u;

/** `lancette declare-phases <file> --by …` (AIPD, ciblage, d). */
export function declarePhases(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('declare-phases')
    .description(texts.phases)
    .argument('<file>')
    .requiredOption('--by <name>', texts.by)
    .action(async (file: string, { by }: { by: string }) => {
      const phases = parsePhases(await textOf(file));
      await withSession(context, (session) => new CampaignService(session).declarePhases(phases, named(by)));
      context.print(texts.declaredPhases(phases.length));
    });
}

/** `lancette declare-capacities <file> --by …`. */
export function declareCapacities(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('declare-capacities')
    .description(texts.capacities)
    .argument('<file>')
    .requiredOption('--by <name>', texts.by)
    .action(async (file: string, { by }: { by: string }) => {
      const capacities = parseCapacities(await textOf(file));
      await withSession(context, (session) => new CampaignService(session).declareCapacities(capacities, named(by)));
      context.print(texts.declaredCapacities(capacities.channels.length + capacities.departments.length));
    });
}

function named(by: string): string {
  if (!BY.test(by)) throw new LancetteError('INVALID_INPUT', { field: 'by' });
  return by;
}

/** @throws FILE_UNREADABLE, also for a file that no declaration could be */
async function textOf(file: string): Promise<string> {
  try {
    if ((await stat(file)).size > LARGEST) throw new Error('too large');
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch {
    throw new LancetteError('FILE_UNREADABLE');
  }
}
