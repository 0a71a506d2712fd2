import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { declareEstablishment as declare } from '../../auth/vihf/declare-establishment.js';
import type { CertificateUsage } from '../../auth/vihf/establishment-certificate.js';
import { systemClock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import { AUTHENTICATION_MEANS } from '../../law/authentication-means.js';
import { type CommandContext, withSession } from '../context.js';
import { traced } from '../traced.js';

interface Options {
  readonly finess: string;
  readonly name: string;
  readonly certificate: string;
  readonly usage: 'seal' | 'tls';
  readonly means: readonly number[];
  readonly json?: true;
}

const TEXTS = {
  fr: {
    description:
      'Déclare un établissement de la convention AIR, un de ses certificats et ses moyens d’authentification',
    finess: 'FINESS géographique',
    name: 'nom de l’établissement',
    certificate: 'certificat de personne morale, fichier PEM',
    usage: 'cachet (seal) ou connexion (tls)',
    means: `numéros de l’annexe 2 : ${AUTHENTICATION_MEANS.map(({ number, label }) => `${number} ${label}`).join(' ; ')}`,
    json: 'écrit le compte rendu en JSON',
    done: 'Établissement déclaré ; empreinte du certificat :',
  },
  en: {
    description: 'Declares an establishment of the AIR convention, one of its certificates and its authentications',
    finess: 'geographic FINESS',
    name: 'name of the establishment',
    certificate: 'certificate of the legal person, PEM file',
    usage: 'signs assertions (seal) or opens connections (tls)',
    means: `numbers of annex 2: ${AUTHENTICATION_MEANS.map(({ number, declaration }) => `${number} ${declaration}`).join(', ')}`,
    json: 'write the report as JSON',
    done: 'Establishment declared; thumbprint of the certificate:',
  },
} as const;

/** `lancette declare-establishment` (convention AIR, annexes 2 and 3): one certificate at a time. */
export function declareEstablishment(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('declare-establishment')
    .description(texts.description)
    .requiredOption('--finess <finess>', texts.finess)
    .requiredOption('--name <name>', texts.name)
    .requiredOption('--certificate <file>', texts.certificate)
    .addOption(new Option('--usage <usage>', texts.usage).choices(['seal', 'tls']).makeOptionMandatory())
    .requiredOption('--means <numbers>', texts.means, numbers)
    .option('--json', texts.json)
    .action((options: Options) => run(context, options));
}

async function run(context: CommandContext, { certificate, usage, json, ...rest }: Options): Promise<void> {
  const { finess, name, means } = rest;
  const pem = await readFile(certificate, 'utf8').catch(() => {
    throw new LancetteError('FILE_UNREADABLE');
  });
  const declaration = { finess, name, means, certificate: { pem, usage: usage.toUpperCase() as CertificateUsage } };
  const act = { operation: 'declareEstablishment', article: 'convention AIR, art. 4.2', on: finess } as const;
  const thumbprint = await withSession(context, (session) =>
    traced(session, act, () => declare(session.database.ownerPool(), declaration, systemClock.now())),
  );
  context.print(json ? JSON.stringify({ finess, thumbprint }) : `${TEXTS[context.language].done} ${thumbprint}`);
}

function numbers(text: string): number[] {
  if (!/^[1-6](,[1-6])*$/.test(text)) throw new InvalidArgumentError('1–6');
  return text.split(',').map(Number);
}
