import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorldFacts } from '../world.js';

/** What the bench tells a server's process when it starts it. */
export const givenFacts = (): WorldFacts => JSON.parse(process.env.LANCETTE_BENCH_WORLD ?? '{}');

/** Listens, tells the port to the bench, and ends with it. */
export function announce(server: Server): void {
  server.keepAliveTimeout = 600_000;
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
  process.once('disconnect', () => process.exit(0));
}

/** The body of a request as JSON, read as cheaply as Node's http server can. */
export function readJson<T>(request: IncomingMessage): Promise<T> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => resolve(JSON.parse(String(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))));
    request.on('error', reject);
  });
}

export function sendJson(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
