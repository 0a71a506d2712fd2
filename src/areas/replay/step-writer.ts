import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { LancetteError } from '../../kernel/errors.js';
import { rppsOf } from './fictitious-places.js';
import { doseRows, type JourneyParts, personRows } from './journeys.js';
import type { Part } from './parts.js';
import type { ReplayLedger } from './replay-ledger.js';

/**
 * The stages of a connection: rows travel through them, and every constraint and trigger of the register judges what leaves
 * them. A row of `replayed_person` without a key would be a person who is not in the register.
 */
const STAGING = `
  create temp table arriving_person (n int, nir_index bytea, consulted timestamptz, department smallint, infected_on text) on commit delete rows;
  create temp table arriving_dose (n int, rank smallint, vaccine text, lot text, arm text, at timestamptz, category smallint, finess text,
    department smallint) on commit delete rows;
  create temp table replayed_person (n int, key bigint, consulted timestamptz, department smallint, infected_on text) on commit delete rows;
  create temp table replay_professional (department smallint primary key, key bigint)`;

/**
 * A part is lost whole or kept whole, and is found again by its trace: its commit need not wait for the disk. Keys are looked
 * up by their index from the first row on: the plan by which a constraint is checked is kept, and a small table would be read
 * whole for each row.
 */
const BEGIN = `begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
  set local synchronous_commit = off; set local work_mem = '64MB'; set local enable_seqscan = off`;

const FIND_PERSONS = `insert into replayed_person select a.n, (select f.patient_key from patient_nir f where f.nir_index = a.nir_index),
  a.consulted, a.department, a.infected_on from arriving_person a`;

/**
 * The same rows as `recordEligibility` and `recordInjection` leave: step, act to be paid, and by the trigger of the step the
 * mark of whoever is vaccinated. Idempotency keys belong to requests, and there was none.
 */
const RECORD = [
  `insert into patient_health as h (patient_key, infection_date)
   select key, infected_on from replayed_person where infected_on is not null
   on conflict (patient_key) do update set infection_date = excluded.infection_date`,
  `insert into eligibility_step (patient_key, professional_key, performed_at, not_recommended_vaccines)
   select p.key, f.key, p.consulted, '{}' from replayed_person p join replay_professional f using (department) order by p.key`,
  `insert into act (kind, performed_on, professional_key)
   select 'CONSULTATION', p.consulted::date, f.key from replayed_person p join replay_professional f using (department)`,
  `with lots as materialized (select vaccine, lot, lancette.lot_status(vaccine, lot) as status
     from (select distinct vaccine, lot from arriving_dose) known),
   places as materialized (select finess, lancette.civil_place(finess) as civil from (select distinct finess from arriving_dose) given)
   insert into injection_step (patient_key, professional_key, rank, vaccine, lot_number, administration_route, injection_site,
     performed_at, place_category, place_finess, lot_status)
   select p.key, f.key, d.rank, d.vaccine, d.lot, 'INJECTABLE', d.arm, d.at, d.category, places.civil, lots.status
     from arriving_dose d join replayed_person p using (n) join replay_professional f on f.department = d.department
     join lots using (vaccine, lot) join places using (finess) order by p.key, d.rank`,
  `insert into act (kind, performed_on, professional_key)
   select 'INJECTION', d.at::date, f.key from arriving_dose d join replay_professional f using (department)`,
];
const INJECTIONS = 3;

/** Writes the steps of parts over one connection of the owner. */
export class StepWriter {
  private constructor(
    private readonly client: PoolClient,
    private readonly parts: JourneyParts,
    private readonly ledger: ReplayLedger,
  ) {}

  static async over(client: PoolClient, parts: JourneyParts, ledger: ReplayLedger): Promise<StepWriter> {
    await client.query(STAGING);
    for (const [department] of parts.campaign.departments.entries()) {
      await client.query(
        `insert into replay_professional select $1::smallint, lancette.professional_key($2, null, 'FICTIF', 'REJEU', 'MEDECIN', null, null, null, false)`,
        [department, rppsOf(department)],
      );
    }
    return new StepWriter(client, parts, ledger);
  }

  /**
   * All steps of a part with the trace that remembers it, or nothing.
   * @returns doses recorded
   * @throws REPLAY_PERSON_MISSING
   */
  async write(part: Part): Promise<number> {
    const { client } = this;
    await client.query(BEGIN);
    try {
      await this.copy('arriving_person', personRows(this.parts, part));
      await this.copy('arriving_dose', doseRows(this.parts, part));
      await client.query(FIND_PERSONS);
      await this.requireEveryone(part);
      let doses = 0;
      for (const [at, statement] of RECORD.entries()) {
        const { rowCount } = await client.query(statement);
        if (at === INJECTIONS) doses = rowCount ?? 0;
      }
      await this.requireEveryDose(doses);
      await this.ledger.conclude(client, part);
      await client.query('commit');
      return doses;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  private async copy(stage: string, rows: Iterable<string>): Promise<void> {
    await pipeline(Readable.from(inBlocks(rows)), this.client.query(copyFrom(`copy ${stage} from stdin`)));
    await this.client.query(`analyze ${stage}`);
  }

  private async requireEveryone({ persons }: Part): Promise<void> {
    const { rows } = await this.client.query<{ found: number }>('select count(key)::int as found from replayed_person');
    if (rows[0]?.found !== persons) throw new LancetteError('REPLAY_PERSON_MISSING');
  }

  /** A trigger may leave a step out: such a journey would be a wrong count. */
  private async requireEveryDose(doses: number): Promise<void> {
    const { rows } = await this.client.query<{ asked: number }>('select count(*)::int as asked from arriving_dose');
    if (rows[0]?.asked !== doses) throw new LancetteError('REPLAY_PERSON_MISSING');
  }
}

const BLOCK = 1 << 16;

/** Fewer and larger pieces: a stream costs by the piece. */
export function* inBlocks(rows: Iterable<string>): Generator<string> {
  let block = '';
  for (const row of rows) {
    block += row;
    if (block.length < BLOCK) continue;
    yield block;
    block = '';
  }
  if (block !== '') yield block;
}
