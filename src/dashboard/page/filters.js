/** What the page shows: indicator, place, period. Each change is an address of its own. */

import labels from './labels.js';
import { byId, h } from './markup.js';
import { INDICATORS } from './regions.js';

/**
 * @typedef {import('./main.js').View} View
 * @typedef {import('./state.js').State} State
 */

/** Made once; later only brought to the state of the address, so that the focus stays where it is. @param {View} view */
export function showFilters(view) {
  const form = /** @type {HTMLFormElement} */ (byId('filtres'));
  if (!form.firstElementChild) make(form);
  form.onsubmit = (event) => event.preventDefault();
  form.onchange = (event) => change(/** @type {HTMLInputElement} */ (event.target), view);
  set(form, 'indicateur', view.state.indicateur);
  set(form, 'departement', view.state.departement);
  set(form, 'du', view.state.du || view.first);
  set(form, 'au', view.day);
  for (const name of ['du', 'au']) {
    field(form, name).setAttribute('min', view.first);
    field(form, name).setAttribute('max', view.last);
  }
  const reset = /** @type {HTMLButtonElement} */ (form.querySelector('.reset'));
  reset.onclick = () => view.go({ departement: '', du: '', au: '', mode: '' });
  const { departement, du, au, mode } = view.state;
  reset.disabled = !(departement || du || au || mode);
}

/** @param {HTMLInputElement} target @param {View} view */
function change(target, view) {
  const name = /** @type {keyof State} */ (target.name);
  const { value } = target;
  // A date half typed, or outside what is published, changes nothing.
  if ((name === 'du' || name === 'au') && !target.checkValidity()) return void target.reportValidity();
  const isDefault = (name === 'du' && value === view.first) || (name === 'au' && value === view.last);
  const other =
    name === 'du' && value > view.day ? { au: '' } : name === 'au' && value < view.state.du ? { du: '' } : {};
  view.go({ [name]: isDefault ? '' : value, ...other });
}

/** @param {HTMLFormElement} form @param {string} name */
const field = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
/** @param {HTMLFormElement} form @param {string} name @param {string} value */
const set = (form, name, value) => {
  if (field(form, name).value !== value) field(form, name).value = value;
};

/** @param {HTMLFormElement} form */
function make(form) {
  const indicators = Object.entries(INDICATORS).map(([value, { name }]) => h('option', { value }, name));
  const overseas = labels.regions.filter(({ departments }) => String(departments[0]).length === 3);
  const mainland = labels.regions
    .filter((region) => !overseas.includes(region))
    .sort((a, b) => a.name.localeCompare(b.name, 'fr'));
  const groups = [...mainland.map(({ name, departments }) => group(name, departments))];
  groups.push(
    group(
      'Outre-mer',
      overseas.flatMap(({ departments }) => departments),
    ),
  );
  form.append(
    labelled('Indicateur de la carte et des âges', h('select', { name: 'indicateur' }, ...indicators)),
    labelled(
      'Département',
      h('select', { name: 'departement' }, h('option', { value: '' }, 'France entière'), ...groups),
    ),
    labelled('Du', h('input', { type: 'date', name: 'du', required: true })),
    labelled('Au', h('input', { type: 'date', name: 'au', required: true })),
    h('button', { type: 'button', class: 'reset' }, 'Toute la campagne'),
  );
}

/** @param {string} name @param {readonly string[]} codes */
const group = (name, codes) =>
  h(
    'optgroup',
    { label: name },
    ...codes.map((code) => h('option', { value: code }, `${code} ${labels.departments[code] ?? ''}`)),
  );

/** @param {string} text @param {HTMLElement} control */
const labelled = (text, control) => h('label', {}, h('span', {}, text), control);
