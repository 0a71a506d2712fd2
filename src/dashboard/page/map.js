/** The map: a hexagon a département, walked with the arrows. */

import labels from './labels.js';
import { h, hatching, s } from './markup.js';
import { classOf } from './scale.js';
import { NOTHING, SECRET } from './words.js';

/**
 * @typedef {import('./regions.js').Row} Row
 *
 * @typedef {object} MapParts
 * @property {Row[]} rows
 * @property {number[]} bounds of the classes
 * @property {(value: number) => string} tick
 * @property {string} caption
 * @property {string} scale what the colours count
 * @property {string} chosen code or ''
 * @property {(code: string) => void} choose
 * @property {(row: Row) => void} look
 */

const R = 20;
const WIDE = R * Math.sqrt(3);
const HIGH = R * 1.5;
const EDGE = 4;
/** The overseas départements stand apart, under a line. */
const OVERSEAS = 14;

/** @param {string} code */
function middleOf(code) {
  const cell = labels.cells[code] ?? { row: 0, column: 0 };
  const lower = cell.row >= OVERSEAS ? 16 : 0;
  return { x: EDGE + (cell.column + 0.5) * WIDE, y: EDGE + R + cell.row * HIGH + lower };
}

/** @param {number} x @param {number} y @param {number} radius */
function hexagon(x, y, radius) {
  const corners = Array.from({ length: 6 }, (_, at) => {
    const angle = (Math.PI / 3) * at - Math.PI / 2;
    return `${(x + radius * Math.cos(angle)).toFixed(1)},${(y + radius * Math.sin(angle)).toFixed(1)}`;
  });
  return corners.join(' ');
}

const WIDTH = Math.ceil(EDGE * 2 + 11.5 * WIDE);
const HEIGHT = Math.ceil(EDGE * 2 + OVERSEAS * HIGH + 2 * R + 16);

/** @param {MapParts} parts */
export function map(parts) {
  const svg = s(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'map', role: 'group', 'aria-label': parts.caption },
    s('defs', {}, hatching('h-map')),
  );
  const entry = parts.chosen || parts.rows[0]?.code;
  for (const row of parts.rows) svg.append(tile(row, parts, row.code === entry));
  const line = middleOf('971').y - R - 9;
  svg.append(
    s('line', { x1: EDGE, x2: EDGE + 5.5 * WIDE, y1: line, y2: line, class: 'grid' }),
    s('polygon', { class: 'ring focus-ring', 'aria-hidden': 'true' }),
  );
  if (parts.chosen) {
    const { x, y } = middleOf(parts.chosen);
    svg.append(s('polygon', { class: 'ring', points: hexagon(x, y, R - 0.5), 'aria-hidden': 'true' }));
  }
  svg.addEventListener('keydown', (event) => walk(event, svg));
  svg.addEventListener('focusout', () => svg.querySelector('.focus-ring')?.removeAttribute('points'));
  return svg;
}

/** @param {Row} row @param {MapParts} parts @param {boolean} entry whether Tab lands here */
function tile(row, { bounds, chosen, choose, look }, entry) {
  const { x, y } = middleOf(row.code);
  const { cell } = row;
  const kind = !cell ? 'none' : cell.secret ? 'withheld' : `q${classOf(bounds, cell.value)}-${bounds.length - 1}`;
  const group = s(
    'g',
    {
      ...{ class: `tile ${kind}`, role: 'button', tabindex: entry ? 0 : -1, 'data-code': row.code },
      ...{ 'data-key': `tile-${row.code}`, 'aria-pressed': row.code === chosen ? 'true' : 'false' },
      'aria-label': `${row.code} ${row.name} : ${row.text === NOTHING ? 'sans donnée' : row.text}`,
      onclick: () => choose(row.code),
      onpointerenter: () => look(row),
      onfocus: () => look(row),
    },
    s('polygon', { points: hexagon(x, y, R - 1), ...(cell?.secret && { fill: 'url(#h-map)' }) }),
    s('text', { x, y: y + 4, 'text-anchor': 'middle', 'aria-hidden': 'true' }, row.code),
  );
  group.addEventListener('focus', () => {
    const ring = group.ownerSVGElement?.querySelector('.focus-ring');
    if (group.matches(':focus-visible')) ring?.setAttribute('points', hexagon(x, y, R + 1));
  });
  return group;
}

/** @param {KeyboardEvent} event @param {SVGSVGElement} svg */
function walk(event, svg) {
  const from = /** @type {SVGElement | null} */ (event.target)?.closest('.tile');
  if (!(from instanceof SVGElement)) return;
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    from.dispatchEvent(new MouseEvent('click'));
    return;
  }
  const tiles = /** @type {SVGElement[]} */ ([...svg.querySelectorAll('.tile')]);
  const next = neighbour(from, tiles, event.key);
  if (!next) return;
  event.preventDefault();
  for (const each of tiles) each.setAttribute('tabindex', each === next ? '0' : '-1');
  next.focus();
}

/**
 * The nearest one that way: along the row, or in the nearest row above or below.
 * @param {SVGElement} from
 * @param {SVGElement[]} tiles
 * @param {string} key
 */
function neighbour(from, tiles, key) {
  if (key === 'Home') return tiles[0];
  if (key === 'End') return tiles.at(-1);
  const here = middleOf(String(from.dataset.code));
  const places = tiles.map((tile) => ({ tile, ...middleOf(String(tile.dataset.code)) }));
  const across = key === 'ArrowLeft' ? -1 : key === 'ArrowRight' ? 1 : 0;
  const down = key === 'ArrowUp' ? -1 : key === 'ArrowDown' ? 1 : 0;
  if (across === 0 && down === 0) return undefined;
  const there = places.filter(({ x, y }) =>
    across ? y === here.y && (x - here.x) * across > 0 : (y - here.y) * down > 0,
  );
  const far = (/** @type {{ x: number, y: number }} */ place) =>
    Math.abs(place.y - here.y) * 1000 + Math.abs(place.x - here.x);
  return there.sort((a, b) => far(a) - far(b))[0]?.tile;
}

/** What the colours mean: the bounds under the strip, then the two kinds of cell without a figure. @param {MapParts} parts */
export function legend({ bounds, tick, scale }) {
  const count = Math.max(0, bounds.length - 1);
  const strip = h('ol', { class: 'strip' });
  for (let at = 0; at < count; at += 1) {
    const words = `de ${tick(Number(bounds[at]))} à ${tick(Number(bounds[at + 1]))}`;
    strip.append(
      h(
        'li',
        {},
        h('span', { class: `swatch q${at}-${count}`, role: 'img', 'aria-label': words }),
        h('span', { class: 'bound', 'aria-hidden': 'true' }, tick(Number(bounds[at]))),
      ),
    );
  }
  const last = count > 0 && h('span', { class: 'bound last', 'aria-hidden': 'true' }, tick(Number(bounds[count])));
  const sample = s(
    'svg',
    { class: 'swatch', viewBox: '0 0 26 14', 'aria-hidden': 'true' },
    s('defs', {}, hatching('h-legend')),
    s('rect', { width: 26, height: 14, fill: 'url(#h-legend)' }),
  );
  return h(
    'div',
    { class: 'legend' },
    h('p', { class: 'legend-title' }, scale),
    h('div', { class: 'strip-line' }, strip, last),
    h('p', { class: 'legend-other' }, sample, ` ${SECRET} `, h('span', { class: 'swatch none' }), ' sans donnée'),
  );
}
