import { constants, randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ERRORS } from '../kernel/error-registry.js';
import { type ErrorCode, LancetteError } from '../kernel/errors.js';
import { plainAddress, type TrustedProxies } from './address.js';
import { rawRefusal } from './answer.js';
import type { Patience } from './patience.js';

/** Certificate and key in PEM, when this server speaks TLS itself. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

/** Whoever signed it: a certificate is known by its thumbprint (RFC 8705 §2.2), its key is proven by the handshake. */
const ASKING_FOR_CERTIFICATES = {
  requestCert: true,
  rejectUnauthorized: false,
  minVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const;

interface Manners {
  readonly patience: Patience;
  readonly proxies: TrustedProxies;
  readonly tls: TlsIdentity | undefined;
}

/** A server that waits for nobody longer than it must, holds no more connections than it can, and answers what it cannot read. */
export function patientServer({ patience, proxies, tls }: Manners, listener: RequestListener): Server {
  const manners = {
    headersTimeout: patience.headers,
    requestTimeout: patience.request,
    keepAliveTimeout: patience.keepAlive,
    connectionsCheckingInterval: patience.checks,
    maxHeaderSize: 16_384,
    insecureHTTPParser: false,
    // Refused by our own rule, in our own form.
    requireHostHeader: false,
  };
  const server = tls
    ? createTlsServer({ ...manners, ...tls, ...ASKING_FOR_CERTIFICATES }, listener)
    : createServer(manners, listener);
  // Node drops what exceeds the count without a word: it is counted, and refused, by the endpoint's first rule instead.
  server.maxHeadersCount = 0;
  server.setTimeout(patience.silence);
  server.maxConnections = patience.connections;
  limitPerAddress(server, patience.connectionsPerAddress, proxies);
  answerUnreadable(server);
  return server;
}

/** One address may not take all connections from the others; behind a trusted proxy are many. */
function limitPerAddress(server: Server, limit: number, proxies: TrustedProxies): void {
  const held = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (proxies.has(address)) return;
    const count = (held.get(address) ?? 0) + 1;
    if (count > limit) {
      socket.destroy();
      return;
    }
    held.set(address, count);
    socket.once('close', () => {
      const left = (held.get(address) ?? 1) - 1;
      if (left > 0) held.set(address, left);
      else held.delete(address);
    });
  });
}

/** What the parser says of a request that it gave up; anything else is malformed. */
const UNREADABLE: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
};

function answerUnreadable(server: Server): void {
  const running = new WeakMap<Duplex, Set<ServerResponse>>();
  server.prependListener('request', ({ socket }, response) => {
    const responses = running.get(socket) ?? new Set();
    running.set(socket, responses.add(response));
    response.once('close', () => responses.delete(response));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const responses = [...(running.get(socket) ?? [])];
    // An answer that is on its way would be mixed with this one.
    const free = responses.length === 0 || (responses.length === 1 && !responses[0]?.headersSent);
    if (free) refuseRaw(socket, UNREADABLE[error.code ?? ''] ?? 'INVALID_REQUEST');
    else socket.destroy();
  });
  server.on('connect', (_, socket: Duplex) => refuseRaw(socket, 'METHOD_NOT_ALLOWED'));
  server.on('checkExpectation', ({ socket }: { socket: Socket }) => refuseRaw(socket, 'INVALID_REQUEST'));
}

function refuseRaw(socket: Duplex, code: ErrorCode): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('error', () => socket.destroy());
  socket.end(rawRefusal(new LancetteError(code), STATUS_CODES[ERRORS[code].status] ?? '', randomUUID()), () =>
    socket.destroy(),
  );
}
