import { DataSource, type DataSourceOptions } from 'typeorm';
import { SnakeNaming } from './naming.js';

/** The entities of the areas and their migrations. */
export type Tables = Required<Pick<DataSourceOptions, 'entities' | 'migrations'>>;

/** TypeORM over the owner's connection: metadata, migrations and ordinary repositories. Recipients never use it. */
export const createDataSource = (url: string, tables: Tables): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    ...tables,
    namingStrategy: new SnakeNaming(),
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize: 4,
    poolErrorHandler: () => undefined,
  });
