import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Establishment } from './establishment.js';

/** Signs assertions (cachet), or opens the mutually authenticated connection (convention AIR, art. 3.4). */
export type CertificateUsage = 'SEAL' | 'TLS';

/** A certificate declared for a geographic FINESS; the database holds the limits of three (annex 3). */
@Entity()
@Index('establishment_certificate_finess', ['finess'])
@Check('establishment_certificate_usage', `usage in ('SEAL', 'TLS')`)
export class EstablishmentCertificate {
  /** SHA-256 of the DER form, base64url (`x5t#S256`, RFC 8705 §3.1). */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'establishment_certificate_key' })
  thumbprint!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'establishment_certificate_key' })
  finess!: string;

  @ManyToOne(() => Establishment)
  @JoinColumn({
    name: 'finess',
    referencedColumnName: 'finess',
    foreignKeyConstraintName: 'establishment_certificate_of',
  })
  establishment?: Relation<Establishment>;

  @Column('text')
  pem!: string;

  @Column('text')
  usage!: CertificateUsage;

  @Column('timestamptz', { nullable: true })
  revokedAt?: Date | null;
}
