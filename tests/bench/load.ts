import { once } from 'node:events';
import net from 'node:net';

/** What one burst of load is made of. `bodies` are sent in turn, each as soon as the answer before it is complete. */
export interface Load {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly string[];
}

/** Asks for a burst. */
export interface Burst {
  readonly load: number;
  readonly seconds: number;
}

/** Closes all connections: a server grants one address no more than a certain number of them. */
export interface Rest {
  readonly rest: true;
}

/** What a burst was. */
export interface Burnt {
  readonly answered: number;
  /** Answers per second. */
  readonly rate: number;
}

/**
 * The load generator, a process of its own: 64 connections kept alive for each server. It reads no more of an answer than
 * its length, so that it costs as little as it can of the two cores that it shares with what it measures.
 */
const CONNECTIONS = 64;
const loads: { connections: Connection[]; requests: Buffer[]; sent: number }[] = [];

process.on('message', (message: Load | Burst | Rest) => {
  if ('port' in message) {
    const connections = Array.from({ length: CONNECTIONS }, () => new Connection(message.port));
    loads.push({ connections, requests: message.bodies.map((body) => requestOf(message, body)), sent: 0 });
    process.send?.({ load: loads.length - 1 });
  } else if ('rest' in message) {
    for (const { connections } of loads.splice(0)) for (const connection of connections) connection.close();
    process.send?.({});
  } else void burst(message).then((burnt) => process.send?.(burnt));
});
process.once('disconnect', () => process.exit(0));

function requestOf({ headers }: Load, body: string): Buffer {
  const lines = Object.entries({ ...headers, 'Content-Length': Buffer.byteLength(body) });
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
}

async function burst({ load, seconds }: Burst): Promise<Burnt> {
  // A burst goes on where the one before ended: what is recorded once must not be sent twice.
  const one = loads[load] as (typeof loads)[number];
  const { connections, requests } = one;
  await Promise.all(connections.map((connection) => connection.open()));
  const began = performance.now();
  const until = began + seconds * 1000;
  let answered = 0;
  const work = async (connection: Connection): Promise<void> => {
    while (performance.now() < until) {
      await connection.ask(requests[one.sent++ % requests.length] as Buffer);
      answered += 1;
    }
  };
  await Promise.all(connections.map(work));
  return { answered, rate: answered / ((performance.now() - began) / 1000) };
}

const LENGTH = Buffer.from('ontent-Length: ');
const LENGTH_LOWER = Buffer.from('ontent-length: ');
const HEAD_END = Buffer.from('\r\n\r\n');

/** One connection, one request at a time; kept alive, and opened anew when its server closed it between two bursts. */
class Connection {
  private socket: net.Socket | undefined;
  private missing = 0;
  private head: Buffer | undefined;
  private answered: (() => void) | undefined;
  private request: Buffer | undefined;

  constructor(private readonly port: number) {}

  async open(): Promise<void> {
    if (this.socket && !this.socket.destroyed) return;
    const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('end', () => socket.destroy());
    // One that another has replaced is heard no more.
    socket.on('close', () => socket === this.socket && this.answered && this.sendAgain());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
  }

  close(): void {
    this.socket?.destroy();
  }

  ask(request: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.answered = resolve;
      this.request = request;
      this.socket?.write(request);
    });
  }

  /** A server may close an idle connection just when it is used again: what was not answered at all is sent once more. */
  private sendAgain(): void {
    const { request } = this;
    if (!request || this.missing > 0 || this.head) fail('a server closed its connection');
    this.request = undefined;
    void this.open().then(() => this.socket?.write(request as Buffer));
  }

  private take(chunk: Buffer): void {
    if (this.missing > 0) this.missing -= chunk.length;
    else if (!this.begin(this.head ? Buffer.concat([this.head, chunk]) : chunk)) return;
    if (this.missing > 0) return;
    const { answered } = this;
    this.answered = undefined;
    answered?.();
  }

  private begin(bytes: Buffer): boolean {
    const end = bytes.indexOf(HEAD_END);
    this.head = end < 0 ? bytes : undefined;
    if (end < 0) return false;
    if (bytes.toString('latin1', 9, 12) !== '200') fail(`a server answered: ${bytes.toString('utf8').slice(0, 300)}`);
    const at = Math.max(bytes.indexOf(LENGTH), bytes.indexOf(LENGTH_LOWER));
    if (at < 0 || at > end) fail('an answer has no length');
    this.missing = Number.parseInt(bytes.toString('latin1', at + LENGTH.length, end), 10) - (bytes.length - end - 4);
    return true;
  }
}

function fail(why: string): never {
  process.stderr.write(`bench: ${why}\n`);
  process.exit(1);
}
