/** The page: reads its address, asks the doors, draws the cards; each change is a new address. */

import { ages, pace, vaccines } from './curves.js';
import { addressOfTable, ask, download, FeedError, hasToken, isRefused, useOpenMode, useToken } from './feed.js';
import { figures } from './figures.js';
import { showFilters } from './filters.js';
import { funnel, stock } from './flow.js';
import { applyTheme, tellFreshness } from './header.js';
import { announce, bodyOf, byId, h } from './markup.js';
import { departments } from './regions.js';
import { addressOf, readState } from './state.js';
import { longDay } from './words.js';

/**
 * @typedef {import('./state.js').State} State
 * @typedef {import('./feed.js').Question} Question
 * @typedef {import('./feed.js').Answer} Answer
 *
 * @typedef {object} View what a card draws from
 * @property {State} state
 * @property {string} first first published day
 * @property {string} last last published day
 * @property {string} day last day shown
 * @property {{ from?: string, to?: string }} range as the address limits it
 * @property {number} width of a whole card, in pixels
 * @property {number} halfWidth of a card that shares its row
 * @property {(change: Partial<State>, told?: string) => void} go to another address, and what is then said of it
 * @property {(change: Partial<State>) => string} addressWith
 *
 * @typedef {object} Drawn
 * @property {Node[]} nodes
 * @property {{ label: string, question: Question }[]} downloads
 * @property {string} [place] of which the card speaks, where it is not obvious
 */

/** @type {Record<string, (view: View) => Promise<Drawn>>} */
const CARDS = { departements: departments, rythme: pace, ages, vaccins: vaccines, parcours: funnel, stock };

/** The view on screen: an answer to an older one is dropped. @type {View | undefined} */
let current;
/** How many times the page was asked to show something. */
let turn = 0;

const address = () => location.pathname + location.search;

/** @param {Partial<State>} change */
const addressWith = (change) => addressOf({ ...readState(location.search), ...change });

/** @param {Partial<State>} change @param {string} [told] */
function go(change, told) {
  history.pushState(null, '', addressWith(change));
  void show(told);
}

/** @param {string} [told] */
async function show(told) {
  turn += 1;
  const mine = turn;
  delete document.body.dataset.shown;
  const state = readState(location.search);
  applyTheme(state.theme);
  useOpenMode(state.mode === 'ouvert');
  const published = await extent().catch((/** @type {unknown} */ error) => ({ error }));
  // Somebody has asked for something else meanwhile.
  if (mine !== turn) return;
  if ('error' in published) return refuse(published.error);
  if (!published.last) return refuse(new FeedError('INDICATORS_NOT_PUBLISHED', ''));
  document.body.dataset.state = 'published';
  byId('bandeau').replaceChildren(...(state.mode ? [openNotice()] : []));
  const view = viewOf(state, published);
  current = view;
  tellFreshness(published.answer, view.last);
  byId('adresse').textContent = `Adresse de cette page : ${location.href}`;
  showFilters(view);
  await Promise.all([
    draw(byId('chiffres'), figures, view),
    ...Object.entries(CARDS).map(([id, card]) => draw(bodyOf(id), card, view)),
  ]);
  if (current === view) document.body.dataset.shown = address();
  if (current === view) announce(told ?? `Chiffres affichés au ${longDay(view.day)}.`);
}

/**
 * The days that are published. Who may only read tables by département is told the same by one of those.
 * @returns {Promise<{ answer: Answer, first: string, last: string }>}
 */
async function extent() {
  /** @type {Question} */
  const whole = { table: 'doses', show: 'COUNT', period: 'DAY' };
  const answer = await ask(whole).catch((/** @type {unknown} */ error) => {
    if (!isRefused(error)) throw error;
    return ask({ table: 'doses-by-department', show: 'COUNT', period: 'DAY' });
  });
  return { answer, first: answer.days[0] ?? '', last: answer.days.at(-1) ?? '' };
}

/** @param {State} given @param {{ first: string, last: string }} published @returns {View} */
function viewOf(given, { first, last }) {
  const within = (/** @type {string} */ day) => (day >= first && day <= last ? day : '');
  const state = { ...given, du: within(given.du), au: within(given.au) };
  if (state.du && state.au && state.du > state.au) state.du = '';
  const width = Math.max(280, bodyOf('rythme').clientWidth);
  const halfWidth = Math.max(280, bodyOf('ages').clientWidth);
  const range = { ...(state.du && { from: state.du }), ...(state.au && { to: state.au }) };
  return { state, first, last, day: state.au || last, range, width, halfWidth, go, addressWith };
}

/**
 * One card: the old figures stay until the new ones are there, and the focus stays where it was.
 * @param {HTMLElement} body @param {(view: View) => Promise<Drawn>} card @param {View} view
 */
async function draw(body, card, view) {
  body.setAttribute('aria-busy', 'true');
  const drawn = await card(view).catch((/** @type {unknown} */ error) => ({
    nodes: [sorry(error)],
    downloads: [],
    place: '',
  }));
  if (current !== view) return;
  const key = /** @type {HTMLElement | null} */ (document.activeElement?.closest('[data-key]'))?.dataset.key;
  const held = body.contains(document.activeElement) && key;
  const place = drawn.place ? [h('p', { class: 'place' }, drawn.place)] : [];
  body.replaceChildren(...place, ...drawn.nodes, ...downloadsOf(drawn));
  body.removeAttribute('aria-busy');
  if (held) /** @type {HTMLElement | null} */ (body.querySelector(`[data-key="${held}"]`))?.focus();
}

/** What is seen, as a file. @param {Drawn} drawn */
function downloadsOf({ downloads }) {
  if (downloads.length === 0) return [];
  const parts = downloads.flatMap(({ label, question }) => [
    ...(downloads.length > 1 ? [`${label} `] : []),
    .../** @type {const} */ (['csv', 'xlsx']).map((kind) => linkTo(kind, label, question)),
  ]);
  return [h('p', { class: 'downloads' }, 'Télécharger : ', ...parts)];
}

/** @param {'csv' | 'xlsx'} kind @param {string} label @param {Question} question */
function linkTo(kind, label, question) {
  const href = addressOfTable(kind, question);
  const file = `${question.table}.${kind}`;
  return h(
    'a',
    {
      ...{ href, download: file, 'aria-label': `Télécharger ${label} en ${kind.toUpperCase()}` },
      onclick: (/** @type {Event} */ event) => save(event, href, file),
    },
    kind.toUpperCase(),
  );
}

/** A link carries no token: with one, the file is fetched and handed over. @param {Event} event @param {string} href @param {string} file */
function save(event, href, file) {
  if (!hasToken()) return;
  event.preventDefault();
  download(href).then(
    (blob) => {
      const address = URL.createObjectURL(blob);
      h('a', { href: address, download: file }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10_000);
    },
    (error) => announce(sentenceOf(error)),
  );
}

/** @param {unknown} error */
const sentenceOf = (error) =>
  error instanceof FeedError ? error.message : 'Cette page n’a pas pu afficher ce chiffre.';

/** @param {unknown} error */
const sorry = (error) => h('p', { class: 'notice' }, sentenceOf(error));

/** Nothing can be shown: why, and what to do. @param {unknown} error */
function refuse(error) {
  current = undefined;
  const empty = error instanceof FeedError && error.code === 'INDICATORS_NOT_PUBLISHED';
  document.body.dataset.state = empty ? 'empty' : 'refused';
  byId('fraicheur').textContent = empty ? 'Rien n’est encore publié.' : 'Chiffres indisponibles.';
  const words = empty
    ? [
        'Aucun indicateur n’a encore été publié.',
        'La première publication a lieu la nuit qui suit les premières injections ; cette page la montrera alors.',
      ]
    : ['Les chiffres ne peuvent pas être affichés.', sentenceOf(error)];
  const again = h('button', { type: 'button', onclick: () => void show() }, 'Réessayer');
  byId('bandeau').replaceChildren(
    ...(readState(location.search).mode ? [openNotice()] : []),
    h('div', { class: 'notice big', role: 'alert' }, h('h2', {}, words[0] ?? ''), h('p', {}, words[1] ?? ''), again),
  );
  document.body.dataset.shown = address();
}

const openNotice = () =>
  h(
    'p',
    { class: 'notice' },
    'Mode ouvert demandé : chiffres sans seuil. ',
    h('button', { type: 'button', onclick: () => go({ mode: '' }) }, 'Revenir au mode contrôlé'),
  );

byId('theme').addEventListener('click', () =>
  go({ theme: /** @type {State['theme']} */ (byId('theme').dataset.next) }),
);
byId('imprimer').addEventListener('click', () => print());
byId('jeton').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(/** @type {HTMLInputElement} */ (byId('jeton-valeur')).value);
  void show();
});
addEventListener('popstate', () => void show());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
  applyTheme(readState(location.search).theme),
);

let drawnWidth = innerWidth;
let pending = 0;
addEventListener('resize', () => {
  clearTimeout(pending);
  // A print changes the width of the paper, not of the window: curves scale then, and are not drawn again.
  pending = setTimeout(() => {
    if (innerWidth !== drawnWidth) void show();
    drawnWidth = innerWidth;
  }, 200);
});

void show();
