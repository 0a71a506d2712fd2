import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { daysBetween } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import { AGE_CLASSES } from '../../law/indicators.js';
import { regionOf } from '../../law/regions.js';
import { ALL_VACCINES, productOf } from './products.js';
import { type SeriesRow, seriesRows } from './series-file.js';

/** The ranks that are published; a fifth dose is not (docs/rejeu.md). */
export const RANKS = [1, 2, 3, 4] as const;

/** What is published day by day of one vaccine: each array has one count a day. */
export interface VaccineSeries {
  readonly code: string;
  readonly product: string;
  /** By rank, from 1. */
  readonly doses: readonly Float64Array[];
  readonly complete: Float64Array;
  /** First and second boosters; the bivalent ones are counted among them. */
  readonly boosters: readonly Float64Array[];
}

export interface AgeTotals {
  readonly code: string;
  readonly firstDoses: number;
  readonly boosters: number;
  readonly secondBoosters: number;
}

/** The campaign as published: national figures by day and vaccine, final ones by age, population by département. */
export interface Campaign {
  /** First day, and how many days the series run. */
  readonly from: string;
  readonly days: number;
  readonly vaccines: readonly VaccineSeries[];
  /** The series of all vaccines together, as published and not as summed. */
  readonly all: VaccineSeries;
  readonly ages: readonly AgeTotals[];
  readonly departments: readonly { readonly code: string; readonly population: number }[];
  /** Départements of the file that the register does not know, and their population. */
  readonly unknownDepartments: readonly { readonly code: string; readonly population: number }[];
  /** SHA-256 over the five files. */
  readonly digest: string;
}

const FILES = ['vacsi-v-fra.csv', 'vacsi-fra.csv', 'vacsi-tot-a-fra.csv', 'dep-pop.csv', 'clage_spf.csv'] as const;
const [BY_VACCINE, NATIONAL, BY_AGE, POPULATION, CLASSES] = FILES;
const BOOSTERS = ['n_rappel', 'n_2_rappel'];
const COUNTS = [...RANKS.map((rank) => `n_dose${rank}`), 'n_complet', ...BOOSTERS];

/**
 * Reads the five files of a folder, as they were published.
 * @throws FILE_UNREADABLE, SERIES_COLUMN, SERIES_VALUE, each naming the place in the files
 */
export async function readCampaign(folder: string): Promise<Campaign> {
  const daily = await readDays(folder, BY_VACCINE, ['vaccin', 'jour', ...COUNTS]);
  const national = await readDays(folder, NATIONAL, ['jour', 'n_dose1', 'n_complet', ...BOOSTERS]);
  const [from, to] = endsOf([...daily, ...national]);
  const days = 1 + daysBetween(from, to);
  const codes = [...new Set(daily.map(({ code }) => code))].sort((a, b) => Number(a) - Number(b));
  const series = codes.map((code) => seriesOf(code, daily, { from, days }));
  const population = await readPopulation(folder);
  return {
    from,
    days,
    vaccines: series.filter(({ code }) => code !== ALL_VACCINES),
    all: allOf(series, seriesOf('', national, { from, days })),
    ages: await readAges(folder),
    departments: population.filter(({ code }) => regionOf(code) !== undefined),
    unknownDepartments: population.filter(({ code }) => regionOf(code) === undefined),
    digest: await digestOf(folder),
  };
}

interface Daily {
  readonly code: string;
  readonly day: string;
  readonly counts: readonly number[];
}

/** First and last day; @throws SERIES_VALUE when there is none */
function endsOf(rows: readonly Daily[]): readonly [string, string] {
  const [first] = rows;
  if (!first) throw new LancetteError('SERIES_VALUE', { field: `${BY_VACCINE}:2:jour` });
  return rows.reduce(([from, to], { day }) => [day < from ? day : from, day > to ? day : to], [first.day, first.day]);
}

async function readDays(folder: string, name: string, columns: readonly string[]): Promise<Daily[]> {
  const rows: Daily[] = [];
  const once = new Once();
  for await (const row of seriesRows(folder, name, columns)) {
    const code = columns.includes('vaccin') ? String(row.count('vaccin')) : '';
    const day = row.day('jour');
    once.require(row, 'jour', `${code} ${day}`);
    rows.push({ code, day, counts: COUNTS.map((column) => (columns.includes(column) ? row.count(column) : 0)) });
  }
  return rows;
}

/** What has two lines has no figure: neither the sum of both nor the last one was published. */
class Once {
  private readonly seen = new Set<string>();

  /** @throws SERIES_VALUE at the second line of the same */
  require(row: SeriesRow, column: string, what: string): void {
    if (this.seen.has(what)) throw row.fault(column);
    this.seen.add(what);
  }
}

function seriesOf(
  code: string,
  rows: readonly Daily[],
  { from, days }: { readonly from: string; readonly days: number },
): VaccineSeries {
  const none = () => new Float64Array(days);
  const [doses, complete, boosters] = [RANKS.map(none), none(), BOOSTERS.map(none)];
  for (const { day, counts } of rows.filter((row) => row.code === code)) {
    const at = daysBetween(from, day);
    for (const [column, series] of [...doses, complete, ...boosters].entries()) series[at] = counts[column] ?? 0;
  }
  return { code, product: productOf(code), doses, complete, boosters };
}

/** Ranks come from the sum published by vaccine; first doses, complete series and boosters from the national file. */
const allOf = (series: readonly VaccineSeries[], national: VaccineSeries): VaccineSeries => ({
  ...national,
  doses: RANKS.map((rank, at) => {
    const published = series.find(({ code }) => code === ALL_VACCINES)?.doses[at];
    return rank === 1 || !published ? (national.doses[at] as Float64Array) : published;
  }),
});

async function readAges(folder: string): Promise<AgeTotals[]> {
  const known = new Set<string>(AGE_CLASSES.map(({ code }) => code));
  const population = new Map<string, number>();
  const classes = new Once();
  for await (const row of seriesRows(folder, CLASSES, ['code_spf', 'population'])) {
    const code = row.text('code_spf').padStart(2, '0');
    classes.require(row, 'code_spf', code);
    population.set(code, row.count('population'));
  }
  const totals = new Map<string, AgeTotals>();
  const ages = new Once();
  const columns = ['clage_vacsi', 'n_tot_dose1', 'n_tot_rappel', 'n_tot_2_rappel'];
  for await (const row of seriesRows(folder, BY_AGE, columns)) {
    const code = row.text('clage_vacsi').padStart(2, '0');
    ages.require(row, 'clage_vacsi', code);
    if (known.has(code)) totals.set(code, agesOf(code, row));
  }
  const missing = [...known].find((code) => !totals.has(code) || !population.has(code));
  if (missing) {
    const file = totals.has(missing) ? `${CLASSES}:code_spf` : `${BY_AGE}:clage_vacsi`;
    throw new LancetteError('SERIES_VALUE', { field: `${file}=${missing}` });
  }
  return AGE_CLASSES.map(({ code }) => totals.get(code) as AgeTotals);
}

const agesOf = (code: string, row: SeriesRow): AgeTotals => ({
  code,
  firstDoses: row.count('n_tot_dose1'),
  boosters: row.count('n_tot_rappel'),
  secondBoosters: row.count('n_tot_2_rappel'),
});

async function readPopulation(folder: string): Promise<{ code: string; population: number }[]> {
  const departments: { code: string; population: number }[] = [];
  const once = new Once();
  for await (const row of seriesRows(folder, POPULATION, ['dep', 'departmentPopulation'])) {
    const code = row.text('dep');
    once.require(row, 'dep', code);
    departments.push({ code, population: row.count('departmentPopulation') });
  }
  if (!departments.some(({ code, population }) => regionOf(code) && population > 0)) {
    throw new LancetteError('SERIES_VALUE', { field: `${POPULATION}:2:dep` });
  }
  return departments;
}

async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of FILES) {
    hash.update(`${name}\0`);
    for await (const block of createReadStream(path.join(folder, name))) hash.update(block as Buffer);
  }
  return hash.digest('hex');
}
