/** From targeting to injection, and the doses in stock. */

import { cellAt, seriesOf } from './feed.js';
import labels from './labels.js';
import { figureCell, h, hatching, s } from './markup.js';
import { askHere } from './place.js';
import { longDay, NOTHING, said, share, whole } from './words.js';

/**
 * @typedef {import('./main.js').View} View
 * @typedef {import('./main.js').Drawn} Drawn
 * @typedef {import('./feed.js').Question} Question
 * @typedef {import('./feed.js').Cell} Cell
 * @typedef {import('./feed.js').TableId} TableId
 */

/** @type {{ label: string, table: TableId, local: TableId, wanted?: Record<string, string> }[]} */
const STEPS = [
  { label: 'Ciblées', table: 'targeted', local: 'targeted-by-department' },
  { label: 'Invitées', table: 'invited', local: 'invited-by-department' },
  { label: 'Consultation préalable faite', table: 'eligible', local: 'eligible-by-department' },
  {
    label: 'Au moins une injection',
    table: 'doses-by-rank',
    local: 'doses-by-department-and-rank',
    wanted: { rank: '1' },
  },
];

/** @param {View} view @returns {Promise<Drawn>} */
export async function funnel({ state, day }) {
  const answers = await Promise.all(
    STEPS.map(({ table, local }) =>
      askHere({ table, show: 'CUMULATIVE', period: 'DAY', from: day, to: day }, local, state.departement),
    ),
  );
  const cells = STEPS.map(({ wanted = {} }, at) => {
    const series = seriesOf(answers[at]?.series ?? [], wanted);
    return series && cellAt(series, 0);
  });
  const most = Math.max(1, ...cells.map((cell) => (cell && !cell.secret ? cell.value : 0)));
  const first = cells[0];
  const items = STEPS.map(({ label }, at) => step(label, cells[at], most, at > 0 ? first : undefined));
  return {
    nodes: [
      h('p', { class: 'lead' }, `Personnes, depuis le début, au ${longDay(day)}.`),
      h('ol', { class: 'funnel' }, ...items),
      h('p', { class: 'hint' }, 'On peut être vacciné sans avoir été invité : une étape peut dépasser la précédente.'),
    ],
    downloads: answers.map(({ question }, at) => ({ label: String(STEPS[at]?.label).toLowerCase(), question })),
    place: String(answers[0]?.place),
  };
}

/** @param {string} label @param {Cell | undefined} cell @param {number} most @param {Cell | undefined} of */
function step(label, cell, most, of) {
  const known = cell && !cell.secret ? cell.value : 0;
  const part =
    cell && of && !cell.secret && !of.secret && of.value > 0 ? ` · ${share(cell.value / of.value)} des ciblées` : '';
  const bar = s(
    'svg',
    { viewBox: '0 0 100 10', preserveAspectRatio: 'none', class: 'bar', 'aria-hidden': 'true' },
    s('defs', {}, hatching(`h-${label.replace(/\W/g, '')}`)),
    s('rect', { width: 100, height: 10, class: 'bar-ground' }),
    cell?.secret
      ? s('rect', { width: 100, height: 10, fill: `url(#h-${label.replace(/\W/g, '')})` })
      : s('rect', { width: (100 * known) / most, height: 10, class: 'bar-fill' }),
  );
  return h(
    'li',
    {},
    h('span', { class: 'step-name' }, label),
    h(
      'span',
      { class: 'step-figure' },
      h('strong', { class: cell?.secret ? 'withheld' : '' }, said(cell, whole)),
      part,
    ),
    bar,
  );
}

/** Vaccines in the order of the law's list, whatever else may be in stock after them. @param {string} a @param {string} b */
const byLaw = (a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1);
/** @param {string} product */
const placeOf = (product) => Object.keys(labels.vaccines).indexOf(product) + 1 || 1000;

/** @param {View} view @returns {Promise<Drawn>} */
export async function stock({ state, day }) {
  const { question, series, place } = await askHere(
    { table: 'stock', show: 'COUNT', period: 'TOTAL', to: day },
    'stock-by-department',
    state.departement,
  );
  const downloads = [{ label: 'stock', question }];
  if (series.length === 0)
    return { nodes: [h('p', { class: 'notice' }, 'Aucun mouvement de stock n’est publié.')], downloads, place };
  // By département, stock is not told by product: one line, which bears the name of the place.
  const products = [...new Set(series.map(({ product }) => String(product ?? '')))].sort(byLaw);
  const cellOf = (/** @type {string} */ product, /** @type {string} */ flow) => {
    const found = series.find((each) => String(each.flow) === flow && String(each.product ?? '') === product);
    return found && cellAt(found, 0);
  };
  const head = h('tr', {}, h('th', { scope: 'col' }, products[0] ? 'Vaccin' : 'Lieu'));
  for (const { label } of labels.flows) head.append(h('th', { scope: 'col', class: 'number' }, label));
  const rows = products.map((product) => {
    const name = product ? (labels.vaccines[product] ?? product) : place;
    const row = h('tr', {}, h('th', { scope: 'row' }, name));
    for (const { code } of labels.flows) row.append(figureCell(said(cellOf(product, code), whole)));
    return row;
  });
  const caption = `Doses livrées, cédées, perdues, utilisées et restantes, au ${longDay(day)}`;
  const table = h(
    'table',
    { class: 'stock' },
    h('caption', { class: 'unseen' }, caption),
    h('thead', {}, head),
    h('tbody', {}, ...rows),
  );
  return {
    nodes: [
      h(
        'p',
        { class: 'lead' },
        `En doses, depuis le début, au ${longDay(day)}. « ${NOTHING} » : aucun mouvement publié.`,
      ),
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, table),
    ],
    ...{ downloads, place },
  };
}
