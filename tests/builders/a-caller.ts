import { runProgram } from '../../src/cli/program.js';
import { systemClock } from '../../src/kernel/clock.js';
import type { Limits } from '../../src/law/limits.js';
import { asOwner } from './a-patient.js';
import { AMPLE, type Answer, type Register } from './a-register.js';

type GuessCounters = { readonly [name: string]: { readonly points: number; readonly lease: number } };

/** Ample limits, but for the counters of guesses that are named: `{ code: { principalDay: 20 } }`. */
export function limitsOf(
  points: { readonly code?: object; readonly nir?: object },
  { freeMisses = 1_000_000, lease = 5, ...rest }: { freeMisses?: number; lease?: number } & Partial<Limits> = {},
): Limits {
  const kindOf = (kind: 'code' | 'nir') => ({
    ...AMPLE.guesses[kind],
    freeMisses,
    counters: {
      ...AMPLE.guesses[kind].counters,
      ...Object.fromEntries(
        Object.entries(points[kind] ?? {}).map(([name, limit]) => [
          name,
          { ...(AMPLE.guesses[kind].counters as GuessCounters)[name], points: limit, lease },
        ]),
      ),
    },
  });
  return { ...AMPLE, ...rest, guesses: { code: kindOf('code'), nir: kindOf('nir') } } as Limits;
}

export const codeOf = ({ body }: Answer): string | undefined => body?.errors?.[0]?.extensions?.code;

/** Searches that were evaluated, as the journal kept them: by outcome. */
export async function evaluated(register: Register, actors: readonly string[]): Promise<Record<string, number>> {
  const rows = await asOwner<{ outcome: string; n: number }>(
    register,
    `select outcome, count(*)::int as n from trace where actor = any ($1) group by outcome`,
    [actors],
  );
  return Object.fromEntries(rows.map(({ outcome, n }) => [outcome, n]));
}

/** Runs the command line program on this register. */
export async function operate(register: Register, ...args: string[]): Promise<{ code: number; out: string[] }> {
  const out: string[] = [];
  const { database, registrar, sealer, config } = register;
  const code = await runProgram(args, {
    language: 'fr',
    openDatabase: async () => ({
      database,
      registrar,
      sealer,
      config,
      clock: systemClock,
      close: async () => undefined,
    }),
    print: (line) => out.push(line),
    tell: () => undefined,
    isTerminal: false,
  });
  return { code, out };
}
