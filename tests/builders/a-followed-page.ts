import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { operator } from './a-client.js';
import type { Register } from './a-register.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const BLOCKS = /^```sh( exploitant)?\n(.*?)^```$/gms;

/** What the pages of integration need to be followed, in one terminal and in this order. */
export const PROGRAMS = ['bash', 'curl', 'openssl'] as const;

interface Reader {
  readonly register: Register;
  /** Where the reader's terminal is. */
  readonly folder: string;
  /** What the terminal knows. */
  readonly env: Readonly<Record<string, string>>;
  /** What the reader puts in the place of what the page leaves open. */
  readonly given?: (text: string) => string;
}

/**
 * Follows a page of `docs/` from its first line of shell to its last; what it marks as the operator's, the operator does.
 * @returns each line that was answered, as JSON
 */
// biome-ignore lint/suspicious/noExplicitAny: answers of any form, which each test looks at by itself
export async function follow(page: string, { register, folder, env, given = String }: Reader): Promise<any[]> {
  const shell = async (lines: readonly string[]): Promise<string> => {
    const command = ['-euo', 'pipefail', '-c', lines.join('\n')];
    // The command line itself, compiled, in a folder that is not the checkout.
    const place = { ...process.env, ...env, ROOT, NODE: process.execPath };
    return (await promisify(execFile)('bash', command, { cwd: folder, env: place })).stdout;
  };
  const blocks = [...readFileSync(path.join(ROOT, 'docs', page), 'utf8').matchAll(BLOCKS)];
  const texts = blocks.map(([, , text]) =>
    String(text).replaceAll('npm run --silent lancette --', '"$NODE" "$ROOT/dist/src/cli/lancette.js"'),
  );
  const declared = blocks.findIndex(([, operators]) => operators);
  expect(declared).toBeGreaterThan(0);
  const before = texts.slice(0, declared);
  await shell(before);
  const [, words = ''] = given(String(texts[declared]))
    .trim()
    .split(/lancette(?:\.js"| --) /);
  const args = words.split(' ').map((word) => (word.endsWith('.json') ? path.join(folder, word) : word));
  expect(await operator(register, ...args)).toEqual({ code: 0, said: 'client déclaré' });
  // The same terminal goes on: what the first blocks set and defined, without making another key.
  const kept = before.map((text) => text.replace(/^openssl genpkey.*$/m, ''));
  const after = texts.slice(declared + 1).map((text) => `${text}\nprintf '\\n'`);
  const answers = await shell([...kept, ...after]);
  return answers
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
