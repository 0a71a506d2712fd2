/** Runs command lines one after another in this process, whose environment is theirs, and prints what came of each. */
import { runProgram } from '../../src/cli/program.js';

export interface Ran {
  readonly code: number;
  readonly printed: string;
  readonly told: string;
}

/** `lancette …`, without a register. */
export async function lancette(...args: string[]): Promise<Ran> {
  const [printed, told]: [string[], string[]] = [[], []];
  const code = await runProgram(args, {
    language: 'en',
    isTerminal: false,
    print: (line) => printed.push(line),
    tell: (line) => told.push(line),
    openDatabase: () => Promise.reject(new Error('these commands open no register')),
  });
  return { code, printed: printed.join('\n'), told: told.join('\n') };
}

if (process.argv[1] === import.meta.filename) {
  const ran: Ran[] = [];
  for (const args of JSON.parse(process.argv[2] ?? '[]') as string[][]) ran.push(await lancette(...args));
  process.stdout.write(JSON.stringify(ran));
}
