const [QUOTE, BACKSLASH] = [...'"\\'].map((sign) => sign.charCodeAt(0));

/** Position of the quote that closes the JSON string opened at a position of a text in UTF-8; its end when none does. */
export function endOfString(bytes: Uint8Array, opening: number): number {
  let at = opening + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
