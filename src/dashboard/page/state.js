/**
 * What the page shows, as its address says it. Nothing else is kept anywhere: no cookie, no storage.
 *
 * @typedef {'dose1' | 'complet' | 'rappel' | 'doses' | 'semaine'} Indicator
 * @typedef {object} State
 * @property {Indicator} indicateur what the map and the ages show
 * @property {string} departement code, or '' for the whole country
 * @property {string} du first day, or '' for the first published one
 * @property {string} au last day, or '' for the last published one
 * @property {'carte' | 'tableau'} vue
 * @property {'code' | 'nom' | 'valeur' | 'nombre' | 'population'} tri
 * @property {'croissant' | 'decroissant'} sens
 * @property {'' | 'clair' | 'sombre'} theme '' follows the system
 * @property {'' | 'ouvert'} mode
 */
import labels from './labels.js';

/** @type {State} */
const DEFAULTS = {
  indicateur: 'dose1',
  departement: '',
  du: '',
  au: '',
  vue: 'carte',
  tri: 'code',
  sens: 'croissant',
  theme: '',
  mode: '',
};

const isDay = (/** @type {string} */ text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
/** @param {string[]} known */
const oneOf =
  (...known) =>
  (/** @type {string} */ text) =>
    known.includes(text);

/** @type {Record<keyof State, (text: string) => boolean>} */
const CHECKS = {
  indicateur: oneOf('dose1', 'complet', 'rappel', 'doses', 'semaine'),
  departement: (text) => Object.hasOwn(labels.departments, text),
  du: isDay,
  au: isDay,
  vue: oneOf('carte', 'tableau'),
  tri: oneOf('code', 'nom', 'valeur', 'nombre', 'population'),
  sens: oneOf('croissant', 'decroissant'),
  theme: oneOf('clair', 'sombre'),
  mode: oneOf('ouvert'),
};
const NAMES = /** @type {(keyof State)[]} */ (Object.keys(DEFAULTS));

/**
 * What an address asks for; a value that means nothing counts as not given.
 * @param {string} search
 * @returns {State}
 */
export function readState(search) {
  const asked = new URLSearchParams(search);
  const entries = NAMES.map((name) => {
    const given = asked.get(name) ?? '';
    return [name, CHECKS[name](given) ? given : DEFAULTS[name]];
  });
  return /** @type {State} */ (Object.fromEntries(entries));
}

/**
 * The address of a state; what is as by default is left out.
 * @param {State} state
 */
export function addressOf(state) {
  const said = NAMES.filter((name) => state[name] !== DEFAULTS[name]).map((name) => [name, state[name]]);
  const query = new URLSearchParams(said).toString();
  return location.pathname + (query ? `?${query}` : '');
}
