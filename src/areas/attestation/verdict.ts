/**
 * What a verifier is told of a code: nothing is stored, and nothing of the person is in the verdict. The data of the code
 * are for whoever holds the code and reads it himself.
 */
import { createHash } from 'node:crypto';
import type { DccPayload } from '../../formats/dcc/cose.js';
import { schemaFault } from '../../formats/dcc/schema.js';
import { type VerificationFailure, verifyCertificate } from '../../formats/dcc/verify.js';
import { UNIT_SEPARATOR } from '../../formats/two-d-doc/layout.js';
import { type TwoDDocFailure, type TwoDDocFields, verifyTwoDDoc } from '../../formats/two-d-doc/verify.js';
import { dccKeysOf, type Keys, twoDDocKeysOf } from '../../signing/keyring.js';

export type Verdict = 'VALID' | 'EXPIRED' | 'REVOKED' | 'UNKNOWN_SIGNER' | 'BROKEN';
export type Reason = VerificationFailure | TwoDDocFailure | 'SCHEMA' | 'REVOKED' | 'NO_CODE';

export interface Judged {
  readonly verdict: Verdict;
  /** Which check failed; absent when none did. */
  readonly reason?: Reason;
  readonly kind?: 'EU_DCC' | 'FR_2D_DOC';
  /** What was signed, for whoever holds the code; left out of public answers. */
  readonly statement?: DccPayload | TwoDDocFields;
}

/** Longer than any code: a text beyond it is not read. */
export const LONGEST_CODE = 4096;

export interface Asked {
  readonly code: string;
  readonly keys: Keys;
  readonly now: Date;
  /** Whether one of these entries is on the list; asked only of what is otherwise valid. */
  readonly isRevoked: (entry: Buffer) => Promise<boolean>;
}

export async function judge(asked: Asked): Promise<Judged> {
  const { code } = asked;
  if (code.length > LONGEST_CODE) return { verdict: 'BROKEN', reason: 'NO_CODE' };
  const judged = code.startsWith('DC0') ? twoDDoc(asked) : dcc(asked);
  const { entry, ...found } = judged;
  if (!entry || found.verdict !== 'VALID' || !(await asked.isRevoked(entry))) return found;
  return { ...found, verdict: 'REVOKED', reason: 'REVOKED' };
}

type Found = Judged & { readonly entry?: Buffer };

function dcc({ code, keys, now }: Asked): Found {
  const kind = 'EU_DCC';
  const read = verifyCertificate(code, dccKeysOf(keys), now);
  if (!read.valid) return { kind, verdict: VERDICTS[read.reason] ?? 'BROKEN', reason: read.reason };
  if (schemaFault(read.payload) !== undefined) return { kind, verdict: 'BROKEN', reason: 'SCHEMA' };
  const ci = read.payload.v?.[0]?.ci;
  return { kind, verdict: 'VALID', statement: read.payload, entry: ci === undefined ? undefined : uvciEntry(ci) };
}

function twoDDoc({ code, keys }: Asked): Found {
  const kind = 'FR_2D_DOC';
  const read = verifyTwoDDoc(code, twoDDocKeysOf(keys));
  if (!read.valid) return { kind, verdict: VERDICTS[read.reason] ?? 'BROKEN', reason: read.reason };
  return { kind, verdict: 'VALID', statement: read.fields, entry: twoDDocEntry(code) };
}

const VERDICTS: Partial<Record<Reason, Verdict>> = {
  UNKNOWN_SIGNER: 'UNKNOWN_SIGNER',
  EXPIRED: 'EXPIRED',
  // Once its signer's certificate has ended, a certificate has too.
  SIGNER_PERIOD: 'EXPIRED',
};

const entryOf = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, 16);

/** The line of the revocation list for an EU certificate: of its identifier. */
export const uvciEntry = (uvci: string): Buffer => entryOf(uvci);

/** The same for a 2D-DOC: of the first 51 characters of its signature (see the migration that makes the list). */
export const twoDDocEntry = (code: string): Buffer => entryOf((code.split(UNIT_SEPARATOR)[1] ?? '').slice(0, 51));
