import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Burst, Load } from './load.js';
import type { WorldFacts } from './world.js';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const children: ChildProcess[] = [];

/** A server in a process of its own. `program` is a file of this folder, or an absolute path. */
export async function startServer(
  facts: WorldFacts,
  program: string,
  args: readonly string[] = [],
): Promise<{ port: number }> {
  const env = { ...process.env, NODE_ENV: 'production', LANCETTE_BENCH_WORLD: JSON.stringify(facts) };
  return answerOf<{ port: number }>(start(program, args, env));
}

/** The process that makes the load. One burst at a time. */
export class LoadGenerator {
  private readonly child = start('load.js', [], process.env);

  /** Opens the connections to a server and keeps them. */
  async prepare(load: Load): Promise<number> {
    this.child.send(load);
    return (await answerOf<{ load: number }>(this.child)).load;
  }

  /** @returns answers per second */
  async burst(burst: Burst): Promise<number> {
    this.child.send(burst);
    return (await answerOf<{ rate: number }>(this.child)).rate;
  }
}

/** Ends every process that the bench has started: each ends by itself once the bench is gone. */
export function stopProcesses(): void {
  for (const child of children.splice(0)) if (child.connected) child.disconnect();
}

function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const execArgv = (process.env.LANCETTE_BENCH_NODE ?? '').split(' ').filter(Boolean);
  const child = fork(path.resolve(HERE, program), args, { env, execArgv });
  children.push(child);
  return child;
}

function answerOf<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message as T);
    });
  });
}
