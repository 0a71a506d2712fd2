import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { newKeys } from '../src/config.js';
import { asOwner } from './builders/a-patient.js';
import { aRegister, type Register } from './builders/a-register.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const bootstrap = readFileSync(path.join(ROOT, 'src/cli/bootstrap.mjs'), 'utf8');

let register: Register;
let folder: string;
let server: ChildProcess | undefined;
beforeAll(async () => {
  register = await aRegister();
  folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-start-'));
});
afterAll(async () => {
  if (server?.exitCode === null) {
    const ended = new Promise((resolve) => server?.once('close', resolve));
    server.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
  await register.close();
});

/** Starts the real process with the flags of the bootstrap, and reads what it prints until it is ready. */
function started(flags: readonly string[]): Promise<string> {
  const keys = path.join(folder, 'keys.json');
  writeFileSync(keys, JSON.stringify({ ...newKeys(), roles: register.config.keys.roles.toString('base64url') }), {
    mode: 0o600,
  });
  const given = {
    DATABASE_URL: register.config.databaseUrl,
    LANCETTE_DATA: folder,
    LANCETTE_KEYS_FILE: keys,
    PORT: '0',
  };
  const child = spawn(process.execPath, [...flags, path.join(ROOT, 'dist/src/main.js')], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...given },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  server = child;
  return new Promise((resolve, reject) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => {
        said += part;
        if (/^ready in/m.test(said)) resolve(said);
      });
    child.once('close', () => reject(new Error(said)));
  });
}

it('the demonstration starts without __proto__ and answers its first query of each recipient', async () => {
  await expect(started([])).rejects.toThrow('NOT_HARDENED');
  expect(bootstrap).toMatch(/lancette: [^}]*flags: \[...HARDENED/);
  const flags = /const HARDENED = \[(.*)\]/.exec(bootstrap)?.[1]?.match(/--[\w=-]+/g) ?? [];
  const said = await started(flags);
  const lines = [...said.matchAll(/^curl -s (\S+) .*Bearer ([^']+)' -d '(.*)'$/gm)];
  expect(lines.length).toBeGreaterThanOrEqual(17);
  for (const [, url = '', token, body] of lines) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const answer = (await (await fetch(url, { method: 'POST', headers, body })).json()) as { data: object };
    expect(Object.values(answer.data ?? {})[0]).toBeTruthy();
  }
  const agents = await asOwner(register, 'select subject, recipient, body_key from accreditation order by subject');
  expect(agents).toEqual([
    { subject: 'AGENT-0001', recipient: 'AGENT_AM', body_key: '01751' },
    { subject: 'AGENT-0002', recipient: 'AGENT_ATTESTATION', body_key: '01691' },
  ]);
});
