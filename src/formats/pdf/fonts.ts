/**
 * The embedded fonts of every PDF: DejaVu Sans, whose licence allows it and which has the letters of all the names of
 * Europe. Parsed once for the life of the process: a document takes a subset of it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pdfkit } from './pdfkit.js';

/** A parsed font; what pdfkit takes in the place of a file and does not declare. */
export interface ParsedFont {
  hasGlyphForCodePoint(codePoint: number): boolean;
}

export type FontName = 'body' | 'bold' | 'mono';

const FILES: Readonly<Record<FontName, string>> = {
  body: 'DejaVuSans.ttf',
  bold: 'DejaVuSans-Bold.ttf',
  mono: 'DejaVuSansMono.ttf',
};

const parsed = new Map<FontName, ParsedFont>();
const locate = createRequire(import.meta.url);

export function fontOf(name: FontName): ParsedFont {
  const known = parsed.get(name);
  if (known) return known;
  // pdfkit has the parser and exports it only through a document.
  const carrier = new (pdfkit())({ autoFirstPage: false, font: undefined });
  carrier.font(readFileSync(locate.resolve(`dejavu-fonts-ttf/ttf/${FILES[name]}`)) as unknown as string);
  const font = (carrier as unknown as { _font: { font: ParsedFont } })._font.font;
  parsed.set(name, font);
  return font;
}

const REPLACEMENT = '\ufffd';

/**
 * A text as the font can print it: a character without a glyph, or an invisible one, becomes a replacement mark. PDF/UA
 * forbids empty glyphs, and a direction override in a name would show another name than the one that was signed.
 */
export function printable(text: string, name: FontName): string {
  const font = fontOf(name);
  let printed = '';
  for (const character of text.normalize('NFC')) {
    const isLineEnd = character === '\n';
    const isPrinted = !/\p{C}/u.test(character) && font.hasGlyphForCodePoint(character.codePointAt(0) ?? 0);
    printed += isLineEnd || isPrinted ? character : REPLACEMENT;
  }
  return printed;
}
