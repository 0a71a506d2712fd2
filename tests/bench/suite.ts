import type { Burst } from './load.js';
import type { LoadGenerator } from './processes.js';
import type { Processor } from './processor.js';

/** One way to get the same answers. */
export interface Variant {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  readonly headers: Readonly<Record<string, string>>;
  /** One body for each thing asked; the nth answer of every variant of a suite says the same. */
  readonly bodies: readonly string[];
  /** Makes an answer comparable with the bare one, where a format necessarily differs. Absent: byte for byte. */
  readonly comparable?: (answer: string) => string;
}

/** What is to be shown: one variant's speed divided by another's. */
export interface Comparison {
  readonly of: string;
  readonly against: string;
  /** At least this; absent where nothing was promised. */
  readonly goal?: number;
}

/** Variants that answer the same questions, measured in turn within every round. The first one is the truth. */
export interface Suite {
  readonly id: string;
  readonly title: string;
  /** At most so many. */
  readonly rounds?: number;
  readonly variants: readonly Variant[];
  readonly comparisons: readonly Comparison[];
}

export interface Compared {
  /** Requests per second, medians. */
  readonly rate: number;
  readonly otherRate: number;
  readonly ratio: { readonly median: number; readonly least: number; readonly most: number };
  /** Processor time per answer of the other divided by ours, server and database together; absent where it is not known. */
  readonly work: number | undefined;
}

export interface Measured extends Comparison, Compared {
  readonly suite: Suite;
}

/** One burst of one variant. */
export interface Sample {
  readonly rate: number;
  /** Milliseconds of processor per answer. */
  readonly work: number;
}

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
}

/** @throws when any answer of any variant says something else than the first variant's */
export async function requireSameAnswers({ id, variants }: Suite): Promise<number> {
  const [truth, ...others] = variants as [Variant, ...Variant[]];
  for (const [at, body] of truth.bodies.entries()) {
    const expected = await askOnce(truth, body);
    if (!/^\{"data":\{"\w+":\{/.test(expected))
      throw new Error(`suite ${id}: « ${truth.name} » answers ${expected.slice(0, 300)}`);
    for (const variant of others) {
      const answer = await askOnce(variant, variant.bodies[at] ?? '');
      const { comparable = same } = variant;
      if (comparable(answer) !== comparable(expected))
        throw new Error(difference(id, truth, variant, expected, answer));
    }
  }
  return truth.bodies.length * variants.length;
}

const difference = (id: string, truth: Variant, variant: Variant, expected: string, answer: string): string =>
  `suite ${id}: « ${variant.name} » answers otherwise than « ${truth.name} »\n${answer.slice(0, 1500)}\n${expected.slice(0, 1500)}`;

const same = (answer: string): string => answer;

/** One question, outside of any measure. */
export const askOnce = async ({ port, headers }: Pick<Variant, 'port' | 'headers'>, body: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body })).text();

/** What was sampled of each variant, by its name. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/** All variants in each round, in an order that turns; pools and connections stay open from one round to the next. */
export async function sampled(
  suite: Suite,
  generator: LoadGenerator,
  processor: Processor,
  { rounds, seconds }: Effort,
): Promise<Samples> {
  const loads: number[] = [];
  for (const { port, headers, bodies } of suite.variants)
    loads.push(await generator.prepare({ port, headers, bodies }));
  for (const load of loads) await warm(generator, load);
  const samples = new Map<string, Sample[]>(suite.variants.map(({ name }) => [name, []]));
  for (let round = 0; round < Math.min(rounds, suite.rounds ?? rounds); round += 1) {
    for (let turn = 0; turn < loads.length; turn += 1) {
      const at = (turn + round) % loads.length;
      const { name, pid } = suite.variants[at] as Variant;
      samples.get(name)?.push(await sample(generator, processor, pid, { load: loads[at] ?? 0, seconds }));
    }
  }
  await generator.rest();
  return samples;
}

/** @param sets what each set of processes gave */
export function measured(suite: Suite, sets: readonly Samples[]): Measured[] {
  const of = (name: string): Sample[] => sets.flatMap((samples) => samples.get(name) ?? []);
  return suite.comparisons.map((comparison) => ({
    ...comparison,
    suite,
    ...compared(of(comparison.of), of(comparison.against)),
  }));
}

/** Seconds of warming: at least these, and at most so many. */
const [LEAST, MOST] = [8, 20];
/** What is this much faster than it was before is still getting warm. */
const FASTER = 1.03;

/**
 * Until it runs at its speed: V8 needs some ten thousand requests, and every connection of a role must have met its plans, and
 * each page of the tables that the suite touches, which the system maps for one connection after the other.
 */
async function warm(generator: LoadGenerator, load: number): Promise<void> {
  let best = (await generator.burst({ load, seconds: LEAST })).rate;
  for (let spent = LEAST; spent < MOST; spent += 1) {
    const { rate } = await generator.burst({ load, seconds: 1 });
    if (rate < FASTER * best) return;
    best = rate;
  }
}

/** One burst, with the processor time that it cost the server and the database. */
export async function sample(
  generator: LoadGenerator,
  processor: Processor,
  pid: number,
  burst: Burst,
): Promise<Sample & { answered: number }> {
  const before = processor.used(pid) ?? Number.NaN;
  const { answered, rate } = await generator.burst(burst);
  return { answered, rate, work: ((processor.used(pid) ?? Number.NaN) - before) / answered };
}

/** Of the same round each. */
export function compared(ours: readonly Sample[], theirs: readonly Sample[]): Compared {
  const ratios = ours.map(({ rate }, round) => rate / (theirs[round]?.rate ?? Number.NaN));
  const work = median(ours.map((one, round) => (theirs[round]?.work ?? Number.NaN) / one.work));
  return {
    rate: median(ours.map(({ rate }) => rate)),
    otherRate: median(theirs.map(({ rate }) => rate)),
    ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
    work: Number.isNaN(work) ? undefined : work,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle - 0.5)] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
