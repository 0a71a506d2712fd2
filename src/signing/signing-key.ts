import { type KeyObject, X509Certificate } from 'node:crypto';
import { type CoseAlgorithm, kidOf } from '../formats/dcc/cose.js';
import { type Usage, usagesOf } from '../formats/dcc/usages.js';
import { algorithmOf, CERTIFICATE_FAULTS, faultOf } from './signer-certificate.js';

/** What a key signs; `authority` signs the certificates of the others. */
export const PURPOSES = ['dcc', 'two-d-doc', 'lists', 'authority'] as const;
export type Purpose = (typeof PURPOSES)[number];
/** Those whose certificates an authority issues. */
export const SIGNER_PURPOSES = ['dcc', 'two-d-doc', 'lists'] as const satisfies readonly Purpose[];
export type SignerPurpose = (typeof SIGNER_PURPOSES)[number];

/** A place where a private key is: it never leaves it. */
export interface KeyHandle {
  readonly publicKey: KeyObject;
  /** ES256: r‖s in 64 bytes; PS256: RSASSA-PSS with a salt of 32 bytes. @throws when the place does not answer */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** What the names of a 2D-DOC signer are made of (DOMAIN §4): the country is the beginning of its authority. */
export const TWO_D_DOC_NAMES = { authority: /^[A-Z]{2}[A-Z0-9]{2}$/, certificate: /^[A-Z0-9]{4}$/ } as const;

/** How the header of a 2D-DOC names a signer: four characters each (DOMAIN §4). */
export interface TwoDDocNames {
  readonly authority: string;
  readonly certificate: string;
}

/** A key in office, or that was, with what its certificate states. */
export interface SigningKey extends KeyHandle {
  readonly purpose: Purpose;
  readonly algorithm: CoseAlgorithm;
  /** First 8 bytes of the SHA-256 of the certificate (DOMAIN §3.1). */
  readonly kid: Buffer;
  /** Leaf first, then whoever signed it; empty for a key from before certificates. */
  readonly chain: readonly X509Certificate[];
  readonly notBefore?: Date;
  readonly notAfter: Date;
  readonly usages?: ReadonlySet<Usage>;
  readonly twoDDoc?: TwoDDocNames;
  /** Signs from then on. */
  readonly activeFrom: Date;
  /** Signs no more from then on; what it signed stays valid. */
  readonly retiredAt?: Date;
  /** No longer believed, whatever it signed: the key is compromised. */
  readonly distrustedAt?: Date;
}

export interface KeyStatement {
  readonly purpose: Purpose;
  readonly chain: readonly string[];
  readonly activeFrom: Date;
  readonly retiredAt?: Date;
  readonly distrustedAt?: Date;
  readonly twoDDoc?: TwoDDocNames;
}

/**
 * A key with its certificates.
 * @throws Error when they do not belong together: nothing is signed by a key whose certificate is another's
 */
export function signingKeyOf(handle: KeyHandle, statement: KeyStatement): SigningKey {
  const chain = statement.chain.map((pem) => new X509Certificate(pem));
  const fault = faultOf(chain, { purpose: statement.purpose, publicKey: handle.publicKey });
  const [leaf] = chain;
  if (fault || !leaf) throw new Error(`signing: ${CERTIFICATE_FAULTS[fault ?? 'UNREADABLE']}`);
  return {
    purpose: statement.purpose,
    activeFrom: statement.activeFrom,
    retiredAt: statement.retiredAt,
    distrustedAt: statement.distrustedAt,
    twoDDoc: statement.twoDDoc,
    publicKey: handle.publicKey,
    sign: (message) => handle.sign(message),
    algorithm: algorithmOf(handle.publicKey),
    kid: kidOf(leaf.raw),
    chain,
    notBefore: new Date(leaf.validFrom),
    notAfter: new Date(leaf.validTo),
    usages: usagesOf(leaf.keyUsage ?? []),
  };
}
