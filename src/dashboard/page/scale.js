/** From figures to places on the page. */

import { monthTick, shortDay, yearOf } from './words.js';

/**
 * A round step that divides `most` in about `parts`.
 * @param {number} most
 * @param {number} parts
 */
export function roundStep(most, parts) {
  const rough = most / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((times) => times * power).find((step) => step >= rough * 0.999) ?? rough;
}

/** Of what is counted, a step is whole. @param {number} most @param {number} parts @param {number} least */
const stepOf = (most, parts, least) => (least ? Math.ceil(roundStep(most, parts)) : roundStep(most, parts));

/**
 * Round marks from 0 to just above the highest figure.
 * @param {number} most
 * @param {number} [parts]
 * @param {number} [least] smallest step
 */
export function marks(most, parts = 4, least = 0) {
  if (!(most > 0)) return [0, 1];
  const step = stepOf(most, parts, least);
  return Array.from({ length: Math.ceil((most / step) * 0.999) + 1 }, (_, at) => at * step);
}

/**
 * Where months begin along an axis of days, as many as fit; a year is told once.
 * @param {string[]} days
 * @param {number} width in pixels
 */
export function monthMarks(days, width) {
  const starts = days.flatMap((day, at) => {
    const month = day.slice(0, 7);
    const before = days[at - 1]?.slice(0, 7);
    return at > 0 && month !== before ? [{ at, day: `${month}-01` }] : [];
  });
  if (starts.length === 0) return days.slice(0, 1).map((day) => ({ at: 0, label: shortDay(day), year: yearOf(day) }));
  const fitting = Math.max(1, Math.floor(width / 44));
  const every = [1, 2, 3, 6, 12].find((months) => starts.length / months <= fitting) ?? 12;
  const kept = starts.filter(({ day }) => (Number(day.slice(5, 7)) - 1) % every === 0);
  return (kept.length > 0 ? kept : starts.slice(0, 1)).map(({ at, day }, index, all) => {
    const year = yearOf(day);
    const previous = all[index - 1];
    return { at, label: monthTick(day), year: previous && yearOf(previous.day) === year ? '' : year };
  });
}

/**
 * Labels beside the ends of lines, pushed apart until none covers another.
 * @param {number[]} wanted heights
 * @param {number} gap
 * @param {number} top
 * @param {number} bottom
 */
export function apart(wanted, gap, top, bottom) {
  const order = wanted.map((_, at) => at).sort((a, b) => Number(wanted[a]) - Number(wanted[b]));
  const placed = [...wanted];
  let above = top - gap;
  for (const at of order) {
    placed[at] = Math.max(Number(placed[at]), above + gap);
    above = Number(placed[at]);
  }
  let below = bottom + gap;
  for (const at of order.reverse()) {
    placed[at] = Math.min(Number(placed[at]), below - gap);
    below = Number(placed[at]);
  }
  return placed;
}

/**
 * Bounds of the classes of a map: `count` classes of the same round width.
 * @param {number[]} values
 * @param {number} smallest step: 1 of what is counted, 0 of shares
 * @param {number} [count]
 */
export function classBounds(values, smallest, count = 6) {
  // A place without a single dose would stretch the scale until all others look alike: it only opens the first class.
  const counted = values.filter((value) => value > 0);
  if (counted.length === 0) return values.length > 0 ? [0, 1] : [];
  const least = Math.min(...counted);
  const most = Math.max(...counted);
  const step = most > least ? stepOf(most - least, count - 1, smallest) : most;
  const start = Math.floor(least / step) * step;
  const needed = Math.min(count, Math.max(1, Math.ceil((most - start) / step + 1e-9)));
  const bounds = Array.from({ length: needed + 1 }, (_, at) => start + at * step);
  return counted.length < values.length ? [0, ...bounds.slice(1)] : bounds;
}

/** @param {number[]} bounds @param {number} value */
export const classOf = (bounds, value) =>
  Math.min(
    bounds.length - 2,
    Math.max(
      0,
      bounds.findLastIndex((bound) => value >= bound - 1e-12),
    ),
  );
