import { attributesOf, elementsBelow } from './elements.js';
import { refuseUnless } from './refusal.js';
import { NAMESPACES } from './shape.js';

const KNOWN: readonly string[] = Object.values(NAMESPACES);
const XMLNS = 'http://www.w3.org/2000/xmlns/';

/**
 * Namespace declarations bind known namespaces only, and a prefix keeps one meaning throughout the document: no relative
 * or empty namespace, for which canonicalisers give up or disagree, and no prefix that means two things.
 */
export function checkNamespaces(root: Element): void {
  const meanings = new Map<string, string>();
  for (const element of elementsBelow(root)) {
    for (const { name, value, namespaceURI } of attributesOf(element)) {
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
      refuseUnless(namespaceURI === XMLNS && KNOWN.includes(value), 'namespace');
      if (name === 'xmlns') continue;
      refuseUnless((meanings.get(name) ?? value) === value, 'prefix bound twice');
      meanings.set(name, value);
    }
  }
}
