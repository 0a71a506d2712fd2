/**
 * Keys whose certificates an outside authority issues, as that of a State does: a request to be sent to it, then its answer;
 * or a key of a token that has its certificate already. Nothing takes office before all of it is checked.
 */
import { randomBytes, type X509Certificate } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { CoseAlgorithm } from '../formats/dcc/cose.js';
import { LancetteError } from '../kernel/errors.js';
import { certificateRequest } from './certificate-request.js';
import { openKey, sealKey } from './encrypted-key.js';
import {
  bindingOf,
  handleOf,
  type KeyFileInput,
  KeySource,
  keyFiles,
  parseKeyFile,
  type Secrets,
  writeKeyFile,
  writeWhole,
} from './folder.js';
import { isSignedBy, localKey, newPrivateKey } from './local-key.js';
import { keyFileName } from './new-keys.js';
import { generateTokenKey, type TokenKey } from './pkcs11.js';
import { type CertificateFault, certificatesIn, faultOf, isInPeriod } from './signer-certificate.js';
import { type KeyHandle, SIGNER_PURPOSES, type SignerPurpose, type TwoDDocNames } from './signing-key.js';
import type { Subject } from './x509.js';

/** A key that waits for its certificate: no key file, so that it can neither sign nor be believed. */
const WaitingKey = z.strictObject({
  version: z.literal(1),
  purpose: z.enum(SIGNER_PURPOSES),
  /** PEM, PKCS#10; a sealed key is bound to it. */
  request: z.string(),
  source: KeySource,
});
type WaitingKey = z.infer<typeof WaitingKey>;

const SUFFIX = '.request.json';

export interface OpenFolder extends Secrets {
  readonly folder: string;
}

/** Where the key of a request is: in a new file of the folder, or in a token, which makes it or has it. */
export type Place = { readonly algorithm: CoseAlgorithm } | { readonly token: TokenKey; readonly generate: boolean };

export interface RequestOrder {
  readonly purpose: SignerPurpose;
  readonly subject: Subject;
  readonly place: Place;
  readonly now: Date;
}

/**
 * A new key, or one of a token, and the request for its certificate.
 * @returns the file in which it waits, and the request in PEM
 * @throws SIGNING_TOKEN
 */
export async function requestCertificate(
  folder: OpenFolder,
  { purpose, subject, place, now }: RequestOrder,
): Promise<{ readonly file: string; readonly request: string }> {
  const usages = purpose === 'dcc' ? (['v'] as const) : undefined;
  const { handle, sourceFor } = placed(place, folder);
  const request = await certificateRequest(subject, handle, usages);
  const file = `${keyFileName({ purpose, now })}${SUFFIX}`;
  const source = sourceFor(bindingOf(purpose, request));
  writeWhole(path.join(folder.folder, file), { version: 1, purpose, request, source });
  return { file, request };
}

function placed(place: Place, folder: OpenFolder) {
  if ('algorithm' in place) {
    const key = newPrivateKey(place.algorithm);
    return { handle: localKey(key), sourceFor: (bound: string) => sealKey(key, folder.passphrase, bound) };
  }
  if (!folder.pin) throw new LancetteError('SIGNING_TOKEN', { field: 'PIN' });
  const { token, generate } = place;
  const handle = generate ? generateTokenKey(token, folder.pin) : handleOf(token, '', folder);
  return { handle, sourceFor: () => token };
}

/** What an authority answered, and the office that its signer takes. */
export interface Answer {
  /** PEM: the certificate, then those above it, up to an authority that signed itself. */
  readonly certificates: string;
  /** Of a 2D-DOC signer, as the authority named it. */
  readonly twoDDoc?: TwoDDocNames;
  /** When it begins to sign; when absent now, or when its certificate begins. */
  readonly activeFrom?: Date;
  readonly now: Date;
}

export interface Accepted {
  readonly file: string;
  /** At the end of the chain: whoever imports it compares its fingerprint with the one that the authority publishes. */
  readonly authority: X509Certificate;
}

/**
 * The answer to a request: its key takes office under it, and the request is done.
 * @param name of the file in which the key waits, in the folder
 * @throws SIGNER_CERTIFICATE naming what is wrong, SIGNING_TOKEN, FILE_UNREADABLE when no such key waits: it goes on waiting
 */
export async function acceptCertificate(folder: OpenFolder, name: string, answer: Answer): Promise<Accepted> {
  const file = path.join(folder.folder, path.basename(name));
  const { purpose, request, source } = waitingKey(file);
  const bound = bindingOf(purpose, request);
  const taken = await takeOffice(folder, { purpose, answer, handle: handleOf(source, bound, folder) }, (toLeaf) =>
    source.kind === 'pkcs11' ? source : sealKey(openKey(source, folder.passphrase, bound), folder.passphrase, toLeaf),
  );
  unlinkSync(file);
  return taken;
}

/**
 * A key of a token takes office under the certificate that it has already.
 * @throws SIGNER_CERTIFICATE naming what is wrong, SIGNING_TOKEN
 */
export const declareTokenKey = (
  folder: OpenFolder,
  purpose: SignerPurpose,
  token: TokenKey,
  answer: Answer,
): Promise<Accepted> => takeOffice(folder, { purpose, answer, handle: handleOf(token, '', folder) }, () => token);

function waitingKey(file: string): WaitingKey {
  try {
    return WaitingKey.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new LancetteError('FILE_UNREADABLE');
  }
}

interface Candidate {
  readonly purpose: SignerPurpose;
  readonly handle: KeyHandle;
  readonly answer: Answer;
}

async function takeOffice(
  { folder }: OpenFolder,
  candidate: Candidate,
  sourceFor: (bound: string) => KeyFileInput['source'],
): Promise<Accepted> {
  const { purpose, answer } = candidate;
  const chain = certificatesIn(answer.certificates);
  const activeFrom = answer.activeFrom ?? new Date(Math.max(+answer.now, Date.parse(chain[0]?.validFrom ?? '')));
  const fault = await faultIn(folder, candidate, { chain, activeFrom });
  if (fault) throw new LancetteError('SIGNER_CERTIFICATE', { field: fault });
  const pems = chain.map(String);
  const name = keyFileName({ purpose, now: answer.now });
  writeKeyFile(folder, name, {
    ...{ version: 1, purpose, activeFrom: activeFrom.toISOString(), chain: pems },
    ...(answer.twoDDoc && { twoDDoc: answer.twoDDoc }),
    source: sourceFor(bindingOf(purpose, pems[0]!)),
  });
  return { file: `${name}.key.json`, authority: chain.at(-1)! };
}

async function faultIn(
  folder: string,
  { purpose, handle, answer: { twoDDoc, now } }: Candidate,
  { chain, activeFrom }: { readonly chain: readonly X509Certificate[]; readonly activeFrom: Date },
): Promise<CertificateFault | undefined> {
  const fault = faultOf(chain, { purpose, publicKey: handle.publicKey });
  if (fault) return fault;
  if (!isInPeriod(chain, activeFrom, now)) return 'PERIOD';
  if (!areNamesFree(folder, purpose, twoDDoc)) return 'NAMES';
  return (await signsAsCertified(handle)) ? undefined : 'KEY';
}

/** A token may show the public key of a pair and hold the private key of another. */
async function signsAsCertified(handle: KeyHandle): Promise<boolean> {
  const message = randomBytes(32);
  return isSignedBy(handle.publicKey, message, await handle.sign(message));
}

/** A verifier finds the key of a 2D-DOC by its names: two keys of one name would make one of them unverifiable. */
function areNamesFree(folder: string, purpose: SignerPurpose, names: TwoDDocNames | undefined): boolean {
  if (purpose !== 'two-d-doc' || !names) return purpose !== 'two-d-doc' && !names;
  return keyFiles(folder)
    .map((name) => parseKeyFile(readFileSync(path.join(folder, name), 'utf8')).twoDDoc)
    .every((taken) => taken?.authority !== names.authority || taken.certificate !== names.certificate);
}
