import { type Command, InvalidArgumentError } from 'commander';
import type { Comparison, Totals } from '../../areas/replay/comparison.js';
import type { Reconciliation } from '../../areas/replay/reconciliation.js';
import type { ReplayProgress, ReplayReport, ReplayRequest } from '../../areas/replay/replay.service.js';
import { parseScale, type Scale, scaleText, WHOLE } from '../../areas/replay/scaling.js';
import { operator } from '../../areas/traces/operator.js';
import { type CommandContext, withSession } from '../context.js';
import { day } from '../day-argument.js';
import { displayOf } from '../progress.js';

interface Options {
  readonly scale: Scale;
  readonly from?: string;
  readonly to?: string;
  readonly seed: number;
  readonly batch?: number;
  readonly check?: true;
  readonly json?: true;
}

const TEXTS = {
  fr: {
    description: 'Rejoue la campagne publiée par Santé publique France en parcours fictifs (docs/rejeu.md)',
    folder: 'dossier des cinq fichiers publiés',
    scale: 'échelle, par exemple 1/100',
    from: 'premier jour, AAAA-MM-JJ',
    to: 'dernier jour, AAAA-MM-JJ',
    batch: 'personnes d’une transaction',
    seed: 'graine : les mêmes personnes fictives pour la même graine',
    check: 'compare les comptes du registre aux fichiers, sans rien écrire',
    json: 'écrit le compte rendu en JSON, écarts ligne par ligne',
    counts: (p: ReplayProgress) => `${p.personsDone} personnes · ${p.dosesDone} doses`,
    done: (r: ReplayReport) =>
      `Rejeu terminé : ${r.persons} personnes, ${r.doses} doses, dont ${r.written} écrites en ${r.seconds.toFixed(1)} s (${Math.round(r.written / r.seconds)} par seconde)`,
    reconciled: (days: number, kind: string, of: string, published: number, replayed: number) =>
      `  ${kind} ${of} : ${days} ligne(s), demandé ${published}, rejoué ${replayed}`,
    reconciliations: 'Ce que les séries publiées, ou leur échelle, ne permettent pas ensemble :',
    compared: (c: Comparison) =>
      `Du ${c.from} au ${c.to} : ${c.cells} cases comparées, ${c.differences.length} écart(s)`,
    totals: (name: string, t: Totals) =>
      `  ${name} : ${t.firstDoses} premières doses, ${t.complete} schémas complets, ${t.boosters} premiers et ${t.secondBoosters} deuxièmes rappels, ${t.doses} doses, pic le ${t.peak.day} (${t.peak.doses})`,
    names: ['publié', 'à l’échelle', 'registre'],
  },
  en: {
    description: 'Replays the campaign that Santé publique France published, as fictitious journeys (docs/rejeu.md)',
    folder: 'folder of the five published files',
    scale: 'scale, for instance 1/100',
    from: 'first day, YYYY-MM-DD',
    to: 'last day, YYYY-MM-DD',
    batch: 'persons of one transaction',
    seed: 'seed: the same fictitious persons for the same seed',
    check: 'compare the register’s counts with the files, write nothing',
    json: 'write the report as JSON, differences line by line',
    counts: (p: ReplayProgress) => `${p.personsDone} persons · ${p.dosesDone} doses`,
    done: (r: ReplayReport) =>
      `Replay finished: ${r.persons} persons, ${r.doses} doses, of which ${r.written} written in ${r.seconds.toFixed(1)} s (${Math.round(r.written / r.seconds)} per second)`,
    reconciled: (days: number, kind: string, of: string, published: number, replayed: number) =>
      `  ${kind} ${of}: ${days} line(s), asked ${published}, replayed ${replayed}`,
    reconciliations: 'What the published series, or their scale, do not allow together:',
    compared: (c: Comparison) =>
      `From ${c.from} to ${c.to}: ${c.cells} cells compared, ${c.differences.length} difference(s)`,
    totals: (name: string, t: Totals) =>
      `  ${name}: ${t.firstDoses} first doses, ${t.complete} complete, ${t.boosters} first and ${t.secondBoosters} second boosters, ${t.doses} doses, peak on ${t.peak.day} (${t.peak.doses})`,
    names: ['published', 'scaled', 'register'],
  },
} as const;

/** `lancette replay <folder>`: a demonstration at the size of the country, of nobody. */
export function replay(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('replay')
    .description(texts.description)
    .argument('<folder>', texts.folder)
    .option('--scale <n/m>', texts.scale, scale, WHOLE)
    .option('--from <day>', texts.from, day)
    .option('--to <day>', texts.to, day)
    .option('--seed <n>', texts.seed, seed, 1)
    .option('--batch <persons>', texts.batch, batch)
    .option('--check', texts.check)
    .option('--json', texts.json)
    .action((folder: string, options: Options) =>
      options.check ? check(context, { folder, ...options }) : run(context, { folder, ...options }),
    );
}

type Given = ReplayRequest & Options;

async function run(context: CommandContext, given: Given): Promise<void> {
  const { ReplayService } = await import('../../areas/replay/replay.service.js');
  const { reconcile } = await import('../../areas/replay/reconciliation.js');
  const display = displayOf<ReplayProgress>(context, {
    share: ({ personsDone, personsTotal }) => personsDone / personsTotal,
    counts: TEXTS[context.language].counts,
  });
  const { prepared, report } = await withSession(context, (session) =>
    new ReplayService(session).replay({
      ...given,
      isProduction: session.config.issuer.kind !== 'demo',
      actor: operator(),
      onProgress: display.show,
      ...(given.batch && { partSize: given.batch }),
    }),
  ).finally(display.end);
  const reconciliations = reconcile(prepared, given.scale);
  if (given.json) context.print(JSON.stringify({ scale: scaleText(given.scale), ...report, reconciliations }));
  else context.print([TEXTS[context.language].done(report), ...told(context, reconciliations)].join('\n'));
}

/** @throws REPLAY_DIFFERS after the report: whoever runs it in a script must not take a wrong count for a right one */
async function check(context: CommandContext, given: Given): Promise<void> {
  const { ReplayService, prepare } = await import('../../areas/replay/replay.service.js');
  const { compare } = await import('../../areas/replay/comparison.js');
  const { CampaignCounts } = await import('../../areas/replay/campaign-counts.js');
  const { createSteeringCopy } = await import('../../services.js');
  const { LancetteError } = await import('../../kernel/errors.js');
  const comparison = await withSession(context, async (session) => {
    const prepared = await prepare(given);
    await new ReplayService(session).requireReplayed(prepared);
    await createSteeringCopy(session.database, session.config).drain();
    return compare(prepared, new CampaignCounts(session.database.ownerPool()), given.scale);
  });
  context.print(given.json ? JSON.stringify(comparison) : compared(context, comparison));
  if (comparison.differences.length > 0) throw new LancetteError('REPLAY_DIFFERS');
}

function compared({ language }: CommandContext, comparison: Comparison): string {
  const { published, scaled, register, differences } = comparison;
  const texts = TEXTS[language];
  return [
    texts.compared(comparison),
    ...[published, scaled, register].map((totals, at) => texts.totals(texts.names[at] ?? '', totals)),
    ...differences.map(
      ({ table, day, k1, k2, expected, register: found }) => `  ${table} ${day} ${k1} ${k2} : ${expected} ≠ ${found}`,
    ),
  ].join('\n');
}

/** One line for each kind and vaccine; the days are in the JSON. */
function told({ language }: CommandContext, lines: readonly Reconciliation[]): string[] {
  if (lines.length === 0) return [];
  const sums = new Map<string, { kind: string; of: string; days: number; published: number; replayed: number }>();
  for (const { kind, of, published, replayed } of lines) {
    const sum = sums.get(`${kind} ${of}`) ?? { kind, of, days: 0, published: 0, replayed: 0 };
    sums.set(`${kind} ${of}`, {
      ...sum,
      days: sum.days + 1,
      published: sum.published + published,
      replayed: sum.replayed + replayed,
    });
  }
  const { reconciliations, reconciled } = TEXTS[language];
  return [
    reconciliations,
    ...[...sums.values()].map(({ days, kind, of, published, replayed }) =>
      reconciled(days, kind, of, published, replayed),
    ),
  ];
}

function scale(text: string): Scale {
  const value = parseScale(text);
  if (!value) throw new InvalidArgumentError('1/100');
  return value;
}

function seed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('0–999999999');
  return Number(text);
}

function batch(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 100 || value > 100_000) throw new InvalidArgumentError('100–100000');
  return value;
}
