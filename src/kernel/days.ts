/** Days of the calendar, as the register writes them: `YYYY-MM-DD`. Arithmetic is that of universal time, where each day has as many hours. */
const FORM = /^\d{4}-\d\d-\d\d$/;
const MILLISECONDS = 86_400_000;

/** Days since 1 January 1970; `NaN` of a text that is no day at all, a day too many in its month counted on. */
const numberOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) / MILLISECONDS;

/** Whether a text is a day that the calendar has: 30 February is none, and no other form is one. */
export function isDay(text: string): boolean {
  const number = FORM.test(text) ? numberOf(text) : Number.NaN;
  return !Number.isNaN(number) && dayOf(new Date(number * MILLISECONDS)) === text;
}

/** The day so many days later; earlier, of a negative number. @throws RangeError of what is no day */
export const addDays = (day: string, days: number): string => dayOf(new Date((numberOf(day) + days) * MILLISECONDS));

/** Days from one day to another, negative when it is earlier; `NaN` when one of them is none. */
export const daysBetween = (from: string, to: string): number => numberOf(to) - numberOf(from);

/** The day of an instant, in universal time like every day of the register. @throws RangeError of what is no instant */
export const dayOf = (instant: string | Date): string => new Date(instant).toISOString().slice(0, 10);

const INSTANT = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/;

/** Whether a text is an instant with its offset, as RFC 3339 writes it, of a day that the calendar has. */
export const isInstant = (text: string): boolean =>
  INSTANT.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text));
