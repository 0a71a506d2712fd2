import { refuseUnless } from './refusal.js';

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
