import type { Pool } from 'pg';
import type { CertificateUsage } from './establishment-certificate.js';

export interface DeclaredCertificate {
  /** SHA-256 of the DER form, base64url. */
  readonly thumbprint: string;
  readonly pem: string;
  readonly usage: CertificateUsage;
  readonly revoked: boolean;
}

export interface DeclaredEstablishment {
  readonly finess: string;
  readonly name: string;
  /** Numbers of the primary authentications declared (convention AIR, annex 2). */
  readonly means: readonly number[];
  readonly certificates: readonly DeclaredCertificate[];
}

/** What was declared for a geographic FINESS: the only source of trust in an assertion. */
export interface EstablishmentRegister {
  findEstablishment(finess: string): Promise<DeclaredEstablishment | undefined>;
}

/** A certificate revoked for one of its establishments is revoked for all: its key is no longer theirs alone. */
const DECLARED = `
  select e.finess, e.name, e.means, c.thumbprint, c.pem, c.usage,
         exists (select from establishment_certificate r where r.thumbprint = c.thumbprint and r.revoked_at is not null) as revoked
    from establishment e left join establishment_certificate c on c.finess = e.finess
   where e.finess = $1`;

interface Row extends Omit<DeclaredEstablishment, 'certificates'>, Omit<DeclaredCertificate, 'thumbprint'> {
  readonly thumbprint: string | null;
}

/** The register's own tables, read anew each time: a revocation takes effect on the next request. */
export class EstablishmentTable implements EstablishmentRegister {
  /** @param pool of the service role `identities` */
  constructor(private readonly pool: Pool) {}

  async findEstablishment(finess: string): Promise<DeclaredEstablishment | undefined> {
    const { rows } = await this.pool.query<Row>(DECLARED, [finess]);
    const [first] = rows;
    if (!first) return undefined;
    const certificates = rows.flatMap(({ thumbprint, pem, usage, revoked }) =>
      thumbprint === null ? [] : [{ thumbprint, pem, usage, revoked }],
    );
    return { finess: first.finess, name: first.name, means: first.means, certificates };
  }
}
