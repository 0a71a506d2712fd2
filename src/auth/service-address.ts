import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Config } from '../config.js';

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/**
 * The public base URL of this service, as callers know it. Production is told it by the configuration; a demonstration
 * goes by the Host header, of this machine only: another name could be anybody's choice.
 */
export function baseUrlOf({ issuer, port }: Pick<Config, 'issuer' | 'port'>, request: IncomingMessage): string {
  if (issuer.kind === 'production') return issuer.id;
  const scheme = request.socket instanceof TLSSocket ? 'https' : 'http';
  const { host = '' } = request.headers;
  return `${scheme}://${LOOPBACK_HOST.test(host) ? host : `localhost:${port}`}`;
}
