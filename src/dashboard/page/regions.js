/** The card of the départements: one set of rows, drawn as a map or as a table. */

import { ask, cellAt, seriesOf, shareAt } from './feed.js';
import labels from './labels.js';
import { legend, map } from './map.js';
import { h } from './markup.js';
import { classBounds } from './scale.js';
import { inOrder, sorted, twin } from './twin.js';
import { compact, longDay, NOTHING, roundShare, said, share, whole } from './words.js';

/**
 * @typedef {import('./main.js').View} View
 * @typedef {import('./main.js').Drawn} Drawn
 * @typedef {import('./feed.js').Cell} Cell
 * @typedef {import('./feed.js').Question} Question
 * @typedef {import('./state.js').Indicator} Indicator
 *
 * @typedef {object} Row
 * @property {string} code
 * @property {string} name
 * @property {Cell | undefined} cell what is shown; undefined where no door gave anything
 * @property {Cell | undefined} count
 * @property {number | null} population
 * @property {string} text the cell in words
 */

/** @typedef {Pick<Question, 'table' | 'show'> & { wanted: Record<string, string>, share: boolean, name: string, heading: string }} Shown */
/** @type {Record<Indicator, Shown>} */
export const INDICATORS = {
  dose1: {
    ...{ table: 'doses-by-department-and-rank', show: 'CUMULATIVE', wanted: { rank: '1' }, share: true },
    ...{ name: 'Personnes ayant reçu au moins une dose', heading: 'Au moins une dose' },
  },
  complet: {
    ...{ table: 'doses-by-department-and-stage', show: 'CUMULATIVE', wanted: { stage: 'COMPLETE' }, share: true },
    ...{ name: 'Personnes au schéma complet', heading: 'Schéma complet' },
  },
  rappel: {
    ...{ table: 'doses-by-department-and-stage', show: 'CUMULATIVE', wanted: { stage: 'BOOSTER' }, share: true },
    ...{ name: 'Personnes ayant reçu un premier rappel', heading: 'Premier rappel' },
  },
  doses: {
    ...{ table: 'doses-by-department', show: 'CUMULATIVE', wanted: {}, share: false },
    ...{ name: 'Doses injectées depuis le début', heading: 'Doses' },
  },
  semaine: {
    ...{ table: 'doses-by-department', show: 'ROLLING_7', wanted: {}, share: false },
    ...{ name: 'Doses injectées sur sept jours', heading: 'Doses sur sept jours' },
  },
};

/** @param {View} view @returns {Promise<Drawn>} */
export async function departments({ state, day, go, addressWith }) {
  const shown = INDICATORS[state.indicateur];
  /** @type {Question} */
  const question = { table: shown.table, show: shown.show, period: 'DAY', from: day, to: day };
  const answer = await ask(question);
  const found = new Map(
    Object.keys(labels.departments)
      .sort(inOrder)
      .map((code) => [code, seriesOf(answer.series, { department: code, ...shown.wanted })]),
  );
  // Without any population the same card shows counts: no share is ever made up.
  const shares = shown.share && [...found.values()].some((series) => series?.population);
  const format = shares ? share : whole;
  const rows = [...found].map(([code, series]) => {
    const count = series && cellAt(series, 0);
    const cell = series && (shares ? shareAt(series, 0) : count);
    const row = { code, name: labels.departments[code] ?? code, cell, count, population: series?.population ?? null };
    return { ...row, text: said(cell, format) };
  });
  const scale = shares ? `${shown.heading} : part de la population` : shown.heading;
  const caption = `${shown.name}${shares ? ', part de la population' : ''}, au ${longDay(day)}`;
  const values = rows.flatMap(({ cell }) => (cell && !cell.secret ? [cell.value] : []));
  const choose = (/** @type {string} */ code) => go({ departement: code === state.departement ? '' : code });
  const nodes =
    state.vue === 'tableau'
      ? [
          twin({
            ...{ rows, caption, heading: shown.heading, shares, state, choose },
            addressOf: (code) => addressWith({ departement: code }),
            sort: (tri) => {
              const sens = state.tri === tri && state.sens === 'croissant' ? 'decroissant' : 'croissant';
              go(
                { tri, sens },
                `Tableau trié par ${tri}, ordre ${sens === 'croissant' ? 'croissant' : 'décroissant'}.`,
              );
            },
          }),
        ]
      : [
          mapWith(rows, {
            bounds: classBounds(values, shares ? 0 : 1),
            tick: shares ? roundShare : compact,
            caption,
            scale,
            chosen: state.departement,
            choose,
          }),
        ];
  return {
    nodes: [h('p', { class: 'lead' }, `${caption}.`), toggle(state.vue, rows.length, go), ...nodes],
    downloads: [{ label: 'par département', question }],
  };
}

/** @param {'carte' | 'tableau'} vue @param {number} count @param {View['go']} go */
function toggle(vue, count, go) {
  /** @type {['carte' | 'tableau', string][]} */
  const both = [
    ['carte', 'Carte'],
    ['tableau', 'Tableau'],
  ];
  const buttons = both.map(([each, label]) =>
    h(
      'button',
      {
        ...{ type: 'button', 'aria-pressed': each === vue ? 'true' : 'false', 'data-key': `vue-${each}` },
        onclick: () => {
          const words = each === 'carte' ? 'Carte' : 'Tableau, mêmes chiffres que la carte';
          go({ vue: each }, `${words} : ${count} départements.`);
        },
      },
      label,
    ),
  );
  return h(
    'div',
    { class: 'toggle', role: 'group', 'aria-label': 'Montrer les départements en carte ou en tableau' },
    ...buttons,
  );
}

/** @param {Row[]} rows @param {Omit<import('./map.js').MapParts, 'rows' | 'look'>} parts */
function mapWith(rows, parts) {
  const name = h('p', { class: 'look-name' });
  const figure = h('p', { class: 'look-figure' });
  const detail = h('p', { class: 'look-detail' });
  const look = (/** @type {Row} */ row) => {
    name.textContent = `${row.name} (${row.code})`;
    figure.textContent = row.text === NOTHING ? 'sans donnée' : row.text;
    figure.className = row.cell?.secret ? 'look-figure withheld' : 'look-figure';
    detail.textContent = row.population
      ? `${said(row.count, whole)} ${row.count?.secret ? '' : 'personnes'} sur ${whole(row.population)}`
      : '';
  };
  const whole_ = { ...parts, rows, look };
  const chosen = rows.find(({ code }) => code === parts.chosen);
  if (chosen) look(chosen);
  else
    detail.textContent =
      'Survolez la carte, ou parcourez-la avec les flèches ; choisissez un département pour voir ses courbes et son parcours.';
  return h(
    'div',
    { class: 'map-and-words' },
    map(whole_),
    h('div', { class: 'map-words' }, h('div', { class: 'look' }, name, figure, detail), legend(whole_), highest(rows)),
  );
}

/** The three highest and the three lowest figures that may be told. @param {Row[]} rows */
function highest(rows) {
  const told = rows.filter(({ cell }) => cell && !cell.secret);
  if (told.length < 10) return undefined;
  const order = sorted(told, /** @type {any} */ ({ tri: 'valeur', sens: 'decroissant' }));
  const list = (/** @type {string} */ title, /** @type {Row[]} */ some) => [
    h('h3', {}, title),
    h(
      'ol',
      { class: 'ranked' },
      ...some.map(({ name, text }) => h('li', {}, h('span', {}, name), h('span', { class: 'number' }, text))),
    ),
  ];
  return h(
    'div',
    { class: 'extremes' },
    h('div', {}, ...list('Les plus hauts', order.slice(0, 3))),
    h('div', {}, ...list('Les plus bas', order.slice(-3).reverse())),
  );
}
