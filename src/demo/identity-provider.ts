import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK } from 'jose';
import type { Provider } from 'oidc-provider';
import { type IdentityConfig, parseIdentity } from '../config.js';
import { DEMO_ISSUERS, type DemoAccounts, type DemoIssuerName, demoAccounts } from './accounts.js';
import { loginPage } from './login-page.js';
import { API_CLIENT, DEMO_CLIENTS, demoProvider, issuerPath } from './provider.js';

export interface DemoIdentityProvider {
  readonly issuers: Readonly<Record<DemoIssuerName, string>>;
  /** Clients of each issuer; the API knows the first one. */
  readonly clients: typeof DEMO_CLIENTS;
  /** The same providers as a production configuration would name them. */
  readonly identity: IdentityConfig;
  close(): Promise<void>;
}

/** Starts the three issuers on one port of the loopback; 0, or a port that is taken, is any free one. */
export async function startDemoIdentityProvider({
  port,
  accounts = demoAccounts(),
}: {
  port: number;
  accounts?: DemoAccounts;
}): Promise<DemoIdentityProvider> {
  const server = createServer();
  const base = `http://localhost:${await listen(server, port)}`;
  const issuers = perIssuer((name) => base + issuerPath(name));
  const api = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const apiKey = { ...(await exportJWK(api.publicKey)), kid: 'api', alg: 'ES256', use: 'sig' };
  const encryption = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const encryptionKey = { ...(await exportJWK(encryption.publicKey)), kid: 'api-enc', alg: 'ECDH-ES', use: 'enc' };
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = { ...(await exportJWK(signing.privateKey)), kid: 'demo', alg: 'ES256', use: 'sig' };
  const providers = perIssuer((name) =>
    demoProvider({ name, issuer: issuers[name], accounts: accounts[name], apiKey, encryptionKey, signingKey }),
  );
  server.on('request', (request, response) => route(providers, accounts, request, response));
  return {
    issuers,
    clients: DEMO_CLIENTS,
    identity: identityOf(issuers, pemOf(api.privateKey), pemOf(encryption.privateKey)),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const perIssuer = <T>(of: (name: DemoIssuerName) => T): Record<DemoIssuerName, T> =>
  Object.fromEntries(DEMO_ISSUERS.map((name) => [name, of(name)])) as Record<DemoIssuerName, T>;

async function listen(server: Server, port: number): Promise<number> {
  try {
    await listening(server, port);
  } catch {
    await listening(server, 0);
  }
  return (server.address() as AddressInfo).port;
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

function identityOf(
  issuers: Record<DemoIssuerName, string>,
  privateKey: string,
  decryptionKey: string,
): IdentityConfig {
  const upstream = (name: DemoIssuerName) => ({
    issuer: issuers[name],
    clientId: API_CLIENT,
    credential: { privateKey, kid: 'api' },
    check: 'introspection',
    clients: { [DEMO_CLIENTS[name][0]]: DEMO_CLIENTS[name][0] },
    minimumAcr: name === 'psc' ? 'eidas1' : 'eidas2',
  });
  return parseIdentity({
    psc: upstream('psc'),
    franceConnect: {
      ...upstream('france-connect'),
      check: 'signed-introspection',
      encryption: { privateKey: decryptionKey },
    },
    insurance: upstream('insurance'),
  });
}

const TITLES = {
  psc: 'Pro Santé Connect (démonstration)',
  'france-connect': 'FranceConnect (démonstration)',
  insurance: 'Assurance maladie (démonstration)',
} as const;

function route(
  providers: Record<DemoIssuerName, Provider>,
  accounts: DemoAccounts,
  request: IncomingMessage & { originalUrl?: string },
  response: ServerResponse,
): void {
  const url = request.url ?? '';
  const name = DEMO_ISSUERS.find((one) => url.startsWith(`${issuerPath(one)}/`));
  if (!name) {
    response.writeHead(404).end();
  } else if (url.startsWith(`${issuerPath(name)}/interaction/`)) {
    interact(providers[name], TITLES[name], accounts[name], request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400);
      response.end();
    });
  } else {
    // oidc-provider finds the folder in which it is mounted from both addresses.
    request.originalUrl = url;
    request.url = url.slice(issuerPath(name).length);
    providers[name].callback()(request, response);
  }
}

/** Shows who may log in; once told, sends the person back with the level of his means. */
async function interact(
  provider: Provider,
  title: string,
  accounts: DemoAccounts[DemoIssuerName],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end(loginPage(title, request.url ?? '', accounts));
    return;
  }
  const chosen = new URLSearchParams(await formOf(request)).get('account');
  const account = accounts.find((one) => one.name === chosen);
  if (!account) throw new Error('no such account');
  const result = { login: { accountId: account.sub, acr: account.acr, amr: ['demo'], remember: false }, consent: {} };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function formOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) {
    parts.push(part as Buffer);
    if (parts.length > 16) throw new Error('form too large');
  }
  return Buffer.concat(parts).toString('utf8');
}
