const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const DEEPEST = 8;

/**
 * JSON of which no two readers can differ: valid UTF-8, no name twice in one object (RFC 8259 §4), not deep.
 * @throws whatever is wrong, without a value
 */
export function parseStrictly(bytes: Uint8Array): unknown {
  const text = UTF8.decode(bytes);
  const value: unknown = JSON.parse(text);
  requireDistinctNames(text);
  return value;
}

/** One pass over a valid JSON text: strings, what opens and what closes. */
function requireDistinctNames(text: string): void {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '{' || sign === '[') open.push(new Set());
    else if (sign === '}' || sign === ']') open.pop();
    else if (sign === '"') {
      const end = endOfString(text, at);
      if (isName(text, end + 1)) addName(open.at(-1), JSON.parse(text.slice(at, end + 1)));
      at = end;
    }
    if (open.length > DEEPEST) throw new Error('JSON too deep');
  }
}

/** Position of the closing quote. */
function endOfString(text: string, opening: number): number {
  let at = opening + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Whether a colon follows: the string before it is then the name of a member. */
function isName(text: string, from: number): boolean {
  let at = from;
  while (' \t\n\r'.includes(text[at] ?? ':')) at += 1;
  return text[at] === ':';
}

function addName(names: Set<string> | undefined, name: string): void {
  if (!names || names.has(name)) throw new Error('a name twice in one object');
  names.add(name);
}
