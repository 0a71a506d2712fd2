import { dayOf, daysBetween } from '../../../kernel/days.js';

const DAY = 86_400_000;

/**
 * The days of a campaign and the nested spans in which they may be closed together: the day, Monday–Thursday or
 * Friday–Sunday, the part of a week that lies in one month, half a month, month, quarter, half a year, year, all. Every
 * week and every month is made of whole spans of the third kind, so that both can be published.
 */
export class Calendar {
  /** Index 0 is the first day of the campaign. */
  readonly days: readonly string[];
  /** For each kind of span, index of the first and of the last day of the span in which a day lies. */
  readonly firsts: readonly Int16Array[];
  readonly lasts: readonly Int16Array[];

  /** @param from first day with a count @param to last day with a count, both as 2021-05-03 */
  constructor(from: string, to: string) {
    const [start, end] = [Date.parse(from), Date.parse(to)];
    const dates = Array.from({ length: (end - start) / DAY + 1 }, (_, at) => new Date(start + at * DAY));
    this.days = dates.map(dayOf);
    const spans = SPANS.map((labelOf) => dates.map((date) => labelOf(date, inMonth(date, dates))));
    this.firsts = spans.map((labels) => edges(labels, (label, at) => label !== labels[at - 1]));
    this.lasts = spans.map((labels) =>
      edges([...labels].reverse(), (label, at, all) => label !== all[at - 1])
        .reverse()
        .map((at) => labels.length - 1 - at),
    );
  }

  get length(): number {
    return this.days.length;
  }

  /** The spans of that kind between two days, which are the ends of such spans. */
  parts(from: number, to: number, kind: number): { from: number; to: number }[] {
    const found: { from: number; to: number }[] = [];
    for (let at = from; at <= to; at = this.lasts[kind]![at]! + 1) found.push({ from: at, to: this.lasts[kind]![at]! });
    return found;
  }

  at(day: string): number {
    return daysBetween(this.days[0]!, day);
  }
}

/** From the narrowest to the widest; each is made of whole spans of the one before. */
const SPANS: readonly ((date: Date, month: Date) => string)[] = [
  (date) => `${date.getTime()}`,
  (date) => `${week(date)} ${monthOf(date)} ${(date.getUTCDay() + 6) % 7 < 4}`,
  (date) => `${week(date)} ${monthOf(date)}`,
  (date, month) => `${monthOf(month)} ${week(date) < week(month) + 2}`,
  (_, month) => monthOf(month),
  (_, month) => `${month.getUTCFullYear()} ${Math.floor(month.getUTCMonth() / 3)}`,
  (_, month) => `${month.getUTCFullYear()} ${Math.floor(month.getUTCMonth() / 6)}`,
  (_, month) => `${month.getUTCFullYear()}`,
  () => '',
];

/** The first of the month to which a day is counted: a few days at the ends of the campaign go with their neighbours. */
const inMonth = (date: Date, dates: readonly Date[]): Date => {
  const [from, to] = [dates[0]!.getTime(), dates.at(-1)!.getTime()];
  const first = firstOf(date, 0);
  const next = firstOf(date, 1);
  if (next.getTime() - from < 15 * DAY && next.getTime() <= to) return next;
  if (to - first.getTime() < 15 * DAY && first.getTime() > from) return firstOf(date, -1);
  return first;
};

const firstOf = (date: Date, later: number): Date =>
  new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1));
const week = (date: Date): number => Math.floor((date.getTime() / DAY + 3) / 7);
const monthOf = (date: Date): string => date.toISOString().slice(0, 7);

const edges = (
  labels: readonly string[],
  opens: (label: string, at: number, all: readonly string[]) => boolean,
): Int16Array => {
  const firsts = new Int16Array(labels.length);
  labels.forEach((label, at) => {
    firsts[at] = at === 0 || opens(label, at, labels) ? at : firsts[at - 1]!;
  });
  return firsts;
};
