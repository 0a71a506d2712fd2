import { addDays } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import { MOST_NUMBERS, type Mode, type Period, type Show } from '../../law/indicator-rights.js';
import { type Dimension, isProtected, type Measure, ONCE, TABLES, type TableId } from '../../law/indicators.js';
import { periodsOf, type Span } from './calendar.js';
import { type Released, WITHHELD } from './disclosure/release.js';
import { valuesOf } from './domains.js';
import type { PublishedTable } from './published.js';
import type { Question } from './question.js';

/** One line of numbers: the values of its dimensions, and a number or a withheld one for each day. */
export type Series = { readonly [D in Dimension]?: string } & {
  /** `null` where withheld, never where nothing happened: that is 0. */
  readonly values: readonly (number | null)[];
  /** Positions of the withheld ones. */
  readonly suppressed: readonly number[];
  readonly population: number | null;
  /** Share of the population, for cumulated doses of which a person has one: first, completing, first or second booster. */
  readonly coverage: readonly (number | null)[] | null;
};

export interface Answer {
  readonly asOf: string;
  readonly mode: Mode;
  /** Under which nothing is told; null where none applies. */
  readonly threshold: number | null;
  readonly table: TableId;
  readonly measure: Measure;
  readonly dimensions: readonly Dimension[];
  readonly show: Show;
  readonly period: Period;
  /** First day of each period. */
  readonly days: readonly string[];
  readonly series: readonly Series[];
  /** For whoever sees some départements only: the same, all of them together. */
  readonly totals: readonly Series[];
}

/** The cells that one series adds up, and the words under which it is shown. */
interface Line {
  readonly cells: { readonly k1: string | readonly string[]; readonly k2: string };
  readonly shown: { readonly [D in Dimension]?: string };
  readonly population: number | null;
}

/**
 * Answers one question from a published table.
 * @param departments those that the caller may see; undefined: all
 * @throws INDICATORS_TOO_LARGE beyond 250,000 numbers
 */
export function answerTo(question: Question, published: PublishedTable, departments?: readonly string[]): Answer {
  const { table, show, period, mode } = question;
  const { measure, by } = TABLES[table];
  const { threshold } = published;
  const range: Span = { from: question.from ?? published.first, to: minimum(question.to, published.last) };
  const lines = linesOf(table, published, departments);
  const totals = departments?.length ? totalsOf(table, published, departments) : [];
  const spans = spansOf(range, period, published.last);
  if (spans.length * (lines.length + totals.length) > MOST_NUMBERS) throw new LancetteError('INDICATORS_TOO_LARGE');
  const release = mode === 'OPEN' ? published.open() : published.controlled;
  const least = mode === 'OPEN' || !isProtected(measure) ? 0 : threshold;
  const numbers = ({ cells }: Line): Released[] => {
    // Cumulated in one pass: every other number adds up its own few days.
    const days = spans.map(({ to }) => to);
    return show === 'CUMULATIVE'
      ? release.cumulated(cells, days)
      : spans.map(({ from, to }) => release.sum(cells, show === 'ROLLING_7' ? addDays(to, -6) : from, to));
  };
  const series = (line: Line): Series => shownBy(line, released(numbers(line), least), show);
  return {
    asOf: published.asOf,
    ...{ mode, threshold: mode === 'OPEN' ? null : threshold, table, measure, dimensions: by, show, period },
    days: spans.map(({ from }) => from),
    series: lines.map(series),
    totals: totals.map(series),
  };
}

const minimum = (a: string | undefined, b: string): string => (a === undefined || a > b ? b : a);

/** The periods that numbers stand for: those of the calendar, or the very range. */
function spansOf(range: Span, period: Period, last: string): Span[] {
  if (period !== 'TOTAL') return periodsOf(range, period, last);
  return range.from > range.to ? [] : [range];
}

function linesOf(table: TableId, published: PublishedTable, departments?: readonly string[]): Line[] {
  const by: readonly Dimension[] = TABLES[table].by;
  const found = (at: 0 | 1): string[] => {
    const dimension = by[at];
    return dimension
      ? valuesOf(
          dimension,
          published.keys.map((key) => key[at]),
        )
      : [''];
  };
  const seconds = found(1);
  const firsts = found(0).filter((value) => !departments || departments.includes(value));
  return firsts.flatMap((k1) => seconds.map((k2) => lineOf(by, published, { k1, k2 }, { k1, k2 })));
}

/** All départements of a caller together, by the other dimension where there is one. */
function totalsOf(table: TableId, published: PublishedTable, departments: readonly string[]): Line[] {
  const [first, second]: readonly Dimension[] = TABLES[table].by;
  // Tables by département name it first; of any other one, a caller of some départements is granted none.
  if (first !== 'department') return [];
  const seconds = second
    ? valuesOf(
        second,
        published.keys.map(([, k2]) => k2),
      )
    : [''];
  const shown = (k2: string) => (second ? { [second]: k2 } : {});
  const counted = departments.map((department) => published.populations.get(department));
  const population = counted.reduce((sum, one) => (sum === undefined || one === undefined ? undefined : sum + one), 0);
  return seconds.map((k2) => ({ cells: { k1: departments, k2 }, shown: shown(k2), population: population ?? null }));
}

function lineOf(
  by: readonly Dimension[],
  { populations }: PublishedTable,
  cells: Line['cells'],
  { k1, k2 }: { readonly k1: string; readonly k2: string },
): Line {
  const shown = Object.fromEntries(by.map((dimension, at) => [dimension, at === 0 ? k1 : k2]));
  const told = by.find((dimension) => dimension === 'department' || dimension === 'ageClass');
  return { cells, shown, population: populations.get(told ? (shown[told] ?? '') : '') ?? null };
}

/** The protective moves withhold every small number by themselves. Should they be missing, nothing small leaves. */
const released = (numbers: readonly Released[], least: number): (number | null)[] =>
  numbers.map((number) => (number === WITHHELD || (number > 0 && number < least) ? null : number));

function shownBy({ shown, population }: Line, values: readonly (number | null)[], show: Show): Series {
  const covered = population && show === 'CUMULATIVE' && isPersons(shown) ? population : undefined;
  return {
    ...shown,
    values,
    suppressed: values.flatMap((value, at) => (value === null ? at : [])),
    population,
    coverage: covered ? values.map((value) => value && ratio(value, covered)) : null,
  };
}

/** A person has one first dose, and one of some stages; other doses count nobody. */
const isPersons = ({ rank, stage }: Line['shown']): boolean => rank === '1' || ONCE.some((one) => one === stage);

/** To a hundredth of a percent. */
const ratio = (value: number, population: number): number => Math.round((value / population) * 10_000) / 10_000;
