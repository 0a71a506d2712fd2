import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbedded } from '../../src/db/embedded/server.js';
import { aPatient, aPerson, aPs, aReferentialPerson, byNir } from '../builders/a-patient.js';
import { AMPLE, aRegister, type Endpoint, type Register } from '../builders/a-register.js';

/**
 * Does the time of an answer to a search by NIR tell a targeted person from one who never was, or from nobody? Interleaved
 * samples, the slowest 5 % of each kind cropped, Welch's t between each two kinds: |t| < 4.5 (SECURITY A20).
 */
const { values: options } = parseArgs({
  options: { samples: { type: 'string', default: '20000' }, grid: { type: 'string', default: '250' } },
});
const SAMPLES = Number(options.samples);
const GRID = Number(options.grid);
const CLIENTS = 24;
const BOUND = 4.5;

const KINDS = ['targeted', 'never targeted', 'unknown'] as const;
type Kind = (typeof KINDS)[number];

const QUERY =
  'query ($nir: Nir!, $birthDate: BirthDate!) { patientByNir(nir: $nir, birthDate: $birthDate) { id birthName invitations { code } } }';

/** Each sample is a person of his own: whoever was taken in once is targeted from then on. */
async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lancette-timing-'));
  const embedded = await startEmbedded({ dataDir: path.join(folder, 'postgres') });
  process.env.LANCETTE_TEST_CLUSTER = embedded.url;
  const register = await aRegister();
  try {
    const endpoint = await register.serve({ limits: { ...AMPLE, gridMilliseconds: GRID } });
    const times = await measured(register, endpoint);
    report(times);
  } finally {
    await register.close();
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(register: Register, endpoint: Endpoint): Promise<Record<Kind, number[]>> {
  const each = Math.ceil(SAMPLES / 3);
  for (let n = 0; n < each; n += 1) {
    await aPatient(register, n);
    await aReferentialPerson(register, aPerson(1_000_000 + n));
  }
  const token = await endpoint.tokenFor(aPs(1));
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  const times: Record<Kind, number[]> = { targeted: [], 'never targeted': [], unknown: [] };
  let next = -CLIENTS * 3;
  const work = async (): Promise<void> => {
    while (next < each * 3) {
      const at = next++;
      const kind = KINDS[Math.abs(at) % 3] as Kind;
      // Before the first sample, persons whom nobody knows warm the server up.
      const n = at < 0 ? 3_000_000 - at : Math.floor(at / 3);
      const person = aPerson(n + (kind === 'targeted' ? 0 : kind === 'unknown' ? 2_000_000 : 1_000_000));
      const milliseconds = await ask(
        endpoint.url,
        agent,
        token,
        JSON.stringify({ query: QUERY, variables: byNir(person) }),
      );
      if (at >= 0) times[kind].push(milliseconds);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
  agent.destroy();
  return times;
}

function ask(url: string, agent: http.Agent, token: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const began = performance.now();
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      if (response.statusCode !== 200) reject(new Error(`a search answered ${response.statusCode}`));
      response.once('end', () => resolve(performance.now() - began));
    });
    request.once('error', reject);
    request.end(body);
  });
}

const cropped = (times: readonly number[]): number[] =>
  [...times].sort((a, b) => a - b).slice(0, Math.floor(times.length * 0.95));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function welch(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [mean(one), mean(other)];
  const share = (values: readonly number[], m: number) =>
    values.reduce((sum, value) => sum + (value - m) ** 2, 0) / (values.length - 1) / values.length;
  return (a - b) / Math.sqrt(share(one, a) + share(other, b));
}

function report(times: Readonly<Record<Kind, number[]>>): void {
  for (const kind of KINDS)
    process.stdout.write(`${kind}: ${times[kind].length} samples, mean ${mean(cropped(times[kind])).toFixed(3)} ms\n`);
  for (const [one, other] of [
    ['targeted', 'never targeted'],
    ['targeted', 'unknown'],
    ['never targeted', 'unknown'],
  ] as const) {
    const t = welch(cropped(times[one]), cropped(times[other]));
    process.stdout.write(`${one} / ${other}: Welch t = ${t.toFixed(2)}\n`);
    if (!(Math.abs(t) < BOUND)) process.exitCode = 1;
  }
}

await main();
