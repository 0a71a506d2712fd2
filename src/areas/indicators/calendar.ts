import type { Period } from '../../law/indicator-rights.js';

/** A run of days; both ends belong to it. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;
const numberOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY_MS;
const textOf = (number: number): string => new Date(number * DAY_MS).toISOString().slice(0, 10);

/** Whether a text is a day that the calendar has, of a year that a campaign can have. */
export const isDay = (text: string): boolean =>
  /^20\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(numberOf(text)) && textOf(numberOf(text)) === text;

/** The day so many days later, or earlier. */
export const shifted = (day: string, days: number): string => textOf(numberOf(day) + days);

type Repeated = Exclude<Period, 'TOTAL'>;

/** First day of the period that a day lies in, and of the one after it. */
function periodAt(day: string, period: Repeated): { readonly start: string; readonly next: string } {
  if (period === 'DAY') return { start: day, next: shifted(day, 1) };
  if (period === 'WEEK') {
    // 1 January 1970 was a Thursday, three days after its Monday.
    const monday = shifted(day, -((numberOf(day) + 3) % 7));
    return { start: monday, next: shifted(monday, 7) };
  }
  const [year = 0, month = 0] = day.split('-').map(Number);
  return { start: `${day.slice(0, 8)}01`, next: new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10) };
}

/**
 * The periods that a range touches, in order: whole, as weeks and months are, whatever the range cuts of them, but none
 * beyond the last day that is known.
 */
export function periodsOf(range: Span, period: Repeated, last: string): Span[] {
  const spans: Span[] = [];
  if (range.from > range.to) return spans;
  for (let at = periodAt(range.from, period); at.start <= range.to; at = periodAt(at.next, period))
    spans.push({ from: at.start, to: at.next > last ? last : shifted(at.next, -1) });
  return spans;
}
