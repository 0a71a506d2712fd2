/** Figures and days as French prints them. */

/** @typedef {import('./feed.js').Cell} Cell */

const WHOLE = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 0 });
const SHARE = new Intl.NumberFormat('fr-FR', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const ROUND_SHARE = new Intl.NumberFormat('fr-FR', { style: 'percent', maximumFractionDigits: 2 });
const ONE_DIGIT = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 1 });

const LONG = new Intl.DateTimeFormat('fr-FR', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const SHORT = new Intl.DateTimeFormat('fr-FR', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const MONTH = new Intl.DateTimeFormat('fr-FR', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const MONTH_TICK = new Intl.DateTimeFormat('fr-FR', { month: 'short', timeZone: 'UTC' });
const MOMENT = new Intl.DateTimeFormat('fr-FR', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'Europe/Paris',
});

/** @param {number} value */
export const whole = (value) => WHOLE.format(value);
/** @param {number} value a share of 1 */
export const share = (value) => SHARE.format(value);
/** The same on a scale, where 20 % needs no decimal. @param {number} value */
export const roundShare = (value) => ROUND_SHARE.format(value);

/** 3,4 M, 250 000: for scales. @param {number} value */
export function compact(value) {
  if (value >= 1_000_000) return `${ONE_DIGIT.format(value / 1_000_000)}\u00a0M`;
  return WHOLE.format(value);
}

/** What is said of a withheld cell, and of one that no door gave. */
export const SECRET = 'secret';
export const NOTHING = '–';

/**
 * @param {Cell | undefined} cell
 * @param {(value: number) => string} format
 */
export const said = (cell, format) => (!cell ? NOTHING : cell.secret ? SECRET : format(cell.value));

const utc = (/** @type {string} */ day) => new Date(`${day}T00:00:00Z`);

/** 1 → « 1er », as in print. @param {string} text */
const ordinal = (text) => text.replace(/^1 /, '1er ');

/** @param {string} day */
export const longDay = (day) => ordinal(LONG.format(utc(day)));
/** @param {string} day */
export const shortDay = (day) => ordinal(SHORT.format(utc(day)));
/** @param {string} day */
export const monthTick = (day) => MONTH_TICK.format(utc(day));
/** @param {string} instant */
export const moment = (instant) => ordinal(MOMENT.format(new Date(instant)));

/**
 * What a point of a curve stands for; a week is named by its Monday, which is the day that the door gives it.
 * @param {string} day
 * @param {import('./feed.js').Period} period
 */
export function periodName(day, period) {
  if (period === 'WEEK') return `semaine du ${longDay(day)}`;
  return period === 'MONTH' ? MONTH.format(utc(day)) : longDay(day);
}

/** @param {string} day */
export const yearOf = (day) => day.slice(0, 4);
/** Days from one to the other. @param {string} from @param {string} to */
export const daysBetween = (from, to) => Math.round((utc(to).getTime() - utc(from).getTime()) / 86_400_000);
