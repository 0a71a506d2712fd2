import { DefaultNamingStrategy } from 'typeorm';

const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** `birthName` in TypeScript is `birth_name` in PostgreSQL; nobody else translates names. */
export class SnakeNaming extends DefaultNamingStrategy {
  override tableName(target: string, given: string | undefined): string {
    return given ?? snake(target);
  }

  override columnName(property: string, given: string | undefined, prefixes: string[]): string {
    return snake(prefixes.concat(given ?? property).join('_'));
  }

  override relationName(property: string): string {
    return snake(property);
  }

  override joinColumnName(relation: string, referenced: string): string {
    return snake(`${relation}_${referenced}`);
  }
}
