import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImportMeasured, MemoryMeasured } from './import-suite.js';
import type { Compared, Measured } from './suite.js';

/** One line of the table. */
export interface Line {
  readonly what: string;
  readonly rates: string;
  readonly ratio: string;
  /** The same ratio in processor time per answer: what the machine does besides hardly changes it. */
  readonly work?: string;
  readonly goal: string;
  readonly met: string;
}

const HEAD: Line = {
  what: 'what',
  rates: 'per second (medians)',
  ratio: 'ratio: median (least–most)',
  work: 'in processor time',
  goal: 'goal',
  met: 'met',
};

export const lineOf = (what: string, of: string, { rate, otherRate, ratio, work }: Compared, goal?: number): Line => ({
  what,
  rates: `${whole(rate)} ÷ ${whole(otherRate)} ${of}`,
  ...judged(ratio, goal),
  work: work === undefined ? '' : work.toFixed(2),
});

export const measuredLine = ({ suite, of, against, goal, ...compared }: Measured): Line =>
  lineOf(`${suite.title}: ${of} ÷ ${against}`, 'answers', compared, goal);

export const importLine = ({ lines, against, importRate, copyRate, ratio }: ImportMeasured): Line => ({
  what: `import of ${whole(lines)} lines ÷ bare COPY ${against}`,
  rates: `${whole(importRate)} ÷ ${whole(copyRate)} persons`,
  ...judged(ratio, 0.5),
});

/** The most that an import holds above an idle process, for each size of file: at most 200 MB, whatever the size. */
export const memoryLines = (memory: readonly MemoryMeasured[]): Line[] =>
  memory.map(({ lines, megabytes, idle }) => ({
    what: `most memory of an import of ${whole(lines)} lines, above idle`,
    rates: `${whole(megabytes)} − ${whole(idle)} MB`,
    ratio: `${whole(megabytes - idle)} MB`,
    goal: '≤ 200 MB',
    met: megabytes - idle <= 200 ? 'yes' : 'no',
  }));

function judged({ median, least, most }: Measured['ratio'], goal: number | undefined): Omit<Line, 'what' | 'rates'> {
  return {
    ratio: `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`,
    goal: goal === undefined ? '' : `≥ ${goal}`,
    met: goal === undefined ? '' : median >= goal ? 'yes' : 'no',
  };
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');

/** The table as Markdown, its columns aligned, so that it reads as well on a terminal. */
export function tableOf(lines: readonly Line[]): string {
  const columns = Object.keys(HEAD) as (keyof Line)[];
  const widths = columns.map((column) => Math.max(...[HEAD, ...lines].map((line) => (line[column] ?? '').length)));
  const row = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [
    row(columns.map((column) => HEAD[column] ?? '')),
    row(widths.map((width) => '-'.repeat(width))),
    ...lines.map((line) => row(columns.map((column) => line[column] ?? ''))),
  ].join('\n');
}

export interface Run {
  readonly lines: readonly Line[];
  readonly answers: number;
  readonly postgresVersion: string;
  readonly effort: string;
}

/** Sources lie outside `dist`, and so does the last table. */
const RESULTS = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../tests/bench/RESULTS.md');

export function keepResults(run: Run): void {
  const [cpu] = cpus();
  writeFileSync(
    RESULTS,
    `# The last run of \`npm run bench\`

${new Date().toISOString().slice(0, 10)} · ${cpus().length} × ${cpu?.model.trim()} · ${Math.round(totalmem() / 2 ** 30)} GB · Node ${process.version} · PostgreSQL ${run.postgresVersion} · ${run.effort}

${tableOf(run.lines)}

${NOTES}
${run.answers.toLocaleString('en-US')} answers were compared before anything was measured, and none differed.
`,
  );
}

const NOTES = `* The register has 300,000 patients and 500,000 injections; PostgreSQL is durable (fsync on). Load: 64 connections kept alive, from a process of its own, so that every variant has work waiting; every server is a process of its own with the same size of pool; all of them share the cores of one machine. Ratios are of the two rates within one round, the order of the variants turns from round to round; suites of answers are measured on three sets of server processes, since one can be slow for a whole suite. « In processor time » is the same ratio of what one answer costs the server and all of PostgreSQL together: what else the machine does disturbs it less.
* « bare pg » is one named statement on a \`pg.Pool\` behind Node's http server, as the owner of the database: no right, no authentication, no GraphQL. Lancette answers the same bytes with all walls and the token's verification on.
* PostGraphile 5 (packages and lock in \`peers/\`) takes the role of the recipient, which has the column grants; row-level security is spared to it, and it looks the patient up by key. « TypeORM find » is this schema with type-graphql resolvers, \`find\` with relations and a graphql-shield rule on every field. Their answers are compared after bringing instants to one form.
* « no wall, no perimeter »: the full schema, no shield, the owner's connections, every person within reach; the token is still verified. 10,000 patients are 100 pages of 100, the longest page there is. DMP reaches whoever is vaccinated, which row policies look up for each invitation; SPF reaches everyone.
* « everybody believed »: no token is verified, nothing is counted or watched, nobody is suspended; walls and perimeter stand. Beside it, the token was verified once and is remembered.
* The page of 15 fields holds eight fields of the person, two of the consultation and five of each injection, without the sealed NIR; the next line has the NIR, which both sides open with the same key.
* The import checks, seals, indexes and pseudonymises each line and writes four tables beside \`patient\`. The bare COPY writes the same rows again, table by table, into empty tables with the same columns, checks and indexes; the second line counts those of \`patient\` alone, though the import wrote all five.
`;
