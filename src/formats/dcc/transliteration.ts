/**
 * Names as travel documents print them: `fnt` and `gnt` of a certificate, `^[A-Z<]*$` (DOMAIN §3.6).
 * Table: ICAO Doc 9303-3 §6, A (Latin) and B (Cyrillic). Greek, absent from it, by the letters of ELOT 743, which the
 * official vector `Μενεξές` → `MENEXES` follows.
 */

export interface TransliterationOptions {
  /**
   * Ä Å Ö Ø Ü as one letter: `mäel` → `MAEL`, as the CNAM issued it (DOMAIN §3.6). ICAO allows it; the two-letter form
   * (`MAEEL`) is its recommendation and the default.
   */
  readonly singleLetters?: boolean;
}

// Only what losing its accents does not already turn into A-Z. Keys are upper case and composed (NFC).
// biome-ignore format: a table
const LATIN: Readonly<Record<string, string>> = {
  Ä: 'AE', Å: 'AA', Æ: 'AE', Ð: 'D', Đ: 'D', Ħ: 'H', ı: 'I', Ĳ: 'IJ', ĸ: 'Q', Ł: 'L', Ŀ: 'L', Ŋ: 'N',
  Ö: 'OE', Ø: 'OE', Œ: 'OE', Þ: 'TH', ß: 'SS', ẞ: 'SS', Ŧ: 'T', Ü: 'UE', Ə: 'E',
};
const SINGLE_LETTERS: Readonly<Record<string, string>> = { Ä: 'A', Å: 'A', Ö: 'O', Ø: 'O', Ü: 'U' };
// biome-ignore format: a table
const CYRILLIC: Readonly<Record<string, string>> = {
  А: 'A', Б: 'B', В: 'V', Г: 'G', Д: 'D', Е: 'E', Ё: 'E', Ж: 'ZH', З: 'Z', И: 'I', Й: 'I', К: 'K', Л: 'L', М: 'M',
  Н: 'N', О: 'O', П: 'P', Р: 'R', С: 'S', Т: 'T', У: 'U', Ф: 'F', Х: 'KH', Ц: 'TS', Ч: 'CH', Ш: 'SH', Щ: 'SHCH',
  Ъ: 'IE', Ы: 'Y', Ь: '', Э: 'E', Ю: 'IU', Я: 'IA', Є: 'IE', Ѕ: 'DZ', І: 'I', Ї: 'I', Ј: 'J', Љ: 'LJ', Њ: 'NJ',
  Ћ: 'C', Ђ: 'D', Ќ: 'K', Ѓ: 'G', Ў: 'U', Џ: 'DZ', Ґ: 'G', Ѣ: 'IE', Ѫ: 'U', Ѵ: 'Y',
};
// biome-ignore format: a table
const GREEK: Readonly<Record<string, string>> = {
  Α: 'A', Β: 'V', Γ: 'G', Δ: 'D', Ε: 'E', Ζ: 'Z', Η: 'I', Θ: 'TH', Ι: 'I', Κ: 'K', Λ: 'L', Μ: 'M', Ν: 'N', Ξ: 'X',
  Ο: 'O', Π: 'P', Ρ: 'R', Σ: 'S', Τ: 'T', Υ: 'Y', Φ: 'F', Χ: 'CH', Ψ: 'PS', Ω: 'O',
};
const TABLE = withAccents(new Map(Object.entries({ ...LATIN, ...CYRILLIC, ...GREEK, ...fillers() })));
const TABLE_OF_SINGLE_LETTERS = new Map([...TABLE, ...Object.entries(SINGLE_LETTERS)]);

function fillers(): Record<string, string> {
  return Object.fromEntries([' ', '\u00a0', '-', ','].map((character) => [character, '<']));
}

/** The table and what the accented letters of Europe come to, worked out once: Latin-1 to Extended-B, and Additional. */
function withAccents(table: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const filled = new Map(table);
  for (let code = 0x41; code < 0x1f00; code = code === 0x24f ? 0x1e00 : code + 1) {
    const character = String.fromCharCode(code);
    filled.set(character, table.get(character) ?? decomposed(character, table));
  }
  return filled;
}

const PLAIN = /^[A-Z]*$/;
const FILLER = /[\s,\p{Pd}]/u;

/**
 * A name in the machine-readable alphabet. Runs of spaces, commas and hyphens become one `<`; an apostrophe and every
 * character outside the tables is dropped, so the result may be empty.
 */
export function transliterate(name: string, options: TransliterationOptions = {}): string {
  if (PLAIN.test(name)) return name;
  const table = options.singleLetters === true ? TABLE_OF_SINGLE_LETTERS : TABLE;
  let text = '';
  for (const character of name.normalize('NFC').toUpperCase()) {
    const printed = lettersFor(character, table);
    if (printed !== '<' || (text !== '' && !text.endsWith('<'))) text += printed;
  }
  return text.endsWith('<') ? text.slice(0, -1) : text;
}

// The table first: Ä must not lose its diaeresis before the table is asked.
function lettersFor(character: string, table: ReadonlyMap<string, string>): string {
  return table.get(character) ?? (FILLER.test(character) ? '<' : decomposed(character, table));
}

/** What is left without marks; compatibility forms (ﬁ, ﬀ, Ａ) decompose too. */
function decomposed(character: string, table: ReadonlyMap<string, string>): string {
  let letters = '';
  for (const part of character.normalize('NFKD').toUpperCase()) {
    letters += part >= 'A' && part <= 'Z' ? part : (table.get(part) ?? '');
  }
  return letters;
}

/** Both spellings that the standard allows (§3.6): `MAEEL` and `MAEL`. */
export function spellingsOf(name: string): readonly string[] {
  return [...new Set([transliterate(name), transliterate(name, { singleLetters: true })])];
}

/**
 * Whether a printed name (`fnt`, `gnt`) is that of a person who shows a paper with this name: either spelling, cut where
 * the certificate cuts. What has no letter of the alphabet is nobody's name.
 */
export function isNameOf(printed: string, name: string): boolean {
  return spellingsOf(name).some((spelling) => spelling !== '' && spelling.slice(0, 80) === printed);
}
