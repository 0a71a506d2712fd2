import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { demoPerson } from '../../src/cli/demo-campaign.js';
import { demoAccounts } from '../../src/demo/accounts.js';
import { announce } from '../../src/demo/address.js';
import { operator } from '../builders/a-client.js';
import { aPatient } from '../builders/a-patient.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { anIdentityWorld, type IdentityWorld } from '../builders/an-identity-world.js';
import { itWhere, lacking } from '../builders/where-present.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const page = readFileSync(path.join(ROOT, 'docs/integration-lps.md'), 'utf8');
const blocks = [...page.matchAll(/^```sh( exploitant)?\n(.*?)^```$/gms)].map(([, operators, text]) => ({
  operators: operators !== undefined,
  // The command line itself, compiled, in a folder that is not the checkout.
  text: String(text).replaceAll('npm run --silent lancette --', '"$NODE" "$ROOT/dist/src/cli/lancette.js"'),
}));
const DECLARED = blocks.findIndex(({ operators }) => operators);

let register: Register;
let world: IdentityWorld;
let endpoint: Endpoint;
let folder: string;
beforeAll(async () => {
  register = await aRegister();
  world = await anIdentityWorld({ register, accounts: demoAccounts() });
  endpoint = await register.serve({ config: { ...register.config, identity: world.identity } });
  folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-lps-'));
  announce(folder, world.provider.issuers);
  await aPatient(register, 1, { person: demoPerson(1), doses: 1 });
});
afterAll(async () => {
  await world?.close();
  await register?.close();
});

async function shell(lines: string): Promise<string> {
  const given = { LANCETTE: new URL(endpoint.url).origin, PSC: world.provider.issuers.psc };
  const env = { ...process.env, ...given, ROOT, NODE: process.execPath, LANCETTE_DATA: folder };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', lines], { cwd: folder, env });
  return stdout;
}

itWhere(lacking('bash', 'curl', 'openssl'))(
  'the page of practice software leads from a key to the first answer',
  async () => {
    expect(DECLARED).toBeGreaterThan(0);
    const before = blocks.slice(0, DECLARED).map(({ text }) => text);
    const after = blocks.slice(DECLARED + 1).map(({ text }) => text);
    await shell(before.join('\n'));
    const [, words = ''] = String(blocks[DECLARED]?.text).trim().split('lancette.js" ');
    const args = words.split(' ').map((word) => (word.endsWith('.json') ? path.join(folder, word) : word));
    expect(await operator(register, ...args)).toEqual({ code: 0, said: 'client déclaré' });
    // The same terminal goes on: what the first blocks set and defined, without making another key.
    const kept = before.map((text) => text.replace(/^openssl genpkey.*$/m, ''));
    const answers = await shell([...kept, ...after.map((text) => `${text}\nprintf '\\n'`)].join('\n'));
    const told = answers
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const [metadata, rights, patient, undecided, pharmacist, attending] = told;
    expect(metadata.issuer).toBe(world.provider.issuers.psc);
    expect(rights.data.myRights.length).toBeGreaterThan(0);
    expect(patient.data.patientByNir).toMatchObject({ birthName: 'BERNARD', injectionSteps: [{ rank: 1 }] });
    expect(undecided).toMatchObject({ error: 'invalid_request', choices: ['10C', '21C'] });
    expect(pharmacist).toMatchObject({ token_type: 'Bearer', scope: 'ps', expires_in: 3600 });
    expect(attending).toMatchObject({ scope: 'medecin-traitant' });
    expect(told).toHaveLength(6);
  },
);
