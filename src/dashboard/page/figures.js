/** The four figures at the head of the page. */

import { cellAt, seriesOf, shareAt } from './feed.js';
import { h } from './markup.js';
import { askHere } from './place.js';
import { longDay, said, share, whole } from './words.js';

/**
 * @typedef {import('./main.js').View} View
 * @typedef {import('./main.js').Drawn} Drawn
 * @typedef {import('./feed.js').Series} Series
 * @typedef {import('./feed.js').TableId} TableId
 */

/** @param {View} view @returns {Promise<Drawn>} */
export async function figures({ state, day }) {
  /** @param {TableId} table @param {TableId} local @param {'CUMULATIVE' | 'ROLLING_7'} show */
  const here = (table, local, show) =>
    askHere({ table, show, period: 'DAY', from: day, to: day }, local, state.departement);
  const [all, byRank, byStage, week] = await Promise.all([
    here('doses', 'doses-by-department', 'CUMULATIVE'),
    here('doses-by-rank', 'doses-by-department-and-rank', 'CUMULATIVE'),
    here('doses-by-stage', 'doses-by-department-and-stage', 'CUMULATIVE'),
    here('doses', 'doses-by-department', 'ROLLING_7'),
  ]);
  return {
    nodes: [
      figure('Doses injectées', all.series[0], `${all.place}, au ${longDay(day)}`),
      figure('Au moins une dose', seriesOf(byRank.series, { rank: '1' }), 'personnes'),
      figure('Schéma complet', seriesOf(byStage.series, { stage: 'COMPLETE' }), 'personnes'),
      figure('Sept derniers jours', week.series[0], 'doses injectées'),
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
