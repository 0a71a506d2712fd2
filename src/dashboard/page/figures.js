/** The four figures at the head of the page. */

import { ask, cellAt, seriesOf, shareAt } from './feed.js';
import labels from './labels.js';
import { h } from './markup.js';
import { longDay, said, share, whole } from './words.js';

/**
 * @typedef {import('./main.js').View} View
 * @typedef {import('./main.js').Drawn} Drawn
 * @typedef {import('./feed.js').Question} Question
 * @typedef {import('./feed.js').Series} Series
 * @typedef {import('./feed.js').TableId} TableId
 */

/** @param {View} view @returns {Promise<Drawn>} */
export async function figures({ state, day }) {
  const local = state.departement !== '';
  const place = local ? { department: state.departement } : {};
  /** @param {TableId} table @param {'CUMULATIVE' | 'ROLLING_7'} show @returns {Question} */
  const on = (table, show) => ({ table, show, period: 'DAY', from: day, to: day });
  const [all, byRank, byStage, week] = await Promise.all([
    ask(on(local ? 'doses-by-department' : 'doses', 'CUMULATIVE')),
    ask(on(local ? 'doses-by-department-and-rank' : 'doses-by-rank', 'CUMULATIVE')),
    ask(on(local ? 'doses-by-department-and-stage' : 'doses-by-stage', 'CUMULATIVE')),
    ask(on(local ? 'doses-by-department' : 'doses', 'ROLLING_7')),
  ]);
  const where = local ? (labels.departments[state.departement] ?? '') : 'France entière';
  return {
    nodes: [
      figure('Doses injectées', seriesOf(all, place), `${where}, au ${longDay(day)}`),
      figure('Au moins une dose', seriesOf(byRank, { ...place, rank: '1' }), 'personnes'),
      figure('Schéma complet', seriesOf(byStage, { ...place, stage: 'COMPLETE' }), 'personnes'),
      figure('Sept derniers jours', seriesOf(week, place), 'doses injectées'),
    ],
    downloads: [],
  };
}

/** @param {string} title @param {Series | undefined} series @param {string} detail */
function figure(title, series, detail) {
  const cell = series && cellAt(series, 0);
  const part = series && shareAt(series, 0);
  const more = part && !part.secret ? `${detail}, ${share(part.value)} de la population` : detail;
  return h(
    'div',
    { class: 'figure' },
    h('h2', { class: 'figure-title' }, title),
    h('p', { class: cell?.secret ? 'figure-value withheld' : 'figure-value' }, said(cell, whole)),
    h('p', { class: 'figure-detail' }, more),
  );
}
