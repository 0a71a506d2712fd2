import { SignedXml } from 'xml-crypto';
import { ECDSA_SHA256, EcdsaSha256, ENVELOPED, EXCLUSIVE_C14N, RSA_SHA256, SHA256 } from './algorithms.js';
import type { SealCertificate } from './certificates.js';
import { checkSignatureForm, signatureMethodOf, signatureOf } from './check-signature-form.js';
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
