import { addDays, dayOf, daysBetween, isDay } from '../../kernel/days.js';
import type { Period } from '../../law/indicator-rights.js';

/** A run of days; both ends belong to it. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/** A day of a year that a campaign can have: periods are counted from one to the next. */
export const isCampaignDay = (text: string): boolean => text.startsWith('20') && isDay(text);

/** Weeks begin on Mondays, of which this was one. */
const A_MONDAY = '2001-01-01';

type Repeated = Exclude<Period, 'TOTAL'>;

/** First day of the period that a day lies in, and of the one after it. */
function periodAt(day: string, period: Repeated): { readonly start: string; readonly next: string } {
  if (period === 'DAY') return { start: day, next: addDays(day, 1) };
  if (period === 'WEEK') {
    const monday = addDays(day, -(((daysBetween(A_MONDAY, day) % 7) + 7) % 7));
    return { start: monday, next: addDays(monday, 7) };
  }
  const [year = 0, month = 0] = day.split('-').map(Number);
  return { start: `${day.slice(0, 8)}01`, next: dayOf(new Date(Date.UTC(year, month, 1))) };
}

/**
 * The periods that a range touches, in order: whole, as weeks and months are, whatever the range cuts of them, but none
 * beyond the last day that is known.
 */
export function periodsOf(range: Span, period: Repeated, last: string): Span[] {
  const spans: Span[] = [];
  if (range.from > range.to) return spans;
  for (let at = periodAt(range.from, period); at.start <= range.to; at = periodAt(at.next, period))
    spans.push({ from: at.start, to: at.next > last ? last : addDays(at.next, -1) });
  return spans;
}
