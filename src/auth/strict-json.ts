const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Of a valid JSON text: strings, with the colon that makes them names, and what opens or closes. */
const MARKS = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}[\]]/g;
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

function requireDistinctNames(text: string): void {
  const open: Set<string>[] = [];
  for (const [mark, content, colon] of text.matchAll(MARKS)) {
    if (mark === '{' || mark === '[') open.push(new Set());
    else if (mark === '}' || mark === ']') open.pop();
    else if (colon) addName(open.at(-1), JSON.parse(`"${content}"`));
    if (open.length > DEEPEST) throw new Error('JSON too deep');
  }
}

function addName(names: Set<string> | undefined, name: string): void {
  if (!names || names.has(name)) throw new Error('a name twice in one object');
  names.add(name);
}
