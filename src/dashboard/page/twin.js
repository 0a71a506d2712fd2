/** The table twin of the map: the same figures, sorted as one likes. */

import { figureCell, h } from './markup.js';
import { said, whole } from './words.js';

/**
 * @typedef {import('./regions.js').Row} Row
 * @typedef {import('./state.js').State} State
 *
 * @typedef {object} TwinParts
 * @property {Row[]} rows
 * @property {string} caption
 * @property {string} heading of the column of figures
 * @property {boolean} shares whether the figures are shares, with the count beside
 * @property {State} state
 * @property {(tri: State['tri']) => void} sort
 * @property {(code: string) => string} addressOf of a département
 * @property {(code: string) => void} choose
 */

/** Corsica where its number 20 was. @param {string} code */
const placeOf = (code) => code.replace(/^2([AB])$/, '20$1');
/** @param {string} a @param {string} b */
export const inOrder = (a, b) => (placeOf(a) < placeOf(b) ? -1 : 1);

/** @type {Record<State['tri'], (a: Row, b: Row) => number>} */
const ORDERS = {
  code: (a, b) => inOrder(a.code, b.code),
  nom: (a, b) => a.name.localeCompare(b.name, 'fr'),
  valeur: (a, b) => rankOf(a.cell) - rankOf(b.cell),
  nombre: (a, b) => rankOf(a.count) - rankOf(b.count),
  population: (a, b) => (a.population ?? -1) - (b.population ?? -1),
};

/** What is withheld is sorted below every figure, whatever it hides; what is absent, below that. @param {Row['cell']} cell */
const rankOf = (cell) => (!cell ? -2 : cell.secret ? -1 : cell.value);

/** @param {Row[]} rows @param {State} state */
export function sorted(rows, { tri, sens }) {
  const order = ORDERS[tri];
  return [...rows].sort((a, b) => (sens === 'decroissant' ? order(b, a) : order(a, b)) || ORDERS.code(a, b));
}

/** @param {TwinParts} parts */
export function twin(parts) {
  const { rows, caption, shares, state } = parts;
  /** @type {[State['tri'], string][]} */
  const columns = [
    ['code', 'Code'],
    ['nom', 'Département'],
    ['valeur', parts.heading],
    ...(shares
      ? /** @type {[State['tri'], string][]} */ ([
          ['nombre', 'Personnes'],
          ['population', 'Population'],
        ])
      : []),
  ];
  const head = h('tr', {}, ...columns.map(([tri, label]) => heading(parts, tri, label)));
  const body = sorted(rows, state).map((row) => line(row, parts));
  const table = h(
    'table',
    { class: 'twin' },
    h('caption', { class: 'unseen' }, caption),
    h('thead', {}, head),
    h('tbody', {}, ...body),
  );
  return h('div', { class: 'scroll tall', tabindex: 0, role: 'region', 'aria-label': caption }, table);
}

/** @param {TwinParts} parts @param {State['tri']} tri @param {string} label */
function heading({ state, sort }, tri, label) {
  const active = state.tri === tri;
  const direction = active ? (state.sens === 'croissant' ? 'ascending' : 'descending') : undefined;
  const arrow = active ? (state.sens === 'croissant' ? ' ↑' : ' ↓') : '';
  return h(
    'th',
    { scope: 'col', 'aria-sort': direction, class: tri === 'code' || tri === 'nom' ? '' : 'number' },
    h(
      'button',
      { type: 'button', class: 'sort', 'data-key': `sort-${tri}`, onclick: () => sort(tri) },
      label,
      h('span', { 'aria-hidden': 'true' }, arrow),
    ),
  );
}

/** @param {Row} row @param {TwinParts} parts */
function line(row, { shares, state, addressOf, choose }) {
  const link = h(
    'a',
    {
      href: addressOf(row.code),
      'data-key': `row-${row.code}`,
      'aria-current': row.code === state.departement ? 'true' : undefined,
      onclick: (/** @type {MouseEvent} */ event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        choose(row.code);
      },
    },
    row.name,
  );
  return h(
    'tr',
    { 'data-code': row.code, class: row.code === state.departement ? 'chosen' : '' },
    h('td', { class: 'code' }, row.code),
    h('th', { scope: 'row' }, link),
    figureCell(row.text),
    ...(shares ? [figureCell(said(row.count, whole)), figureCell(row.population ? whole(row.population) : '–')] : []),
  );
}
