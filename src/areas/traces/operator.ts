import os from 'node:os';

/** The account of the system under which a command runs: traces name who launched it (AIPD M1.12). */
export function operator(): string {
  try {
    return `cli:${os.userInfo().username}`;
  } catch {
    // A container may run under a number that no account bears.
    return `cli:uid-${process.geteuid?.() ?? 'unknown'}`;
  }
}
