/** What the reader must know first: how fresh the figures are, and by which rule some are withheld. */

import { byId, h, hatching, s } from './markup.js';
import { longDay, moment } from './words.js';

/**
 * @typedef {import('./feed.js').Answer} Answer
 * @typedef {import('./state.js').State} State
 */

/** @param {Answer} answer @param {string} last last published day */
export function tellFreshness({ asOf, mode, threshold }, last) {
  const rule = mode === 'OPEN' ? 'mode ouvert : aucun chiffre retenu' : `secret statistique : seuil ${threshold}`;
  const sample = s(
    'svg',
    { class: 'swatch', viewBox: '0 0 26 14', 'aria-hidden': 'true' },
    s('defs', {}, hatching('h-head')),
    s('rect', { width: 26, height: 14, fill: 'url(#h-head)' }),
  );
  const meaning =
    mode === 'OPEN' ? [] : [h('span', { class: 'meaning' }, sample, ' case hachurée : chiffre retenu, jamais un zéro')];
  byId('fraicheur').replaceChildren(
    h('span', {}, `Chiffres arrêtés le ${asOf ? moment(asOf) : '–'}, journées complètes jusqu’au ${longDay(last)}.`),
    h('span', { class: 'badge' }, rule),
    ...meaning,
  );
  byId('secret-explique').textContent =
    mode === 'OPEN'
      ? 'Mode ouvert : les chiffres sont donnés comme Santé publique France les publiait, sans seuil.'
      : `« secret » : un effectif de moins de ${threshold} personnes n’est pas publié, ni ce qui permettrait de le retrouver par différence. Ce n’est ni un zéro, ni une donnée manquante. Un zéro affiché est un vrai zéro. « – » : aucune donnée pour cette case.`;
}

const NEXT = /** @type {const} */ ({ clair: 'Thème clair', sombre: 'Thème sombre' });

/** Applies the theme of the address, or the system's; the button offers the other one. @param {State['theme']} theme */
export function applyTheme(theme) {
  const dark = theme ? theme === 'sombre' : matchMedia('(prefers-color-scheme: dark)').matches;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  const other = dark ? 'clair' : 'sombre';
  byId('theme').textContent = NEXT[other];
  byId('theme').dataset.next = other;
}
