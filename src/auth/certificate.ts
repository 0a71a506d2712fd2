import { createHash, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** SHA-256 thumbprint of a certificate's DER form, base64url (RFC 8705 §3.1). */
export const certificateThumbprint = (der: Uint8Array): string => createHash('sha256').update(der).digest('base64url');

export interface CertificateSource {
  /** Header in which a proxy that ends TLS hands over the certificate, in base64 DER. Without it, no header is read. */
  readonly header?: string;
  /** Whether the other end of a connection is such a proxy. */
  readonly isProxy: (address: string) => boolean;
}

/** This machine, seen through IPv4, IPv6, or one in the other. */
export const isLoopback = (address: string): boolean =>
  isIP(address) !== 0 && /^(?:::ffff:)?127\.|^::1$/i.test(address);

/** The certificate of a connection does not change: renegotiation does not exist in TLS 1.3 and is off before. */
const ofConnections = new WeakMap<Socket, string>();

/**
 * Thumbprint of the client certificate with which the caller opened the connection: its key was proven by the handshake,
 * whoever signed it. Behind a proxy, what the proxy says, and nobody else.
 */
export function certificateOf(request: IncomingMessage, { header, isProxy }: CertificateSource): string | undefined {
  const { socket } = request;
  if (socket instanceof TLSSocket) return ofConnections.get(socket) ?? remembered(socket);
  if (!header || !isProxy(socket.remoteAddress ?? '')) return undefined;
  const given = request.headers[header.toLowerCase()];
  return typeof given === 'string' ? thumbprintInHeader(given) : undefined;
}

function remembered(socket: TLSSocket): string | undefined {
  const { raw } = socket.getPeerCertificate();
  if (!raw) return undefined;
  const thumbprint = certificateThumbprint(raw);
  ofConnections.set(socket, thumbprint);
  return thumbprint;
}

/** What is no certificate is no certificate: a bound token is then refused. */
function thumbprintInHeader(text: string): string | undefined {
  const der = Buffer.from(text, 'base64');
  if (der.toString('base64') !== text) return undefined;
  try {
    return certificateThumbprint(new X509Certificate(der).raw);
  } catch {
    return undefined;
  }
}
