import { ENVELOPED, EXCLUSIVE_C14N, SHA256 } from './algorithms.js';
import { nameOf } from './check-shape.js';
import { elementsBelow } from './elements.js';
import { refuseUnless } from './refusal.js';

/** Hard to guess and free of anything that a query language could read. */
const ID = /^[A-Za-z_][A-Za-z0-9_.-]{15,127}$/;
const DIGEST = /^[A-Za-z0-9+/]{43}=$/;
const BASE64 = /^[A-Za-z0-9+/\n]+={0,2}\n?$/;
const EMPTY_DIGEST = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';

/**
 * One signature over this very assertion by its own ID, with the only algorithms admitted. The digest of nothing is what
 * a canonicaliser that gave up would produce.
 */
export function checkSignatureForm(assertion: Element): void {
  const elements = [...elementsBelow(assertion)];
  const all = (name: string) => elements.filter((element) => nameOf(element) === name);
  const value = (name: string, attribute: string) => all(name).map((element) => element.getAttribute(attribute));
  const id = assertion.getAttribute('ID') ?? '';
  refuseUnless(ID.test(id), 'id');
  refuseUnless(same(value('ds:Reference', 'URI'), [`#${id}`]), 'reference');
  refuseUnless(same(value('ds:CanonicalizationMethod', 'Algorithm'), [EXCLUSIVE_C14N]), 'canonicalisation');
  refuseUnless(same(value('ds:Transform', 'Algorithm'), [ENVELOPED, EXCLUSIVE_C14N]), 'transforms');
  refuseUnless(same(value('ds:DigestMethod', 'Algorithm'), [SHA256]), 'digest algorithm');
  const digest = all('ds:DigestValue')[0]?.textContent ?? '';
  refuseUnless(DIGEST.test(digest) && digest !== EMPTY_DIGEST, 'digest');
  refuseUnless(BASE64.test(all('ds:SignatureValue')[0]?.textContent ?? ''), 'signature value');
}

const same = (found: readonly unknown[], wanted: readonly string[]): boolean =>
  found.length === wanted.length && found.every((value, index) => value === wanted[index]);

export const signatureOf = (assertion: Element): Element | undefined =>
  [...elementsBelow(assertion)].find((element) => nameOf(element) === 'ds:Signature');

export const signatureMethodOf = (assertion: Element): string | null | undefined =>
  [...elementsBelow(assertion)].find((element) => nameOf(element) === 'ds:SignatureMethod')?.getAttribute('Algorithm');
