import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { judgeDose } from '../../src/areas/injection/schedule.js';
import type { VaccineSeries } from '../../src/areas/replay/campaign-files.js';
import type { Range } from '../../src/areas/replay/cohorts.js';
import type { Comparison } from '../../src/areas/replay/comparison.js';
import { FictitiousPersons } from '../../src/areas/replay/fictitious-persons.js';
import { leastDays } from '../../src/areas/replay/intervals.js';
import { parseRanges, rangesText, without } from '../../src/areas/replay/parts.js';
import { type FirstRun, sumOf } from '../../src/areas/replay/plan.js';
import { RECONCILIATIONS, type Reconciliation } from '../../src/areas/replay/reconciliation.js';
import { digestOf, prepare, ReplayService } from '../../src/areas/replay/replay.service.js';
import { boundedShares, scaled, scaledTogether, sharesOf, WHOLE } from '../../src/areas/replay/scaling.js';
import { HEADER } from '../../src/areas/targeting/targeting-file.js';
import { sealContext } from '../../src/db/sealing.js';
import { addDays } from '../../src/kernel/days.js';
import { isNir, isRpps } from '../../src/kernel/identifiers.js';
import { AGE_CLASSES } from '../../src/law/indicators.js';
import {
  aCampaignSeries,
  ageTotals,
  DEPARTMENTS,
  dayOf,
  FIRST_DAY,
  IMPOSSIBLE,
  writeCampaign,
} from '../builders/a-campaign-series.js';
import { aTargetedPerson, lineOf } from '../builders/a-targeting-file.js';
import { aTargetingWorld, command, type TargetingWorld } from '../builders/a-targeting-world.js';
import { itWhere } from '../builders/where-present.js';

const PRODUCTS: Record<string, string> = {
  '1': 'EU/1/20/1528',
  '3': 'EU/1/21/1529',
  '4': 'EU/1/20/1525',
  '9': 'OTHER',
};
const SERIES = aCampaignSeries();
/** On this day, the first one with second doses, somebody can have the booster that was owed. */
const FIRST_SECOND_DOSES = String(SERIES.find(({ code, doses }) => code === '3' && doses[1] > 0)?.day);
const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-series-'));
writeCampaign(folder);

const worlds: TargetingWorld[] = [];
async function aWorld(): Promise<TargetingWorld> {
  const world = await aTargetingWorld();
  worlds.push(world);
  return world;
}
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  for (const world of worlds) await world.close();
});

const replay = (world: TargetingWorld, ...args: string[]) => command(world, ['replay', folder, ...args], 'en');

/** Everything that a replay leaves, but identifiers, codes and seals, which are drawn at random. */
const stateOf = async ({ query }: TargetingWorld): Promise<unknown> =>
  (
    await query(`select count(*)::int as doses, md5(string_agg(content, E'\\n' order by content)) as digest from (
      select concat_ws('|', encode(n.nir_index, 'hex'), (to_jsonb(p) - 'key' - 'id' - 'nir')::text, h.infection_date,
        e.performed_at, f.rpps, (to_jsonb(i) - 'patient_key' - 'professional_key')::text) as content
      from injection_step i join patient p on p.key = i.patient_key join patient_nir n on n.patient_key = p.key
      join eligibility_step e on e.patient_key = p.key join professional f on f.key = i.professional_key
      left join patient_health h on h.patient_key = p.key) everything`)
  )[0];

describe('a replayed campaign', () => {
  let world: TargetingWorld;
  let report: { persons: number; doses: number; reconciliations: Reconciliation[] };

  beforeAll(async () => {
    world = await aWorld();
    const run = await replay(world, '--json', '--batch', '500');
    expect(run.stderr.split('\n').at(-1)).toMatch(/^100 % · \d+ persons/);
    report = JSON.parse(run.stdout);
  });

  it('has each day × vaccine × rank as published, to the unit', async () => {
    const rows =
      await world.query(`select (performed_at at time zone 'Europe/Paris')::date::text as day, vaccine, rank, count(*)::int as n
      from injection_step group by 1, 2, 3`);
    const found = new Map(rows.map(({ day, vaccine, rank, n }) => [`${day} ${vaccine} ${rank}`, n]));
    const published = SERIES.flatMap(({ code, day, doses }) =>
      doses.flatMap((n, at): [string, number][] => (n > 0 ? [[`${day} ${PRODUCTS[code]} ${at + 1}`, n]] : [])),
    ).filter(([cell]) => cell !== `${dayOf(IMPOSSIBLE.fourth.at)} EU/1/20/1528 4`);
    expect(published.length).toBeGreaterThan(150);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(published));
  });

  it('compares itself with the files and finds no difference, peak day and totals included', async () => {
    const run = await replay(world, '--check', '--json');
    const compared: Comparison = JSON.parse(run.stdout);
    expect([run.exitCode, compared.differences]).toEqual([0, []]);
    expect(compared.cells).toBeGreaterThan(500);
    expect(compared.register.peak).toEqual(compared.published.peak);
    expect(compared.register.doses).toBe(compared.published.doses - 1);
    expect(compared.register).toMatchObject({ firstDoses: report.persons, complete: compared.published.complete });
  });

  it('tells a register that counts otherwise, and fails', async () => {
    await world.query(
      `update steering.figure set value = value + 1 where table_id = 'doses-by-vaccine-and-rank' and k2 = '1' and k1 = 'OTHER' and day = '${FIRST_DAY}'`,
    );
    const run = await replay(world, '--check');
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('REPLAY_DIFFERS')]);
    expect(run.stdout).toMatch(/1 difference\(s\)/);
    expect(run.stdout).toContain(`doses-by-vaccine-and-rank ${FIRST_DAY} OTHER 1`);
  });

  it('says what the published figures do not allow together: no dose is dropped in silence', () => {
    const of = (kind: Reconciliation['kind']) => report.reconciliations.filter((line) => line.kind === kind);
    expect(of('RANK_UNFILLED')).toEqual([
      { kind: 'RANK_UNFILLED', day: dayOf(IMPOSSIBLE.fourth.at), of: '1/4', published: 1, replayed: 0 },
    ]);
    const complete = SERIES.find(({ code, day }) => code === '3' && day === dayOf(IMPOSSIBLE.complete.at));
    const next = SERIES.find(({ code, day }) => code === '1' && day === dayOf(IMPOSSIBLE.complete.at + 1));
    expect(of('STAGE_COMPLETE')).toEqual([
      expect.objectContaining({
        of: '1',
        day: next?.day,
        published: next?.complete,
        replayed: 1 + (next?.complete ?? 0),
      }),
      expect.objectContaining({ of: '3', published: complete?.complete, replayed: complete?.doses[0] }),
    ]);
    expect(of('STAGE_BOOSTER')).toEqual([
      { kind: 'STAGE_BOOSTER', day: dayOf(IMPOSSIBLE.fourth.at), of: '1', published: 1, replayed: 0 },
      { kind: 'STAGE_BOOSTER', day: FIRST_SECOND_DOSES, of: '3', published: 0, replayed: 1 },
    ]);
    expect(of('STAGE_SECOND_BOOSTER')).toEqual([]);
    expect(of('DEPARTMENT_UNKNOWN')).toEqual([expect.objectContaining({ of: '977', published: DEPARTMENTS['977'] })]);
    expect(of('MARGIN_AGES')).toEqual([
      expect.objectContaining({ published: report.persons, replayed: report.persons - 3 }),
    ]);
  });

  it('has the published stages wherever they are possible', async () => {
    const rows = await world.query(
      `select day::text, k1, k2, value::int as n from steering.figure where table_id = 'doses-by-vaccine-and-stage'`,
    );
    const found = new Map(rows.map(({ day, k1, k2, n }) => [`${day} ${k1} ${k2}`, n]));
    const wrong = SERIES.filter(({ code, day, complete, boosters }) =>
      [
        ['COMPLETE', complete],
        ['BOOSTER', boosters[0]],
        ['SECOND_BOOSTER', boosters[1]],
      ].some(([stage, n]) => (found.get(`${day} ${PRODUCTS[code]} ${stage}`) ?? 0) !== n),
    );
    expect(wrong.map(({ code, day }) => `${code} ${day}`).sort()).toEqual([
      `1 ${dayOf(IMPOSSIBLE.fourth.at)}`,
      `1 ${dayOf(IMPOSSIBLE.complete.at + 1)}`,
      `3 ${dayOf(IMPOSSIBLE.complete.at)}`,
      `3 ${FIRST_SECOND_DOSES}`,
    ]);
  });

  it('has the ages of the published totals and the départements of the population, to the unit of their shares', async () => {
    const ages = await world.query(`select k1, sum(value)::int as n from steering.figure
      where table_id = 'doses-by-age-and-rank' and k2 = '1' group by 1 order by 1`);
    const shares = sharesOf(report.persons, ageTotals(SERIES));
    expect(ages.map(({ n }) => n)).toEqual(shares);
    const places = await world.query('select department, count(*)::int as n from patient group by 1');
    const population = DEPARTMENTS['75'] + DEPARTMENTS['2A'] + DEPARTMENTS['971'];
    for (const { department, n } of places) {
      const exact = (report.persons * DEPARTMENTS[department as '75']) / population;
      // A cycle of ten thousand is exact; a part of one is near.
      expect(Math.abs(Number(n) - exact)).toBeLessThan(4 * Math.sqrt(exact));
    }
  });

  it('leaves journeys as a professional would: in order, with their acts and marks, at opening hours, and traced', async () => {
    const [wrong] = await world.query(`select
      (select count(*)::int from injection_step i where rank > 1 and not exists (select from injection_step b
        where b.patient_key = i.patient_key and b.rank = i.rank - 1 and b.performed_at < i.performed_at)) as out_of_order,
      (select count(*)::int from injection_step i where not exists (select from eligibility_step e
        where e.patient_key = i.patient_key and e.performed_at < i.performed_at)) as without_consultation,
      (select count(*)::int from patient p where p.vaccinated <> exists (select from injection_step i where i.patient_key = p.key)) as badly_marked,
      (select count(*)::int from eligibility_step e join patient p on p.key = e.patient_key where e.vaccinated <> p.vaccinated) as badly_marked_consultation,
      (select count(*)::int from (select professional_key, (performed_at)::date as d, count(*) from injection_step group by 1, 2
        except select professional_key, performed_on, count(*) from act where kind = 'INJECTION' group by 1, 2) x) as without_act,
      (select count(*)::int from (select professional_key, (performed_at)::date as d, count(*) from eligibility_step group by 1, 2
        except select professional_key, performed_on, count(*) from act where kind = 'CONSULTATION' group by 1, 2) x) as consultation_without_act,
      (select count(*)::int from injection_step where extract(hour from performed_at at time zone 'Europe/Paris') not between 9 and 17) as at_night,
      (select count(*)::int from injection_step where lot_number !~ '^[A-Z0-9-]{4,12}$' or place_finess !~ '^0B') as badly_placed`);
    expect(Object.values(wrong ?? {})).toEqual(Array(8).fill(0));
    const parts = Math.ceil(report.persons / 500);
    expect(
      await world.count(
        `trace where operation like 'replayPart %' and recipient = 'OPERATEUR' and article = 'AIPD M1.58'`,
      ),
    ).toBe(parts);
    expect(await world.count(`act`)).toBe(report.doses + report.persons);
  });

  it('has in each ten thousand persons the départements of the population, to the unit', async () => {
    const { campaign } = await prepare({ folder, scale: WHOLE, seed: 1 });
    const persons = new FictitiousPersons(campaign, 1);
    const counts = campaign.departments.map(() => 0);
    for (let person = 30_000; person < 40_000; person += 1) {
      const at = persons.departmentOf(person);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    expect(counts).toEqual(
      sharesOf(
        10_000,
        campaign.departments.map(({ population }) => population),
      ),
    );
  });

  it('is of nobody: each identifier passes its check and is visibly none', async () => {
    const { sealer } = world.parts;
    const people = await world.query('select id, nir, birth_name, first_names from patient order by key limit 200');
    for (const { id, nir, birth_name: name } of people) {
      const opened = sealer.open(String(nir), sealContext(String(id)));
      expect([isNir(opened), /^[78]\d\d9900/.test(opened), String(name).startsWith('FICTIF-')]).toEqual([
        true,
        true,
        true,
      ]);
    }
    const professionals = await world.query('select rpps, family_name from professional');
    expect(
      professionals.every(
        ({ rpps, family_name: name }) => isRpps(String(rpps)) && String(rpps).startsWith('99') && name === 'FICTIF',
      ),
    ).toBe(true);
  });

  it('is done once: the same command again writes nothing, and another replay is refused', async () => {
    const before = await stateOf(world);
    for (const batch of ['500', '700']) {
      const again = JSON.parse((await replay(world, '--json', '--batch', batch)).stdout);
      expect([again.written, again.persons, again.doses]).toEqual([0, report.persons, report.doses]);
    }
    expect(await stateOf(world)).toEqual(before);
    for (const other of [
      ['--seed', '2'],
      ['--scale', '1/2'],
      ['--to', dayOf(20)],
    ]) {
      expect((await replay(world, ...other)).stderr).toContain('REPLAY_OTHER');
      expect((await replay(world, '--check', ...other)).stderr).toContain('REPLAY_OTHER');
    }
  });

  it.each([500, 700])(
    'goes on where its connections were cut, in parts of %i persons after parts of 500, to the same final state',
    async (partSize) => {
      const other = await aWorld();
      const service = new ReplayService(other.parts);
      const run = { folder, scale: WHOLE, seed: 1, isProduction: false, actor: 'test' };
      let cut: Promise<unknown> = Promise.resolve();
      const interrupted = service.replay({
        ...run,
        partSize: 500,
        onProgress: ({ personsDone }) => {
          if (personsDone !== 1000) return;
          cut = other.query(
            'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
          );
        },
      });
      await expect(interrupted).rejects.toThrow();
      await cut;
      const halfway = await other.count('injection_step');
      const { report: resumed } = await service.replay({ ...run, partSize });
      expect(halfway).toBeGreaterThan(0);
      expect([resumed.written, resumed.doses]).toEqual([report.doses - halfway, report.doses]);
      expect(await stateOf(other)).toEqual(await stateOf(world));
    },
  );

  it('reports what the register holds, and not what was planned', async () => {
    const other = worlds.at(-1) as TargetingWorld;
    const turn = (how: string) => `alter table injection_step ${how} trigger injection_step_is_final`;
    await other.query(`begin; ${turn('disable')};
      delete from injection_step where rank = 2 and patient_key = (select min(patient_key) from injection_step where rank = 2);
      ${turn('enable always')}; commit`);
    const again = JSON.parse((await replay(other, '--json')).stdout);
    expect([again.written, again.doses]).toEqual([0, report.doses - 1]);
  });

  it('is another one when other journeys come of the same request', async () => {
    const { plan } = await prepare({ folder, scale: WHOLE, seed: 1 });
    const [run, ...others] = plan.first as [FirstRun, ...FirstRun[]];
    const moved = { ...plan, first: [{ ...run, day: run.day + 1 }, ...others] };
    expect(digestOf(['request'], moved)).not.toBe(digestOf(['request'], plan));
  });
});

describe('the days that a replayed person waits', () => {
  const [PFIZER, ASTRA, JANSSEN] = ['EU/1/20/1528', 'EU/1/21/1529', 'EU/1/20/1525'];
  const EARLY = ['INTERVAL_TOO_SHORT', 'BOOSTER_EARLY', 'DOSSIER_CLOSED'];

  // Product, doses before, class of age, standing, day of the dose to come, and what the register then judges of it.
  it.each([
    [PFIZER, 1, '80', 'OPEN', '2021-02-10', 21],
    [ASTRA, 1, '59', 'OPEN', '2021-05-10', 63],
    [PFIZER, 2, '80', 'COMPLETE', '2021-08-31', null],
    [PFIZER, 2, '80', 'COMPLETE', '2021-09-01', 92],
    [PFIZER, 2, '80', 'COMPLETE', '2022-01-10', 92],
    [PFIZER, 3, '80', 'COMPLETE', '2022-06-10', 92],
    [PFIZER, 2, '17', 'COMPLETE', '2022-02-10', 184],
    [PFIZER, 2, '09', 'COMPLETE', '2022-06-10', null],
    [JANSSEN, 1, '80', 'COMPLETE', '2021-12-20', 31],
    [JANSSEN, 2, '80', 'COMPLETE', '2022-02-20', 92],
    ['OTHER', 1, '80', 'UNRULED', '2021-08-01', 0],
  ] as const)(
    'after %s × %i, in class %s, %s, on %s: %j, as the register judges',
    (product = '', given, code, standing, on, days) => {
      const ageClass = AGE_CLASSES.findIndex((one) => one.code === code);
      expect(leastDays({ ageClass, standing }, { product, rank: given + 1, on })).toBe(days);
      const born = `${Number(on.slice(0, 4)) - 1 - (AGE_CLASSES[ageClass - 1]?.upTo ?? 0)}-01-01`;
      const judged = (waited: number) =>
        judgeDose(
          { birthDate: born, infectionDate: null },
          Array.from({ length: given }, (_, at) => ({
            vaccine: product,
            on: addDays(on, -waited - 200 * (given - 1 - at)),
          })),
          { vaccine: product, on },
        ).filter(({ code }) => EARLY.includes(code));
      if (product === 'OTHER') return;
      expect(judged(days ?? 400)).toHaveLength(days === null ? 1 : 0);
      if (days) expect(judged(days - 1)).toHaveLength(1);
    },
  );
});

describe('persons of a replay that are left to write', () => {
  const text = (all: readonly Range[]) => (all.length > 0 ? rangesText(all) : '');

  it.each([
    ['0-99', '', '0-99'],
    ['0-99', '0-99', ''],
    ['0-99', '90-199,0-9', '10-89'],
    ['0-9,20-29,40-49', '5-24,26-26', '0-4,25-25,27-29,40-49'],
    ['10-19', '0-4,12-12,14-15,30-31', '10-11,13-13,16-19'],
  ])('of %s, with %s written, are %s', (kept, written, left) => {
    expect(text(without(parseRanges(kept), written ? parseRanges(written) : []))).toBe(left);
  });
});

describe('a replay of a part of the campaign', () => {
  it('keeps a month to the unit: persons bring the doses that they had before it', async () => {
    const world = await aWorld();
    const [from, to] = [dayOf(25), dayOf(35)];
    const run = await replay(world, '--from', from, '--to', to, '--json');
    expect(run.exitCode).toBe(0);
    const compared: Comparison = JSON.parse(
      (await replay(world, '--from', from, '--to', to, '--check', '--json')).stdout,
    );
    const published = SERIES.filter(({ day }) => day >= from && day <= to).reduce(
      (sum, { doses }) => sum + doses.reduce((a, b) => a + b),
      0,
    );
    expect([compared.differences, compared.register.doses]).toEqual([[], published]);
    expect(await world.count(`injection_step where performed_at >= '${dayOf(36)}'`)).toBe(0);
    expect(
      await world.count(
        `patient p where not exists (select from injection_step i where i.patient_key = p.key and i.performed_at >= '${from}')`,
      ),
    ).toBe(0);
    expect(await world.count(`injection_step where rank = 1 and performed_at < '${from}'`)).toBeGreaterThan(0);
  });

  it('refuses a period outside the series', async () => {
    const world = worlds[0] as TargetingWorld;
    expect((await replay(world, '--from', '2019-01-01')).stderr).toContain('INVALID_INPUT: from');
    expect((await replay(world, '--from', dayOf(9), '--to', dayOf(8))).stderr).toContain('INVALID_INPUT: to');
    expect((await replay(world, '--scale', '2/1')).exitCode).toBe(2);
  });
});

describe('a register that is not the replay’s', () => {
  it('is refused where a production issuer is configured', async () => {
    const world = worlds[0] as TargetingWorld;
    const { register } = world;
    const issuer = { kind: 'production', id: 'https://registre.test' } as const;
    const production = { ...world, register: { ...register, config: { ...register.config, issuer } } };
    const run = await command(production, ['replay', folder]);
    const told = 'Un registre de production ne reçoit aucune personne fictive. (REPLAY_IN_PRODUCTION)';
    expect([run.exitCode, run.stderr]).toEqual([1, told]);
  });

  it('is refused as soon as it holds anybody else, be it one person among those of the replay', async () => {
    const world = worlds.at(-1) as TargetingWorld;
    const before = [await world.count('patient'), await world.count('injection_step')];
    const { file, sha256 } = world.file('targeting.csv', [lineOf(aTargetedPerson(1))], { header: HEADER });
    await world.importer.importTargeting({ file, sha256 });
    const run = await replay(world, '--from', dayOf(25), '--to', dayOf(35));
    expect([run.exitCode, run.stderr]).toEqual([1, expect.stringContaining('REPLAY_REGISTER_IN_USE')]);
    expect([await world.count('patient'), await world.count('injection_step')]).toEqual([
      Number(before[0]) + 1,
      before[1],
    ]);
  });
});

describe('files that are not as published', () => {
  const spoiled = async (spoil: (name: string, text: string) => string): Promise<string> => {
    const where = mkdtempSync(path.join(os.tmpdir(), 'lancette-series-'));
    try {
      writeCampaign(where, { spoil });
      return (await command(worlds[0] as TargetingWorld, ['replay', where], 'en')).stderr;
    } finally {
      rmSync(where, { recursive: true, force: true });
    }
  };

  it.each([
    ['a column that is missing', 'vacsi-v-fra.csv', /n_dose3/, 'n_trois', 'SERIES_COLUMN: vacsi-v-fra.csv:n_dose3'],
    ['a negative count', 'vacsi-fra.csv', /;\d+;0;0\n$/, ';-3;0;0\n', 'SERIES_VALUE: vacsi-fra.csv:41:n_2_rappel'],
    [
      'a count that is text',
      'dep-pop.csv',
      /2000000/,
      'deux millions',
      'SERIES_VALUE: dep-pop.csv:2:departmentPopulation',
    ],
    [
      'a class of age that is missing',
      'vacsi-tot-a-fra.csv',
      /FR;80;/,
      'FR;81;',
      'SERIES_VALUE: vacsi-tot-a-fra.csv:clage_vacsi=80',
    ],
    ['a day that is none', 'vacsi-v-fra.csv', /2021-08-29/, 'demain', 'SERIES_VALUE: vacsi-v-fra.csv:3:jour'],
    ['a day too many in its month', 'vacsi-fra.csv', /2021-08-29/, '2021-06-31', 'SERIES_VALUE: vacsi-fra.csv:3:jour'],
    [
      'a second line of a vaccine and day',
      'vacsi-v-fra.csv',
      /2021-08-29/,
      '2021-08-28',
      'SERIES_VALUE: vacsi-v-fra.csv:3:jour',
    ],
    ['a second line of a day', 'vacsi-fra.csv', /2021-08-30/, '2021-08-28', 'SERIES_VALUE: vacsi-fra.csv:4:jour'],
    [
      'a second line of an age, written otherwise',
      'vacsi-tot-a-fra.csv',
      /FR;80;/,
      'FR;9;',
      'SERIES_VALUE: vacsi-tot-a-fra.csv:15:clage_vacsi',
    ],
    ['a second line of a class', 'clage_spf.csv', /\n11;/, '\n9;', 'SERIES_VALUE: clage_spf.csv:4:code_spf'],
    ['a second line of a département', 'dep-pop.csv', /2A/, '75', 'SERIES_VALUE: dep-pop.csv:5:dep'],
  ])('%s is told by file, line and column, never by its value', async (_, name, what, by, told) => {
    const stderr = await spoiled((file, text) => (file === name ? text.replace(what, by) : text));
    expect(stderr).toContain(told);
    expect(stderr).not.toMatch(/demain|deux millions/);
  });

  it('says which file cannot be read', async () => {
    const { stderr } = await command(worlds[0] as TargetingWorld, ['replay', os.tmpdir()], 'en');
    expect(stderr).toContain('FILE_UNREADABLE: vacsi-v-fra.csv');
  });
});

/** The real files are read where they are; nothing of them is here. */
const REAL = path.resolve(import.meta.dirname, '../../../../shared/data/spf');

const total = (series: Iterable<ArrayLike<number>>) => [...series].reduce((sum, one) => sum + sumOf(one), 0);

describe('the campaign as Santé publique France published it', () => {
  itWhere(existsSync(REAL) ? undefined : 'the published files are not beside the project')(
    'is planned whole: every dose of every day has its person, and the totals are those that are known',
    async () => {
      const { campaign, plan } = await prepare({ folder: REAL, scale: WHOLE, seed: 1 });
      expect([plan.unfilled.length, plan.doses]).toEqual([0, 154_441_373 - 12]);
      expect(total(campaign.all.doses)).toBe(154_441_373);
      expect([sumOf(campaign.all.doses[0] ?? []), sumOf(campaign.all.complete)]).toEqual([54_672_496, 53_768_044]);
      const days = Array.from({ length: campaign.days }, (_, day) =>
        campaign.all.doses.reduce((sum, of) => sum + (of[day] ?? 0), 0),
      );
      expect(Math.max(...days)).toBe(970_643);
      expect(addDays(campaign.from, days.indexOf(970_643))).toBe('2021-12-17');
      for (const [at, vaccine] of campaign.vaccines.entries()) {
        for (const [rank, series] of vaccine.doses.entries()) {
          expect(Array.from(plan.targets[at]?.doses[rank] ?? [])).toEqual(Array.from(series));
        }
      }
    },
  );

  itWhere(existsSync(REAL) ? undefined : 'the published files are not beside the project')(
    'is planned with its totals and its peak, to the unit, whole and at a hundredth',
    async () => {
      for (const scale of [WHOLE, { numerator: 1, denominator: 100 }]) {
        const { campaign, plan } = await prepare({ folder: REAL, scale, seed: 1 });
        const published = (of: (one: VaccineSeries) => readonly ArrayLike<number>[]) =>
          scaled(total(campaign.vaccines.flatMap(of)), scale);
        expect(plan.doses).toBe(published(({ doses }) => doses));
        expect(plan.persons).toBe(published(({ doses }) => doses.slice(0, 1)));
        expect(total(plan.stages.COMPLETE)).toBe(published(({ complete }) => [complete]));
        expect(total(plan.stages.BOOSTER)).toBe(published(({ boosters }) => boosters.slice(0, 1)));
        const given = Array.from({ length: campaign.days }, (_, day) =>
          plan.targets.reduce((sum, { doses }) => sum + doses.reduce((all, of) => all + (of[day] ?? 0), 0), 0),
        );
        expect(Math.max(...given)).toBe(scaled(970_643, scale));
        for (const [at, { doses }] of campaign.vaccines.entries())
          for (const [rank, daily] of doses.entries()) {
            let owed = 0;
            for (const [day, count] of daily.entries()) {
              owed += count / scale.denominator - (plan.targets[at]?.doses[rank]?.[day] ?? Number.NaN);
              expect(Math.abs(owed)).toBeLessThan(1);
            }
          }
      }
    },
  );
});

describe('the page of the replay', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../..', 'docs/rejeu.md'), 'utf8');

  it('has every reconciliation with its sense, and no other', () => {
    const told = [...page.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(([, kind, sense]) => [kind, sense]);
    expect(told).toEqual(Object.entries(RECONCILIATIONS));
  });
});

describe('the scale', () => {
  const series = Object.keys(PRODUCTS).flatMap((code) =>
    [0, 1, 2, 3].map((rank) => SERIES.filter((one) => one.code === code).map(({ doses }) => doses[rank] ?? 0)),
  );

  it.each([1, 2, 7, 100, 999])('1/%i keeps the cumulative of a single series within one half', (denominator) => {
    const daily = SERIES.filter(({ code }) => code === '1').map(({ doses }) => doses[0]);
    const [alone] = scaledTogether([daily], { numerator: 1, denominator });
    let [exact, kept] = [0, 0];
    for (const [at, count] of daily.entries()) {
      exact += count / denominator;
      kept += alone?.[at] ?? Number.NaN;
      expect(Math.abs(exact - kept)).toBeLessThanOrEqual(0.5);
      expect(alone?.[at]).toBeGreaterThanOrEqual(0);
    }
  });

  it.each([1, 2, 7, 100, 999])(
    '1/%i keeps the cumulative of all to the unit, of each series within one',
    (denominator) => {
      const kept = scaledTogether(series, { numerator: 1, denominator });
      const exact = series.map(() => 0);
      const held = series.map(() => 0);
      for (const [day] of (series[0] ?? []).entries()) {
        for (const [at, daily] of series.entries()) {
          exact[at] = (exact[at] ?? 0) + (daily[day] ?? 0);
          held[at] = (held[at] ?? 0) + (kept[at]?.[day] ?? Number.NaN);
          expect(kept[at]?.[day]).toBeGreaterThanOrEqual(0);
          expect(Math.abs((exact[at] ?? 0) / denominator - (held[at] ?? 0))).toBeLessThan(1);
        }
        expect(sumOf(held)).toBe(scaled(sumOf(exact), { numerator: 1, denominator }));
      }
    },
  );

  it('parts by largest remainder, to the unit and within bounds', () => {
    expect(sharesOf(10, [1, 1, 1])).toEqual([4, 3, 3]);
    expect(sharesOf(7, [5, 3, 2])).toEqual([4, 2, 1]);
    expect(boundedShares(10, [8, 1, 1], [3, 9, 9])).toEqual([3, 4, 3]);
    expect(boundedShares(10, [1, 0, 0], [3, 2, 1])).toEqual([3, 2, 1]);
  });
});
