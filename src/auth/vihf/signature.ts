import { SignedXml } from 'xml-crypto';
import { ECDSA_SHA256, EcdsaSha256, ENVELOPED, EXCLUSIVE_C14N, RSA_SHA256, SHA256 } from './algorithms.js';
import type { SealCertificate } from './certificates.js';
import { elementsBelow, nameOf } from './check-shape.js';
import { type ParsedAssertion, parseDocument } from './parse-document.js';
import { Refusal, refuseUnless } from './refusal.js';

/**
 * Verifies the signature with a certificate that was declared; what the message itself says of its key is not read.
 * @returns the assertion anew, parsed from the very bytes that the signature covers: nothing else may be believed
 * @throws Refusal, or whatever xml-crypto throws
 */
export function verifySignature({ text, root }: ParsedAssertion, { algorithm, pem }: SealCertificate): Element {
  checkSignatureForm(root);
  const signature = signatureOf(root);
  refuseUnless(signature && signatureMethodOf(root) === algorithm, 'signature algorithm');
  const verifier = verifierWith(pem);
  verifier.loadSignature(signature);
  refuseUnless(verifier.checkSignature(text) === true, 'signature');
  const [covered, ...more] = verifier.getSignedReferences();
  if (!covered || more.length > 0) throw new Refusal('signed references');
  const assertion = parseDocument(covered, 'covered').root;
  refuseUnless(assertion.getAttribute('ID') === root.getAttribute('ID'), 'id');
  return assertion;
}

/** xml-crypto with everything taken out that is not admitted. */
function verifierWith(pem: string): SignedXml {
  const verifier = new SignedXml({ publicCert: pem, getCertFromKeyInfo: () => null });
  verifier.CanonicalizationAlgorithms = only(verifier.CanonicalizationAlgorithms, EXCLUSIVE_C14N, ENVELOPED);
  verifier.HashAlgorithms = only(verifier.HashAlgorithms, SHA256);
  verifier.SignatureAlgorithms = {
    ...only(verifier.SignatureAlgorithms, RSA_SHA256),
    [ECDSA_SHA256]: EcdsaSha256,
  } as typeof verifier.SignatureAlgorithms;
  return verifier;
}

const only = <T extends object>(algorithms: T, ...names: (keyof T)[]): T =>
  Object.fromEntries(names.map((name) => [name, algorithms[name]])) as T;

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
