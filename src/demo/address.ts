import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DEMO_ISSUERS, type DemoIssuerName } from './accounts.js';

const fileIn = (dataDir: string): string => path.join(dataDir, 'identity-provider.json');

/** Says to the command line where the running demonstration's issuers are. */
export function announce(dataDir: string, issuers: Readonly<Record<DemoIssuerName, string>>): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(fileIn(dataDir), JSON.stringify(issuers, null, 2));
}

/** @throws when no demonstration has run with this data folder */
export function announced(dataDir: string): Readonly<Record<DemoIssuerName, string>> {
  const issuers = JSON.parse(readFileSync(fileIn(dataDir), 'utf8'));
  if (!DEMO_ISSUERS.every((name) => typeof issuers[name] === 'string')) throw new Error('demo: no address');
  return issuers;
}
