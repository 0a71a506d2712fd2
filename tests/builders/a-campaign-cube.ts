import type { Columns, DeclaredTable } from '../../src/areas/indicators/disclosure/cube.js';
import { CubeBuilder } from '../../src/areas/indicators/disclosure/cube-builder.js';
import { type ProtectedEffect, type Protection, protectCube } from '../../src/areas/indicators/disclosure/protect.js';
import { type Figure, Release } from '../../src/areas/indicators/disclosure/release.js';
import { TABLES } from '../../src/law/indicators.js';
import { aDice } from './a-dice.js';

/** One cell of the base cube, as a test writes it. */
export interface Cell {
  readonly day: string;
  readonly values: readonly string[];
  readonly count: number;
}

export const DIMENSIONS = ['department', 'ageClass', 'sex', 'vaccine', 'rank', 'stage', 'placeCategory'] as const;
/** Rank and stage depend on each other. */
export const BOUND = [4, 5];

export const DOSE_TABLES: readonly DeclaredTable[] = Object.entries(TABLES)
  .filter(([, { measure }]) => measure === 'INJECTED')
  .map(([id, { by }]) => ({ id, by: by.map((dimension) => (DIMENSIONS as readonly string[]).indexOf(dimension)) }));

export const dayOf = (at: number, from = '2021-03-01'): string =>
  new Date(Date.parse(from) + at * 86_400_000).toISOString().slice(0, 10);

export interface CampaignSize {
  readonly days: number;
  readonly departments: number;
  readonly ages: number;
  readonly vaccines: number;
  readonly dosesADay: number;
  /** Doses of a vaccine that is otherwise not given, each alone in its département and on its day. */
  readonly planted: number;
}

/** A campaign with few doses on Sundays, big and small départements, common and rare vaccines. */
export function aCampaignCube(seed: number, size: CampaignSize): { cells: Cell[]; planted: Cell[] } {
  const dice = aDice(seed);
  const skewed = (count: number) => Math.min(count - 1, Math.floor(count * dice() ** 2));
  const pick = <T>(from: readonly T[]): T => from[Math.floor(dice() * from.length)]!;
  const counts = new Map<string, number>();
  const add = (day: number, department: number, vaccine: string): string => {
    const rank = 1 + Math.floor(dice() * 3);
    const stage = ['INITIAL', 'COMPLETE', 'BOOSTER'][rank - 1]!;
    const values = [
      `${department}`, `a${skewed(size.ages)}`, pick(['F', 'M']), vaccine, `${rank}`, stage, pick(['7', '11', '11']),
    ]; // biome-ignore format: one dose on one line
    const key = [dayOf(day), ...values].join('|');
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return key;
  };
  for (let day = 0; day < size.days; day += 1) {
    const doses = size.dosesADay * (0.7 + 0.6 * dice()) * (day % 7 === 6 ? 0.1 : 1);
    for (let dose = 0; dose < doses; dose += 1) add(day, skewed(size.departments), `v${skewed(size.vaccines)}`);
  }
  const places = Array.from({ length: size.days * size.departments }, (_, at) => at);
  const planted = Array.from({ length: size.planted }, () => {
    const [place] = places.splice(Math.floor(dice() * places.length), 1);
    return add(Math.floor(place! / size.departments), place! % size.departments, 'rare');
  });
  return {
    cells: [...counts].map(([key, count]) => cellOf(key, count)).sort(byDay),
    planted: planted.map((key) => cellOf(key, 1)),
  };
}

const cellOf = (key: string, count: number): Cell => {
  const [day, ...values] = key.split('|');
  return { day: day!, values, count };
};
const byDay = (one: Cell, other: Cell) => (one.day < other.day ? -1 : one.day > other.day ? 1 : 0);

export function columnsOf(cells: readonly Cell[], dimensions: readonly string[] = DIMENSIONS): Columns {
  const builder = new CubeBuilder(dimensions);
  for (const { day, values, count } of cells) builder.add(day, values, count);
  return builder.build()!;
}

/** The figures of a declared table, counted from the cells. */
export function figuresOf(cells: readonly Cell[], { by }: DeclaredTable): Figure[] {
  const figures = new Map<string, Figure & { value: number }>();
  for (const { day, values, count } of cells) {
    const [k1 = '', k2 = ''] = by.map((dimension) => values[dimension]!);
    const figure = figures.get(`${day}|${k1}|${k2}`) ?? { k1, k2, day, value: 0 };
    figure.value += count;
    figures.set(`${day}|${k1}|${k2}`, figure);
  }
  return [...figures.values()].filter(({ value }) => value !== 0);
}

/** The cells with a move added; cells that it makes negative too. */
export function moved(cells: readonly Cell[], steps: readonly Cell[]): Cell[] {
  const sum = new Map<string, number>();
  for (const { day, values, count } of [...cells, ...steps]) {
    const key = [day, ...values].join('|');
    sum.set(key, (sum.get(key) ?? 0) + count);
  }
  return [...sum].map(([key, count]) => cellOf(key, count));
}

/** What the register tells of these cells: one release a table. */
export function releasesOf(
  cells: readonly Cell[],
  effects: readonly ProtectedEffect[],
  tables: readonly DeclaredTable[] = DOSE_TABLES,
): Map<string, Release> {
  const byTable = new Map<string, ProtectedEffect[]>(tables.map(({ id }) => [id, []]));
  for (const effect of effects) byTable.get(effect.table)?.push(effect);
  return new Map(tables.map((table) => [table.id, new Release(figuresOf(cells, table), byTable.get(table.id)!)]));
}

export const protectedBy = (cells: readonly Cell[], protection: Partial<Protection> = {}): ProtectedEffect[] => [
  ...protectCube(columnsOf(cells), { tables: DOSE_TABLES, threshold: 11, bound: BOUND, ...protection }),
];
