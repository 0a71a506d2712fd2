import { Check } from 'typeorm';
import { SnakeNaming } from './naming.js';

const naming = new SnakeNaming();
const plain = new Map<string, PlainColumn>();

/** A constraint by which PostgreSQL holds a column to plain text. */
export interface PlainColumn {
  readonly table: string;
  readonly name: string;
  readonly expression: string;
}

/** What JSON escapes (RFC 8259 §7): quotation mark, reverse solidus, control characters. As SQL. */
export const ESCAPED = String.raw`'["\\[:cntrl:]]'`;

/**
 * Marks a column of texts that are codes: JSON escapes no character of them, so the read compiler may write them between
 * quotation marks as they are. PostgreSQL holds the column to that, and the server does not start where it does not.
 */
export function PlainText({ list = false } = {}): PropertyDecorator {
  return (target, property) => {
    const table = naming.tableName(target.constructor.name, undefined);
    const column = naming.columnName(String(property), undefined, []);
    const name = `${table}_${column}_is_plain`;
    const expression = list
      ? `array_position(${column}, null) is null and array_to_string(${column}, '') !~ ${ESCAPED}`
      : `${column} !~ ${ESCAPED}`;
    plain.set(key(target.constructor.name, String(property)), { table, name, expression });
    Check(name, expression)(target, property);
  };
}

const key = (entity: string, property: string): string => `${entity}.${property}`;

export const isPlain = (entity: string, property: string): boolean => plain.has(key(entity, property));

export const plainColumns = (): readonly PlainColumn[] => [...plain.values()];
