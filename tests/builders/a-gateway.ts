import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GatewayRequest {
  readonly reference: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Gateway {
  readonly settings: { url: string; key: string; reportKey: string };
  /** Messages taken, each once: a reference that is already there is answered and not taken again. */
  readonly taken: GatewayRequest[];
  /** Requests whose signature or form was not that of docs/invitations.md. */
  readonly faults: string[];
  /** What the next requests are answered. */
  answers: (request: GatewayRequest) => number;
  /** Headers of a delivery report, signed as the documentation says. */
  report(body: string, given?: { key?: Buffer; at?: number; gateway?: string }): Record<string, string>;
  close(): Promise<void>;
}

/** An SMS gateway, or a portal of insured persons, over HTTP: written from the documentation, with no line of src/. */
export async function aGateway(name = 'sms'): Promise<Gateway> {
  const [key, reportKey] = [randomBytes(32), randomBytes(32)];
  const taken: GatewayRequest[] = [];
  const faults: string[] = [];
  const mac = (secret: Buffer, timestamp: string, path: string, body: Buffer): string =>
    createHmac('sha256', secret)
      .update(`v1\n${timestamp}\nPOST\n${path}\n${createHash('sha256').update(body).digest('hex')}`)
      .digest('hex');
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const { headers } = request;
    const timestamp = String(headers['lancette-timestamp']);
    const message = JSON.parse(body.toString()) as GatewayRequest;
    if (headers['lancette-signature'] !== `v1=${mac(key, timestamp, String(request.url), body)}`)
      faults.push('signature');
    if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 60) faults.push('timestamp');
    if (headers['idempotency-key'] !== message.reference) faults.push('reference');
    const status = gateway.answers(message);
    if (status === 202 && !taken.some(({ reference }) => reference === message.reference)) taken.push(message);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const gateway: Gateway = {
    settings: {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages?from=lancette`,
      key: key.toString('base64url'),
      reportKey: reportKey.toString('base64url'),
    },
    taken,
    faults,
    answers: () => 202,
    report: (body, given = {}) => {
      const timestamp = String(Math.floor((given.at ?? Date.now()) / 1000));
      return {
        'content-type': 'application/json',
        'lancette-gateway': given.gateway ?? name,
        'lancette-timestamp': timestamp,
        'lancette-signature': `v1=${mac(given.key ?? reportKey, timestamp, '/delivery-reports', Buffer.from(body))}`,
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return gateway;
}
