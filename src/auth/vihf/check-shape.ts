import { Refusal, refuseUnless } from './refusal.js';
import { type ElementName, NAMESPACES, shapeOf } from './shape.js';

const ELEMENT = 1;

export const attributesOf = (element: Element): Attr[] => Array.from(element.attributes);

export const childrenOf = (element: Element): Element[] =>
  Array.from(element.childNodes).filter((node): node is Element => node.nodeType === ELEMENT);

/** The element itself and all below it, in the document's order. */
export function* elementsBelow(element: Element): Generator<Element> {
  yield element;
  for (const child of childrenOf(element)) yield* elementsBelow(child);
}

const KNOWN: readonly string[] = Object.values(NAMESPACES);
const XMLNS = 'http://www.w3.org/2000/xmlns/';

/**
 * Namespace declarations bind known namespaces only, and a prefix keeps one meaning throughout the document: no relative
 * or empty namespace, for which canonicalisers give up or disagree, no prefix that means two things,
 * and none that XML keeps for itself (xml-names §3).
 */
export function checkNamespaces(root: Element): void {
  const meanings = new Map<string, string>();
  for (const element of elementsBelow(root)) {
    for (const { name, value, namespaceURI } of attributesOf(element)) {
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
      refuseUnless(namespaceURI === XMLNS && KNOWN.includes(value), 'namespace');
      if (name === 'xmlns') continue;
      refuseUnless(!/^xmlns:xml/i.test(name), 'reserved prefix');
      refuseUnless((meanings.get(name) ?? value) === value, 'prefix bound twice');
      meanings.set(name, value);
    }
  }
}

const PREFIXES = new Map<string, string>(Object.entries(NAMESPACES).map(([prefix, uri]) => [uri, prefix]));
const TEXT = 3;

/** The house's name of an element, whatever prefix its author chose. */
export const nameOf = ({ namespaceURI, localName }: Element | Attr): string =>
  `${PREFIXES.get(namespaceURI ?? '') ?? '?'}:${localName}`;

/** @throws Refusal when an element or attribute is there that the shape does not foresee, or one is missing */
export function checkShape(root: Element, name: ElementName): void {
  refuseUnless(nameOf(root) === 'saml:Assertion', 'root');
  checkElement(root, name);
}

function checkElement(element: Element, name: string): void {
  const shape = shapeOf(name);
  if (!shape) throw new Refusal('unknown element');
  checkAttributes(element, shape.attributes ?? []);
  checkChildren(element, shape.children ?? {});
  checkTexts(element, shape.text === true);
  for (const child of childrenOf(element)) checkElement(child, nameOf(child));
}

function checkAttributes(element: Element, allowed: readonly string[]): void {
  const found = attributesOf(element)
    .filter(({ name }) => name !== 'xmlns' && !name.startsWith('xmlns:'))
    .map((attribute) => (attribute.prefix ? nameOf(attribute) : attribute.name));
  refuseUnless(
    found.every((name) => allowed.includes(name) || allowed.includes(`${name}!`)),
    'attribute',
  );
  refuseUnless(new Set(found.map((name) => name.toLowerCase())).size === found.length, 'attribute given twice');
  refuseUnless(
    allowed.every((name) => !name.endsWith('!') || found.includes(name.slice(0, -1))),
    'attribute missing',
  );
}

function checkChildren(element: Element, allowed: Readonly<Record<string, number | readonly [number, number]>>): void {
  const counts = new Map<string, number>();
  for (const child of childrenOf(element)) counts.set(nameOf(child), (counts.get(nameOf(child)) ?? 0) + 1);
  refuseUnless(
    [...counts.keys()].every((name) => Object.hasOwn(allowed, name)),
    'element out of place',
  );
  for (const [name, times] of Object.entries(allowed)) {
    const [least, most] = typeof times === 'number' ? [times, times] : times;
    const count = counts.get(name) ?? 0;
    refuseUnless(count >= least && count <= most, 'element missing or repeated');
  }
}

/** An element holds text or elements, never both; between elements there is white space only. */
function checkTexts(element: Element, mayHoldText: boolean): void {
  const nodes = Array.from(element.childNodes);
  const elements = childrenOf(element);
  refuseUnless(
    nodes.every(({ nodeType }) => nodeType === TEXT || nodeType === 1),
    'node',
  );
  refuseUnless(elements.length <= 1 || !mayHoldText, 'mixed content');
  if (mayHoldText && elements.length === 0) return;
  refuseUnless(
    nodes.every((node) => node.nodeType !== TEXT || /^[ \t\n]*$/.test(node.nodeValue ?? '')),
    'mixed content',
  );
}
