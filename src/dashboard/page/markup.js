/** Elements by hand: no text ever becomes markup. */

/** @typedef {Node | string | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | undefined | ((event: any) => void)>} Attributes */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes] `on…` listens; undefined and false are left out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  return /** @type {any} */ (filled(document.createElement(tag), attributes, children));
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function s(tag, attributes = {}, ...children) {
  return /** @type {any} */ (filled(document.createElementNS(SVG, tag), attributes, children));
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 * @param {Child[]} children
 */
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** The element that the page has by that name. @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Where a card draws. @param {string} id */
export const bodyOf = (id) => /** @type {HTMLElement} */ (byId(id).querySelector('.card-body'));

/** Says it to whoever listens instead of looking. @param {string} text */
export function announce(text) {
  byId('annonce').textContent = text;
}

/** Lines across: what a withheld cell looks like, everywhere. @param {string} id */
export const hatching = (id) =>
  s(
    'pattern',
    { id, width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    s('rect', { width: 6, height: 6, class: 'hatch-ground' }),
    s('line', { x1: 0, y1: 0, x2: 0, y2: 6, class: 'hatch-line' }),
  );

/** A figure, or the word for one that is withheld. @param {string} text */
export const figureCell = (text) => h('td', { class: text === 'secret' ? 'number withheld' : 'number' }, text);
