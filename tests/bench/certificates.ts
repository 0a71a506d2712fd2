/**
 * npm run bench:certificates -- --rounds 7 --seconds 1 --pages 300
 *
 * Certificates per second, each with its own person, against bare ECDSA signing of the same messages to the r‖s that
 * certificates hold (goal 0.5) and, beside it, to the DER that Node makes faster; in interleaved rounds, medians of their
 * ratios; then printed pages per second, and what memory they leave behind.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { parseArgs } from 'node:util';
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
    pages: { type: 'string', default: '300' },
  },
});
const GOAL = 0.5;
const PERSONS = 500;
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
  const dcc = await issued(dccOf(0));
  const twoDDoc = await issued(twoDDocOf(0));
  const read = verifyCertificate(dcc, () => [publicKey], new Date('2022-02-01'));
  if (!read.valid) throw new Error(read.reason);
  const page = () => certificatePage({ ...read, dcc, twoDDoc }).bytes();
  for (let warm = 0; warm < count / 4; warm += 1) await page();
  const before = memory();
  const began = performance.now();
  for (let n = 0; n < count; n += 1) await page();
  const seconds = (performance.now() - began) / 1000;
  say(`pages: ${(count / seconds).toFixed(1)}/s; resident ${before} MB before, ${memory()} MB after ${count}`);
}

function memory(): number {
  global.gc?.();
  return Math.round(process.memoryUsage().rss / 1e6);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await main();
