/**
 * Keys in a PKCS#11 token (a hardware module, or SoftHSM2). The binding to C, `pkcs11js`, is compiled when it is
 * installed, which needs a compiler: it is no dependency of the register but found in the installation of whoever uses a
 * token (`npm install --no-save pkcs11js@2.1.7`, or a folder named by LANCETTE_PKCS11JS).
 */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { LancetteError } from '../kernel/errors.js';
import type { KeyHandle } from './signing-key.js';

export const TokenKey = z.strictObject({
  kind: z.literal('pkcs11'),
  /** The module's library, such as libsofthsm2.so. */
  library: z.string(),
  token: z.string(),
  /** Label of the private and of the public key. */
  key: z.string(),
});
export type TokenKey = z.infer<typeof TokenKey>;

/** What of a token is not as it was declared, as SIGNING_TOKEN tells it. */
type TokenPart = 'LIBRARY' | 'TOKEN' | 'PIN' | 'KEY';

type Handle = Buffer;
interface Template {
  readonly type: number;
  readonly value?: Buffer | string | number | boolean;
}

/** What is used of `pkcs11js`. */
interface Binding {
  new (): Token;
}
interface Token {
  load(library: string): void;
  C_Initialize(): void;
  C_GetSlotList(present: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { label: string };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_Login(session: Handle, user: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: Template[]): void;
  C_FindObjects(session: Handle, most: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: Template[]): { value: Buffer }[];
  C_GenerateKeyPair(session: Handle, mechanism: object, publicKey: Template[], privateKey: Template[]): object;
  C_SignInit(session: Handle, mechanism: object, key: Handle): void;
  C_SignAsync(session: Handle, message: Buffer, out: Buffer): Promise<Buffer>;
  C_CloseSession(session: Handle): void;
}

const CKF_SERIAL_RW = 6;
const CKU_USER = 1;
const CKO = { PUBLIC: 2, PRIVATE: 3 } as const;
const CKA = {
  CLASS: 0,
  TOKEN: 1,
  PRIVATE: 2,
  LABEL: 3,
  SENSITIVE: 0x103,
  SIGN: 0x108,
  VERIFY: 0x10a,
  EXTRACTABLE: 0x162,
} as const;
const CKA_EC = { PARAMS: 0x180, POINT: 0x181 } as const;
const CKM = { EC_KEY_PAIR_GEN: 0x1040, ECDSA: 0x1041 } as const;
const CKR_ALREADY_INITIALISED = 0x191;
const CKR_ALREADY_LOGGED_IN = 0x100;
const P256 = Buffer.from('06082a8648ce3d030107', 'hex');
/** SPKI of P-256 up to its point of 65 bytes. */
const P256_SPKI = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex');

/** @throws Error that says how to install the binding */
export function pkcs11Binding(): Binding {
  const folder = process.env.LANCETTE_PKCS11JS;
  const require = createRequire(folder ? path.join(path.resolve(folder), 'package.json') : import.meta.url);
  try {
    return (require('pkcs11js') as { PKCS11: Binding }).PKCS11;
  } catch {
    throw new Error('signing: pkcs11js is not installed (npm install --no-save pkcs11js@2.1.7)');
  }
}

const libraries = new Map<string, Token>();

/** A library is initialised once for the whole process. */
function tokenLibrary(library: string): Token {
  const known = libraries.get(library);
  if (known) return known;
  const Binding = pkcs11Binding();
  const token = new Binding();
  telling('LIBRARY', () => {
    token.load(library);
    tolerating(CKR_ALREADY_INITIALISED, () => token.C_Initialize());
  });
  libraries.set(library, token);
  return token;
}

/** A P-256 key of a token. One signature at a time in its session; a session that is lost is opened anew, once. */
export class TokenHandle implements KeyHandle {
  private session: Handle | undefined;
  private privateKey: Handle | undefined;
  private last: Promise<unknown> = Promise.resolve();
  readonly publicKey: KeyObject;

  constructor(
    private readonly place: TokenKey,
    private readonly pin: string,
  ) {
    this.publicKey = this.readPublicKey();
  }

  sign(message: Uint8Array): Promise<Uint8Array> {
    const digest = createHash('sha256').update(message).digest();
    const signed = this.last.then(async () => {
      try {
        return await this.signDigest(digest);
      } catch {
        this.session = undefined;
        return this.signDigest(digest).catch((error: unknown) => {
          throw new Error('signing: the token did not sign', { cause: error });
        });
      }
    });
    this.last = signed.catch(() => undefined);
    return signed;
  }

  private async signDigest(digest: Buffer): Promise<Uint8Array> {
    const token = tokenLibrary(this.place.library);
    const session = this.open();
    this.privateKey ??= find(token, session, CKO.PRIVATE, this.place.key);
    token.C_SignInit(session, { mechanism: CKM.ECDSA, parameter: null }, this.privateKey);
    return token.C_SignAsync(session, digest, Buffer.alloc(64));
  }

  private open(): Handle {
    if (this.session) return this.session;
    this.session = openSession(this.place, this.pin);
    this.privateKey = undefined;
    return this.session;
  }

  private readPublicKey(): KeyObject {
    const token = tokenLibrary(this.place.library);
    const session = this.open();
    const object = find(token, session, CKO.PUBLIC, this.place.key);
    const [point] = token.C_GetAttributeValue(session, object, [{ type: CKA_EC.POINT }]);
    // An octet string around the point (PKCS#11 §2.3.3).
    const der = Buffer.concat([P256_SPKI, point?.value.subarray(-65) ?? Buffer.alloc(0)]);
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  }
}

/** Makes a P-256 key in the token, from which it cannot be taken. @throws SIGNING_TOKEN when it has one of this label */
export function generateTokenKey(place: TokenKey, pin: string): TokenHandle {
  const token = tokenLibrary(place.library);
  const session = openSession(place, pin);
  if (objectsOf(token, session, CKO.PRIVATE, place.key).length > 0)
    throw new LancetteError('SIGNING_TOKEN', { field: 'KEY' });
  const shared: Template[] = [
    { type: CKA.TOKEN, value: true },
    { type: CKA.LABEL, value: place.key },
  ];
  token.C_GenerateKeyPair(
    session,
    { mechanism: CKM.EC_KEY_PAIR_GEN, parameter: null },
    [...shared, { type: CKA_EC.PARAMS, value: P256 }, { type: CKA.VERIFY, value: true }],
    [
      ...shared,
      { type: CKA.PRIVATE, value: true },
      { type: CKA.SENSITIVE, value: true },
      { type: CKA.EXTRACTABLE, value: false },
      { type: CKA.SIGN, value: true },
    ],
  );
  token.C_CloseSession(session);
  return new TokenHandle(place, pin);
}

function openSession({ library, token: label }: TokenKey, pin: string): Handle {
  const token = tokenLibrary(library);
  const slot = token.C_GetSlotList(true).find((one) => token.C_GetTokenInfo(one).label.trim() === label);
  if (!slot) throw new LancetteError('SIGNING_TOKEN', { field: 'TOKEN' });
  const session = token.C_OpenSession(slot, CKF_SERIAL_RW);
  telling('PIN', () => tolerating(CKR_ALREADY_LOGGED_IN, () => token.C_Login(session, CKU_USER, pin)));
  return session;
}

/** None, or two: nobody could say by which one it signs. */
function find(token: Token, session: Handle, kind: number, label: string): Handle {
  const [object, other] = objectsOf(token, session, kind, label);
  if (!object || other) throw new LancetteError('SIGNING_TOKEN', { field: 'KEY' });
  return object;
}

function objectsOf(token: Token, session: Handle, kind: number, label: string): Handle[] {
  token.C_FindObjectsInit(session, [
    { type: CKA.CLASS, value: kind },
    { type: CKA.LABEL, value: label },
  ]);
  try {
    return token.C_FindObjects(session, 2);
  } finally {
    token.C_FindObjectsFinal(session);
  }
}

/** What a token answers is a number of its maker's: the part at fault is told instead. */
function telling(part: TokenPart, call: () => void): void {
  try {
    call();
  } catch {
    throw new LancetteError('SIGNING_TOKEN', { field: part });
  }
}

function tolerating(code: number, call: () => void): void {
  try {
    call();
  } catch (error) {
    if ((error as { code?: number }).code !== code) throw error;
  }
}
