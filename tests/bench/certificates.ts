/**
 * npm run bench:certificates -- --rounds 7 --seconds 1 --pages 3000
 *
 * Certificates per second, each with its own person, against bare ECDSA signing of the same messages to the r‖s that
 * certificates hold (goal 0.5) and, beside it, to the DER that Node makes faster; in interleaved rounds, medians of their
 * ratios. Then printed pages per second, each of another certificate, and the memory that they leave behind, ten times: it
 * fails when what is in use at the end is more than after the first tenth.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { draftCertificate } from '../../src/formats/dcc/issue.js';
import { newUvci } from '../../src/formats/dcc/uvci.js';
import { verifyCertificate } from '../../src/formats/dcc/verify.js';
import { certificatePage } from '../../src/formats/pdf/certificate-page.js';
import { draftTwoDDoc } from '../../src/formats/two-d-doc/issue.js';
import { localKey } from '../../src/signing/local-key.js';
import { aPerson } from '../builders/a-patient.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1' },
    pages: { type: 'string', default: '3000' },
  },
});
const GOAL = 0.5;
const PERSONS = 500;
const STEPS = 10;
/** Between two measures of a process that leaks nothing: the first step still compiles. */
const TOLERATED_MB = 5;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const handle = localKey(privateKey);
const issuedAt = new Date('2022-01-03T10:00:00Z');
const expiresAt = new Date('2023-01-03T10:00:00Z');
const people = Array.from({ length: PERSONS }, (_, n) => aPerson(n + 1));
const dose = { product: 'EU/1/20/1528', doseNumber: 2, seriesDoses: 2, date: '2021-06-01' } as const;

const dccOf = (n: number) => {
  const { birthName, firstNames, birthDate } = people[n % PERSONS]!;
  return draftCertificate({
    name: { familyName: birthName, givenNames: firstNames.join(' ') },
    birthDate,
    vaccination: { ...dose, issuer: 'CNAM', uvci: newUvci() },
    signer: { kid: Buffer.from('lancette'), notAfter: expiresAt },
    issuedAt,
    expiresAt,
  });
};
const twoDDocOf = (n: number) => {
  const { birthName: familyName, firstNames, birthDate } = people[n % PERSONS]!;
  const signer = { authority: 'FR00', certificate: '0001', notAfter: expiresAt };
  return draftTwoDDoc({ familyName, firstNames, birthDate, ...dose, signer, issuedAt });
};
const issued = async (draft: { message: Uint8Array; finish(signature: Uint8Array): string }) =>
  draft.finish(await handle.sign(draft.message));

/** Calls a second. */
async function rateOf(work: (n: number) => unknown, milliseconds: number): Promise<number> {
  const began = performance.now();
  let calls = 0;
  while (performance.now() - began < milliseconds) await work(calls++);
  return (calls * 1000) / (performance.now() - began);
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function main(): Promise<void> {
  const milliseconds = Number(options.seconds) * 1000;
  const suites = { 'EU certificate': dccOf, '2D-DOC': twoDDocOf } as const;
  for (const [name, draft] of Object.entries(suites)) {
    const messages = Array.from({ length: PERSONS }, (_, n) => draft(n).message);
    const raw = (n: number) => sign('sha256', messages[n % PERSONS]!, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const der = (n: number) => sign('sha256', messages[n % PERSONS]!, privateKey);
    const ours = (n: number) => issued(draft(n));
    const rounds: Record<'ours' | 'raw' | 'der', number>[] = [];
    await rateOf(ours, milliseconds / 2);
    for (let round = 0; round < Number(options.rounds); round += 1) {
      const bare = { raw: await rateOf(raw, milliseconds), der: await rateOf(der, milliseconds) };
      rounds.push({ ...bare, ours: await rateOf(ours, milliseconds) });
    }
    const [made, rawRate, derRate] = (['ours', 'raw', 'der'] as const).map((key) =>
      median(rounds.map((one) => one[key])),
    );
    const ratios = (['raw', 'der'] as const).map((key) => median(rounds.map((one) => one.ours / one[key])).toFixed(2));
    say(`${name}: ${made!.toFixed(0)}/s`);
    say(`  ÷ bare ECDSA as r‖s ${rawRate!.toFixed(0)}/s: ${ratios[0]} (goal ${GOAL})`);
    say(`  ÷ bare ECDSA as DER ${derRate!.toFixed(0)}/s: ${ratios[1]}`);
  }
  await pages(Number(options.pages));
}

async function pages(count: number): Promise<void> {
  const step = Math.max(1, Math.ceil(count / STEPS));
  const used: number[] = [];
  for (let done = 0; done < count; done += step) {
    const rate = await rateOfPages(done, step);
    const { heap, outside, resident } = memory();
    used.push(heap + outside);
    say(
      `pages ${done + step}: ${rate.toFixed(1)}/s; in use ${heap} MB + ${outside} MB outside, resident ${resident} MB`,
    );
  }
  const grown = used.at(-1)! - used[0]!;
  say(`memory in use after ${step} pages ${used[0]} MB, after ${step * used.length} ${used.at(-1)} MB`);
  if (grown > TOLERATED_MB) process.exitCode = 1;
}

/** Pages a second. */
async function rateOfPages(from: number, count: number): Promise<number> {
  const began = performance.now();
  for (let n = from; n < from + count; n += 1) {
    const [dcc, twoDDoc] = [await issued(dccOf(n)), await issued(twoDDocOf(n))];
    const read = verifyCertificate(dcc, () => [publicKey], new Date('2022-02-01'));
    if (!read.valid) throw new Error(read.reason);
    await certificatePage({ ...read, dcc, twoDDoc }).bytes();
  }
  return (count * 1000) / (performance.now() - began);
}

/** Megabytes after a collection: living objects, buffers outside the heap, and what the process holds. */
function memory(): { heap: number; outside: number; resident: number } {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const [heap = 0, outside = 0, resident = 0] = [heapUsed, external, rss].map((bytes) => Math.round(bytes / 1e6));
  return { heap, outside, resident };
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await main();
