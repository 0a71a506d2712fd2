import { spawnSync } from 'node:child_process';

/** @returns why a test that needs these programs cannot run here; undefined where it can */
export function lacking(...programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => spawnSync(program, ['--version']).error);
  return absent.length > 0 ? `no ${absent.join(', ')} here` : undefined;
}

const titled = (title: string, reason: string): string => `${title} — skipped: ${reason}`;

/** A test of what a machine may not have: where it is missing, the run counts the test as skipped and says why. */
export const itWhere =
  (missing: string | undefined) =>
  (title: string, run: () => unknown): void =>
    missing === undefined ? it(title, run as () => void) : it.skip(titled(title, missing), run as () => void);

export const describeWhere =
  (missing: string | undefined) =>
  (title: string, tests: () => void): void =>
    missing === undefined ? describe(title, tests) : describe.skip(titled(title, missing), tests);
