import { addDays } from '../../kernel/days.js';
import { AGE_CLASSES, STAGES, type TableId } from '../../law/indicators.js';
import type { CampaignCounts, Figure } from './campaign-counts.js';
import { RANKS } from './campaign-files.js';
import { sumOf } from './plan.js';
import type { Prepared } from './replay.service.js';
import { type Scale, scaled } from './scaling.js';

export interface Difference extends Omit<Figure, 'value'> {
  readonly table: TableId;
  readonly expected: number;
  readonly register: number;
}

export interface Totals {
  readonly firstDoses: number;
  readonly complete: number;
  /** First boosters, and second ones as far as they are doses of a published rank. */
  readonly boosters: number;
  readonly secondBoosters: number;
  readonly doses: number;
  readonly peak: { readonly day: string; readonly doses: number };
}

export interface Comparison {
  readonly from: string;
  readonly to: string;
  /** Cells compared, those with a count of 0 on both sides left out. */
  readonly cells: number;
  readonly differences: readonly Difference[];
  /** As the files publish them and as the scale has them, and as the register counts. */
  readonly published: Totals;
  readonly scaled: Totals;
  readonly register: Totals;
}

type Cells = Map<string, number>;
const key = (day: string, k1: string, k2: string): string => `${day}|${k1}|${k2}`;

function add(cells: Cells, where: string, count: number): void {
  if (count !== 0) cells.set(where, (cells.get(where) ?? 0) + count);
}

/** Compares the register's counts with the files, cell by cell: each day × vaccine × rank, × stage, and first doses by age. */
export async function compare(prepared: Prepared, counts: CampaignCounts, scale: Scale): Promise<Comparison> {
  const { campaign, first, last } = prepared;
  const [from, to] = [addDays(campaign.from, first), addDays(campaign.from, last)];
  const expected: readonly [TableId, Cells, (figure: Figure) => boolean][] = [
    ['doses-by-vaccine-and-rank', byRank(prepared), () => true],
    ['doses-by-vaccine-and-stage', byStage(prepared), () => true],
    // Later doses are given at an age that the replay does not choose.
    ['doses-by-age-and-rank', byAge(prepared), ({ k2 }) => k2 === '1'],
  ];
  const differences: Difference[] = [];
  const figures = new Map<TableId, Figure[]>();
  let cells = 0;
  for (const [table, wanted, counted] of expected) {
    const found = (await counts.of(table, from, to)).filter(counted);
    figures.set(table, found);
    const register: Cells = new Map(found.map(({ day, k1, k2, value }) => [key(day, k1, k2), value]));
    const all = new Set([...wanted.keys(), ...register.keys()]);
    cells += all.size;
    for (const cell of all) {
      const [here, there] = [wanted.get(cell) ?? 0, register.get(cell) ?? 0];
      const [day = '', k1 = '', k2 = ''] = cell.split('|');
      if (here !== there) differences.push({ table, day, k1, k2, expected: here, register: there });
    }
  }
  return {
    ...{ from, to, cells, differences },
    published: publishedTotals(prepared),
    scaled: publishedTotals(prepared, scale),
    register: registerTotals(figures),
  };
}

/** The scaled series themselves, less what the plan says that nobody could receive: published codes of one product add up. */
function byRank({ campaign, plan, first, last }: Prepared): Cells {
  const cells: Cells = new Map();
  for (const [vaccine, { product }] of campaign.vaccines.entries()) {
    for (const [at, rank] of RANKS.entries()) {
      for (let day = first; day <= last; day += 1) {
        add(
          cells,
          key(addDays(campaign.from, day), product, String(rank)),
          plan.targets[vaccine]?.doses[at]?.[day] ?? 0,
        );
      }
    }
  }
  for (const { day, vaccine, rank, missing } of plan.unfilled) {
    const product = campaign.vaccines[vaccine]?.product ?? '';
    if (day >= first) add(cells, key(addDays(campaign.from, day), product, String(rank)), -missing);
  }
  return cells;
}

/** The stages of the plan: where they are not those published, `reconcile` says so. */
function byStage({ campaign, plan, first, last }: Prepared): Cells {
  const cells: Cells = new Map();
  for (const [vaccine, { product }] of campaign.vaccines.entries()) {
    for (const stage of STAGES) {
      for (let day = first; day <= last; day += 1) {
        add(cells, key(addDays(campaign.from, day), product, stage), plan.stages[stage][vaccine]?.[day] ?? 0);
      }
    }
  }
  return cells;
}

function byAge({ campaign, plan, first }: Prepared): Cells {
  const cells: Cells = new Map();
  for (const { day, ageClass, count } of plan.first) {
    if (day >= first) add(cells, key(addDays(campaign.from, day), AGE_CLASSES[ageClass]?.code ?? '', '1'), count);
  }
  return cells;
}

function publishedTotals({ campaign, first, last }: Prepared, scale: Scale = { numerator: 1, denominator: 1 }): Totals {
  const { doses, complete, boosters } = campaign.all;
  const sum = (series: Float64Array): number => sumOf(series.subarray(first, last + 1));
  let peak = { day: '', doses: 0 };
  for (let day = first; day <= last; day += 1) {
    const given = doses.reduce((total, series) => total + (series[day] ?? 0), 0);
    if (given > peak.doses) peak = { day: addDays(campaign.from, day), doses: given };
  }
  return {
    firstDoses: scaled(sum(doses[0] as Float64Array), scale),
    complete: scaled(sum(complete), scale),
    boosters: scaled(sum(boosters[0] as Float64Array), scale),
    secondBoosters: scaled(sum(boosters[1] as Float64Array), scale),
    doses: scaled(
      doses.reduce((total, series) => total + sum(series), 0),
      scale,
    ),
    peak: { ...peak, doses: scaled(peak.doses, scale) },
  };
}

function registerTotals(figures: ReadonlyMap<TableId, readonly Figure[]>): Totals {
  const [ranks, stages] = [
    figures.get('doses-by-vaccine-and-rank') ?? [],
    figures.get('doses-by-vaccine-and-stage') ?? [],
  ];
  const sum = (of: readonly Figure[], wanted: string): number =>
    of.reduce((total, { k2, value }) => total + (k2 === wanted ? value : 0), 0);
  const days = new Map<string, number>();
  for (const { day, value } of ranks) days.set(day, (days.get(day) ?? 0) + value);
  const peak = [...days].reduce((most, [day, doses]) => (doses > most.doses ? { day, doses } : most), {
    day: '',
    doses: 0,
  });
  return {
    firstDoses: sum(ranks, '1'),
    complete: sum(stages, 'COMPLETE'),
    boosters: sum(stages, 'BOOSTER'),
    secondBoosters: sum(stages, 'SECOND_BOOSTER'),
    doses: ranks.reduce((total, { value }) => total + value, 0),
    peak,
  };
}
