/** How a curve is read: one reader that mouse, finger, keyboard and screen reader share, and its figures as a table. */

import { figureCell, h, s } from './markup.js';
import { periodName, SECRET, said } from './words.js';

/**
 * @typedef {import('./curve.js').Curve} Curve
 * @typedef {Pick<Curve, 'id' | 'name' | 'days' | 'period' | 'layers' | 'format' | 'sentence'>} Read
 *
 * @typedef {object} Drawing
 * @property {SVGSVGElement} svg
 * @property {(at: number) => number} x
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {number} width
 */

/** @param {Read} curve @param {number} at */
const sentenceOf = (curve, at) =>
  curve.sentence?.(at) ??
  curve.layers.map(({ label, cells }) => `${label} ${said(cells[at], curve.format)}`).join(' ; ');

/**
 * A range input under the curves: arrows, page keys, touch and screen readers come with it.
 * @param {Read} curve
 * @param {Drawing[]} drawings
 */
export function reader(curve, drawings) {
  if (curve.days.length === 0) return [];
  const last = curve.days.length - 1;
  const cursors = drawings.map(({ svg, top, bottom }) => {
    const cursor = s('line', { class: 'cursor', y1: top - 6, y2: bottom });
    svg.append(cursor);
    return cursor;
  });
  const output = h('output', { class: 'read', for: `r-${curve.id}` });
  const input = h('input', {
    ...{ type: 'range', id: `r-${curve.id}`, min: 0, max: last, value: last, class: 'reader' },
    'aria-label': `Lire un point : ${curve.name}`,
    oninput: () => read(Number(input.value)),
  });
  const read = (/** @type {number} */ at) => {
    const name = periodName(String(curve.days[at]), curve.period);
    const sentence = sentenceOf(curve, at);
    output.replaceChildren(h('strong', {}, name), ` : ${sentence}`);
    input.setAttribute('aria-valuetext', `${name} : ${sentence}`);
    drawings.forEach(({ x }, index) => {
      for (const end of ['x1', 'x2']) cursors[index]?.setAttribute(end, String(x(at)));
    });
  };
  for (const drawing of drawings) {
    const follow = (/** @type {PointerEvent} */ event) => {
      input.value = String(Math.min(last, Math.max(0, pointAt(event, drawing, curve.days.length))));
      read(Number(input.value));
    };
    drawing.svg.addEventListener('pointermove', follow);
    drawing.svg.addEventListener('pointerdown', follow);
  }
  read(last);
  const [only] = drawings;
  // Under a single curve, the handle stands below the point that it reads.
  if (only && drawings.length === 1) input.style.setProperty('--end', `${100 - (100 * only.right) / only.width}%`);
  return [h('div', { class: 'reading' }, input, output)];
}

/** @param {PointerEvent} event @param {Drawing} drawing @param {number} count of points */
function pointAt(event, { svg, left, right, width }, count) {
  const box = svg.getBoundingClientRect();
  const part = ((event.clientX - box.left) / box.width) * width;
  return Math.floor(((part - left) / (right - left)) * count);
}

/** The same figures as a table, made when somebody opens it. @param {Read} curve */
export function figuresOf(curve) {
  const details = h('details', { class: 'numbers' }, h('summary', {}, 'Les chiffres'));
  details.addEventListener('toggle', () => {
    if (details.open && !details.querySelector('table')) details.append(tableOf(curve));
  });
  return details;
}

/** @param {Read} curve */
function tableOf({ name, days, period, layers, format }) {
  const head = h('tr', {}, h('th', { scope: 'col' }, 'Période'));
  for (const { label } of layers) head.append(h('th', { scope: 'col', class: 'number' }, label));
  const rows = days.map((day, at) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, periodName(day, period)),
      ...layers.map(({ cells }) => figureCell(cells[at] ? said(cells[at], format) : SECRET)),
    ),
  );
  const table = h('table', {}, h('caption', { class: 'unseen' }, name), h('thead', {}, head), h('tbody', {}, ...rows));
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Chiffres : ${name}` }, table);
}
