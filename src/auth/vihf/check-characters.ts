import { refuseUnless } from './refusal.js';

/**
 * Characters that XML forbids, or that two parsers read differently: controls, line ends other than LF (xmldom also folds
 * U+0085 and U+2028), byte order marks, surrogates alone, non-characters, and marks that turn the direction of writing.
 */
const FORBIDDEN =
  /[^\t\n\u0020-\u007e\u00a0-\u{10ffff}]|[\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ufdd0-\ufdef]|\p{Cs}/u;

/** @throws Refusal when the text holds a character that no assertion needs */
export function checkCharacters(text: string): void {
  refuseUnless(!FORBIDDEN.test(text), 'character');
}
