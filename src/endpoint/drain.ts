import type { Server } from 'node:http';

const draining = new WeakSet<Server>();

/** Whether this server is about to stop: it is not ready any more, and keeps no connection alive. */
export const isDraining = (server: Server): boolean => draining.has(server);

export interface DrainTimes {
  /** Milliseconds during which balancers read that it is not ready, while it still answers. */
  readonly notice: number;
  /** Milliseconds that running requests are given after that. */
  readonly finish: number;
}

/** Stops a server without cutting an answer short, unless it takes too long. */
export async function drain(server: Server, { notice, finish }: DrainTimes): Promise<void> {
  draining.add(server);
  if (notice > 0) await new Promise((resolve) => setTimeout(resolve, notice));
  const closed = new Promise((resolve) => server.close(resolve));
  const cut = setTimeout(() => server.closeAllConnections(), finish);
  await closed;
  clearTimeout(cut);
}
