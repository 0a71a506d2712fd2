import type { Column } from '../db/mapping.js';
import { ESCAPED } from '../db/plain-text.js';

/**
 * JSON in the making: what is known now, and SQL for what a row says. It becomes one SQL expression of type `text`, never
 * null. PostgreSQL's own `row_to_json` looks each column's type up again in each row, and escapes what needs no escaping.
 */
export type JsonText = readonly (string | Sql)[];

/** An SQL expression of type `text` that binds at least as tightly as `||`: a piece of JSON. */
export interface Sql {
  readonly sql: string;
}

export const jsonConstant = (value: string | null): JsonText => [JSON.stringify(value)];

/** @param members by response key, which is a GraphQL name and so never escaped */
export const jsonObject = (members: readonly (readonly [key: string, value: JsonText])[]): JsonText => [
  '{',
  ...members.flatMap(([key, value], index) => [`${index > 0 ? ',' : ''}"${key}":`, ...value]),
  '}',
];

/** @param rows a query of one column, each of whose rows is the JSON of an element */
export const jsonList = (rows: string): JsonText => ['[', { sql: `array_to_string(array(${rows}), ',')` }, ']'];

/** @param value an SQL expression that may be null */
export const jsonOrNull = (value: string): JsonText => [{ sql: `coalesce(${value}, 'null')` }];

export const jsonIf = (predicate: string, value: JsonText): JsonText => [choice(predicate, sqlOf(value), `'null'`)];

/** @param name the column in SQL @param quoted whether numbers are texts for GraphQL */
export function jsonColumn(name: string, column: Column, { quoted }: { readonly quoted: boolean }): JsonText {
  const value = written(name, column, quoted);
  return column.nullable ? jsonOrNull(sqlOf(value)) : value;
}

/** A sealed value behind its mark, with the identifier under which it opens; null where there is none. Sealed is plain. */
export const jsonSealed = (mark: string, name: string, id: string, { nullable }: Column): JsonText => {
  const value: JsonText = [`"${mark}`, { sql: name }, ' ', { sql: `${id}::text` }, '"'];
  return nullable ? jsonOrNull(sqlOf(value)) : value;
};

const choice = (predicate: string, then: string, otherwise: string): Sql => ({
  sql: `(case when ${predicate} then ${then} else ${otherwise} end)`,
});

const NUMBERS = ['smallint', 'integer', 'bigint'];

function written(name: string, { type, list, plain }: Column, quoted: boolean): JsonText {
  const number = NUMBERS.includes(type);
  if (list && plain) return plainList(name);
  if (list) return [{ sql: `to_json(${name}${number && quoted ? '::text[]' : ''})::text` }];
  if (plain) return ['"', { sql: name }, '"'];
  if (type === 'uuid' || (number && quoted)) return ['"', { sql: `${name}::text` }, '"'];
  if (number || type === 'boolean') return [{ sql: `${name}::text` }];
  if (type === 'text') return escaped(name);
  return [{ sql: `to_json(${name})::text` }];
}

/** To look whether anything is to be escaped costs half of escaping it, and hardly any name needs it. */
const escaped = (name: string): JsonText => [
  choice(`${name} ~ ${ESCAPED}`, `to_json(${name})::text`, `'"' || ${name} || '"'`),
];

const plainList = (name: string): JsonText => [
  choice(`${name} = '{}'`, `'[]'`, `'["' || array_to_string(${name}, '","') || '"]'`),
];

/** Constants that follow each other are one. */
export function sqlOf(text: JsonText): string {
  const parts: string[] = [];
  let constant = '';
  const close = (): void => {
    if (constant !== '') parts.push(`'${constant.replaceAll("'", "''")}'`);
    constant = '';
  };
  for (const piece of text) {
    if (typeof piece === 'string') constant += piece;
    else {
      close();
      parts.push(piece.sql);
    }
  }
  close();
  return concatenated(parts);
}

/** By halves: one part after the other would copy the beginning of a long object once for each of its members. */
function concatenated(parts: readonly string[]): string {
  if (parts.length <= 4) return parts.join(' || ');
  const half = parts.length >> 1;
  return `(${concatenated(parts.slice(0, half))}) || (${concatenated(parts.slice(half))})`;
}
