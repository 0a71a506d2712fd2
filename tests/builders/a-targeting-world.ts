import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TargetingImporter, type TargetingParts } from '../../src/areas/targeting/import.service.js';
import { TargetingRejects } from '../../src/areas/targeting/rejects.service.js';
import { TargetingRollback } from '../../src/areas/targeting/rollback.service.js';
import { runProgram } from '../../src/cli/program.js';
import { systemClock } from '../../src/kernel/clock.js';
import type { Language } from '../../src/kernel/errors.js';
import { aRegister, type Register } from './a-register.js';
import { aFileOf } from './a-targeting-file.js';
import { emptying } from './emptying.js';

/** The tables that an import fills; invitations and health data go with their persons. */
const IMPORTED = [
  ...['patient', 'patient_nir', 'invitation_code', 'targeting_reject', 'targeting_import'],
  ...['targeting_block', 'targeting_run'],
];

/** A register of its own and a folder for the files of a test. */
export interface TargetingWorld {
  readonly register: Register;
  readonly folder: string;
  readonly importer: TargetingImporter;
  readonly rejects: TargetingRejects;
  readonly rollback: TargetingRollback;
  readonly parts: TargetingParts;
  /** A file of these lines, with its SHA-256 beside it. */
  file(name: string, lines: Iterable<string>, form?: { header?: string; newline?: string }): ReturnType<typeof aFileOf>;
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  count(sql: string, values?: unknown[]): Promise<number>;
  /** As if nothing had ever been imported: a test's own world, faster than a database of its own. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export async function aTargetingWorld(): Promise<TargetingWorld> {
  const register = await aRegister();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-targeting-'));
  const { database, registrar, sealer } = register;
  const parts = { database, registrar, sealer, clock: systemClock };
  // TypeORM's own connections: a statement of theirs may take as long as a million persons want.
  const query = (sql: string, values: unknown[] = []) => database.owner.query(sql, values);
  return {
    register,
    folder,
    parts,
    importer: new TargetingImporter(parts),
    rejects: new TargetingRejects(parts),
    rollback: new TargetingRollback(parts),
    file: (name, lines, form) => aFileOf(path.join(folder, name), lines, form),
    query,
    count: async (sql, values) => Number((await query(`select count(*) as n from ${sql}`, values))[0]?.n),
    // The triggers that keep steps for good are always on: whoever owns the tables must take them away by name.
    empty: async () => {
      await query(emptying(IMPORTED));
    },
    close: async () => {
      rmSync(folder, { recursive: true, force: true });
      await register.close();
    },
  };
}

/**
 * Everything that an import leaves behind, but what is drawn at random (identifiers, codes, seals): equal for equal
 * imports into registers with the same keys.
 */
export async function stateOf({ query }: TargetingWorld): Promise<Record<string, unknown>> {
  const [persons] = await query(`
    select count(*)::int as persons, md5(string_agg(content, E'\\n' order by content)) as digest from (
      select concat_ws('|', encode(n.nir_index, 'hex'), (to_jsonb(p) - 'key' - 'id' - 'nir')::text, h.medical_criteria_codes::text) as content
        from patient p join patient_nir n on n.patient_key = p.key left join patient_health h on h.patient_key = p.key) all_persons`);
  const [codes] = await query(`
    select count(*)::int as invitations, count(distinct i.code)::int as codes,
           count(*) filter (where c.patient_key = i.patient_key and p.key is not null)::int as consistent
      from invitation i left join invitation_code c on c.code = i.code left join patient p on p.key = i.patient_key`);
  const rejects = await query('select line, column_name, code from targeting_reject order by line');
  const imports = await query(`
    select sha256, lines_read, persons_created, persons_enriched, persons_unchanged, lines_rejected, bytes_done,
           finished_at is not null as finished from targeting_import order by sha256`);
  return { ...persons, ...codes, rejects, imports };
}

export interface CommandRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program in this process, on this register. */
export async function command(
  { parts, register }: Pick<TargetingWorld, 'parts' | 'register'>,
  args: string[],
  language: Language = 'fr',
): Promise<CommandRun> {
  const [out, told]: string[][] = [[], []];
  const exitCode = await runProgram(args, {
    language,
    openDatabase: async () => ({ ...parts, config: register.config, close: async () => undefined }),
    print: (line) => out?.push(line),
    tell: (line) => told?.push(line),
    isTerminal: false,
  });
  return { exitCode, signal: null, stdout: out?.join('\n') ?? '', stderr: told?.join('\n') ?? '' };
}

const PROGRAM = path.resolve(import.meta.dirname, '../../src/cli/lancette.js');

/**
 * Runs the command line program in a process of its own on this register.
 * @param until kills the process with SIGKILL when it answers true to what was written on standard error
 * @param when kills it alike, when something outside it says so: looked at each millisecond
 */
export function runCommand(
  world: Pick<TargetingWorld, 'register' | 'folder'>,
  args: string[],
  {
    until,
    when,
    env = {},
    flags = [],
  }: { until?: (stderr: string) => boolean; when?: () => boolean; env?: Record<string, string>; flags?: string[] } = {},
): Promise<CommandRun> {
  const child = spawn(process.execPath, [...flags, PROGRAM, ...args], {
    env: { PATH: process.env.PATH, ...environmentOf(world), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stderr.on('data', (part) => {
    stderr += part;
    if (until?.(stderr)) child.kill('SIGKILL');
  });
  const looking = when && setInterval(() => when() && child.kill('SIGKILL'), 1);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      clearInterval(looking);
      resolve({ exitCode, signal, stdout, stderr });
    });
  });
}

/** The configuration of this register, as a process is given it. */
function environmentOf({ register, folder }: Pick<TargetingWorld, 'register' | 'folder'>): Record<string, string> {
  const keys = path.join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify(register.config.keys, asText), { mode: 0o600 });
  return {
    DATABASE_URL: register.config.databaseUrl ?? '',
    LANCETTE_DATA: folder,
    LANCETTE_KEYS_FILE: keys,
    // As in production: the program then finds its database prepared, and does not migrate it at each start.
    LANCETTE_ISSUER: 'https://issuer.test',
  };
}

const asText = (_: string, value: unknown): unknown =>
  value !== null && typeof value === 'object' && 'type' in value && value.type === 'Buffer' && 'data' in value
    ? Buffer.from(value.data as number[]).toString('base64url')
    : value;
