import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/**
 * One line of the published list of revoked certificates: a hash from which no certificate can be found again, since it
 * is of an identifier drawn at random or of a signature. A trigger writes it when a certificate is revoked.
 */
@Entity()
@Unique('revocation_entry_once', ['entry'])
export class Revocation {
  @PrimaryGeneratedColumn({ type: 'bigint', primaryKeyConstraintName: 'revocation_pkey' })
  number!: string;

  @Column('bytea')
  entry!: Buffer;

  @Column('timestamptz')
  revokedAt!: string;

  /** End of the certificate: its line is of no use after it. */
  @Column('timestamptz', { nullable: true })
  expiresAt?: string | null;
}
