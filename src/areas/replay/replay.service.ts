import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { addDays, daysBetween } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import type { TargetingParts } from '../targeting/connections.js';
import { TargetingImporter } from '../targeting/import.service.js';
import { HEADER } from '../targeting/targeting-file.js';
import { type Campaign, readCampaign } from './campaign-files.js';
import { FictitiousPersons } from './fictitious-persons.js';
import { type JourneyParts, targetingLines } from './journeys.js';
import { keptFrom, type Part, partsOf, personsIn, without } from './parts.js';
import { type Plan, planOf } from './plan.js';
import { ReplayLedger } from './replay-ledger.js';
import { type Scale, scaleText } from './scaling.js';
import { inBlocks, StepWriter } from './step-writer.js';

export interface ReplayRequest {
  /** Where the published files are. */
  readonly folder: string;
  readonly scale: Scale;
  /** Days `YYYY-MM-DD`, both included; the whole series where absent. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly seed: number;
}

export interface ReplayProgress {
  readonly personsDone: number;
  readonly personsTotal: number;
  readonly dosesDone: number;
}

export interface ReplayRun extends ReplayRequest {
  /** Whether a production issuer is configured: nobody fictitious enters such a register. */
  readonly isProduction: boolean;
  /** Who runs it, for the traces. */
  readonly actor: string;
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Persons of one transaction. */
  readonly partSize?: number;
}

export interface ReplayReport {
  /** Counted in the register when it ends. */
  readonly persons: number;
  readonly doses: number;
  /** Doses that this run wrote. */
  readonly written: number;
  readonly seconds: number;
}

/** What a request comes to: files read, journeys planned, and the days of which the register is to give account. */
export interface Prepared {
  readonly campaign: Campaign;
  readonly plan: Plan;
  /** Index of days, both included. */
  readonly first: number;
  readonly last: number;
  readonly digest: string;
}

/** Part of the digest: other persons, places or instants for the same plan are another replay. */
const VERSION = 2;
const PART_SIZE = 25_000;
/** Parts whose steps are written at once: nobody is in two of them. */
const LANES = 2;

/**
 * Reads and plans; touches no register.
 * @throws what `readCampaign` throws; INVALID_INPUT naming the day that is outside the series
 */
export async function prepare({ folder, scale, from, to, seed }: ReplayRequest): Promise<Prepared> {
  const campaign = await readCampaign(folder);
  const index = (day: string, field: string): number => {
    const at = daysBetween(campaign.from, day);
    if (!(at >= 0 && at < campaign.days)) throw new LancetteError('INVALID_INPUT', { field });
    return at;
  };
  const first = from === undefined ? 0 : index(from, 'from');
  const last = to === undefined ? campaign.days - 1 : index(to, 'to');
  if (last < first) throw new LancetteError('INVALID_INPUT', { field: 'to' });
  const plan = planOf(campaign, scale, last + 1);
  const words = [campaign.digest, scaleText(scale), addDays(campaign.from, first), addDays(campaign.from, last), seed];
  return { campaign, first, last, plan, digest: digestOf(words, plan) };
}

/** What a replay is: its request, and the journeys that came of it, so that it is never continued with other ones. */
export function digestOf(words: readonly (string | number)[], { first, later }: Pick<Plan, 'first' | 'later'>): string {
  const hash = createHash('sha256').update([VERSION, ...words].join(' '));
  for (const runs of [first, ...later]) hash.update(JSON.stringify(runs));
  return hash.digest('hex');
}

/**
 * Replays a published campaign as individual journeys of persons who do not exist: targeted by the import of a file, then
 * each step through every constraint of the database. Goes on where an earlier run of the same request stopped.
 */
export class ReplayService {
  constructor(private readonly parts: TargetingParts) {}

  /** @throws REPLAY_IN_PRODUCTION, REPLAY_RUNNING, REPLAY_OTHER, REPLAY_REGISTER_IN_USE, and what `prepare` and the import throw */
  async replay(run: ReplayRun): Promise<{ prepared: Prepared; report: ReplayReport }> {
    if (run.isProduction) throw new LancetteError('REPLAY_IN_PRODUCTION');
    const began = performance.now();
    const prepared = await prepare(run);
    const counted = await this.onOwner(1 + LANES, async ([client, ...lanes]) => {
      const ledger = new ReplayLedger(client as PoolClient, prepared.digest, run.actor);
      await ledger.lock();
      await ledger.enter();
      const journeys = this.journeysOf(prepared, run.seed);
      const writers: StepWriter[] = [];
      for (const lane of lanes) writers.push(await StepWriter.over(lane, journeys, ledger));
      return new Course({ ...this.parts, run, journeys, ledger, writers, prepared }).follow();
    });
    return { prepared, report: { ...counted, seconds: (performance.now() - began) / 1000 } };
  }

  /** @throws REPLAY_OTHER when the register holds no replay, or another one */
  async requireReplayed({ digest }: Prepared): Promise<void> {
    await this.onOwner(1, async ([client]) => {
      if (!(await new ReplayLedger(client as PoolClient, digest, '').requireOwn()))
        throw new LancetteError('REPLAY_OTHER');
    });
  }

  private journeysOf({ campaign, plan }: Prepared, seed: number): JourneyParts {
    const { registrar } = this.parts;
    const persons = new FictitiousPersons(campaign, seed);
    return { campaign, plan, persons, seed, indexOf: (nir, birthDate) => registrar.indexOf(nir, birthDate) };
  }

  /** Connections of the owner, thrown away afterwards with their stages and locks. */
  private async onOwner<T>(count: number, work: (clients: readonly PoolClient[]) => Promise<T>): Promise<T> {
    const clients: PoolClient[] = [];
    try {
      while (clients.length < count) {
        const client = await this.parts.database.ownerPool().connect();
        client.on('error', () => undefined);
        clients.push(client);
        // Who is in the register is asked of all of it, which may take longer than a request may.
        await client.query('set statement_timeout = 0');
      }
      return await work(clients);
    } finally {
      for (const client of clients) client.release(true);
    }
  }
}

interface CourseParts extends TargetingParts {
  readonly run: ReplayRun;
  readonly prepared: Prepared;
  readonly journeys: JourneyParts;
  readonly ledger: ReplayLedger;
  readonly writers: readonly StepWriter[];
}

/** Part after part; while the steps of some are written, the persons of the next are imported. */
class Course {
  private written = 0;
  private personsDone = 0;
  private personsTotal = 0;
  /** What each lane is at. */
  private readonly lanes: Promise<void>[];

  constructor(private readonly parts: CourseParts) {
    this.lanes = parts.writers.map(() => Promise.resolve());
  }

  async follow(): Promise<Omit<ReplayReport, 'seconds'>> {
    const { run, prepared, ledger } = this.parts;
    const kept = keptFrom(prepared.plan, prepared.first);
    const left = without(kept, await ledger.persons());
    this.personsTotal = personsIn(kept);
    this.personsDone = this.personsTotal - personsIn(left);
    const folder = await mkdtemp(path.join(os.tmpdir(), 'lancette-replay-'));
    try {
      let turn = 0;
      for (const part of partsOf(left, run.partSize ?? PART_SIZE)) {
        await this.target(part, path.join(folder, `${turn}.csv`));
        const lane = turn % this.lanes.length;
        await this.lanes[lane];
        this.lanes[lane] = this.step(part, lane);
        // Whoever awaits the lane hears of a failure: until then it needs a listener of its own.
        this.lanes[lane]?.catch(() => undefined);
        turn += 1;
      }
      await Promise.all(this.lanes);
    } finally {
      await Promise.allSettled(this.lanes);
      await rm(folder, { recursive: true, force: true });
    }
    return { ...(await ledger.contents()), written: this.written };
  }

  private async step(part: Part, lane: number): Promise<void> {
    this.written += (await this.parts.writers[lane]?.write(part)) ?? 0;
    this.personsDone += part.persons;
    const { personsDone, personsTotal, written: dosesDone } = this;
    this.parts.run.onProgress?.({ personsDone, personsTotal, dosesDone });
  }

  /** The published format and the import itself: nothing is known here of how a person is registered. */
  private async target(part: Part, file: string): Promise<void> {
    const hash = createHash('sha256');
    function* lines(): Generator<string> {
      for (const block of inBlocks(withHeader())) {
        hash.update(block);
        yield block;
      }
    }
    const { journeys } = this.parts;
    function* withHeader(): Generator<string> {
      yield `${HEADER}\n`;
      yield* targetingLines(journeys, part);
    }
    await pipeline(Readable.from(lines()), createWriteStream(file));
    const sha256 = hash.digest('hex');
    await this.parts.ledger.declareFile(sha256);
    const { totals } = await new TargetingImporter(this.parts).importTargeting({ file, sha256 });
    await rm(file);
    // An earlier run may have targeted some of them, in parts of another size, and not gone further.
    if (totals.personsCreated + totals.personsUnchanged !== part.persons)
      throw new LancetteError('REPLAY_PERSON_MISSING');
  }
}
