/** A curve: bars and lines over days, or several small ones of the same days. */

import { h, hatching, s } from './markup.js';
import { figuresOf, reader } from './reader.js';
import { apart, marks, monthMarks } from './scale.js';
import { periodName, said } from './words.js';

/**
 * @typedef {import('./feed.js').Cell} Cell
 *
 * @typedef {object} Layer
 * @property {'bars' | 'line'} kind
 * @property {string} label
 * @property {Cell[]} cells one for each day
 * @property {string} [tone] class of its colour
 *
 * @typedef {object} Curve
 * @property {string} id
 * @property {string} name what a screen reader calls it
 * @property {string[]} days
 * @property {import('./feed.js').Period} period
 * @property {Layer[]} layers
 * @property {(value: number) => string} format
 * @property {(value: number) => string} tick
 * @property {number} width
 * @property {number} height
 * @property {boolean} [ends] names each line beside its end
 * @property {number} [most] highest mark, where it is known
 * @property {number} [least] smallest step between marks: 1, unless shares are shown
 * @property {(at: number) => string} [sentence] what the reader says of a day
 */

const TOP = 14;
const BOTTOM = 34;
const LEFT = 2;

/**
 * One curve with its reader and its figures.
 * @param {Curve} curve
 */
export function curve(curve) {
  const drawing = drawingOf(curve);
  return h('figure', { class: 'chart' }, drawing.svg, ...reader(curve, [drawing]), figuresOf(curve));
}

/**
 * Small curves of the same days, read together.
 * @param {Omit<Curve, 'layers'>} common
 * @param {{ label: string, heading: Element, cells: Cell[] }[]} panels
 */
export function panels(common, panels) {
  const layers = panels.map(({ label, cells }) => ({ kind: /** @type {'bars'} */ ('bars'), label, cells }));
  const drawings = layers.map((layer, at) =>
    drawingOf({ ...common, id: `${common.id}${at}`, name: `${common.name} : ${layer.label}`, layers: [layer] }),
  );
  const figures = drawings.map(({ svg }, at) => h('div', { class: 'panel' }, panels[at]?.heading, svg));
  const all = { ...common, layers };
  return h(
    'figure',
    { class: 'chart' },
    h('div', { class: 'panels' }, ...figures),
    ...reader(all, drawings),
    figuresOf(all),
  );
}

/** @param {Curve} curve @returns {import('./reader.js').Drawing} */
function drawingOf(curve) {
  const plot = plotOf(curve);
  const svg = s(
    'svg',
    {
      viewBox: `0 0 ${curve.width} ${curve.height}`,
      class: 'curve',
      role: 'img',
      'aria-label': `${curve.name}. ${extremes(curve)}`,
    },
    s('defs', {}, hatching(`h-${curve.id}`)),
    ...axes(curve, plot),
    ...curve.layers.flatMap((layer) => drawn(curve, plot, layer)),
    ...heights(curve, plot),
    ...namesOf(curve, plot),
  );
  const { width, height } = curve;
  return { svg, x: plot.x, left: LEFT, right: plot.right, top: TOP, bottom: height - BOTTOM, width };
}

/**
 * @typedef {object} Plot
 * @property {(at: number) => number} x
 * @property {(value: number) => number} y
 * @property {number} step
 * @property {number} right
 * @property {number[]} ticks
 */

/** @param {Curve} curve @returns {Plot} */
function plotOf({ days, layers, width, height, ends, most, least = 1 }) {
  const values = layers.flatMap(({ cells }) => cells.flatMap((cell) => (cell.secret ? [] : [cell.value])));
  const highest = most ?? values.reduce((a, b) => Math.max(a, b), 0);
  const ticks = marks(highest, height < 150 ? 2 : 4, least);
  const top = Number(ticks.at(-1));
  const right = width - (ends ? 148 : 4);
  const step = (right - LEFT) / Math.max(1, days.length);
  return {
    x: (at) => LEFT + (at + 0.5) * step,
    y: (value) => height - BOTTOM - (value / top) * (height - BOTTOM - TOP),
    ...{ step, right, ticks },
  };
}

/** @param {Curve} curve @param {Plot} plot */
function axes({ days, height }, { x, y, right, step, ticks }) {
  const across = ticks.map((value) =>
    s('line', { x1: LEFT, x2: right, y1: y(value), y2: y(value), class: value === 0 ? 'base' : 'grid' }),
  );
  const along = monthMarks(days, right).flatMap(({ at, label, year }) => [
    s('line', {
      x1: x(at) - step / 2,
      x2: x(at) - step / 2,
      y1: height - BOTTOM,
      y2: height - BOTTOM + 5,
      class: 'base',
    }),
    s('text', { x: x(at) - step / 2 + 3, y: height - BOTTOM + 14, class: 'tick' }, label),
    year && s('text', { x: x(at) - step / 2 + 3, y: height - BOTTOM + 28, class: 'tick year' }, year),
  ]);
  return [...across, ...along];
}

/** Over what is drawn: the first bar must not hide them. @param {Curve} curve @param {Plot} plot */
const heights = ({ tick }, { y, ticks }) =>
  ticks.slice(1).map((value) => s('text', { x: LEFT, y: y(value) - 4, class: 'tick' }, tick(value)));

/** @param {Curve} curve @param {Plot} plot @param {Layer} layer */
function drawn({ id, height }, { x, y, step }, { kind, cells, tone }) {
  const path = kind === 'bars' ? barsPath(cells, x, y, step) : linePath(cells, x, y);
  const hidden = runsOf(cells).map(([from, to]) =>
    s('rect', {
      ...{ x: x(from) - step / 2, width: (to - from + 1) * step, y: TOP, height: height - BOTTOM - TOP },
      ...{ fill: `url(#h-${id})`, class: 'hidden-days' },
    }),
  );
  const shape = s('path', { d: path, class: `${kind} ${tone ?? ''}` });
  return kind === 'bars' ? [...hidden, shape] : [shape];
}

/** @param {Cell[]} cells @param {Plot['x']} x @param {Plot['y']} y @param {number} step */
function barsPath(cells, x, y, step) {
  const half = Math.max(0.35, step * (step > 3 ? 0.4 : 0.5));
  return cells
    .map((cell, at) =>
      cell.secret || cell.value === 0
        ? ''
        : `M${tenth(x(at) - half)} ${tenth(y(0))}V${tenth(y(cell.value))}h${tenth(2 * half)}V${tenth(y(0))}z`,
    )
    .join('');
}

/** Broken where a figure is withheld. @param {Cell[]} cells @param {Plot['x']} x @param {Plot['y']} y */
function linePath(cells, x, y) {
  let down = false;
  return cells
    .map((cell, at) => {
      if (cell.secret) down = false;
      if (cell.secret) return '';
      const point = `${down ? 'L' : 'M'}${tenth(x(at))} ${tenth(y(cell.value))}`;
      // A point alone between two withheld ones would be invisible as a line without length.
      const alone = !down && (cells[at + 1]?.secret ?? true) ? 'h.1' : '';
      down = true;
      return point + alone;
    })
    .join('');
}

const tenth = (/** @type {number} */ value) => Math.round(value * 10) / 10;

/** First and last place of each run of withheld figures. @param {Cell[]} cells @returns {[number, number][]} */
function runsOf(cells) {
  /** @type {[number, number][]} */
  const runs = [];
  cells.forEach((cell, at) => {
    const last = runs.at(-1);
    if (!cell.secret) return;
    if (last && last[1] === at - 1) last[1] = at;
    else runs.push([at, at]);
  });
  return runs;
}

/** @param {Cell[]} cells */
const lastShown = (cells) => cells.findLastIndex((cell) => !cell.secret);

/** Each line by its name and its last figure; the name of one that is withheld stays too. @param {Curve} curve @param {Plot} plot */
function namesOf(curve, { x, y, right }) {
  if (!curve.ends) return [];
  const ends = curve.layers.map(({ label, tone, cells }) => {
    const at = lastShown(cells);
    const cell = cells[at];
    return {
      label,
      tone,
      at,
      height: y(cell && !cell.secret ? cell.value : 0),
      text: said(cells.at(-1), curve.format),
    };
  });
  const apartHeights = apart(
    ends.map(({ height }) => height),
    15,
    TOP,
    curve.height - BOTTOM,
  );
  return ends.flatMap(({ label, tone, at, height, text }, index) => {
    const beside = Number(apartHeights[index]);
    const line = [
      s('path', { d: `M${tenth(x(at))} ${tenth(height)}L${right + 10} ${tenth(beside)}`, class: 'leader' }),
      s('circle', { cx: x(at), cy: height, r: 2.5, class: `dot ${tone ?? ''}` }),
    ];
    return [
      ...(at >= 0 ? line : []),
      s('text', { x: right + 14, y: beside + 4, class: 'end' }, label),
      s('text', { x: curve.width, y: beside + 4, class: 'end value', 'text-anchor': 'end' }, text),
    ];
  });
}

/** @param {Curve} curve */
function extremes({ days, period, layers, format }) {
  const first = layers[0];
  if (!first || days.length === 0) return 'Aucune donnée sur cette période.';
  let best = -1;
  first.cells.forEach((cell, at) => {
    const top = first.cells[best];
    if (!cell.secret && (!top || top.secret || cell.value > top.value)) best = at;
  });
  const cell = first.cells[best];
  const peak =
    cell && !cell.secret ? ` Maximum : ${format(cell.value)}, ${periodName(String(days[best]), period)}.` : '';
  return `De ${periodName(String(days[0]), period)} à ${periodName(String(days.at(-1)), period)}.${peak}`;
}
