import path from 'node:path';
import type { TargetingParts } from '../areas/targeting/import.service.js';
import { type Config, readConfig } from '../config.js';
import { systemClock } from '../kernel/clock.js';

/** An open register, as commands need it. */
export interface Session extends TargetingParts {
  readonly config: Config;
  close(): Promise<void>;
}

/** The register could not be opened: the message names a variable or a folder, never a value. */
export class SessionFailure extends Error {}

/**
 * Reads the configuration, starts PostgreSQL unless `DATABASE_URL` names one, and connects. What it needs is loaded here,
 * so that `--help` and `--check` need no register.
 * @throws SessionFailure
 */
export async function openDatabase(environment = process.env): Promise<Session> {
  try {
    return await open(readConfig(environment));
  } catch (error) {
    throw new SessionFailure(error instanceof Error ? error.message : 'no register', { cause: error });
  }
}

async function open(config: Config): Promise<Session> {
  await import('reflect-metadata');
  const { prepareDatabase } = await import('../application.js');
  const { createRegistrar, createSealer } = await import('../services.js');
  const { Database } = await import('../db/database.js');
  const { startEmbedded } = await import('../db/embedded/server.js');
  const { TABLES } = await import('../entities.js');
  const embedded = config.databaseUrl
    ? undefined
    : await startEmbedded({ dataDir: path.join(config.dataDir, 'postgres') });
  const url = config.databaseUrl ?? embedded?.url ?? '';
  const database = await Database.connect({ tables: TABLES, url, roleSecret: config.keys.roles });
  if (config.issuer.kind === 'demo') await prepareDatabase(database);
  return {
    config,
    database,
    registrar: createRegistrar(config.keys),
    sealer: createSealer(config.keys),
    clock: systemClock,
    close: async () => {
      await database.close();
      await embedded?.stop();
    },
  };
}
