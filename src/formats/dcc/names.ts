/** What a name may hold before it is signed (SECURITY A66). */
import { CertificateRefusal } from './refusal.js';

// Control characters separate the fields of a 2D-DOC; format characters turn or hide what is displayed.
const INVISIBLE = /\p{C}/u;
/** Printable ASCII, which most names are: nothing to compose, to hide or to confuse. */
const PLAIN = /^[ -~]*$/;
const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];

/**
 * A name composed (NFC, DOMAIN §3.1) and trimmed.
 * @throws CertificateRefusal on an invisible character, or on letters of two alphabets that look alike
 */
export function soundName(name: string): string {
  if (PLAIN.test(name)) return name.trim();
  const composed = name.normalize('NFC').trim();
  if (INVISIBLE.test(composed)) throw new CertificateRefusal('NAME');
  if (SCRIPTS.filter((script) => script.test(composed)).length > 1) throw new CertificateRefusal('NAME');
  return composed;
}
