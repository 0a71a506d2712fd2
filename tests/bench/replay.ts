import 'reflect-metadata';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { prepareDatabase } from '../../src/application.js';
import { CampaignCounts } from '../../src/areas/replay/campaign-counts.js';
import { type Comparison, compare } from '../../src/areas/replay/comparison.js';
import { type Reconciliation, reconcile } from '../../src/areas/replay/reconciliation.js';
import { prepare, type ReplayReport, type ReplayRequest } from '../../src/areas/replay/replay.service.js';
import { scaleText } from '../../src/areas/replay/scaling.js';
import { INDICATORS, newKeys } from '../../src/config.js';
import { startEmbedded } from '../../src/db/embedded/server.js';
import { createSteeringCopy } from '../../src/services.js';
import { startServer, stopProcesses } from './processes.js';
import { connect, type WorldFacts } from './world.js';

const SETTINGS = { shared_buffers: '1GB', max_wal_size: '8GB', checkpoint_timeout: '30min' };
const SERIES = path.resolve(import.meta.dirname, '../../../../shared/data/spf');

/** The two replays of the proof: one month as it was, and the whole campaign at a hundredth. */
const REPLAYS: Readonly<Record<string, Omit<ReplayRequest, 'folder'>>> = {
  month: { scale: { numerator: 1, denominator: 1 }, from: '2021-01-01', to: '2021-01-31', seed: 1 },
  campaign: { scale: { numerator: 1, denominator: 100 }, seed: 1 },
};

const { values: options } = parseArgs({
  options: {
    folder: { type: 'string', default: SERIES },
    only: { type: 'string', default: Object.keys(REPLAYS).join() },
  },
});

interface Run extends ReplayReport {
  readonly idle: number;
  readonly megabytes: number;
}

/**
 * npm run bench:replay -- --only month,campaign --folder <published files>
 * Ends with 1 when a count differs, and never because of a time.
 */
async function main(): Promise<void> {
  if (!existsSync(options.folder)) throw new Error(`no published files in ${options.folder}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'lancette-bench-replay-'));
  const embedded = await startEmbedded({ dataDir: folder, settings: SETTINGS });
  try {
    for (const name of options.only.split(',')) {
      const request = { ...(REPLAYS[name] as Omit<ReplayRequest, 'folder'>), folder: options.folder };
      const url = await aDatabase(embedded.url, name);
      const keys = newKeys();
      const facts = { databaseUrl: url, peerUrl: url, keys, poolSize: 4 * availableParallelism() };
      await measure(name, request, facts);
    }
  } finally {
    await stopProcesses();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(name: string, request: ReplayRequest, facts: WorldFacts): Promise<void> {
  const database = await connect(facts);
  try {
    await prepareDatabase(database);
    const run = await startServer<Run>(facts, 'servers/replay-run.js', [JSON.stringify(request)]);
    await createSteeringCopy(database, { indicators: INDICATORS }).drain();
    const prepared = await prepare(request);
    const comparison = await compare(prepared, new CampaignCounts(database.ownerPool()), request.scale);
    tell(name, request, { run, comparison, reconciliations: reconcile(prepared, request.scale) });
    if (comparison.differences.length > 0) process.exitCode = 1;
  } finally {
    await database.close();
  }
}

interface Outcome {
  readonly run: Run;
  readonly comparison: Comparison;
  readonly reconciliations: readonly Reconciliation[];
}

function tell(name: string, { scale }: ReplayRequest, { run, comparison, reconciliations }: Outcome): void {
  const { from, to, cells, differences, published, scaled, register } = comparison;
  const kinds = new Map<string, number>();
  for (const { kind } of reconciliations) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const lines = [
    `${name}: ${from} to ${to} at ${scaleText(scale)}`,
    `  ${run.persons} persons, ${run.doses} doses in ${run.seconds.toFixed(1)} s: ${Math.round(run.doses / run.seconds)} doses/s`,
    `  most memory ${Math.round(run.megabytes)} MB, idle ${Math.round(run.idle)} MB`,
    `  ${cells} cells compared, ${differences.length} differences`,
    ...Object.entries({ published, scaled, register }).map(([label, totals]) => `  ${label} ${JSON.stringify(totals)}`),
    `  reconciliation lines ${JSON.stringify(Object.fromEntries(kinds))}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function aDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database bench_${name}`);
  await client.end();
  const own = new URL(url);
  own.pathname = `/bench_${name}`;
  return own.toString();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
