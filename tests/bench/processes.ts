import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Burnt, Burst, Load, Rest } from './load.js';
import type { WorldFacts } from './world.js';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const children: ChildProcess[] = [];

/**
 * A server in a process of its own, once it has said where it listens; or a task, once it has said its result.
 * @param program a file of this folder, or an absolute path
 */
export async function startServer<T = { port: number }>(
  facts: WorldFacts,
  program: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<T & { pid: number }> {
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    GRAPHILE_ENV: 'production',
    LANCETTE_BENCH_WORLD: JSON.stringify(facts),
  };
  const child = start(program, args, env, flags);
  return { ...(await answerOf<T>(child)), pid: child.pid ?? 0 };
}

/** The process that makes the load. One burst at a time. */
export class LoadGenerator {
  private readonly child = start('load.js', [], process.env);

  /** Opens the connections to a server and keeps them. */
  async prepare(load: Load): Promise<number> {
    this.child.send(load);
    return (await answerOf<{ load: number }>(this.child)).load;
  }

  async burst(burst: Burst): Promise<Burnt> {
    this.child.send(burst);
    return answerOf<Burnt>(this.child);
  }

  /** Closes the connections of all that was prepared. */
  async rest(): Promise<void> {
    this.child.send({ rest: true } satisfies Rest);
    await answerOf(this.child);
  }
}

/** Lets every process that the bench has started end by itself, and waits for it. */
export async function stopProcesses(): Promise<void> {
  const ended = children.splice(0).filter((child) => child.connected);
  for (const child of ended) child.disconnect();
  await Promise.all(ended.map((child) => once(child, 'exit')));
}

function start(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  flags: readonly string[] = [],
): ChildProcess {
  const execArgv = [...flags, ...(process.env.LANCETTE_BENCH_NODE ?? '').split(' ').filter(Boolean)];
  const child = fork(path.resolve(HERE, program), args, { env, execArgv });
  children.push(child);
  return child;
}

function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message as T);
    });
  });
}
