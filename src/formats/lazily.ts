import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

/**
 * A library that weighs as much as the rest of the server and is needed for pages and codes alone: loaded with the first
 * of them, so that a start, a command or a test does not wait for it.
 */
export function lazily<T>(name: string): () => T {
  let loaded: T | undefined;
  return () => {
    loaded ??= load(name) as T;
    return loaded;
  };
}
