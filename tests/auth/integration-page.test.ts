import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { operator } from '../builders/a-client.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { itWhere, lacking } from '../builders/where-present.js';

const PAGE = path.resolve(import.meta.dirname, '../../..', 'docs/integration-agence.md');
const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/^```sh( exploitant)?\n(.*?)^```$/gms)].map(
  ([, operators, text]) => ({ operators: operators !== undefined, text: String(text) }),
);
const DECLARED = blocks.findIndex(({ operators }) => operators);

let register: Register;
let endpoint: Endpoint;
let folder: string;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-agency-'));
});
afterAll(() => register.close());

async function shell(lines: string): Promise<string> {
  const env = { ...process.env, LANCETTE: new URL(endpoint.url).origin };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', lines], { cwd: folder, env });
  return stdout;
}

itWhere(lacking('bash', 'curl', 'openssl'))('the page of agencies leads from a key to the first answer', async () => {
  expect(DECLARED).toBeGreaterThan(0);
  const before = blocks.slice(0, DECLARED).map(({ text }) => text);
  const after = blocks.slice(DECLARED + 1).map(({ text }) => text);
  await shell(before.join('\n'));
  const command = String(blocks[DECLARED]?.text).replace('"$CLIENT"', 'spf-datawarehouse').trim();
  const [, words = ''] = command.split('lancette -- ');
  const args = words.split(' ').map((word) => (word.endsWith('.json') ? path.join(folder, word) : word));
  expect(await operator(register, ...args)).toEqual({ code: 0, said: 'client déclaré' });
  // The same terminal goes on: what the first blocks set and defined, without making another key.
  const kept = before.map((text) => text.replace(/^openssl genpkey.*$/m, ''));
  const answers = await shell([...kept, ...after.map((text) => `${text}\nprintf '\\n'`)].join('\n'));
  const told = answers
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const [rights, patients, metadata, jwks] = told;
  expect(rights.data.myRights.length).toBeGreaterThan(0);
  expect(patients).toEqual({ data: { patients: { edges: [] } } });
  expect(metadata.token_endpoint).toBe(`${new URL(endpoint.url).origin}/token`);
  expect(jwks.keys).toHaveLength(1);
});
