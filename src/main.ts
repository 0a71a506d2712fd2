import 'reflect-metadata';
import path from 'node:path';
import { createApplication, prepareDatabase } from './application.js';
import { SteeringLoop } from './areas/steering/steering-loop.js';
import { DemoIssuer } from './auth/tokens.js';
import { seedDemoAccreditations } from './cli/demo-accreditations.js';
import { seedDemoCampaign } from './cli/demo-campaign.js';
import { demoPersons } from './cli/demo-identities.js';
import { demoInvitations, demoOutbox, OUTBOX_PATH, outboxDoor } from './cli/demo-outbox.js';
import { demoPrincipal } from './cli/demo-principals.js';
import { firstQueries } from './cli/first-queries.js';
import { type Config, readConfig } from './config.js';
import { Database } from './db/database.js';
import { startEmbedded } from './db/embedded/server.js';
import { demoAccounts } from './demo/accounts.js';
import { announce } from './demo/address.js';
import { type DemoIdentityProvider, startDemoIdentityProvider } from './demo/identity-provider.js';
import { drain } from './endpoint/drain.js';
import { TABLES } from './entities.js';
import { systemClock } from './kernel/clock.js';
import { createLog } from './kernel/log.js';
import { createRegistrar, createSealer, createSteeringCopy } from './services.js';
import { ensureDemoFolder } from './signing/new-keys.js';

/** The main job: a register on PostgreSQL, its walls up, its endpoint listening. */
async function main(): Promise<void> {
  const began = Date.now();
  requireHardened();
  const config = readConfig(process.env);
  const embedded = config.databaseUrl
    ? undefined
    : await startEmbedded({ dataDir: path.join(config.dataDir, 'postgres') });
  const database = await Database.connect({
    tables: TABLES,
    replicaUrls: config.replicaUrls,
    url: config.databaseUrl ?? embedded?.url ?? '',
    roleSecret: config.keys.roles,
  });
  if (config.issuer.kind === 'demo') {
    await prepareDatabase(database);
    await seedDemoAccreditations(database, systemClock);
    const sealer = createSealer(config.keys);
    const fresh = await seedDemoCampaign(database, createRegistrar(config.keys), sealer);
    if (fresh) await demoInvitations(database, sealer, config.dataDir);
    if (config.signing) await ensureDemoFolder(config.signing.folder, new Date());
  }
  const demo = await demoIdentityProvider(config);
  const identity = config.identity ?? demo?.identity;
  const { outbox } = demoOutbox(config.dataDir);
  const doors = config.issuer.kind === 'demo' ? [outboxDoor(outbox)] : [];
  const server = await createApplication({ config: { ...config, identity }, database, doors });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, resolve);
  });
  const steering = new SteeringLoop(
    createSteeringCopy(database, config),
    config.publication,
    createLog(config.logLevel),
  );
  const published = steering.start();
  const address = server.address();
  const url = `${config.tls ? 'https' : 'http'}://localhost:${typeof address === 'object' && address ? address.port : config.port}/graphql`;
  if (config.issuer.kind === 'demo') {
    await published;
    await printFirstQueries(config, database, url);
  }
  if (demo) process.stdout.write(`# identités de démonstration\n${Object.values(demo.issuers).join('\n')}\n\n`);
  if (doors.length > 0)
    process.stdout.write(
      `# invitations qui seraient parties : ${(await outbox.entries()).length}\n${new URL(OUTBOX_PATH, url)}\n\n`,
    );
  process.stdout.write(`${url}\nready in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  stopOnSignal(async (signal) => {
    // At a terminal nobody balances: Ctrl-C gives no notice.
    const notice = signal === 'SIGTERM' ? config.surface.drainSeconds * 1000 : 0;
    await drain(server, { notice, finish: FINISH_MS });
    await steering.stop();
    await demo?.close();
    await database.close();
    await embedded?.stop();
  });
}

/** What meets input from outside has no `__proto__` by which an object could change what all objects are (SECURITY A69). */
function requireHardened(): void {
  try {
    Reflect.get({}, '__proto__');
  } catch {
    return;
  }
  throw new Error('NOT_HARDENED: the server starts under node --disable-proto=throw only');
}

/** People who log in without a password exist only where no issuer and no provider of identities is configured. */
async function demoIdentityProvider(config: Config): Promise<DemoIdentityProvider | undefined> {
  if (config.issuer.kind !== 'demo' || config.identity) return undefined;
  const port = config.port === 0 ? 0 : config.port + 1;
  const demo = await startDemoIdentityProvider({ port, accounts: demoAccounts(demoPersons()) });
  announce(config.dataDir, demo.issuers);
  return demo;
}

async function printFirstQueries(config: Config, database: Database, url: string): Promise<void> {
  const issuer = new DemoIssuer(config, systemClock);
  for (const { recipient, body } of await firstQueries(database)) {
    const token = await issuer.tokenFor(await demoPrincipal(recipient, database));
    process.stdout.write(
      `\n# ${recipient}\ncurl -s ${url} -H 'Content-Type: application/json' -H 'Authorization: Bearer ${token}' -d '${body}'\n`,
    );
  }
  process.stdout.write('\n');
}

/** How long running requests are given when the process is told to stop. */
const FINISH_MS = 10_000;

function stopOnSignal(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let stopping = false;
  const once = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    void stop(signal).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGINT', once);
  process.on('SIGTERM', once);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
