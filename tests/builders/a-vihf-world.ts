import { roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import type { TokenRequest } from '../../src/auth/exchange.js';
import type { Replay } from '../../src/auth/replay.js';
import type { CertificateUsage } from '../../src/auth/vihf/establishment-certificate.js';
import { EstablishmentTable } from '../../src/auth/vihf/establishments.js';
import { type Verification, type VerifiedAssertion, verifyAssertion } from '../../src/auth/vihf/verify-assertion.js';
import { VihfExchange } from '../../src/auth/vihf/vihf-exchange.js';
import { aCertificate, type Seal } from './a-certificate.js';
import { aRegister, type Register } from './a-register.js';
import { AUDIENCE, asParameter, NOW, TOKEN_ENDPOINT } from './a-vihf.js';

const DAY = 86_400_000;
const away = (days: number): Date => new Date(NOW.getTime() + days * DAY);

/** Establishments by what is particular to them; each declared its own means. */
export const FINESS = {
  north: '750100125',
  south: '690781810',
  corsica: '2A0000014',
  revoked: '130786049',
  expired: '330781196',
  early: '440000289',
  weak: '590780193',
} as const;

export const MEANS: Readonly<Record<string, readonly number[]>> = { north: [1, 4], south: [2, 5], corsica: [3, 6] };

export interface VihfWorld {
  readonly register: Register;
  readonly seals: Readonly<Record<keyof typeof FINESS | 'stranger' | 'renewed' | 'northTls' | 'southTls', Seal>>;
  readonly exchange: VihfExchange;
  /** The verifier alone, without single use. */
  verify(parameter: string, given?: { certificate?: string; now?: Date }): Promise<VerifiedAssertion>;
  /** Through the exchange, as the token endpoint would. */
  present(parameter: string, given?: Partial<TokenRequest>): Promise<Principal>;
  close(): Promise<void>;
}

/** A register in which seven establishments are declared, three of which are in order. */
export async function aVihfWorld(): Promise<VihfWorld> {
  const register = await aRegister();
  const seals = {
    north: aCertificate({ name: 'north.test' }),
    south: aCertificate({ name: 'south.test', kind: 'ec' }),
    corsica: aCertificate({ name: 'corsica.test' }),
    revoked: aCertificate({ name: 'revoked.test', kind: 'ec' }),
    expired: aCertificate({ name: 'expired.test', kind: 'ec', from: away(-400), to: away(-1) }),
    early: aCertificate({ name: 'early.test', kind: 'ec', from: away(1) }),
    weak: aCertificate({ name: 'weak.test', kind: 'rsa-1024' }),
    // Another key under the very name of the first: what an attacker would make, and what a renewal makes.
    stranger: aCertificate({ name: 'north.test' }),
    renewed: aCertificate({ name: 'north.test', kind: 'ec' }),
    northTls: aCertificate({ name: 'north.test', kind: 'ec' }),
    southTls: aCertificate({ name: 'south.test', kind: 'ec' }),
  };
  const pool = register.database.ownerPool();
  for (const [name, finess] of Object.entries(FINESS)) {
    const seal = seals[name as keyof typeof FINESS];
    await pool.query('insert into establishment values ($1, $2, $3)', [finess, name, MEANS[name] ?? [1]]);
    await declare(register, seal, finess, 'SEAL', name === 'revoked' ? NOW : null);
  }
  await declare(register, seals.renewed, FINESS.north, 'SEAL');
  await declare(register, seals.northTls, FINESS.north, 'TLS');
  await declare(register, seals.southTls, FINESS.south, 'TLS');
  const rules: Verification = {
    audience: AUDIENCE,
    tokenEndpoint: TOKEN_ENDPOINT,
    establishments: new EstablishmentTable(register.database.pool(roleOf('identities'))),
    consulting: (code) => ({ 10: 'MEDECIN', 60: 'INFIRMIER' })[code],
  };
  const exchange = new VihfExchange(rules, await aReplay(register));
  return {
    register,
    seals,
    exchange,
    verify: (assertion, given = {}) => verifyAssertion({ assertion, now: NOW, ...given }, rules),
    present: (assertion, given = {}) =>
      exchange.exchange({ parameters: new Map([['assertion', assertion]]), now: NOW, ...given }),
    close: () => register.close(),
  };
}

const declare = ({ database }: Register, seal: Seal, finess: string, usage: CertificateUsage, revoked?: Date | null) =>
  database
    .ownerPool()
    .query('insert into establishment_certificate values ($1, $2, $3, $4, $5)', [
      seal.thumbprint,
      finess,
      seal.pem,
      usage,
      revoked ?? null,
    ]);

/** Single use by a unique index of the same database, as every instance would share it. */
async function aReplay({ database }: Register): Promise<Replay> {
  const pool = database.ownerPool();
  await pool.query('create table used_once (kind text, id text, until timestamptz, primary key (kind, id))');
  return {
    firstUse: async (kind, id, until) => {
      const { rowCount } = await pool.query('insert into used_once values ($1, $2, $3) on conflict do nothing', [
        kind,
        id,
        until,
      ]);
      return rowCount === 1;
    },
  };
}

/** What a forger hands over, as the parameter. */
export const parameterOf = (forged: string | Buffer): string =>
  typeof forged === 'string' ? asParameter(forged) : forged.toString('base64url');
