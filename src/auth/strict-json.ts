import { endOfString } from '../kernel/json-bytes.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const DEEPEST = 8;
const [QUOTE, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'":[]{}'].map((sign) =>
  sign.charCodeAt(0),
);
const SPACES: readonly (number | undefined)[] = [...' \t\n\r'].map((sign) => sign.charCodeAt(0));

/**
 * JSON of which no two readers can differ: valid UTF-8, no name twice in one object (RFC 8259 §4), not deep.
 * @throws whatever is wrong, without a value
 */
export function parseStrictly(bytes: Uint8Array): unknown {
  const value: unknown = JSON.parse(UTF8.decode(bytes));
  requireDistinctNames(bytes);
  return value;
}

/** One pass over a valid JSON text: strings, what opens and what closes. */
function requireDistinctNames(bytes: Uint8Array): void {
  const open: Set<string>[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const sign = bytes[at];
    if (sign === OPEN_OBJECT || sign === OPEN_LIST) open.push(new Set());
    else if (sign === CLOSE_OBJECT || sign === CLOSE_LIST) open.pop();
    else if (sign === QUOTE) {
      const end = endOfString(bytes, at);
      if (isName(bytes, end + 1)) addName(open.at(-1), JSON.parse(UTF8.decode(bytes.subarray(at, end + 1))));
      at = end;
    }
    if (open.length > DEEPEST) throw new Error('JSON too deep');
  }
}

/** Whether a colon follows: the string before it is then the name of a member. */
function isName(bytes: Uint8Array, from: number): boolean {
  let at = from;
  while (SPACES.includes(bytes[at])) at += 1;
  return bytes[at] === COLON;
}

function addName(names: Set<string> | undefined, name: string): void {
  if (!names || names.has(name)) throw new Error('a name twice in one object');
  names.add(name);
}
