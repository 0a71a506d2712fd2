import { refuseUnless } from './refusal.js';

/** An assertion weighs some 6 kB; more is an attack on the parser. */
const MOST_BYTES = 100_000;
const MOST_CHARACTERS = Math.ceil((MOST_BYTES * 4) / 3);

/**
 * The XML text of the parameter `assertion` (RFC 7522 §2.1: base64url, without padding or line breaks).
 * One text has one encoding only: what decodes loosely is refused.
 */
export function readText(parameter: string): string {
  refuseUnless(parameter.length > 0 && parameter.length <= MOST_CHARACTERS, 'size');
  refuseUnless(/^[A-Za-z0-9_-]+$/.test(parameter), 'base64url');
  const bytes = Buffer.from(parameter, 'base64url');
  refuseUnless(bytes.toString('base64url') === parameter, 'base64url');
  refuseUnless(bytes.length <= MOST_BYTES, 'size');
  const text = bytes.toString('utf8');
  refuseUnless(Buffer.from(text, 'utf8').equals(bytes), 'utf-8');
  return text;
}

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

const NAME = '[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?';
const REFERENCE = '&(?:amp|lt|gt|quot|apos);';
const DECLARATION = /^<\?xml version="1\.0"(?: encoding="(?:UTF-8|utf-8)")?(?: standalone="(?:yes|no)")? ?\?>\n?/;
/** A start tag, an end tag, or text: nothing else exists here. */
export const TOKEN = new RegExp(
  `<(?<open>${NAME})(?:[ \\t\\n]+${NAME}=(?:"(?:[^<&"]|${REFERENCE})*"|'(?:[^<&']|${REFERENCE})*'))*[ \\t\\n]*(?<empty>/?)>` +
    `|</(?<close>${NAME})[ \\t\\n]*>` +
    `|(?<text>(?:[^<&]|${REFERENCE})+)`,
  'y',
);
const DEEPEST = 12;
const MOST_TOKENS = 2_000;

/**
 * Checks, before any parser sees it, that the text is one element made of tags and text only: no DTD, no entity but the
 * five of XML, no processing instruction, comment or CDATA section. A lenient parser then has nothing to be lenient about.
 * @returns the text without its XML declaration
 */
export function checkMarkup(text: string): string {
  const body = text.replace(DECLARATION, '');
  refuseUnless(!/<[!?]|&#|\]\]>/.test(body), 'markup');
  const open: string[] = [];
  let ended = false;
  let tokens = 0;
  for (let at = 0; at < body.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(body)?.groups;
    tokens += 1;
    refuseUnless(token && tokens <= MOST_TOKENS, 'markup');
    if (token.text !== undefined) refuseUnless(open.length > 0 || /^\s*$/.test(token.text), 'text outside the root');
    else if (token.close !== undefined) refuseUnless(open.pop() === token.close, 'end tag');
    else {
      refuseUnless(!ended, 'two roots');
      if (!token.empty) open.push(String(token.open));
      refuseUnless(open.length <= DEEPEST, 'depth');
    }
    ended ||= open.length === 0 && token.text === undefined;
  }
  refuseUnless(ended && open.length === 0, 'end tag');
  return body;
}
