import type { Server } from 'node:http';
import { MapperKind, mapSchema } from '@graphql-tools/utils';
import { defaultFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { wallDifferences } from './access/catalog.js';
import { Competences } from './access/competence.js';
import { applyWall, type DatabaseWall, databaseWall, ensureRoles, roleOf } from './access/grants.js';
import { rules as lawfulRules, type Rules, shielded } from './access/shield.js';
import { VIEWERS, type ViewKey, viewKeyOf, viewOf } from './access/views.js';
import { AccreditationService } from './areas/accreditations/accreditation.service.js';
import { PageDoor } from './areas/attestation/page-door.js';
import { RevocationList } from './areas/attestation/revocation-list.js';
import { VerificationDoor } from './areas/attestation/verification-door.js';
import { IndicatorsDoor } from './areas/indicators/indicators-door.js';
import { Deliveries } from './areas/invitations/deliveries.js';
import { DeliveryReports } from './areas/invitations/delivery-reports.js';
import { prepareQueue } from './areas/invitations/invitation-queue.js';
import { GroupCommitJournal } from './areas/traces/group-commit-journal.js';
import { createCallers } from './auth/callers.js';
import { isLoopback } from './auth/certificate.js';
import type { Exchange } from './auth/exchange.js';
import { exchangesOf } from './auth/exchanges.js';
import type { Replay } from './auth/replay.js';
import { ReplayRegister } from './auth/replay-register.js';
import type { Config } from './config.js';
import { DashboardDoor } from './dashboard/dashboard-door.js';
import type { Database } from './db/database.js';
import { TrustedProxies } from './endpoint/address.js';
import type { Patience } from './endpoint/patience.js';
import { TrustedDocuments } from './endpoint/trusted-documents.js';
import { ViewServer } from './endpoint/view-server.js';
import { Allowance } from './kernel/allowance.js';
import { type Clock, systemClock } from './kernel/clock.js';
import { createLog, type Log } from './kernel/log.js';
import { isPersonal } from './law/fields.js';
import { TRUSTED_ONLY_IDS } from './law/first-party.js';
import { LIMITS, type Limits } from './law/limits.js';
import { RECIPIENT_IDS, type Recipient } from './law/recipients.js';
import { RequestAdmission } from './limits/admission.js';
import { GuessLimits } from './limits/guesses.js';
import { MisuseDetector } from './limits/misuse.js';
import { Suspensions } from './limits/suspensions.js';
import { watched } from './limits/watched-journal.js';
import type { RequestContext } from './read/context.js';
import { Cursors } from './read/cursors.js';
import type { Door } from './read/door.js';
import { Executor } from './read/executor.js';
import type { Journal } from './read/journal.js';
import { askedIn } from './read/needed.js';
import { Source } from './read/plan.js';
import { fullSchema } from './schema.js';
import { type CallerParts, createHttpServer } from './server.js';
import { createSealer, createServices, type Services } from './services.js';
import type { Keys as SigningKeys } from './signing/keyring.js';
import { signingKeys } from './signing/open.js';

/** Which walls stand. All of them, except in a test that takes two away to see the third one hold alone. */
export interface Walls {
  readonly view: boolean;
  readonly shield: boolean;
  readonly database: boolean;
}
export const ALL_WALLS: Walls = { view: true, shield: true, database: true };

export interface ApplicationOptions {
  readonly config: Config;
  readonly database: Database;
  readonly clock?: Clock;
  readonly walls?: Walls;
  readonly shortPath?: boolean;
  readonly journal?: Journal;
  readonly rules?: Partial<Rules>;
  /** Ways to prove who one is, in the place of the configuration's. */
  readonly exchanges?: (replay: Replay) => readonly Exchange[];
  /** Other figures than those of the configuration. */
  readonly limits?: Limits;
  readonly patience?: Partial<Patience>;
  /** What else is served beside GraphQL. */
  readonly doors?: readonly Door[];
  /** Other signing keys than those of the configuration. */
  readonly signing?: SigningKeys;
}

/** The wall that the law wants in this database. */
export const lawfulWall = (database: Database, schema: GraphQLSchema, view = viewsOf(schema)): DatabaseWall =>
  databaseWall(database.mapping, (recipient) => openTypesOf(view(recipient), database));

/** The views of a schema, each pruned once: what they return from tables is granted, and they are served. */
function viewsOf(schema: GraphQLSchema): (recipient: Recipient, consultationOnly?: boolean) => GraphQLSchema {
  const pruned = new Map<string, GraphQLSchema>();
  return (recipient, consultationOnly = false) => {
    const key = `${recipient} ${consultationOnly}`;
    const view = pruned.get(key) ?? viewOf(schema, recipient, consultationOnly);
    pruned.set(key, view);
    return view;
  };
}

/** Brings the tables up to date and puts the third wall up; needs the owner's rights, unlike the server itself. */
export async function prepareDatabase(database: Database): Promise<void> {
  await database.owner.runMigrations({ transaction: 'all' });
  const client = await database.ownerPool().connect();
  try {
    await client.query('set statement_timeout = 0');
    await ensureRoles(client, database.passwordOf);
    await prepareQueue(client);
    const wall = lawfulWall(database, fullSchema());
    // A wall that stands is left alone: a register in use must not wait for locks that change nothing.
    if ((await wallDifferences(client, wall)).length > 0) await applyWall(client, wall, database.passwordOf);
  } finally {
    client.release(true);
  }
}

/** The types without personal data that a view returns from tables. */
const openTypesOf = (view: GraphQLSchema, database: Database): string[] =>
  Object.values(view.getTypeMap())
    .filter((type) => isObjectType(type) && !isPersonal(type.name) && database.mapping.has(type.name))
    .map((type) => type.name);

/**
 * Puts the parts together and checks every wall.
 * @throws when a field has no category, a root field no rule, or the database another wall than the law's
 */
export async function createApplication(options: ApplicationOptions): Promise<Server> {
  const { config, database, clock = systemClock, walls = ALL_WALLS } = options;
  const log = createLog(config.logLevel);
  const schema = fullSchema();
  const answered = answering(schema);
  const pruned = viewsOf(answered);
  if (walls.database) await requireWall(database, lawfulWall(database, schema, pruned));
  const competences = Competences.read(config.professionsFile);
  const limits = options.limits ?? config.limits ?? LIMITS;
  const limiting = createLimits(database, limits, log);
  const signing =
    options.signing ?? signingKeys(config, (error) => log.error({ event: 'signing keys not read again', error }));
  const journal = watched(options.journal ?? new GroupCommitJournal(database.pool(roleOf('journal'))), limiting.misuse);
  const services = createServices({
    ...{ config, database, clock, competences, limits, signing, journal },
    ...{ guesses: limiting.guesses, watch: limiting.misuse },
  });
  const reading = { sealer: createSealer(config.keys), cursors: new Cursors(config.keys.cursors) };
  const executors = new Map<ViewKey, Executor>();
  const views = new Map<ViewKey, ViewServer>();
  for (const { key, recipient, consultationOnly } of VIEWERS) {
    const cut = walls.view ? pruned(recipient, consultationOnly) : answered;
    const view = walls.shield ? shielded(cut, options.rules ?? lawfulRules) : cut;
    const pool = walls.database ? database.pool(roleOf(key)) : database.ownerPool();
    const listPool = walls.database ? () => database.listPool(roleOf(key)) : undefined;
    const executor = new Executor({
      ...reading,
      listPool,
      recipient,
      view,
      schema,
      pool,
      mapping: database.mapping,
      journal,
      guesses: limiting.guesses,
    });
    executors.set(key, executor);
    views.set(
      key,
      await ViewServer.create({
        ...{ recipient, consultationOnly, view, schema, executor, journal, log, shortPath: options.shortPath },
        introspection: config.surface.introspection === 'views',
      }),
    );
  }
  const accreditations = new AccreditationService(database, clock);
  const exchanges = exchangesOf({ config, database, competences, accreditations });
  const proxies = new TrustedProxies(config.surface.trustedProxies);
  const isProxy = (address: string): boolean => isLoopback(address) || proxies.has(address);
  return createHttpServer({
    callers: createCallers({ config, database, clock, journal, isProxy, exchanges: options.exchanges ?? exchanges }),
    tls: config.tls,
    views,
    contextOf: (caller, requestId, language) => contextOf(executors, services, caller, requestId, language),
    admission: limiting.admission,
    gridMilliseconds: limits.gridMilliseconds,
    isReady: () => isReady(database),
    log,
    documents: await trustedDocuments(config, schema),
    proxies,
    patience: { ...patienceOf(config), ...options.patience },
    doors: [
      new VerificationDoor({
        keys: signing,
        revocations: new RevocationList(database.pool(roleOf('revocations')), signing),
        allowance: new Allowance(limits.verifications.address),
        clock,
      }),
      new PageDoor(services.attestations, signing, journal),
      new IndicatorsDoor(services.indicators, new Allowance(limits.indicators.address), clock),
      ...deliveryReports(config, database, clock),
      new DashboardDoor(),
      ...(options.doors ?? []),
    ],
  });
}

/** @throws when a manifest is configured and not to be trusted, or a scope is no recipient's: nothing is served then */
async function trustedDocuments({ surface, keys }: Config, schema: GraphQLSchema): Promise<TrustedDocuments> {
  const only = surface.trustedDocumentsOnly?.map(recipientOfScope) ?? TRUSTED_ONLY_IDS;
  if (!surface.trustedDocuments) return TrustedDocuments.none(only);
  if (!keys.trustedDocuments) throw new Error('keys: trustedDocuments is missing');
  const views = (recipient: Recipient) => viewOf(schema, recipient);
  return TrustedDocuments.open(surface.trustedDocuments, keys.trustedDocuments.publicKey, views, only);
}

function recipientOfScope(scope: string): Recipient {
  const found = RECIPIENT_IDS.find((id) => id === scope.toUpperCase().replaceAll('-', '_'));
  if (!found) throw new Error('configuration: LANCETTE_TRUSTED_DOCUMENTS_ONLY: scopes of recipients, by commas');
  return found;
}

/** Gateways report to the server; the keys of their reports are those of the sending settings. */
function deliveryReports({ sending }: Config, database: Database, clock: Clock): Door[] {
  const gateways = { ...(sending?.sms && { sms: sending.sms }), ...sending?.portals };
  if (Object.keys(gateways).length === 0) return [];
  const replay = new ReplayRegister(database.pool(roleOf('callers')), clock);
  const reports = new DeliveryReports({
    deliveries: new Deliveries(database.pool(roleOf('sender'))),
    keys: Object.fromEntries(Object.entries(gateways).map(([name, { reportKey }]) => [name, reportKey])),
    firstUse: (id, until) => replay.firstUse('delivery-report', id, until),
    clock,
  });
  return [reports];
}

const patienceOf = ({ surface: { maxConnections, maxConnectionsPerAddress } }: Config): Partial<Patience> => ({
  ...(maxConnections && { connections: maxConnections }),
  ...(maxConnectionsPerAddress && { connectionsPerAddress: maxConnectionsPerAddress }),
});

/** What keeps callers within bounds, on the pool of a role of its own. */
function createLimits(database: Database, limits: Limits, log: Log) {
  const pool = database.pool(roleOf('limits'));
  const suspensions = new Suspensions(pool, log);
  return {
    guesses: new GuessLimits(pool, limits, suspensions, log),
    admission: new RequestAdmission(pool, limits, suspensions),
    misuse: new MisuseDetector(pool, limits, suspensions),
  };
}

function contextOf(
  executors: ReadonlyMap<ViewKey, Executor>,
  services: Services,
  { principal, address, pace }: CallerParts,
  requestId: string,
  language: 'fr' | 'en',
): RequestContext<Services> {
  return {
    principal,
    address,
    pace,
    requestId,
    language,
    services,
    judgement: new Map(),
    compiling: false,
    withheld: new Map(),
    // Apollo runs on a copy of this object: the verdicts are in the copy.
    execute: (source, root, running) =>
      (executors.get(viewKeyOf(principal)) as Executor).execute(source, root, running),
  };
}

/** Root resolvers that give a source: on the long path its object is read for graphql-js, behind the second wall. */
const answering = (schema: GraphQLSchema): GraphQLSchema =>
  mapSchema(schema, {
    [MapperKind.ROOT_FIELD]: (config) => {
      const { resolve = defaultFieldResolver } = config;
      return {
        ...config,
        resolve: async (parent, args, context: RequestContext, info) => {
          const result = await resolve(parent, args, context, info);
          return result instanceof Source && !context.compiling
            ? context.execute(
                result,
                { key: String(info.path.key), name: info.fieldName, needs: askedIn(info) },
                context,
              )
            : result;
        },
      };
    },
  });

async function requireWall(database: Database, wall: DatabaseWall): Promise<void> {
  const client = await database.ownerPool().connect();
  try {
    const differences = await wallDifferences(client, wall);
    if (differences.length > 0) {
      throw new Error(
        `the database does not grant what the law says, run « lancette migrate »:\n${differences.slice(0, 20).join('\n')}`,
      );
    }
  } finally {
    client.release();
  }
}

async function isReady(database: Database): Promise<boolean> {
  try {
    await database.pool(roleOf('journal')).query('select');
    return true;
  } catch {
    return false;
  }
}
